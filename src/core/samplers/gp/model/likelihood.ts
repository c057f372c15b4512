import { choleskyRow, inverseOf, logDeterminant, solveLower, solveUpper } from '../../../linalg/cholesky.ts';
import { Kernel } from './kernel.ts';
import { type FeatureRows, KernelGradient } from './kernelGradient.ts';
import type { KernelLayout } from './kernelLayout.ts';
import { SlopeMap, type SlopeRows } from './slopeRows.ts';

/** log noise variance at least; the data have variance 1. */
const LEAST_NOISE = Math.log(1e-6);

export interface PriorOptions {
  /** Rate of the noise variance's Gamma(1.1, rate) prior. */
  readonly noiseRate: number;
  /** Fixes the noise at its least: the objective has none. */
  readonly deterministic: boolean;
}

/** Standard deviation of log a and log b of the input warps. */
const WARP_DEVIATION = 0.4;
const MIXING_DEVIATION = 2;
/** Mean and standard deviation of the log noise variance of slopes, which are of the order of 1. */
const SLOPE_NOISE = Math.log(0.1);
const SLOPE_NOISE_DEVIATION = 2;
/** Up to so many dimensions length-scales are of the order of the unit cube's side; then they grow as its diagonal. */
const USUAL_DIMENSIONS = 10;

/**
 * −log posterior density of θ given observed values z (mean 0, variance 1), up to a constant, with exact gradient.
 *
 * Priors: wⱼ, an inverse squared length-scale, has −log p = A / w + B w with A = 0.1 m, B = 0.1 / m, which is Optuna's for a
 * mode of √(A/B) = m = 1; beyond 10 dimensions m = 10 / d (length-scales that grow as √d: Hvarfner, Hellsten, Nardi: "Vanilla
 * Bayesian optimization performs great in high dimensions", 2024); a conditional dimension A = 4, B = 0.04, so that what is
 * learnt in one place of a branch carries over less. s² ~ Gamma(2, 1), noise ~ Gamma(1.1, rate), mixing logit ~ N(0, 2²),
 * log a and log b of a warp ~ N(0, 0.4²): wider ones fit noise. log noise of slopes ~ N(log 0.1, 2²).
 */
export class Likelihood {
  readonly kernel: Kernel;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly #layout: KernelLayout;
  readonly #priors: PriorOptions;
  readonly #gradient: KernelGradient;
  readonly #points: Float64Array;
  readonly #z: Float64Array;
  /** Observations, and the places that they are made of. */
  readonly #count: number;
  readonly #places: number;
  readonly #slopes: { readonly map: SlopeMap; readonly noises: Float64Array; readonly byPlace: Float64Array } | null;
  /** See `Kernel.logPlaces`. */
  readonly #logs: Float64Array;
  readonly #features: FeatureRows;
  readonly #factor: Float64Array;
  readonly #work: Float64Array;
  readonly #inverse: Float64Array;
  readonly #alpha: Float64Array;

  /** `points` are rows of places, NaN for what is absent; z has one value a row. `slopes` only if the layout has their noise. */
  constructor(
    layout: KernelLayout,
    points: Float64Array,
    z: Float64Array,
    priors: PriorOptions,
    slopes: SlopeRows | null = null,
  ) {
    const map = new SlopeMap(z.length, slopes?.spans ?? new Float64Array(0));
    const { observations: count, places } = map;
    this.#layout = layout;
    this.#priors = priors;
    this.kernel = new Kernel(layout);
    this.#gradient = new KernelGradient(this.kernel);
    this.#points = slopes ? joined(points, slopes.ends) : points;
    this.#z = slopes ? joined(z, slopes.values) : z;
    this.#count = count;
    this.#places = places;
    this.#slopes = slopes ? { map, noises: slopes.noises, byPlace: new Float64Array(places * places) } : null;
    this.#features = {
      rows: new Float64Array(places * layout.width),
      byA: new Float64Array(places * layout.width),
      byB: new Float64Array(places * layout.width),
      radii: new Float64Array((places * (places - 1)) / 2),
      decays: new Float64Array((places * (places - 1)) / 2),
    };
    const numeric = layout.plain + layout.arcs;
    this.#logs = new Float64Array(places * numeric);
    for (let i = 0; i < places; i++) {
      this.kernel.logPlaces(this.#points, i * layout.encoding.size, this.#logs, i * numeric);
    }
    this.#factor = new Float64Array(count * count);
    this.#work = new Float64Array(count * count);
    this.#inverse = new Float64Array(count * count);
    this.#alpha = new Float64Array(count);
    [this.lower, this.upper] = boundsOf(layout, priors);
  }

