import type { Random } from '../../../random.ts';
import type { KernelLayout } from './kernelLayout.ts';
import type { Likelihood } from './likelihood.ts';

export interface DrawOptions {
  /** Draws that are returned. */
  readonly count: number;
  /** Trajectories before the first of them, in which the step is found. */
  readonly warmUp: number;
  /** Steps of a trajectory. */
  readonly steps: number;
}

/** Acceptance that the step is set for (Neal 2011). */
const TARGET = 0.7;
const FIRST_STEP = 0.1;

/**
 * Draws from the posterior of the hyperparameters, from `start` on, by Hamiltonian Monte Carlo (Duane et al. 1987; Neal: "MCMC
 * using Hamiltonian dynamics", 2011) with unit masses; the step is set by Robbins and Monro's recursion while it warms up.
 * The likelihood's bounds are walls.
 */
export function drawHyperparameters(
  { evaluate: density, lower, upper }: Likelihood,
  { size, noiseAt }: KernelLayout,
  start: Float64Array,
  random: Random,
  { count, warmUp, steps }: DrawOptions,
): Float64Array[] {
  // The likelihood's priors are of w and the noise; here a density of their logarithms is needed. Of log s² it is one as it
  // stands: of an exponential s², which leaves room for parameters that do nothing.
  const positive = [...Array.from({ length: size }, (_, at) => at), noiseAt];
  const evaluate = (theta: Float64Array, gradient: Float64Array) => {
    let value = density(theta, gradient);
    for (const at of positive) {
      value -= theta[at] as number;
      gradient[at] = (gradient[at] as number) - 1;
    }
    return value;
  };
  const gradient = new Float64Array(start.length);
  let theta = start.map((value, at) => Math.min(upper[at] as number, Math.max(lower[at] as number, value)));
  let value = evaluate(theta, gradient);
  let slope = gradient.slice();
  let logStep = Math.log(FIRST_STEP);
  const draws: Float64Array[] = [];
  for (let turn = 0; turn < warmUp + count; turn++) {
    // Of different lengths, so that no trajectory goes round in a circle.
    const step = Math.exp(logStep) * (0.8 + 0.4 * random.uniform());
    const momentum = theta.map(() => random.normal());
    const energy = value + kinetic(momentum);
    const next = theta.slice();
    gradient.set(slope);
    let nextValue = value;
    let isLost = false;
    for (let leap = 0; leap < steps && !isLost; leap++) {
      for (let at = 0; at < next.length; at++) {
        momentum[at] = momentum[at] - 0.5 * step * gradient[at];
        next[at] = next[at] + step * momentum[at];
        // At a bound it is thrown back.
        const [low, high] = [lower[at] as number, upper[at] as number];
        if (next[at] >= low && next[at] <= high) continue;
        next[at] = next[at] < low ? 2 * low - next[at] : 2 * high - next[at];
        momentum[at] = -momentum[at];
      }
      nextValue = evaluate(next, gradient);
      isLost = !Number.isFinite(nextValue);
      for (let at = 0; at < next.length; at++) momentum[at] = momentum[at] - 0.5 * step * gradient[at];
    }
    const chance = isLost ? 0 : Math.min(1, Math.exp(energy - nextValue - kinetic(momentum)));
    if (random.uniform() < chance) {
      theta = next;
      value = nextValue;
      slope = gradient.slice();
    }
    if (turn < warmUp) logStep += (chance - TARGET) / Math.sqrt(turn + 1);
    else draws.push(theta);
  }
  return draws;
}

function kinetic(momentum: Float64Array): number {
  let squares = 0;
  for (const one of momentum) squares += one * one;
  return squares / 2;
}
