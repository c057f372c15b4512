import { isSingle } from '../../space/distributionRules.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { fromUnit, type NumericDistribution, toUnit } from '../../space/unitInterval.ts';
import type { History } from '../../study/history.ts';

/** A number that a descent can move. */
export interface Axis {
  readonly name: string;
  readonly distribution: NumericDistribution;
}

/** Numbers with more than one value on which no condition depends: what they are never switches another parameter. */
export function axesOf(space: SearchSpace): Axis[] {
  const deciding = new Set(space.parameters.flatMap(({ when }) => Object.keys(when ?? {})));
  const axes: Axis[] = [];
  for (const { name, distribution } of space.parameters) {
    if (distribution.type === 'categorical' || isSingle(distribution) || deciding.has(name)) continue;
    axes.push({ name, distribution });
  }
  return axes;
}

/** Those that a trial has. */
export function axesAt(history: History, number: number, axes: readonly Axis[]): Axis[] {
  return axes.filter(({ name, distribution }) => {
    const column = history.parameters.get(name);
    return column?.isComparable(number) === true && column.accepts(distribution);
  });
}

/** Where a trial lies in the unit cube. */
export function placeOf(history: History, number: number, axes: readonly Axis[]): Float64Array {
  return Float64Array.from(axes, ({ name, distribution }) =>
    toUnit(distribution, history.parameters.get(name)?.internalAt(number) as number),
  );
}

/** Width of the grid cell that a trial lies in, 0 on a continuous axis. */
export function cellWidths(history: History, number: number, axes: readonly Axis[]): Float64Array {
  return Float64Array.from(axes, ({ name, distribution }) => {
    if (distribution.step === null) return 0;
    const value = history.parameters.get(name)?.internalAt(number) as number;
    return toUnit(distribution, value + distribution.step / 2) - toUnit(distribution, value - distribution.step / 2);
  });
}

/**
 * Derivatives along the axes of the unit cube from those by the parameters' own units: times the width of the range, on a
 * log scale times the value and the width of its logarithm.
 */
export function alongAxes(
  gradient: Readonly<Record<string, number>>,
  axes: readonly Axis[],
  point: Float64Array,
): Float64Array {
  return Float64Array.from(axes, ({ name, distribution }, axis) => {
    const { low, high, log } = distribution;
    const derivative = gradient[name] ?? 0;
    if (!log) return derivative * (high - low);
    return derivative * fromUnit(distribution, point[axis]) * (Math.log(high) - Math.log(low));
  });
}
