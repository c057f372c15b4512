import type { KernelLayout } from './kernelLayout.ts';

const SQRT_FIVE = Math.sqrt(5);
/** Keeps the slope of an input warp finite at the ends of [0, 1]. */
const MARGIN = 1e-4;

/**
 * k(x, x') = s² [(1 − m) M(r) + m / d Σⱼ 1 / (1 + 2 wⱼ Dⱼ)], r² = Σⱼ wⱼ Dⱼ, M the Matérn-5/2 correlation
 * (1 + √5 r + 5/3 r²) e^(−√5 r), Dⱼ the squared distance in one dimension (see `KernelLayout`). The second part is additive, a
 * rational quadratic kernel a dimension (α = 1, wⱼ taken four-fold): what one parameter does by itself is learnt from few
 * trials. m = 1 / (1 + e^(−θₘ)). Numeric places may be warped first by Kumaraswamy's distribution function
 * 1 − (1 − uᵃ)ᵇ (Snoek, Swersky, Zemel, Adams: "Input warping for Bayesian optimization", ICML 2014).
 */
export class Kernel {
  readonly layout: KernelLayout;
  /** a and b of each model dimension's input warp, 1 where there is none. */
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #order: readonly number[];
  /** w of each model dimension. */
  readonly weights: Float64Array;
  /** 1 / (1 + 2 w): a categorical dimension's additive part where two choices differ. */
  readonly differing: Float64Array;
  /** s² (1 − m) and s² m / d. */
  product = 0;
  sum = 0;
  /** s². */
  variance = 1;
  noise = 1e-6;

  constructor(layout: KernelLayout) {
    this.layout = layout;
    this.#a = new Float64Array(layout.size).fill(1);
    this.#b = new Float64Array(layout.size).fill(1);
    this.weights = new Float64Array(layout.size);
    this.differing = new Float64Array(layout.size);
    this.#order = Array.from({ length: layout.plain + layout.arcs }, (_, dimension) => dimension);
  }

  set(theta: Float64Array): void {
    const { size, scaleAt, noiseAt, mixingAt } = this.layout;
    for (let j = 0; j < size; j++) {
      this.weights[j] = Math.exp(theta[j] as number);
      this.differing[j] = 1 / (1 + 2 * (this.weights[j] as number));
      const warp = this.layout.warpAt[j] as number;
      if (warp < 0) continue;
      this.#a[j] = Math.exp(theta[warp] as number);
      this.#b[j] = Math.exp(theta[warp + 1] as number);
    }
    this.variance = Math.exp(theta[scaleAt] as number);
    this.noise = Math.exp(theta[noiseAt] as number);
    const mixing = 1 / (1 + Math.exp(-(theta[mixingAt] as number)));
    this.product = this.variance * (1 - mixing);
    this.sum = (this.variance * mixing) / Math.max(1, size);
  }

  /** Features of a point into `out` from `at` on. Coordinates that are NaN, or 0 in `active`, are absent. */
  features(point: Float64Array, from: number, active: Uint8Array | null, out: Float64Array, at: number): void {
    const { sources, plain, arcs, size } = this.layout;
    for (let j = 0; j < plain; j++) {
      out[at + j] = this.#warped(point[from + (sources[j] as number)] as number, j);
    }
    let column = at + plain;
    for (let j = plain; j < plain + arcs; j++, column += 2) {
      const source = sources[j] as number;
      const place = point[from + source] as number;
      const isPresent = active ? active[source] === 1 : !Number.isNaN(place);
      const g = isPresent ? this.#warped(place, j) : 0;
      out[column] = isPresent ? Math.cos(g) : 0;
      out[column + 1] = isPresent ? Math.sin(g) : 0;
    }
    for (let j = plain + arcs; j < size; j++, column++) {
      const source = sources[j] as number;
      const code = point[from + source] as number;
      out[column] = (active ? active[source] === 1 : !Number.isNaN(code)) ? code : -1;
    }
  }

  /** d features / d (log a, log b) of one point's columns, in the layout of `features`; 0 where there is no warp. */
  warpSlopes(point: Float64Array, from: number, byA: Float64Array, byB: Float64Array, at: number): void {
    const { sources, plain, warpAt, width } = this.layout;
    byA.fill(0, at, at + width);
    byB.fill(0, at, at + width);
    for (const j of this.#order) {
      const warp = warpAt[j] as number;
      const place = point[from + (sources[j] as number)] as number;
      if (warp < 0 || Number.isNaN(place)) continue;
      const a = this.#a[j] as number;
      const b = this.#b[j] as number;
      const logU = Math.log(inner(place));
      const power = Math.exp(a * logU);
      const rest = 1 - power;
      const tail = Math.exp(b * Math.log(rest));
      const slopeA = ((a * b * tail) / rest) * power * logU;
      const slopeB = -b * tail * Math.log(rest);
      const column = at + this.layout.column(j);
      if (j < plain) {
        byA[column] = slopeA;
        byB[column] = slopeB;
        continue;
      }
      const g = 1 - tail;
      byA[column] = -Math.sin(g) * slopeA;
      byB[column] = -Math.sin(g) * slopeB;
      byA[column + 1] = Math.cos(g) * slopeA;
      byB[column + 1] = Math.cos(g) * slopeB;
    }
  }

  /** k between the features at `at` and the first `count` rows. */
  covariances(rows: Float64Array, count: number, x: Float64Array, at: number, out: Float64Array): void {
    for (let row = 0; row < count; row++) out[row] = this.covariance(rows, row * this.layout.width, x, at);
  }

