/** How far a value may lie from the median on the bad side, in interquartile ranges, before it is cut. */
const CUT = 5;
/** From here on the good side is compressed to its logarithm: order is kept, one freak does not set the scale. */
const SOFT_CUT = 20;
const LAMBDAS = Array.from({ length: 17 }, (_, index) => -1 + 0.25 * index);

export interface OutputWarpOptions {
  readonly isNoisy?: boolean;
  /** λ is 1: what the process takes for the mean is the mean of the losses. */
  readonly isLinear?: boolean;
}

/**
 * A monotone map from losses to values that a Gaussian process can take for normal: (y − median) / interquartile range, bad
 * outliers cut at 5, the Yeo–Johnson transform (2000) with λ of maximum likelihood on the grid −1, −0.75 … 3, then mean 0
 * and variance 1. An infinite loss counts as the extreme finite one.
 *
 * For noisy losses λ is at least 1. A study's trials crowd where it is good, so that the likeliest λ would spread the noise among
 * them over most of the scale, and press the others, which tell where that place lies, together.
 */
export class OutputWarp {
  readonly #lowest: number;
  readonly #highest: number;
  readonly #middle: number;
  readonly #width: number;
  readonly #lambda: number;
  readonly #mean: number;
  readonly #deviation: number;

  /** From at least one loss, none NaN. */
  constructor(losses: Float64Array, { isNoisy = false, isLinear = false }: OutputWarpOptions = {}) {
    const sorted = finitePart(losses).sort();
    this.#lowest = sorted[0];
    this.#highest = sorted[sorted.length - 1];
    this.#middle = quantile(sorted, 0.5);
    this.#width = widthOf(sorted, this.#middle);
    const scaled = losses.map((loss) => this.#scaled(loss));
    this.#lambda = isLinear ? 1 : likeliest(scaled, isNoisy ? 1 : Number.NEGATIVE_INFINITY);
    const { mean, variance } = momentsOf(scaled, this.#lambda);
    this.#mean = mean;
    this.#deviation = variance > 1e-24 ? Math.sqrt(variance) : 1;
  }

  /** The warped value of a loss; finite for any loss but NaN. */
  apply(loss: number): number {
    return (yeoJohnson(this.#scaled(loss), this.#lambda) - this.#mean) / this.#deviation;
  }

  /** The loss that would have this warped value if nothing were cut. */
  invert(z: number): number {
    return this.#middle + this.#width * inverseYeoJohnson(z * this.#deviation + this.#mean, this.#lambda);
  }

  /** log dz / dy at a finite loss, as if nothing were cut. */
  logSlope(loss: number): number {
    const z = loss / this.#width - this.#middle / this.#width;
    const transform = Math.sign(z) * (this.#lambda - 1) * Math.log1p(Math.abs(z));
    return transform - Math.log(this.#width) - Math.log(this.#deviation);
  }

  #scaled(loss: number): number {
    const finite = Number.isFinite(loss) ? loss : loss < 0 ? this.#lowest : this.#highest;
    const z = Math.min(finite / this.#width - this.#middle / this.#width, CUT);
    return z < -SOFT_CUT ? -SOFT_CUT - Math.log1p(Math.min(-SOFT_CUT - z, 1e300)) : z;
  }
}

/** The finite values; a single 0 where there is none. */
function finitePart(values: Float64Array): Float64Array {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.length > 0 ? finite : new Float64Array(1);
}

/** Quartile distance, or where that is 0 the mean distance to the middle, or 1; safe for values near 1e308. */
function widthOf(sorted: Float64Array, middle: number): number {
  const width = quantile(sorted, 0.75) / 2 - quantile(sorted, 0.25) / 2;
  if (width > 0) return Math.max(2 * Math.min(width, 8e307), Number.MIN_VALUE * 1e10);
  let sum = 0;
  for (const value of sorted) sum += Math.abs(value / 2 - middle / 2) / sorted.length;
  return sum > 0 ? Math.max(2 * Math.min(sum, 8e307), Number.MIN_VALUE * 1e10) : 1;
}

function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below];
  const high = sorted[Math.min(below + 1, sorted.length - 1)];
  const rest = place - below;
  return low * (1 - rest) + high * rest;
}

/** λ = 1 is the identity; λ < 1 draws the bad tail in. */
export function yeoJohnson(y: number, lambda: number): number {
  if (y >= 0) return lambda === 0 ? Math.log1p(y) : (Math.exp(lambda * Math.log1p(y)) - 1) / lambda;
  const other = 2 - lambda;
  return other === 0 ? -Math.log1p(-y) : (1 - Math.exp(other * Math.log1p(-y))) / other;
}

/** y of a transformed value; the nearest end where the transform never gets there. */
export function inverseYeoJohnson(t: number, lambda: number): number {
  if (t >= 0) return lambda === 0 ? Math.expm1(t) : Math.expm1(Math.log(Math.max(1 + lambda * t, 1e-12)) / lambda);
  const other = 2 - lambda;
  return other === 0 ? -Math.expm1(-t) : -Math.expm1(Math.log(Math.max(1 - other * t, 1e-12)) / other);
}

/** The λ of the grid, not below `least`, with the highest likelihood of normal values (of equals the identity). */
function likeliest(values: Float64Array, least: number): number {
  let jacobian = 0;
  for (const y of values) jacobian += Math.sign(y) * Math.log1p(Math.abs(y));
  let best = 1;
  let highest = logLikelihood(values, 1, jacobian);
  for (const lambda of LAMBDAS) {
    if (lambda < least) continue;
    const likelihood = logLikelihood(values, lambda, jacobian);
    if (likelihood > highest + 1e-9) {
      highest = likelihood;
      best = lambda;
    }
  }
  return best;
}

function logLikelihood(values: Float64Array, lambda: number, jacobian: number): number {
  const { variance } = momentsOf(values, lambda);
  return variance > 0 ? -0.5 * values.length * Math.log(variance) + (lambda - 1) * jacobian : Number.NEGATIVE_INFINITY;
}

function momentsOf(values: Float64Array, lambda: number): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (const value of values) sum += yeoJohnson(value, lambda);
  const mean = sum / values.length;
  for (const value of values) squares += (yeoJohnson(value, lambda) - mean) ** 2;
  return { mean, variance: squares / values.length };
}
