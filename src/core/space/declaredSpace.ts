import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError, wordsOf } from '../errors.ts';
import { shown } from '../text/shown.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
  ordinalDistribution,
  toInternal,
  toValue,
} from './distributionRules.ts';
import type { Choice, Distribution, ParamValue } from './distributions.ts';
import { type Belief, type SearchSpace, type SpaceParameter, searchSpace } from './searchSpace.ts';
import { constrainedSpace } from './where/feasible.ts';

/** A parameter as a study file writes it. `when`: it exists only while every named parameter has the value, or one of the values. */
export type ParameterDeclaration = (
  | {
      readonly type: 'float' | 'int';
      readonly low: number;
      readonly high: number;
      readonly log?: boolean | undefined;
      readonly step?: number | undefined;
    }
  | { readonly type: 'categorical'; readonly choices: readonly Choice[] }
  /** Values in an order: neighbours are alike. */
  | { readonly type: 'ordinal'; readonly values: readonly Choice[] }
) & {
  readonly when?: Readonly<Record<string, Choice | readonly Choice[]>> | undefined;
  readonly prior?: BeliefDeclaration | undefined;
  /** What trials count as that ran before the parameter was there. */
  readonly default?: Choice | undefined;
};

/** What a person believes about the best value. */
export interface BeliefDeclaration {
  readonly about: Choice;
  /**
   * The best value is likely within this distance of `about`, or within this factor (`3x`). Default: 3x on a log scale, else
   * a tenth of the range. No matter for choices.
   */
  readonly within?: number | string | undefined;
}

/** A search space as a study file writes it: parameters by name. */
export type SpaceDeclaration = Readonly<Record<string, ParameterDeclaration>>;

/**
 * The search space of a declaration, in an order in which conditions name earlier parameters. Throws `invalid-space` with
 * the parameter's name in the sentence, and for conditions that its values have to satisfy (`where`) `invalid-where` and
 * `infeasible-space`.
 */
export function declaredSpace(declaration: SpaceDeclaration, where: readonly string[] = []): SearchSpace {
  const space = searchSpace(
    Object.entries(declaration).map(([name, parameter]): SpaceParameter => {
      const distribution = distributionOf(name, parameter);
      return {
        name,
        distribution,
        ...(parameter.when && { when: conditionOf(parameter.when) }),
        ...(parameter.prior && { prior: beliefOf(name, distribution, parameter.prior) }),
        ...(parameter.default !== undefined && { default: defaultOf(name, distribution, parameter.default) }),
      };
    }),
  );
  return where.length > 0 ? constrainedSpace(space, where) : space;
}

/** `within` holds about nine in ten: so many standard deviations. */
const NINE_IN_TEN = 1.645;
const DEFAULT_FACTOR = 3;
const DEFAULT_SHARE = 0.1;

function beliefOf(name: string, distribution: Distribution, { about, within }: BeliefDeclaration): Belief {
  const refuse = (reason: string) =>
    new TuneboardError('invalid-space', coreMessage('parameterCantUsed', { name, reason }));
  const internal = toInternal(distribution, about);
  if (distribution.type === 'categorical') return { about: internal, deviation: 0 };
  const { low, high, log } = distribution;
  if (!(internal >= low && internal <= high)) throw refuse(`Its prior is about ${about}, outside of its range.`);
  const factor =
    typeof within === 'string' ? Number(/^(\d{1,9}(?:\.\d{1,9})?)x$/.exec(within)?.[1] ?? Number.NaN) : undefined;
  if (factor !== undefined && !(factor > 1))
    throw refuse(`within is ${JSON.stringify(within)}: use a number, or a factor above 1 such as 3x.`);
  if (typeof within === 'number' && !(within > 0)) throw refuse(`within is ${within}: use a number above 0.`);
  if (log) {
    const reach = factor ?? (typeof within === 'number' ? 1 + within / internal : DEFAULT_FACTOR);
    return { about: internal, deviation: Math.log(reach) / NINE_IN_TEN };
  }
  const reach =
    factor === undefined
      ? ((within as number | undefined) ?? DEFAULT_SHARE * (high - low))
      : (factor - 1) * Math.abs(internal);
  return { about: internal, deviation: reach / NINE_IN_TEN };
}

function defaultOf(name: string, distribution: Distribution, value: Choice): ParamValue {
  try {
    const internal = toInternal(distribution, value);
    // A number outside of the range is no proposal, and still evidence.
    if (distribution.type !== 'int' || internal === Number(value)) return toValue(distribution, internal);
    throw invalid(`${shown(value)} is no whole number.`);
  } catch (error) {
    const reason = wordsOf(error);
    throw new TuneboardError('invalid-space', coreMessage('defaultNeverHas', { name, reason }), { cause: error });
  }
}

function conditionOf(when: Readonly<Record<string, Choice | readonly Choice[]>>): Record<string, readonly Choice[]> {
  return Object.fromEntries(
    Object.entries(when).map(([name, value]) => [name, Array.isArray(value) ? (value as readonly Choice[]) : [value]]),
  );
}

function distributionOf(name: string, parameter: ParameterDeclaration): Distribution {
  try {
    requireKnownKeys(parameter);
    switch (parameter.type) {
      case 'float':
      case 'int': {
        const { low, high, log = false, step } = parameter;
        if (typeof log !== 'boolean') throw invalid(`log is ${JSON.stringify(log)}: use true or false.`);
        const options = step === undefined ? { log } : { log, step };
        return parameter.type === 'int' ? intDistribution(low, high, options) : floatDistribution(low, high, options);
      }
      case 'categorical':
        if (!Array.isArray(parameter.choices)) throw invalid('Its choices have to be a list.');
        return categoricalDistribution(parameter.choices);
      case 'ordinal':
        if (!Array.isArray(parameter.values))
          throw invalid('Its values have to be a list, from the first to the last.');
        return ordinalDistribution(parameter.values);
      default:
        throw invalid(WRONG_TYPE);
    }
  } catch (error) {
    const reason = wordsOf(error);
    throw new TuneboardError('invalid-space', coreMessage('parameterCantUsed', { name, reason }), { cause: error });
  }
}

const WRONG_TYPE = 'Its type has to be float, int, categorical or ordinal.';
const KEYS = {
  float: ['type', 'low', 'high', 'log', 'step', 'when', 'prior', 'default'],
  int: ['type', 'low', 'high', 'log', 'step', 'when', 'prior', 'default'],
  categorical: ['type', 'choices', 'when', 'prior', 'default'],
  ordinal: ['type', 'values', 'when', 'prior', 'default'],
} as const satisfies Record<ParameterDeclaration['type'], readonly string[]>;

/** A library is called without types too: what is no declaration, or has a key that means nothing, is refused. */
function requireKnownKeys(parameter: ParameterDeclaration | null | undefined): void {
  if (!parameter || !Object.hasOwn(KEYS, parameter.type)) throw invalid(WRONG_TYPE);
  const known: readonly string[] = KEYS[parameter.type];
  const wrong = Object.keys(parameter).find((key) => !known.includes(key));
  if (wrong !== undefined) throw invalid(`It has no key ${wrong}: use ${known.join(', ')}.`);
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-distribution', message);
}
