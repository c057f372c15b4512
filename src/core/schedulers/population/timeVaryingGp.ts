import { choleskyRow, logDeterminant, solveLower, solveUpper } from '../../linalg/cholesky.ts';

export interface TimedPoints {
  readonly count: number;
  readonly dimensions: number;
  /** `count` × `dimensions`, in [0, 1]. */
  readonly x: Float64Array;
  /** When each was seen, in intervals. */
  readonly t: Float64Array;
}

interface Hyperparameters {
  readonly lengthScale: number;
  /** ε: how much of a function is forgotten in an interval. */
  readonly forgetting: number;
  readonly noise: number;
}

const LENGTH_SCALES = [0.1, 0.2, 0.4, 0.8, 1.6];
const FORGETTINGS = [0.003, 0.03, 0.1, 0.3];
const NOISES = [0.01, 0.1, 0.5];

/**
 * A Gaussian process whose function drifts: k((x, t), (x′, t′)) = exp(−|x − x′|² / 2ℓ²) · (1 − ε)^(|t − t′| / 2)
 * (Bogunovic, Scarlett, Cevher: "Time-varying Gaussian process bandit optimization", AISTATS 2016), of unit variance, for
 * standardised values. ℓ, ε and the noise are those of a small grid with the highest marginal likelihood.
 */
export class TimeVaryingGp {
  readonly #points: TimedPoints;
  readonly #fitted: Hyperparameters;
  readonly #factor: Float64Array;
  readonly #alpha: Float64Array;
  readonly #k: Float64Array;

  /** `y` of the first points may be followed by points without a value (`y` is shorter): those only narrow the variance. */
  constructor(points: TimedPoints, y: Float64Array) {
    this.#points = points;
    const size = points.count;
    this.#factor = new Float64Array(size * size);
    this.#alpha = new Float64Array(size);
    this.#k = new Float64Array(size);
    this.#fitted = this.#fit(y);
    this.#factorise(this.#fitted, size);
    this.#believe(y);
  }

  /** Mean and standard deviation at a place and time. */
  at(x: Float64Array, t: number, out: { mean: number; deviation: number }): void {
    const { count } = this.#points;
    const k = this.#k;
    let mean = 0;
    for (let index = 0; index < count; index++) {
      k[index] = this.#covariance(this.#fitted, index, x, 0, t);
      mean += k[index] * this.#alpha[index];
    }
    solveLower(this.#factor, count, count, k);
    let variance = 1;
    for (let index = 0; index < count; index++) variance -= k[index] ** 2;
    out.mean = mean;
    out.deviation = Math.sqrt(Math.max(variance, 1e-12));
  }

  #fit(y: Float64Array): Hyperparameters {
    let best: Hyperparameters = { lengthScale: 0.4, forgetting: 0.03, noise: 0.1 };
    let bestLikelihood = Number.NEGATIVE_INFINITY;
    for (const lengthScale of LENGTH_SCALES) {
      for (const forgetting of FORGETTINGS) {
        for (const noise of NOISES) {
          const candidate = { lengthScale: lengthScale * Math.sqrt(this.#points.dimensions), forgetting, noise };
          const likelihood = this.#likelihood(candidate, y);
          if (likelihood > bestLikelihood) {
            best = candidate;
            bestLikelihood = likelihood;
          }
        }
      }
    }
    return best;
  }

  #likelihood(candidate: Hyperparameters, y: Float64Array): number {
    const size = y.length;
    if (!this.#factorise(candidate, size)) return Number.NEGATIVE_INFINITY;
    const stride = this.#points.count;
    this.#k.set(y);
    solveLower(this.#factor, size, stride, this.#k);
    let square = 0;
    for (let index = 0; index < size; index++) square += this.#k[index] ** 2;
    return -(square + logDeterminant(this.#factor, size, stride)) / 2;
  }

  #factorise(parameters: Hyperparameters, size: number): boolean {
    const { x, t, dimensions, count } = this.#points;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column <= row; column++) {
        const same = row === column ? 1 + parameters.noise : 0;
        this.#factor[row * count + column] = same || this.#covariance(parameters, column, x, row * dimensions, t[row]);
      }
      if (!choleskyRow(this.#factor, row, count)) return false;
    }
    return true;
  }

  /** Points without a value are believed to be as expected: they have no weight in the mean of the others. */
  #believe(y: Float64Array): void {
    const stride = this.#points.count;
    this.#alpha.fill(0);
    this.#alpha.set(y);
    solveLower(this.#factor, y.length, stride, this.#alpha);
    solveUpper(this.#factor, y.length, stride, this.#alpha);
  }

  #covariance(
    { lengthScale, forgetting }: Hyperparameters,
    index: number,
    other: Float64Array,
    from: number,
    time: number,
  ): number {
    const { x, t, dimensions } = this.#points;
    let square = 0;
    for (let d = 0; d < dimensions; d++) {
      square += (x[index * dimensions + d] - other[from + d]) ** 2;
    }
    const age = Math.abs(t[index] - time);
    return Math.exp(-square / (2 * lengthScale * lengthScale)) * (1 - forgetting) ** (age / 2);
  }
}
