import type { NumericDistribution } from '../../space/unitInterval.ts';
import { fromUnit, toUnit } from '../../space/unitInterval.ts';
import { normalCdf, normalQuantile } from '../../stats/normal.ts';
import type { SearchState } from './searchState.ts';

/**
 * Keeps the probability of leaving the present cell of every grid axis above 1 / (d·λ), by moving the mean and stretching
 * the axis (Hamano, Saito, Nomura, Shirakawa: "CMA-ES with margin", GECCO 2022). `grids` has null for continuous axes.
 */
export function withMargin(state: SearchState, grids: readonly (NumericDistribution | null)[]): SearchState {
  const mean = state.mean.slice();
  const stretch = state.stretch.slice();
  const margin = 1 / (state.dimensions * state.population);
  for (const [axis, grid] of grids.entries()) {
    if (!grid) continue;
    const variance = state.covariance[state.isSeparable ? axis : axis * (state.dimensions + 1)];
    const spread = state.sigma * Math.sqrt(variance);
    const corrected = correctedAxis(grid, mean[axis], spread * stretch[axis], margin);
    mean[axis] = corrected.mean;
    stretch[axis] = corrected.deviation / spread;
  }
  return { ...state, mean, stretch };
}

/** Mean and standard deviation of one axis, corrected; the mean is brought into the cube first. */
function correctedAxis(grid: NumericDistribution, place: number, deviation: number, margin: number) {
  const mean = Math.min(Math.max(place, 0), 1);
  const half = (grid.step ?? 0) / 2;
  const value = fromUnit(grid, mean);
  const low = toUnit(grid, value - half);
  const high = toUnit(grid, value + half);
  const isFirst = value - half <= grid.low;
  const isLast = value + half >= grid.high;
  if (isFirst && isLast) return { mean, deviation };
  if (isFirst || isLast) {
    const border = isFirst ? high : low;
    const farthest = deviation * normalQuantile(1 - margin);
    const distance = Math.min(Math.abs(mean - border), farthest);
    return { mean: border + (isFirst ? -distance : distance), deviation };
  }
  return betweenBorders({ low, high, mean, deviation, margin });
}

/** Equations 17 to 22: both tails at least half the margin. */
function betweenBorders(axis: { low: number; high: number; mean: number; deviation: number; margin: number }) {
  const { low, high, mean, deviation, margin } = axis;
  const below = normalCdf((low - mean) / deviation);
  const above = normalCdf((mean - high) / deviation);
  if (below >= margin / 2 && above >= margin / 2) return { mean, deviation };
  const raisedBelow = Math.max(margin / 2, below);
  const raisedAbove = Math.max(margin / 2, above);
  const inside = 1 - below - above;
  const excess = 1 - raisedBelow - raisedAbove - inside;
  const share = excess / (raisedBelow + raisedAbove + inside - (3 * margin) / 2);
  const left = -normalQuantile(raisedBelow + share * (raisedBelow - margin / 2));
  const right = -normalQuantile(raisedAbove + share * (raisedAbove - margin / 2));
  if (!(left + right > 0)) return { mean, deviation };
  return { mean: (low * right + high * left) / (left + right), deviation: (high - low) / (left + right) };
}