  covariance(rows: Float64Array, from: number, x: Float64Array, at: number): number {
    const { plain, arcs, size } = this.layout;
    const w = this.weights;
    let squares = 0;
    let sum = 0;
    for (let j = 0; j < plain; j++) {
      const difference = (rows[from + j] as number) - (x[at + j] as number);
      const distance = (w[j] as number) * difference * difference;
      squares += distance;
      sum += 1 / (1 + 2 * distance);
    }
    let column = plain;
    for (let j = plain; j < plain + arcs; j++, column += 2) {
      const first = (rows[from + column] as number) - (x[at + column] as number);
      const second = (rows[from + column + 1] as number) - (x[at + column + 1] as number);
      const distance = (w[j] as number) * (first * first + second * second);
      squares += distance;
      sum += 1 / (1 + 2 * distance);
    }
    for (let j = plain + arcs; j < size; j++, column++) {
      if (rows[from + column] === x[at + column]) sum += 1;
      else {
        squares += w[j] as number;
        sum += this.differing[j] as number;
      }
    }
    const r = SQRT_FIVE * Math.sqrt(squares);
    return this.product * (1 + r + (r * r) / 3) * Math.exp(-r) + this.sum * sum;
  }

  /**
   * Gradients of Σ first[i] k(x, rowᵢ) and of Σ second[i] k(x, rowᵢ) in the numeric columns of x, into `byFirst` and
   * `bySecond` (categorical columns are left alone).
   */
  slopes(
    rows: Float64Array,
    count: number,
    x: Float64Array,
    first: Float64Array,
    second: Float64Array,
    byFirst: Float64Array,
    bySecond: Float64Array,
  ): void {
    const { width, plain, arcs } = this.layout;
    byFirst.fill(0);
    bySecond.fill(0);
    for (let row = 0; row < count; row++) {
      const from = row * width;
      const productSlope = this.#productSlope(rows, from, x);
      const f = first[row] as number;
      const s = second[row] as number;
      for (let c = 0; c < plain; c++) {
        const difference = (x[c] as number) - (rows[from + c] as number);
        const w = this.weights[c] as number;
        const share = 1 / (1 + 2 * w * difference * difference);
        const slope = 2 * w * difference * (productSlope - 2 * this.sum * share * share);
        byFirst[c] = (byFirst[c] as number) + f * slope;
        bySecond[c] = (bySecond[c] as number) + s * slope;
      }
      for (let j = plain, c = plain; j < plain + arcs; j++, c += 2) {
        const one = (x[c] as number) - (rows[from + c] as number);
        const two = (x[c + 1] as number) - (rows[from + c + 1] as number);
        const w = this.weights[j] as number;
        const share = 1 / (1 + 2 * w * (one * one + two * two));
        const slope = 2 * w * (productSlope - 2 * this.sum * share * share);
        byFirst[c] = (byFirst[c] as number) + f * slope * one;
        bySecond[c] = (bySecond[c] as number) + s * slope * one;
        byFirst[c + 1] = (byFirst[c + 1] as number) + f * slope * two;
        bySecond[c + 1] = (bySecond[c + 1] as number) + s * slope * two;
      }
    }
  }

  /** Chains the slopes in the columns of x to slopes in the places of its dimensions; `out` is by dimension of the encoding. */
  toPlaces(point: Float64Array, active: Uint8Array, byColumn: Float64Array, out: Float64Array): void {
    const { sources, plain } = this.layout;
    out.fill(0);
    for (const j of this.#order) {
      const source = sources[j] as number;
      if (active[source] === 0) continue;
      const place = point[source] as number;
      const column = this.layout.column(j);
      const chain = this.#warpSlope(place, j);
      if (j < plain) {
        out[source] = (byColumn[column] as number) * chain;
        continue;
      }
      const g = this.#warped(place, j);
      out[source] =
        (Math.cos(g) * (byColumn[column + 1] as number) - Math.sin(g) * (byColumn[column] as number)) * chain;
    }
  }

  /** Derivative of the product part by r², times s². */
  #productSlope(rows: Float64Array, from: number, x: Float64Array): number {
    const { plain, arcs, size } = this.layout;
    const w = this.weights;
    let squares = 0;
    for (let j = 0; j < plain; j++) {
      const difference = (rows[from + j] as number) - (x[j] as number);
      squares += (w[j] as number) * difference * difference;
    }
    let column = plain;
    for (let j = plain; j < plain + arcs; j++, column += 2) {
      const first = (rows[from + column] as number) - (x[column] as number);
      const second = (rows[from + column + 1] as number) - (x[column + 1] as number);
      squares += (w[j] as number) * (first * first + second * second);
    }
    for (let j = plain + arcs; j < size; j++, column++) {
      if (rows[from + column] !== x[column]) squares += w[j] as number;
    }
    return this.productSlope(squares);
  }

  /** s² (1 − m) dM / d(r²). */
  productSlope(squares: number): number {
    const r = SQRT_FIVE * Math.sqrt(squares);
    return this.product * (-5 / 6) * (1 + r) * Math.exp(-r);
  }

  #warped(place: number, j: number): number {
    const a = this.#a[j] as number;
    const b = this.#b[j] as number;
    return a === 1 && b === 1 ? place : 1 - (1 - inner(place) ** a) ** b;
  }

  #warpSlope(place: number, j: number): number {
    const a = this.#a[j] as number;
    const b = this.#b[j] as number;
    if (a === 1 && b === 1) return 1;
    const u = inner(place);
    return a * b * u ** (a - 1) * (1 - u ** a) ** (b - 1) * (1 - 2 * MARGIN);
  }
}

function inner(place: number): number {
  return MARGIN + (1 - 2 * MARGIN) * place;
}
