import { cardinality, gridPoint } from './distributionRules.ts';
import type { Distribution, FloatDistribution, IntDistribution } from './distributions.ts';

export type NumericDistribution = FloatDistribution | IntDistribution;

const orders = new WeakMap<Distribution, NumericDistribution>();

/**
 * What distances between internal values are measured by: a range itself, the places of values in an order (so that 16, 32, 64
 * are equally far apart), null where choices have no order.
 */
export function scaleOf(distribution: Distribution): NumericDistribution | null {
  if (distribution.type !== 'categorical') return distribution;
  if (!distribution.isOrdered) return null;
  let places = orders.get(distribution);
  if (!places) {
    places = { type: 'int', low: 0, high: distribution.choices.length - 1, log: false, step: 1 };
    orders.set(distribution, places);
  }
  return places;
}

/**
 * Where a value of a range lies in [0, 1], on a log scale if the range has one: 0 is the low end of a continuous range
 * and 1 its high end. Points of a grid, integers included, lie in the middle of cells of equal width (of their own width on
 * a log scale), so that every cell is met as often as its width says. A value outside the range is clipped; a range with one
 * value is at ½.
 */
export function toUnit(distribution: NumericDistribution, internal: number): number {
  const [low, high] = bounds(distribution);
  if (!(high > low)) return 0.5;
  const place = distribution.log ? (Math.log(internal) - low) / (high - low) : ratio(internal, low, high);
  return place > 0 ? Math.min(place, 1) : 0;
}

/** The internal value at place `u` of [0, 1]: the inverse of `toUnit`, on a grid the point whose cell `u` lies in. */
export function fromUnit(distribution: NumericDistribution, u: number): number {
  const { low, high, log, step } = distribution;
  const place = Math.min(Math.max(u, 0), 1);
  if (log) {
    const [from, to] = bounds(distribution);
    const value = Math.exp(from + place * (to - from));
    return Math.min(Math.max(step === null ? value : Math.round(value), low), high);
  }
  if (step === null) return Math.min(Math.max(low * (1 - place) + high * place, low), high);
  const points = cardinality(distribution);
  return gridPoint(distribution, Math.min(points - 1, Math.floor(place * points)));
}

/**
 * The internal value at quantile `u` in [0, 1) of the uniform distribution over a range. Integers on a log scale follow
 * Optuna: log-uniform over [low − ½, high + ½], then rounded.
 */
export function uniformInternal(distribution: Distribution, u: number): number {
  if (distribution.type === 'categorical') return Math.floor(u * distribution.choices.length);
  const { low, high, step } = distribution;
  if (distribution.log) {
    const half = distribution.type === 'int' ? 0.5 : 0;
    const logLow = Math.log(low - half);
    const value = Math.exp(logLow + u * (Math.log(high + half) - logLow));
    return Math.min(Math.max(half > 0 ? Math.round(value) : value, low), high);
  }
  if (step === null) {
    const value = low * (1 - u) + high * u;
    return Math.min(Math.max(value, low), high);
  }
  const points = Math.round((high - low) / step) + 1;
  return gridPoint(distribution, Math.min(points - 1, Math.floor(u * points)));
}

/** The ends of the unit interval, as logarithms on a log scale; a grid reaches half a step beyond its range. */
function bounds({ low, high, log, step }: NumericDistribution): readonly [low: number, high: number] {
  const half = (step ?? 0) / 2;
  return log ? [Math.log(low - half), Math.log(high + half)] : [low - half, high + half];
}

/** (x − low) / (high − low) where the width may be more than a float64 holds. */
function ratio(x: number, low: number, high: number): number {
  const width = high - low;
  return Number.isFinite(width) ? (x - low) / width : (x / 2 - low / 2) / (high / 2 - low / 2);
}
