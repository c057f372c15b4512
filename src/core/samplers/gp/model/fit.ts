import { minimise } from '../../../linalg/lbfgs.ts';
import type { KernelLayout } from './kernelLayout.ts';
import { defaultTheta, Likelihood, type PriorOptions } from './likelihood.ts';
import type { SlopeRows } from './slopeRows.ts';

export interface FitResult {
  readonly theta: Float64Array;
  /** −log posterior density, up to a constant. */
  readonly value: number;
}

export interface FitOptions extends PriorOptions {
  readonly iterations: number;
  readonly slopes?: SlopeRows | null;
}

/**
 * Hyperparameters of maximum posterior density, by L-BFGS from each of the starts (the default one where there is none);
 * the best of the optima. A fit that fails leaves its start.
 */
export function fitHyperparameters(
  layout: KernelLayout,
  points: Float64Array,
  z: Float64Array,
  starts: readonly Float64Array[],
  options: FitOptions,
): FitResult {
  const likelihood = new Likelihood(layout, points, z, options, options.slopes);
  const { lower, upper } = likelihood;
  let best: FitResult | undefined;
  for (const start of starts.length > 0 ? starts : [defaultTheta(layout, options)]) {
    const theta = start.slice();
    const found = minimise(likelihood.evaluate, theta, {
      lower,
      upper,
      iterations: options.iterations,
      tolerance: 2e-3,
      firstStep: 0.7,
    });
    const value = Number.isNaN(found) ? Number.POSITIVE_INFINITY : found;
    if (!best || value < best.value) best = { theta, value };
  }
  return best as FitResult;
}
