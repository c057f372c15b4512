import { type Constants, constantsFor } from './constants.ts';
import { axesOf, type SearchState, whitened } from './searchState.ts';

/** A step size beyond the width of the cube says nothing more. */
const LARGEST_SIGMA = 4;

/**
 * The state after a generation: `points` holds its members from the best to the worst, d coordinates each. Hansen ("The
 * CMA evolution strategy: a tutorial", 2016): weighted recombination, cumulative step-size adaptation, rank-one and rank-μ
 * update with negative weights. The stretch of a grid axis is for sampling only: the mean moves as without it.
 */
export function afterGeneration(state: SearchState, points: Float64Array): SearchState {
  const { dimensions: d, isSeparable } = state;
  const constants = constantsFor(d, points.length / d, isSeparable);
  const steps = stepsOf(state, points);
  const mean = new Float64Array(d);
  const step = new Float64Array(d);
  for (let axis = 0; axis < d; axis++) {
    let sum = 0;
    for (let place = 0; place < constants.parents; place++) {
      sum += constants.weights[place] * steps[place * d + axis];
    }
    step[axis] = sum;
    mean[axis] = state.mean[axis] + state.sigma * sum;
  }
  const { sigmaPath, path, sigma, stalls } = paths(state, constants, step);
  const covariance = covarianceAfter(state, constants, steps, path, stalls);
  const turned = axesOf(covariance, d, isSeparable);
  return { ...state, age: state.age + 1, mean, sigma, sigmaPath, path, covariance, ...turned };
}

/** y = (x − m) / (σ · stretch) of every member. */
function stepsOf({ mean, sigma, stretch, dimensions: d }: SearchState, points: Float64Array): Float64Array {
  return points.map((coordinate, place) => {
    const axis = place % d;
    return (coordinate - mean[axis]) / (sigma * stretch[axis]);
  });
}

function paths(state: SearchState, constants: Constants, step: Float64Array) {
  const { dimensions: d } = state;
  const { effective, sigmaRate, sigmaDamping, pathRate, expectedNorm } = constants;
  const white = new Float64Array(d);
  whitened(state, step, white);
  const sigmaPath = blended(state.sigmaPath, 1 - sigmaRate, white, Math.sqrt(sigmaRate * (2 - sigmaRate) * effective));
  const length = norm(sigmaPath);
  const decay = Math.sqrt(1 - (1 - sigmaRate) ** (2 * (state.age + 1)));
  const stalls = length / decay >= (1.4 + 2 / (d + 1)) * expectedNorm;
  const gain = stalls ? 0 : Math.sqrt(pathRate * (2 - pathRate) * effective);
  const path = blended(state.path, 1 - pathRate, step, gain);
  const growth = Math.exp(Math.min(1, (sigmaRate / sigmaDamping) * (length / expectedNorm - 1)));
  return { sigmaPath, path, sigma: Math.min(state.sigma * growth, LARGEST_SIGMA), stalls };
}

function covarianceAfter(
  state: SearchState,
  constants: Constants,
  steps: Float64Array,
  path: Float64Array,
  stalls: boolean,
): Float64Array {
  const { dimensions: d, isSeparable } = state;
  const { rankOneRate, rankManyRate, weightSum, pathRate } = constants;
  const lost = stalls ? rankOneRate * pathRate * (2 - pathRate) : 0;
  const kept = 1 + lost - rankOneRate - rankManyRate * weightSum;
  const covariance = state.covariance.map((entry) => kept * entry);
  const white = new Float64Array(d);
  addOuter(covariance, path, rankOneRate, isSeparable);
  for (let place = 0; place * d < steps.length; place++) {
    const step = steps.subarray(place * d, (place + 1) * d);
    let weight = constants.weights[place];
    if (weight === 0) continue;
    if (weight < 0) {
      whitened(state, step, white);
      const length = norm(white);
      weight *= d / Math.max(length * length, 1e-300);
    }
    addOuter(covariance, step, rankManyRate * weight, isSeparable);
  }
  return covariance;
}

/** covariance += factor · vector·vectorᵀ, both halves alike. */
function addOuter(covariance: Float64Array, vector: Float64Array, factor: number, isSeparable: boolean): void {
  const d = vector.length;
  for (let row = 0; row < d; row++) {
    const scaled = factor * vector[row];
    if (isSeparable) covariance[row] = covariance[row] + scaled * vector[row];
    else {
      for (let column = 0; column <= row; column++) {
        const sum = covariance[row * d + column] + scaled * vector[column];
        covariance[row * d + column] = covariance[column * d + row] = sum;
      }
    }
  }
}

function blended(a: Float64Array, weightA: number, b: Float64Array, weightB: number): Float64Array {
  return a.map((value, index) => weightA * value + weightB * b[index]);
}

export function norm(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
