import type { Random } from '../../random.ts';
import { symmetricEigen } from './symmetricEigen.ts';

/** The normal distribution that a generation is drawn from, in the unit cube, with what its update remembers. Never changed. */
export interface SearchState {
  readonly dimensions: number;
  /** Whether `covariance` is a diagonal (d numbers) instead of a matrix (d × d, row-major). */
  readonly isSeparable: boolean;
  /** Trials a generation. */
  readonly population: number;
  /** Generations since the run began. */
  readonly age: number;
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly covariance: Float64Array;
  /** Evolution paths of the step size and of the covariance. */
  readonly sigmaPath: Float64Array;
  readonly path: Float64Array;
  /** Stretch of each axis that keeps a margin for the cells of a grid (1 elsewhere). */
  readonly stretch: Float64Array;
  /** Eigenvectors (columns) and square roots of the eigenvalues of the covariance; no basis when separable. */
  readonly basis: Float64Array;
  readonly axes: Float64Array;
  /** Learning rates of mean and covariance, where they adapt. */
  readonly rates?: { readonly mean: Rate; readonly covariance: Rate };
}

/** A learning rate with running moments of the update that it multiplies: its mean and its mean square length. */
export interface Rate {
  readonly rate: number;
  readonly mean: Float64Array;
  readonly power: number;
}

export interface Start {
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly population: number;
  /** Of unit scale; the identity when left out. */
  readonly covariance?: Float64Array;
}

/** A fresh run. `covariance` is a full matrix also for a separable run, which takes its diagonal. */
export function freshState(isSeparable: boolean, { mean, sigma, population, covariance }: Start): SearchState {
  const dimensions = mean.length;
  const state = {
    dimensions,
    isSeparable,
    population,
    age: 0,
    mean,
    sigma,
    sigmaPath: new Float64Array(dimensions),
    path: new Float64Array(dimensions),
    stretch: new Float64Array(dimensions).fill(1),
  };
  const full = covariance ?? identity(dimensions);
  const own = isSeparable ? full.filter((_, place) => place % (dimensions + 1) === 0) : full;
  return { ...state, covariance: own, ...axesOf(own, dimensions, isSeparable) };
}

export function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let index = 0; index < size; index++) matrix[index * (size + 1)] = 1;
  return matrix;
}

/** Eigenvalues below this share of the largest are raised to it: the covariance stays positive definite. */
const FLATTEST = 1e-28;

/** Basis and axis lengths of a covariance. */
export function axesOf(
  covariance: Float64Array,
  dimensions: number,
  isSeparable: boolean,
): { basis: Float64Array; axes: Float64Array } {
  const basis = new Float64Array(isSeparable ? 0 : dimensions * dimensions);
  const axes = new Float64Array(dimensions);
  if (isSeparable) axes.set(covariance);
  else symmetricEigen(covariance, dimensions, basis, axes);
  let largest = 0;
  for (const value of axes) if (value > largest) largest = value;
  const floor = largest > 0 ? largest * FLATTEST : 1;
  for (let index = 0; index < dimensions; index++) axes[index] = Math.sqrt(Math.max(axes[index], floor));
  return { basis, axes };
}

/** Draws outside the cube are repeated this often, then clipped. */
const MOST_DRAWS = 100;

/**
 * Draws a point into `point`: mean + σ · stretch ∘ (B·D·z). Axes with `isBounded` stay in [0, 1]: the point is drawn again,
 * at last clipped; the others are rounded to a grid by the caller, which clips them too.
 */
export function draw(state: SearchState, random: Random, isBounded: Uint8Array, point: Float64Array): void {
  const { dimensions, mean, sigma, stretch } = state;
  const normal = scratch(dimensions);
  for (let attempt = 0; attempt < MOST_DRAWS; attempt++) {
    for (let axis = 0; axis < dimensions; axis++) normal[axis] = state.axes[axis] * random.normal();
    intoSpace(state, normal, point);
    let isInside = true;
    for (let axis = 0; axis < dimensions; axis++) {
      const coordinate = mean[axis] + sigma * stretch[axis] * point[axis];
      point[axis] = coordinate;
      if (isBounded[axis] && !(coordinate >= 0 && coordinate <= 1)) isInside = false;
    }
    if (isInside) return;
  }
  for (let axis = 0; axis < dimensions; axis++) {
    if (isBounded[axis]) point[axis] = Math.min(Math.max(point[axis], 0), 1);
  }
}

/** B · vector. */
function intoSpace({ isSeparable, basis, dimensions }: SearchState, vector: Float64Array, out: Float64Array): void {
  if (isSeparable) {
    for (let axis = 0; axis < dimensions; axis++) out[axis] = vector[axis];
    return;
  }
  for (let row = 0; row < dimensions; row++) {
    let sum = 0;
    for (let column = 0; column < dimensions; column++) {
      sum += basis[row * dimensions + column] * vector[column];
    }
    out[row] = sum;
  }
}

/** C^(−½) · vector, into `out`. */
export function whitened(state: SearchState, vector: Float64Array, out: Float64Array): void {
  const { isSeparable, basis, axes, dimensions } = state;
  if (isSeparable) {
    for (let axis = 0; axis < dimensions; axis++) out[axis] = vector[axis] / axes[axis];
    return;
  }
  const turned = scratch(dimensions);
  for (let column = 0; column < dimensions; column++) {
    let sum = 0;
    for (let row = 0; row < dimensions; row++) {
      sum += basis[row * dimensions + column] * vector[row];
    }
    turned[column] = sum / axes[column];
  }
  intoSpace(state, turned, out);
}

let buffer = new Float64Array(0);

function scratch(length: number): Float64Array {
  if (buffer.length < length) buffer = new Float64Array(length);
  return buffer;
}
