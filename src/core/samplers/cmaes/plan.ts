import { isSingle } from '../../space/distributionRules.ts';
import type { CategoricalDistribution } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { type NumericDistribution, toUnit } from '../../space/unitInterval.ts';
import { UNROUNDED } from '../../study/attributes.ts';
import type { History } from '../../study/history.ts';

/** What is searched: the parameters of a space that are always active and have more than one value. */
export interface Plan {
  readonly names: readonly string[];
  readonly distributions: readonly NumericDistribution[];
  /** The categorical ones. */
  readonly choices: readonly { readonly name: string; readonly distribution: CategoricalDistribution }[];
  /** 1 for a continuous axis, which stays in the cube by itself. */
  readonly isContinuous: Uint8Array;
  /** The same axes and choices have the same key: kind and range of each. */
  readonly key: string;
  /** Whether the space has other parameters too. */
  readonly isPartial: boolean;
}

export function planOf(space: SearchSpace): Plan {
  const names: string[] = [];
  const distributions: NumericDistribution[] = [];
  const choices: { name: string; distribution: CategoricalDistribution }[] = [];
  for (const { name, distribution, when } of space.parameters) {
    if (when || isSingle(distribution)) continue;
    if (distribution.type === 'categorical') choices.push({ name, distribution });
    else {
      names.push(name);
      distributions.push(distribution);
    }
  }
  return {
    names,
    distributions,
    choices,
    isContinuous: Uint8Array.from(distributions, ({ step }) => (step === null ? 1 : 0)),
    key: JSON.stringify([names, distributions, choices]),
    isPartial: names.length + choices.length < space.parameters.length,
  };
}

/** Whether a trial has every axis and choice of the plan. */
export function isUsable(history: History, number: number, { names, distributions, choices }: Plan): boolean {
  for (const { name, distribution } of choices) {
    const column = history.parameters.get(name);
    if (!column?.isComparable(number) || !column.accepts(distribution)) return false;
  }
  for (let axis = 0; axis < names.length; axis++) {
    const column = history.parameters.get(names[axis]);
    if (!column?.isComparable(number) || !column.accepts(distributions[axis])) return false;
  }
  return true;
}

/**
 * Writes where usable trials lie in the unit cube, row after row. With `unrounded`, a grid axis is where it was drawn, if
 * the trial says so; else in the middle of its cell.
 */
export function pointsOf(history: History, numbers: readonly number[], plan: Plan, unrounded: boolean): Float64Array {
  const { names, distributions, isContinuous } = plan;
  const points = new Float64Array(numbers.length * names.length);
  let place = 0;
  for (const number of numbers) {
    const drawn = unrounded ? history.systemAttrs(number)[UNROUNDED] : undefined;
    let grid = 0;
    for (let axis = 0; axis < names.length; axis++) {
      const internal = history.parameters.get(names[axis])?.internalAt(number) as number;
      points[place] = toUnit(distributions[axis], internal);
      if (!isContinuous[axis] && Array.isArray(drawn)) {
        const coordinate = drawn[grid++];
        if (typeof coordinate === 'number' && Number.isFinite(coordinate)) points[place] = coordinate;
      }
      place++;
    }
  }
  return points;
}

/** Which choices usable trials made, one row a trial. */
export function chosenBy(history: History, numbers: readonly number[], { choices }: Plan): number[][] {
  return numbers.map((number) => choices.map(({ name }) => history.parameters.get(name)?.internalAt(number) as number));
}
