import { axesOf, identity, type Rate, type SearchState, whitened } from './searchState.ts';
import { norm } from './update.ts';
import { logDeterminant } from './warmStart.ts';

/** Settings of the paper: how fast moments forget, how fast a rate moves, which signal-to-noise ratio it aims at. */
const MEAN_FORGETTING = 0.1;
const COVARIANCE_FORGETTING = 0.03;
const RATE_STEP = 0.1;
const TARGET = 1.4;

/**
 * Takes only a part of a generation's update, so that its signal-to-noise ratio stays at a target: for multimodal and noisy
 * problems with a population of the usual size (LRA-CMA-ES: Nomura, Akimoto, Ono, GECCO 2023). Mean and covariance have a
 * rate each, measured in the coordinates of the distribution before the update.
 */
export function withAdaptedRates(before: SearchState, after: SearchState): SearchState {
  const { dimensions: d, isSeparable } = before;
  const step = new Float64Array(d);
  for (let axis = 0; axis < d; axis++) {
    step[axis] = (after.mean[axis] - before.mean[axis]) / before.sigma;
  }
  const localStep = new Float64Array(d);
  whitened(before, step, localStep);
  const localTurn = isSeparable ? localDiagonal(before, after) : localMatrix(before, after);
  const mean = adapted(before.rates?.mean ?? freshRate(d), localStep, MEAN_FORGETTING);
  const covariance = adapted(before.rates?.covariance ?? freshRate(localTurn.length), localTurn, COVARIANCE_FORGETTING);
  return blended(before, after, mean, covariance);
}

function freshRate(length: number): Rate {
  return { rate: 1, mean: new Float64Array(length), power: 0 };
}

/** Equations 17 to 22: the ratio is estimated from running moments of the update. */
function adapted({ rate, mean, power }: Rate, update: Float64Array, forgetting: number): Rate {
  const length = norm(update);
  const newMean = mean.map((value, place) => (1 - forgetting) * value + forgetting * update[place]);
  const newPower = (1 - forgetting) * power + forgetting * length * length;
  const signal = norm(newMean) ** 2;
  const noise = newPower - signal;
  const ratio = (signal - (forgetting / (2 - forgetting)) * newPower) / noise;
  const excess = noise > 0 ? Math.min(Math.max(ratio / (TARGET * rate) - 1, -1), 1) : 1;
  const newRate = Math.min(rate * Math.exp(Math.min(RATE_STEP * rate, forgetting) * excess), 1);
  return { rate: newRate, mean: newMean, power: newPower };
}

function blended(before: SearchState, after: SearchState, mean: Rate, covariance: Rate): SearchState {
  const { dimensions: d, isSeparable } = before;
  const variance = before.covariance.map((entry, place) => {
    const old = before.sigma ** 2 * entry;
    return old + covariance.rate * (after.sigma ** 2 * after.covariance[place] - old);
  });
  const logVolume = isSeparable
    ? variance.reduce((sum, entry) => sum + Math.log(entry), 0)
    : logDeterminant(variance, d);
  const scale = Math.exp(logVolume / (2 * d));
  if (!(scale > 0 && Number.isFinite(scale))) return after;
  const shape = variance.map((entry) => entry / (scale * scale));
  return {
    ...after,
    mean: before.mean.map((old, axis) => old + mean.rate * (after.mean[axis] - old)),
    sigma: (scale * (before.rates?.mean.rate ?? 1)) / mean.rate,
    covariance: shape,
    rates: { mean, covariance },
    ...axesOf(shape, d, isSeparable),
  };
}

/** (σ′²·C′/(σ²·C) − 1) / √2 on each axis. */
function localDiagonal(before: SearchState, after: SearchState): Float64Array {
  const growth = (after.sigma / before.sigma) ** 2;
  return before.covariance.map((entry, axis) => ((growth * after.covariance[axis]) / entry - 1) * Math.SQRT1_2);
}

/** (C^(−½) · σ′²C′/σ² · C^(−½) − I) / √2. */
function localMatrix(before: SearchState, after: SearchState): Float64Array {
  const { dimensions: d } = before;
  const growth = (after.sigma / before.sigma) ** 2;
  const half = new Float64Array(d * d);
  const result = new Float64Array(d * d);
  // Rows of a symmetric matrix are its columns: whitening all rows, transposing and whitening again is what is wanted.
  for (let row = 0; row < d; row++) {
    whitened(before, after.covariance.subarray(row * d, (row + 1) * d), half.subarray(row * d, (row + 1) * d));
  }
  const column = new Float64Array(d);
  for (let index = 0; index < d; index++) {
    for (let row = 0; row < d; row++) column[row] = half[row * d + index];
    whitened(before, column, result.subarray(index * d, (index + 1) * d));
  }
  const one = identity(d);
  return result.map((entry, place) => (growth * entry - one[place]) * Math.SQRT1_2);
}
