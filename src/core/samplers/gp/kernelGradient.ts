import type { Kernel } from './kernel.ts';

const SQRT_FIVE = Math.sqrt(5);

/** Rows of features and what the input warps' parameters do to them (see `Kernel.warpSlopes`), all of the layout's width. */
export interface FeatureRows {
  readonly rows: Float64Array;
  readonly byA: Float64Array;
  readonly byB: Float64Array;
}

/** Adds Σᵢⱼ Cᵢⱼ ∂kᵢⱼ/∂θ, C symmetric and given as a lower triangle, to a gradient by θ. The noise is left out. */
export class KernelGradient {
  readonly #kernel: Kernel;
  /** Dⱼ of the pair at hand. */
  readonly #distances: Float64Array;
  /** ∂k/∂Dⱼ / wⱼ of the pair at hand. */
  readonly #factors: Float64Array;
  /** Σ C ∂k/∂Dⱼ Dⱼ. */
  readonly #slopes: Float64Array;
  readonly #hasWarps: boolean;
  #byFeature = new Float64Array(0);

  constructor(kernel: Kernel) {
    const { size, warpAt } = kernel.layout;
    this.#kernel = kernel;
    this.#distances = new Float64Array(size);
    this.#factors = new Float64Array(size);
    this.#slopes = new Float64Array(size);
    this.#hasWarps = warpAt.some((warp) => warp >= 0);
  }

  add(features: FeatureRows, count: number, coefficients: Float64Array, stride: number, gradient: Float64Array): void {
    const { layout, weights, variance, sum } = this.#kernel;
    const { size, width, scaleAt, mixingAt } = layout;
    const mixing = (sum * size) / variance;
    const slopes = this.#slopes.fill(0);
    if (this.#byFeature.length < count * width) this.#byFeature = new Float64Array(count * width);
    this.#byFeature.fill(0);
    let scale = 0;
    let mix = 0;
    for (let i = 0; i < count; i++) {
      scale += (coefficients[i * stride + i] as number) * variance;
      for (let k = 0; k < i; k++) {
        const weight = 2 * (coefficients[i * stride + k] as number);
        const squares = this.#measure(features.rows, i * width, k * width);
        const r = SQRT_FIVE * Math.sqrt(squares);
        const decay = this.#kernel.product * Math.exp(-r);
        const shares = this.#addSlopes(weight, (-5 / 6) * (1 + r) * decay, slopes);
        if (this.#hasWarps) this.#addWarps(features.rows, i * width, k * width, weight);
        const product = (1 + r + (r * r) / 3) * decay;
        const additive = sum * shares;
        scale += weight * (product + additive);
        mix += weight * (additive * (1 - mixing) - product * mixing);
      }
    }
    if (this.#hasWarps) this.#chainWarps(features, count, gradient);
    for (let j = 0; j < size; j++)
      gradient[j] = (gradient[j] as number) + (slopes[j] as number) * (weights[j] as number);
    gradient[scaleAt] = (gradient[scaleAt] as number) + scale;
    gradient[mixingAt] = (gradient[mixingAt] as number) + mix;
  }

  /** Distances of two rows; returns r². */
  #measure(rows: Float64Array, a: number, b: number): number {
    const { layout, weights } = this.#kernel;
    const { plain, arcs, size } = layout;
    const distances = this.#distances;
    let squares = 0;
    for (let j = 0; j < plain; j++) {
      const difference = (rows[a + j] as number) - (rows[b + j] as number);
      const distance = difference * difference;
      distances[j] = distance;
      squares += (weights[j] as number) * distance;
    }
    let column = plain;
    for (let j = plain; j < plain + arcs; j++, column += 2) {
      const first = (rows[a + column] as number) - (rows[b + column] as number);
      const second = (rows[a + column + 1] as number) - (rows[b + column + 1] as number);
      const distance = first * first + second * second;
      distances[j] = distance;
      squares += (weights[j] as number) * distance;
    }
    for (let j = plain + arcs; j < size; j++, column++) {
      const distance = rows[a + column] === rows[b + column] ? 0 : 1;
      distances[j] = distance;
      squares += (weights[j] as number) * distance;
    }
    return squares;
  }

  /** Adds weight · ∂k/∂Dⱼ · Dⱼ / wⱼ; returns Σ 1 / (1 + 2 wⱼ Dⱼ). */
  #addSlopes(weight: number, productSlope: number, slopes: Float64Array): number {
    const { weights, sum, layout } = this.#kernel;
    const distances = this.#distances;
    const factors = this.#factors;
    let shares = 0;
    for (let j = 0; j < layout.size; j++) {
      const distance = distances[j] as number;
      const share = 1 / (1 + 2 * (weights[j] as number) * distance);
      shares += share;
      const factor = productSlope - 2 * sum * share * share;
      factors[j] = factor;
      slopes[j] = (slopes[j] as number) + weight * distance * factor;
    }
    return shares;
  }

  /**
   * Adds the pair's part of ∂(Σ C k)/∂(feature) to both rows. The slopes by an input warp's parameters follow from those by the
   * features (`#chainWarps`).
   */
  #addWarps(rows: Float64Array, a: number, b: number, weight: number): void {
    const { layout, weights } = this.#kernel;
    const { plain, arcs } = layout;
    const byFeature = this.#byFeature;
    for (let j = 0; j < plain; j++) {
      const slope =
        2 *
        weight *
        (weights[j] as number) *
        (this.#factors[j] as number) *
        ((rows[a + j] as number) - (rows[b + j] as number));
      byFeature[a + j] = (byFeature[a + j] as number) + slope;
      byFeature[b + j] = (byFeature[b + j] as number) - slope;
    }
    for (let j = plain, c = plain; j < plain + arcs; j++, c += 2) {
      const factor = 2 * weight * (weights[j] as number) * (this.#factors[j] as number);
      for (let column = c; column <= c + 1; column++) {
        const slope = factor * ((rows[a + column] as number) - (rows[b + column] as number));
        byFeature[a + column] = (byFeature[a + column] as number) + slope;
        byFeature[b + column] = (byFeature[b + column] as number) - slope;
      }
    }
  }

  #chainWarps({ byA, byB }: FeatureRows, count: number, gradient: Float64Array): void {
    const { layout } = this.#kernel;
    const { plain, arcs, width, warpAt } = layout;
    for (let j = 0; j < plain + arcs; j++) {
      const warp = warpAt[j] as number;
      if (warp < 0) continue;
      const first = layout.column(j);
      const last = j < plain ? first : first + 1;
      for (let row = 0; row < count; row++) {
        for (let at = row * width + first; at <= row * width + last; at++) {
          const slope = this.#byFeature[at] as number;
          gradient[warp] = (gradient[warp] as number) + slope * (byA[at] as number);
          gradient[warp + 1] = (gradient[warp + 1] as number) + slope * (byB[at] as number);
        }
      }
    }
  }
}
