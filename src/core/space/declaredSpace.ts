import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError, wordsOf } from '../errors.ts';
import { shown } from '../text/shown.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
  toInternal,
  toValue,
} from './distributionRules.ts';
import type { Choice, Distribution, ParamValue } from './distributions.ts';
import { type SearchSpace, type SpaceParameter, searchSpace } from './searchSpace.ts';

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
) & {
  readonly when?: Readonly<Record<string, Choice | readonly Choice[]>> | undefined;
  /** What trials count as that ran before the parameter was there. */
  readonly default?: Choice | undefined;
};

/** A search space as a study file writes it: parameters by name. */
export type SpaceDeclaration = Readonly<Record<string, ParameterDeclaration>>;

/**
 * The search space of a declaration, in an order in which conditions name earlier parameters. Throws `invalid-space` with
 * the parameter's name in the sentence.
 */
export function declaredSpace(declaration: SpaceDeclaration): SearchSpace {
  return searchSpace(
    Object.entries(declaration).map(([name, parameter]): SpaceParameter => {
      const distribution = distributionOf(name, parameter);
      return {
        name,
        distribution,
        ...(parameter.when && { when: conditionOf(parameter.when) }),
        ...(parameter.default !== undefined && { default: defaultOf(name, distribution, parameter.default) }),
      };
    }),
  );
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
      default:
        throw invalid(WRONG_TYPE);
    }
  } catch (error) {
    const reason = wordsOf(error);
    throw new TuneboardError('invalid-space', coreMessage('parameterCantUsed', { name, reason }), { cause: error });
  }
}

const WRONG_TYPE = 'Its type has to be float, int or categorical.';
const KEYS = {
  float: ['type', 'low', 'high', 'log', 'step', 'when', 'default'],
  int: ['type', 'low', 'high', 'log', 'step', 'when', 'default'],
  categorical: ['type', 'choices', 'when', 'default'],
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
