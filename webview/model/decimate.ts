import type { PlotPoint } from '../plot/plotData.ts';

/**
 * A line of fewer points with the same picture: its range of x is cut into equal bins, of which each keeps its lowest and
 * highest point and one gap. For lines alone: of a cloud of points extremes tell nothing about where most lie.
 * Returns at most `budget` of the points, which are in the order of x; the first and the last one are among them.
 */
export function decimateLine(points: readonly PlotPoint[], budget: number): readonly PlotPoint[] {
  if (points.length <= budget) return points;
  const last = points.length - 1;
  const hasGaps = points.some(({ y }) => Number.isNaN(y));
  const bins = Math.max(1, Math.floor((budget - 2) / (hasGaps ? 3 : 2)));
  const from = (points[0] as PlotPoint).x;
  const scale = bins / ((points[last] as PlotPoint).x - from || 1);
  const kept = new Set([0, last]);
  let bin = 0;
  let chosen = { low: -1, high: -1, gap: -1 };
  const keep = () => {
    for (const index of Object.values(chosen)) if (index >= 0) kept.add(index);
    chosen = { low: -1, high: -1, gap: -1 };
  };
  for (const [index, { x, y }] of points.entries()) {
    const next = Math.min(bins - 1, Math.floor((x - from) * scale));
    if (next !== bin) keep();
    bin = next;
    if (Number.isNaN(y)) chosen.gap = index;
    else {
      if (chosen.low < 0 || y < (points[chosen.low] as PlotPoint).y) chosen.low = index;
      if (chosen.high < 0 || y > (points[chosen.high] as PlotPoint).y) chosen.high = index;
    }
  }
  keep();
  return [...kept].sort((one, other) => one - other).map((index) => points[index] as PlotPoint);
}

/** Every k-th of `items` so that at most `budget` stay; the last one always does. */
export function thin(items: readonly number[], budget: number): number[] {
  const { length } = items;
  if (length <= budget) return [...items];
  return Array.from({ length: budget }, (_, slot) => items[Math.ceil(((slot + 1) * length) / budget) - 1] as number);
}
