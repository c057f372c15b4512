import { choleskyRow, inverseOf, logDeterminant, solveLower, solveUpper } from '../../linalg/cholesky.ts';
import { Kernel } from './kernel.ts';
import { type FeatureRows, KernelGradient } from './kernelGradient.ts';
import type { KernelLayout } from './kernelLayout.ts';

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
/** Up to so many dimensions length-scales are of the order of the unit cube's side; then they grow as its diagonal. */
const USUAL_DIMENSIONS = 10;

/**
 * −log posterior density of θ given observed values z (mean 0, variance 1), up to a constant, with exact gradient.
 *
 * Priors: wⱼ, an inverse squared length-scale, has −log p = A / w + B w with A = 0.1 m, B = 0.1 / m, which is Optuna's for a
 * mode of √(A/B) = m = 1; beyond 10 dimensions m = 10 / d (length-scales that grow as √d: Hvarfner, Hellsten, Nardi: "Vanilla
 * Bayesian optimization performs great in high dimensions", 2024); a conditional dimension A = 4, B = 0.04, so that what is
 * learnt in one place of a branch carries over less. s² ~ Gamma(2, 1), noise ~ Gamma(1.1, rate), mixing logit ~ N(0, 2²),
 * log a and log b of a warp ~ N(0, 0.4²): wider ones fit noise.
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
  readonly #count: number;
  /** See `Kernel.logPlaces`. */
  readonly #logs: Float64Array;
  readonly #features: FeatureRows;
  readonly #factor: Float64Array;
  readonly #work: Float64Array;
  readonly #inverse: Float64Array;
  readonly #alpha: Float64Array;

  /** `points` are rows of places, NaN for what is absent; z has one value a row. */
  constructor(layout: KernelLayout, points: Float64Array, z: Float64Array, priors: PriorOptions) {
    const count = z.length;
    this.#layout = layout;
    this.#priors = priors;
    this.kernel = new Kernel(layout);
    this.#gradient = new KernelGradient(this.kernel);
    this.#points = points;
    this.#z = z;
    this.#count = count;
    this.#features = {
      rows: new Float64Array(count * layout.width),
      byA: new Float64Array(count * layout.width),
      byB: new Float64Array(count * layout.width),
      radii: new Float64Array((count * (count - 1)) / 2),
      decays: new Float64Array((count * (count - 1)) / 2),
    };
    const numeric = layout.plain + layout.arcs;
    this.#logs = new Float64Array(count * numeric);
    for (let i = 0; i < count; i++) {
      this.kernel.logPlaces(points, i * layout.encoding.size, this.#logs, i * numeric);
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
    for (let i = 0; i < count; i++) fit += (alpha[i] as number) ** 2;
    gradient.fill(0);
    const value = 0.5 * (fit + logDeterminant(factor, count, count)) + this.#addPriors(theta, gradient);
    if (!(value <= limit)) return value;
    solveUpper(factor, count, count, alpha);
    inverseOf(factor, count, count, this.#work, this.#inverse);
    const { noiseAt } = this.#layout;
    gradient[noiseAt] = (gradient[noiseAt] as number) + this.#setCoefficients() * this.kernel.noise;
    this.#gradient.add(this.#features, count, this.#inverse, count, gradient);
    return value;
  };

  #setRows(): void {
    const { width, encoding, plain, arcs } = this.#layout;
    for (let i = 0; i < this.#count; i++) {
      const from = i * (plain + arcs);
      this.kernel.featuresWithSlopes(this.#points, i * encoding.size, this.#logs, from, this.#features, i * width);
    }
  }

  #factorise(): boolean {
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

  /** inverse ← ½ (K⁻¹ − α αᵀ); returns its trace. */
  #setCoefficients(): number {
    const count = this.#count;
    const inverse = this.#inverse;
    let trace = 0;
    for (let i = 0; i < count; i++) {
      const a = this.#alpha[i] as number;
      for (let k = 0; k <= i; k++) {
        inverse[i * count + k] = 0.5 * ((inverse[i * count + k] as number) - a * (this.#alpha[k] as number));
      }
      trace += inverse[i * count + i] as number;
    }
    return trace;
  }

  #addPriors(theta: Float64Array, gradient: Float64Array): number {
    const { size, scaleAt, noiseAt, mixingAt, hyperparameters, isConditional } = this.#layout;
    const mode = priorMode(this.#layout);
    let value = 0;
    const add = (index: number, density: number, slope: number) => {
      value += density;
      gradient[index] = (gradient[index] as number) + slope;
    };
    for (let j = 0; j < size; j++) {
      const w = Math.exp(theta[j] as number);
      const [a, b] = isConditional[j] ? [4, 0.04] : [0.1 * mode, 0.1 / mode];
      add(j, a / w + b * w, -a / w + b * w);
    }
    const scale = Math.exp(theta[scaleAt] as number);
    add(scaleAt, scale - (theta[scaleAt] as number), scale - 1);
    const noise = Math.exp(theta[noiseAt] as number);
    const { noiseRate } = this.#priors;
    add(noiseAt, noiseRate * noise - 0.1 * (theta[noiseAt] as number), noiseRate * noise - 0.1);
    const mixing = (theta[mixingAt] as number) / MIXING_DEVIATION;
    add(mixingAt, 0.5 * mixing * mixing, mixing / MIXING_DEVIATION);
    for (let index = mixingAt + 1; index < hyperparameters; index++) {
      const warp = (theta[index] as number) / WARP_DEVIATION;
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
  return theta;
}

function priorMode({ size }: KernelLayout): number {
  return Math.min(1, USUAL_DIMENSIONS / size);
}

function boundsOf(layout: KernelLayout, { deterministic }: PriorOptions): [Float64Array, Float64Array] {
  const { size, scaleAt, noiseAt, mixingAt, hyperparameters } = layout;
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
  return [lower, upper];
}
