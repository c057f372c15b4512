/**
 * Fewer points with the same picture: the range of x is cut into equal bins, of which each keeps its lowest and highest
 * point; the other half of the budget goes to an even choice of all points, which keeps the density between the extremes.
 * Never more than `budget` points beside those that `keep` names.
 */
export interface Decimation {
  /** Candidates in drawing order. */
  readonly points: Uint32Array | readonly number[];
  readonly x: (point: number) => number;
  readonly y: (point: number) => number;
  readonly budget: number;
  /** Points that always stay: best, selected, running. */
  readonly keep: ReadonlySet<number>;
}

/** Returns the points that stay, in their order. Points whose x or y is NaN stay only when `keep` names them. */
export function decimate({ points, x, y, budget, keep }: Decimation): number[] {
  if (points.length <= budget) return Array.from(points);
  const range = finiteRange(points, x);
  const bins = Math.max(1, Math.floor(budget / 4));
  const low = new Int32Array(bins).fill(-1);
  const high = new Int32Array(bins).fill(-1);
  const scale = range.max > range.min ? bins / (range.max - range.min) : 0;
  for (let index = 0; index < points.length; index++) {
    const point = points[index] as number;
    const value = y(point);
    if (Number.isNaN(value)) continue;
    const bin = Math.min(bins - 1, Math.floor((x(point) - range.min) * scale));
    if (!(bin >= 0)) continue;
    const lowest = low[bin] as number;
    const highest = high[bin] as number;
    if (lowest < 0 || value < y(points[lowest] as number)) low[bin] = index;
    if (highest < 0 || value > y(points[highest] as number)) high[bin] = index;
  }
  return collect(points, [low, high, evenIndices(points.length, budget - 2 * bins)], keep);
}

function collect(
  points: Uint32Array | readonly number[],
  chosen: readonly (Int32Array | readonly number[])[],
  keep: ReadonlySet<number>,
): number[] {
  const marks = new Uint8Array(points.length);
  for (const indices of chosen) for (const index of indices) if (index >= 0) marks[index] = 1;
  const kept: number[] = [];
  for (let index = 0; index < points.length; index++) {
    const point = points[index] as number;
    if (marks[index] === 1 || keep.has(point)) kept.push(point);
  }
  return kept;
}

/** `count` of the indices below `length`, evenly spread, the last one among them. */
function evenIndices(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, slot) => Math.ceil(((slot + 1) * length) / count) - 1);
}

function finiteRange(points: Uint32Array | readonly number[], x: (point: number) => number) {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const at = x(point);
    if (at < min) min = at;
    if (at > max) max = at;
  }
  return { min, max };
}

/** Every k-th of `items` so that at most `budget` stay; the last one always does. */
export function thin(items: readonly number[], budget: number): number[] {
  if (items.length <= budget) return [...items];
  return evenIndices(items.length, budget).map((index) => items[index] as number);
}
