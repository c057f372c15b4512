import { type Kernel, productSlopeOf } from './kernel.ts';

/** Rows of features and what the input warps' parameters do to them (see `Kernel.featuresWithSlopes`), all of the layout's width. */
export interface FeatureRows {
  readonly rows: Float64Array;
  readonly byA: Float64Array;
  readonly byB: Float64Array;
  /** √5 r and s² (1 − m) e^(−√5 r) of every pair (see `Kernel.covariances`): row i's with the rows before it from i (i − 1) / 2 on. */
  readonly radii: Float64Array;
  readonly decays: Float64Array;
}

/** Adds Σᵢⱼ Cᵢⱼ ∂kᵢⱼ/∂θ, C symmetric and given as a lower triangle, to a gradient by θ. The noise is left out. */
export class KernelGradient {
  readonly #kernel: Kernel;
  /** Σ C ∂k/∂log wⱼ. */
  readonly #slopes: Float64Array;
  /** Σ C ∂k/∂log s² and Σ C ∂k/∂(mixing logit). */
  readonly #totals = new Float64Array(2);
  /** ∂(Σ C k)/∂(feature); the slopes by an input warp's parameters follow from it (`#chainWarps`). */
  #byFeature = new Float64Array(0);

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#slopes = new Float64Array(kernel.layout.size);
  }

  add(features: FeatureRows, count: number, coefficients: Float64Array, stride: number, gradient: Float64Array): void {
    const { layout, variance, sum } = this.#kernel;
    const { size, width, scaleAt, mixingAt } = layout;
    const mixing = (sum * size) / variance;
    this.#slopes.fill(0);
    this.#totals.fill(0);
    if (this.#byFeature.length < count * width) this.#byFeature = new Float64Array(count * width);
    this.#byFeature.fill(0);
    // Pairs in rows: a function that is called for each pair would have its numbers boxed.
    for (let i = 0; i < count; i++) this.#addRow(features, i, coefficients, i * stride, mixing);
    this.#chainWarps(features, count, gradient);
    for (let j = 0; j < size; j++) gradient[j] = gradient[j] + this.#slopes[j];
    gradient[scaleAt] = gradient[scaleAt] + this.#totals[0];
    gradient[mixingAt] = gradient[mixingAt] + this.#totals[1];
  }

  /** Adds the parts of row i with itself and with all rows before it. */
  #addRow(
    { rows, radii, decays }: FeatureRows,
    i: number,
    coefficients: Float64Array,
    from: number,
    mixing: number,
  ): void {
    const { layout, weights, sum, differing, variance } = this.#kernel;
    const { plain, arcs, size, width } = layout;
    const slopes = this.#slopes;
    const byFeature = this.#byFeature;
    const a = i * width;
    let scale = coefficients[from + i] * variance;
    let mix = 0;
    for (let k = 0, b = 0, pair = (i * (i - 1)) / 2; k < i; k++, b += width, pair++) {
      const weight = 2 * coefficients[from + k];
      const radius = radii[pair];
      const decay = decays[pair];
      const base = weight * productSlopeOf(radius, decay);
      const additive = 2 * weight * sum;
      let shares = 0;
      let j = 0;
      for (; j + 1 < plain; j += 2) {
        const one = rows[a + j] - rows[b + j];
        const two = rows[a + j + 1] - rows[b + j + 1];
        const first = 1 + one * one;
        const second = 1 + two * two;
        const inverse = 1 / (first * second);
        const shareOne = second * inverse;
        const shareTwo = first * inverse;
        shares += shareOne + shareTwo;
        const slopeOne = (base - additive * shareOne * shareOne) * one;
        const slopeTwo = (base - additive * shareTwo * shareTwo) * two;
        slopes[j] = slopes[j] + 0.5 * slopeOne * one;
        slopes[j + 1] = slopes[j + 1] + 0.5 * slopeTwo * two;
        byFeature[a + j] = byFeature[a + j] + slopeOne;
        byFeature[a + j + 1] = byFeature[a + j + 1] + slopeTwo;
        byFeature[b + j] = byFeature[b + j] - slopeOne;
        byFeature[b + j + 1] = byFeature[b + j + 1] - slopeTwo;
      }
      if (j < plain) {
        const one = rows[a + j] - rows[b + j];
        const share = 1 / (1 + one * one);
        shares += share;
        const slope = (base - additive * share * share) * one;
        slopes[j] = slopes[j] + 0.5 * slope * one;
        byFeature[a + j] = byFeature[a + j] + slope;
        byFeature[b + j] = byFeature[b + j] - slope;
      }
      let column = plain;
      for (j = plain; j < plain + arcs; j++, column += 2) {
        const one = rows[a + column] - rows[b + column];
        const two = rows[a + column + 1] - rows[b + column + 1];
        const squares = one * one + two * two;
        const share = 1 / (1 + squares);
        shares += share;
        const slope = base - additive * share * share;
        slopes[j] = slopes[j] + 0.5 * slope * squares;
        byFeature[a + column] = byFeature[a + column] + slope * one;
        byFeature[a + column + 1] = byFeature[a + column + 1] + slope * two;
        byFeature[b + column] = byFeature[b + column] - slope * one;
        byFeature[b + column + 1] = byFeature[b + column + 1] - slope * two;
      }
      for (; j < size; j++, column++) {
        if (rows[a + column] === rows[b + column]) {
          shares += 1;
          continue;
        }
        const share = differing[j];
        shares += share;
        slopes[j] = slopes[j] + (base - additive * share * share) * weights[j];
      }
      const product = (1 + radius + (radius * radius) / 3) * decay;
      scale += weight * (product + sum * shares);
      mix += weight * (sum * shares * (1 - mixing) - product * mixing);
    }
    this.#totals[0] = this.#totals[0] + scale;
    this.#totals[1] = this.#totals[1] + mix;
  }

  #chainWarps({ byA, byB }: FeatureRows, count: number, gradient: Float64Array): void {
    const { layout } = this.#kernel;
    const { plain, arcs, width, warpAt } = layout;
    for (let j = 0; j < plain + arcs; j++) {
      const warp = warpAt[j];
      if (warp < 0) continue;
      const first = layout.column(j);
      const last = j < plain ? first : first + 1;
      for (let row = 0; row < count; row++) {
        for (let at = row * width + first; at <= row * width + last; at++) {
          const slope = this.#byFeature[at];
          gradient[warp] = gradient[warp] + slope * byA[at];
          gradient[warp + 1] = gradient[warp + 1] + slope * byB[at];
        }
      }
    }
  }
}
