import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError, wordsOf } from '../errors.ts';
import { setOwn } from '../ownProperty.ts';
import { shown } from '../text/shown.ts';
import { components, isCycle } from './components.ts';
import { contains, nearestValid, toInternal, toValue } from './distributionRules.ts';
import type { Choice, Distribution, Params, ParamValue } from './distributions.ts';
import type { WhereClause } from './where/clauses.ts';

/** `when: { optim: sgd }` or `when: { optim: [sgd, momentum] }`: active only while every named parameter has one of the values. */
export type Condition = Readonly<Record<string, readonly Choice[]>>;

/** What a person believes about the best value. */
export interface Belief {
  /** Internal value. */
  readonly about: number;
  /** Standard deviation around it; on a log scale of the natural logarithm. No matter for choices. */
  readonly deviation: number;
}

export interface SpaceParameter {
  readonly name: string;
  readonly distribution: Distribution;
  readonly when?: Condition;
  readonly prior?: Belief;
  /** What trials count as that ran before the parameter was there. */
  readonly default?: ParamValue;
}

/** A declared search space: parameters in an order in which every condition names earlier ones only. */
export interface SearchSpace {
  readonly parameters: readonly SpaceParameter[];
  /** What the parameters of every trial satisfy; absent: anything is allowed. */
  readonly where?: readonly WhereClause[];
  /** Values that `where` sees too, of parameters that are decided: a space that is a part of another. */
  readonly given?: Params;
  /** Read off trials: ranges may differ from trial to trial. */
  readonly isInferred?: true;
}

/** Whether a parameter is active, given the parameters chosen before it. An inactive parent makes it inactive. */
export function isActive(parameter: SpaceParameter, chosen: Params): boolean {
  if (!parameter.when) return true;
  for (const name in parameter.when) {
    if (!Object.hasOwn(chosen, name) || !parameter.when[name].includes(chosen[name])) {
      return false;
    }
  }
  return true;
}

/**
 * Checks a space and puts its parameters in an order in which every condition names earlier ones, otherwise as written.
 * Throws `invalid-space`: a name used twice, a condition on an unknown parameter, on itself or in a circle, a value that
 * the named parameter cannot take.
 */
export function searchSpace(parameters: readonly SpaceParameter[]): SearchSpace {
  const byName = new Map<string, SpaceParameter>();
  for (const parameter of parameters) {
    if (byName.has(parameter.name)) throw invalid(`The parameter ${parameter.name} is there twice: rename one.`);
    byName.set(parameter.name, parameter);
  }
  return { parameters: inConditionOrder(parameters.map((parameter) => withOwnChoices(parameter, byName))) };
}

/** Conditions in the values that the named parameter really takes: `1` in a file may mean `true`, a list is another list. */
function withOwnChoices(parameter: SpaceParameter, byName: ReadonlyMap<string, SpaceParameter>): SpaceParameter {
  const { name, when } = parameter;
  if (!when) return parameter;
  const own: Record<string, readonly Choice[]> = {};
  for (const [parent, values] of Object.entries(when)) {
    const distribution = byName.get(parent)?.distribution;
    if (!distribution) throw invalid(`${name} depends on ${parent}, which is no parameter of this space.`);
    if (values.length === 0)
      throw invalid(`${name} depends on ${parent}, but on none of its values: name at least one.`);
    setOwn(
      own,
      parent,
      values.map((value) => ownValue(name, parent, distribution, value)),
    );
  }
  return { ...parameter, when: own };
}

function ownValue(name: string, parent: string, distribution: Distribution, value: Choice): Choice {
  try {
    const internal = toInternal(distribution, value);
    if (distribution.type === 'categorical') return toValue(distribution, internal);
    if (internal === Number(value) && contains(distribution, internal)) return nearestValid(distribution, internal);
    const { low, high, step } = distribution;
    throw invalid(`${shown(value)} is no value from ${low} to ${high}${step === null ? '' : ` in steps of ${step}`}.`);
  } catch (error) {
    const reason = wordsOf(error);
    throw new TuneboardError('invalid-space', coreMessage('dependsValueNever', { name, parent, reason }), {
      cause: error,
    });
  }
}

/** Every parameter as written, but those that its condition names before it. */
function inConditionOrder(parameters: readonly SpaceParameter[]): SpaceParameter[] {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const parents = (name: string) => Object.keys(byName.get(name)?.when ?? {});
  return components(byName.keys(), parents).map((component) => {
    if (isCycle(component, parents)) {
      throw invalid(`The conditions of ${component.join(', ')} go round in a circle: remove one \`when\`.`);
    }
    return byName.get(component[0]) as SpaceParameter;
  });
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-space', message);
}
