import type { Choice, Distribution, Params } from './distributions.ts';

/** `when: { optim: sgd }` or `when: { optim: [sgd, momentum] }`: active only while every named parameter has one of the values. */
export type Condition = Readonly<Record<string, readonly Choice[]>>;

export interface SpaceParameter {
  readonly name: string;
  readonly distribution: Distribution;
  readonly when?: Condition;
}

/** A declared search space: parameters in an order in which every condition names earlier ones only. */
export interface SearchSpace {
  readonly parameters: readonly SpaceParameter[];
}

/** Whether a parameter is active, given the parameters chosen before it. An inactive parent makes it inactive. */
export function isActive(parameter: SpaceParameter, chosen: Params): boolean {
  if (!parameter.when) return true;
  return Object.entries(parameter.when).every(
    ([name, values]) => Object.hasOwn(chosen, name) && values.includes(chosen[name] as Choice),
  );
}