  /** The value at θ; NaN where the matrix cannot be factored. Fills `gradient` unless the value is above `limit`. */
  readonly evaluate = (theta: Float64Array, gradient: Float64Array, limit = Number.POSITIVE_INFINITY): number => {
    const count = this.#count;
    this.kernel.set(theta);
    this.#setRows();
    if (!this.#factorise()) return Number.NaN;
    const factor = this.#factor;
    const alpha = this.#alpha;
    alpha.set(this.#z);
    solveLower(factor, count, count, alpha);
    let fit = 0;
    for (let i = 0; i < count; i++) fit += alpha[i] ** 2;
    gradient.fill(0);
    const value = 0.5 * (fit + logDeterminant(factor, count, count)) + this.#addPriors(theta, gradient);
    if (!(value <= limit)) return value;
    solveUpper(factor, count, count, alpha);
    inverseOf(factor, count, count, this.#work, this.#inverse);
    this.#setCoefficients();
    this.#addNoises(gradient);
    let coefficients = this.#inverse;
    if (this.#slopes) {
      coefficients = this.#slopes.byPlace;
      this.#slopes.map.expandMatrix(this.#inverse, coefficients);
    }
    this.#gradient.add(this.#features, this.#places, coefficients, this.#places, gradient);
    return value;
  };

  #setRows(): void {
    const { width, encoding, plain, arcs } = this.#layout;
    for (let i = 0; i < this.#places; i++) {
      const from = i * (plain + arcs);
      this.kernel.featuresWithSlopes(this.#points, i * encoding.size, this.#logs, from, this.#features, i * width);
    }
  }

  #factorise(): boolean {
    if (this.#slopes) return this.#factoriseWithSlopes(this.#slopes);
    const count = this.#count;
    const { width } = this.#layout;
    const factor = this.#factor;
    const { variance, noise } = this.kernel;
    const { rows, radii, decays } = this.#features;
    for (let i = 0, pairs = 0; i < count; pairs += i, i++) {
      this.kernel.covariances(rows, i, rows, i * width, factor, i * count, radii, decays, pairs);
      factor[i * count + i] = variance + noise;
      if (!choleskyRow(factor, i, count, 1e-12 * variance)) return false;
    }
    return true;
  }

  #factoriseWithSlopes({
    map,
    noises,
    byPlace,
  }: {
    map: SlopeMap;
    noises: Float64Array;
    byPlace: Float64Array;
  }): boolean {
    const { width } = this.#layout;
    const [count, places] = [this.#count, this.#places];
    const { variance, noise, slopeNoise } = this.kernel;
    const { rows, radii, decays } = this.#features;
    for (let i = 0, pairs = 0; i < places; pairs += i, i++) {
      this.kernel.covariances(rows, i, rows, i * width, byPlace, i * places, radii, decays, pairs);
      byPlace[i * places + i] = variance;
    }
    const factor = this.#factor;
    map.contractMatrix(byPlace, factor);
    const values = count - noises.length;
    for (let i = 0; i < count; i++) {
      const own = i < values ? noise : slopeNoise * noises[i - values];
      factor[i * count + i] = factor[i * count + i] + own;
      if (!choleskyRow(factor, i, count, 1e-12 * variance)) return false;
    }
    return true;
  }

  /** inverse ← ½ (K⁻¹ − α αᵀ). */
  #setCoefficients(): void {
    const count = this.#count;
    const inverse = this.#inverse;
    for (let i = 0; i < count; i++) {
      const a = this.#alpha[i];
      for (let k = 0; k <= i; k++) {
        inverse[i * count + k] = 0.5 * (inverse[i * count + k] - a * this.#alpha[k]);
      }
    }
  }

  #addNoises(gradient: Float64Array): void {
    const count = this.#count;
    const { noiseAt, slopeNoiseAt } = this.#layout;
    const noises = this.#slopes?.noises ?? [];
    const values = count - noises.length;
    let trace = 0;
    for (let i = 0; i < values; i++) trace += this.#inverse[i * count + i];
    gradient[noiseAt] = gradient[noiseAt] + trace * this.kernel.noise;
    if (!this.#slopes) return;
    let sloped = 0;
    for (let i = values; i < count; i++) {
      sloped += noises[i - values] * this.#inverse[i * count + i];
    }
    gradient[slopeNoiseAt] = gradient[slopeNoiseAt] + sloped * this.kernel.slopeNoise;
  }

  #addPriors(theta: Float64Array, gradient: Float64Array): number {
    const { size, scaleAt, noiseAt, mixingAt, hyperparameters, slopeNoiseAt, isConditional } = this.#layout;
    const mode = priorMode(this.#layout);
    let value = 0;
    const add = (index: number, density: number, slope: number) => {
      value += density;
      gradient[index] = gradient[index] + slope;
    };
    for (let j = 0; j < size; j++) {
      const w = Math.exp(theta[j]);
      const [a, b] = isConditional[j] ? [4, 0.04] : [0.1 * mode, 0.1 / mode];
      add(j, a / w + b * w, -a / w + b * w);
    }
    const scale = Math.exp(theta[scaleAt]);
    add(scaleAt, scale - theta[scaleAt], scale - 1);
    const noise = Math.exp(theta[noiseAt]);
    const { noiseRate } = this.#priors;
    add(noiseAt, noiseRate * noise - 0.1 * theta[noiseAt], noiseRate * noise - 0.1);
    const mixing = theta[mixingAt] / MIXING_DEVIATION;
    add(mixingAt, 0.5 * mixing * mixing, mixing / MIXING_DEVIATION);
    if (slopeNoiseAt >= 0) {
      const slopes = (theta[slopeNoiseAt] - SLOPE_NOISE) / SLOPE_NOISE_DEVIATION;
      add(slopeNoiseAt, 0.5 * slopes * slopes, slopes / SLOPE_NOISE_DEVIATION);
    }
    const warpsEnd = slopeNoiseAt < 0 ? hyperparameters : slopeNoiseAt;
    for (let index = mixingAt + 1; index < warpsEnd; index++) {
      const warp = theta[index] / WARP_DEVIATION;
      add(index, 0.5 * warp * warp, warp / WARP_DEVIATION);
    }
    return value;
  }
}

/** θ where a fit begins: w = 1 (10 / d in many dimensions; 10 of a conditional one), s² = 1, noise 0.01, half and half, no warps. */
export function defaultTheta(layout: KernelLayout, { deterministic }: PriorOptions): Float64Array {
  const theta = new Float64Array(layout.hyperparameters);
  const mode = priorMode(layout);
  for (let j = 0; j < layout.size; j++) theta[j] = Math.log(layout.isConditional[j] ? 10 : mode);
  theta[layout.noiseAt] = deterministic ? LEAST_NOISE : Math.log(0.01);
  if (layout.slopeNoiseAt >= 0) theta[layout.slopeNoiseAt] = SLOPE_NOISE;
  return theta;
}

function priorMode({ size }: KernelLayout): number {
  return Math.min(1, USUAL_DIMENSIONS / size);
}

function boundsOf(layout: KernelLayout, { deterministic }: PriorOptions): [Float64Array, Float64Array] {
  const { size, scaleAt, noiseAt, mixingAt, hyperparameters, slopeNoiseAt } = layout;
  const lower = new Float64Array(hyperparameters).fill(-1.8);
  const upper = new Float64Array(hyperparameters).fill(1.8);
  lower.fill(Math.log(1e-5), 0, size);
  upper.fill(Math.log(1e4), 0, size);
  lower[scaleAt] = Math.log(0.05);
  upper[scaleAt] = Math.log(50);
  lower[noiseAt] = LEAST_NOISE;
  upper[noiseAt] = deterministic ? LEAST_NOISE : Math.log(10);
  lower[mixingAt] = -6;
  upper[mixingAt] = 6;
  if (slopeNoiseAt >= 0) {
    lower[slopeNoiseAt] = Math.log(1e-6);
    upper[slopeNoiseAt] = Math.log(100);
  }
  return [lower, upper];
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
