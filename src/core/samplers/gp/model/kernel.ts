import { decay } from '../../../stats/decay.ts';
import type { KernelLayout } from './kernelLayout.ts';

/** Keeps the slope of an input warp finite at the ends of [0, 1]. */
const MARGIN = 1e-4;

/**
 * k(x, x') = s² [(1 − m) M(r) + m / d Σⱼ 1 / (1 + 2 wⱼ Dⱼ)], r² = Σⱼ wⱼ Dⱼ, M the Matérn-5/2 correlation
 * (1 + √5 r + 5/3 r²) e^(−√5 r), Dⱼ the squared distance in one dimension (see `KernelLayout`). The second part is additive, a
 * rational quadratic kernel a dimension (α = 1, wⱼ taken four-fold): what one parameter does by itself is learnt from few
 * trials. m = 1 / (1 + e^(−θₘ)). Numeric places may be warped first by Kumaraswamy's distribution function
 * 1 − (1 − uᵃ)ᵇ (Snoek, Swersky, Zemel, Adams: "Input warping for Bayesian optimization", ICML 2014).
 *
 * Features are the layout's columns times √(2 wⱼ) (codes of choices as they are), so that the squared difference of two
 * numeric ones is 2 wⱼ Dⱼ, what both parts are made of. Divisions are what a covariance costs: two dimensions share one.
 */
export class Kernel {
  readonly layout: KernelLayout;
  /** a and b of each model dimension's input warp, 1 where there is none. */
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #order: readonly number[];
  /** w of each model dimension. */
  readonly weights: Float64Array;
  /** √(2 w), the unit of a numeric dimension's features. */
  readonly units: Float64Array;
  /** 1 / (1 + 2 w): a categorical dimension's additive part where two choices differ. */
  readonly differing: Float64Array;
  /** s² (1 − m) and s² m / d. */
  product = 0;
  sum = 0;
  /** s². */
  variance = 1;
  noise = 1e-6;
  /** Of a slope of 0 (see `SlopeRows`); 0 where there are none. */
  slopeNoise = 0;

  constructor(layout: KernelLayout) {
    this.layout = layout;
    this.#a = new Float64Array(layout.size).fill(1);
    this.#b = new Float64Array(layout.size).fill(1);
    this.weights = new Float64Array(layout.size);
    this.units = new Float64Array(layout.size);
    this.differing = new Float64Array(layout.size);
    this.#order = Array.from({ length: layout.plain + layout.arcs }, (_, dimension) => dimension);
  }

  set(theta: Float64Array): void {
    const { size, scaleAt, noiseAt, mixingAt, slopeNoiseAt } = this.layout;
    for (let j = 0; j < size; j++) {
      this.weights[j] = Math.exp(theta[j]);
      this.units[j] = Math.sqrt(2 * this.weights[j]);
      this.differing[j] = 1 / (1 + 2 * this.weights[j]);
      const warp = this.layout.warpAt[j];
      if (warp < 0) continue;
      this.#a[j] = Math.exp(theta[warp]);
      this.#b[j] = Math.exp(theta[warp + 1]);
    }
    this.variance = Math.exp(theta[scaleAt]);
    this.noise = Math.exp(theta[noiseAt]);
    this.slopeNoise = slopeNoiseAt < 0 ? 0 : Math.exp(theta[slopeNoiseAt]);
    const mixing = 1 / (1 + Math.exp(-theta[mixingAt]));
    this.product = this.variance * (1 - mixing);
    this.sum = (this.variance * mixing) / Math.max(1, size);
  }

  /**
   * Features of a point into `out` from `at` on. Coordinates that are NaN, or 0 in `active` (from `first` on), are absent.
   */
  features(
    point: Float64Array,
    from: number,
    active: Uint8Array | null,
    out: Float64Array,
    at: number,
    first = 0,
  ): void {
    const { sources, plain, arcs, size } = this.layout;
    const units = this.units;
    for (let j = 0; j < plain; j++) {
      out[at + j] = units[j] * this.#warped(point[from + sources[j]], j);
    }
    let column = at + plain;
    for (let j = plain; j < plain + arcs; j++, column += 2) {
      const source = sources[j];
      const place = point[from + source];
      const isPresent = active ? active[first + source] === 1 : !Number.isNaN(place);
      const g = isPresent ? this.#warped(place, j) : 0;
      out[column] = isPresent ? units[j] * Math.cos(g) : 0;
      out[column + 1] = isPresent ? units[j] * Math.sin(g) : 0;
    }
    for (let j = plain + arcs; j < size; j++, column++) {
      const source = sources[j];
      const code = point[from + source];
      out[column] = (active ? active[first + source] === 1 : !Number.isNaN(code)) ? code : -1;
    }
  }

  /** log of the warps' argument by numeric model dimension, for `featuresWithSlopes`; NaN where a place is absent. */
  logPlaces(point: Float64Array, from: number, out: Float64Array, at: number): void {
    for (const j of this.#order) {
      out[at + j] = Math.log(inner(point[from + this.layout.sources[j]]));
    }
  }

  /**
   * `features` of a point (absent where it is NaN) whose `logPlaces` are given, and with them d features / d (log a, log b)
   * in the columns that are warped.
   */
  featuresWithSlopes(
    point: Float64Array,
    from: number,
    logs: Float64Array,
    logsFrom: number,
    { rows, byA, byB }: { rows: Float64Array; byA: Float64Array; byB: Float64Array },
    at: number,
  ): void {
    const { sources, plain, arcs, size, warpAt } = this.layout;
    for (let j = 0, column = at; j < plain + arcs; column += j < plain ? 1 : 2, j++) {
      const place = point[from + sources[j]];
      const unit = this.units[j];
      let g = place;
      let slopeA = 0;
      let slopeB = 0;
      if (warpAt[j] >= 0) {
        const b = this.#b[j];
        const scaled = this.#a[j] * logs[logsFrom + j];
        const power = Math.exp(scaled);
        const logRest = Math.log(1 - power);
        const tail = Math.exp(b * logRest);
        g = 1 - tail;
        slopeA = (b * tail * power * scaled) / (1 - power);
        slopeB = -b * tail * logRest;
      }
      if (j < plain) {
        rows[column] = unit * g;
        byA[column] = unit * slopeA;
        byB[column] = unit * slopeB;
        continue;
      }
      const isPresent = !Number.isNaN(place);
      const across = isPresent ? unit * Math.cos(g) : 0;
      const along = isPresent ? unit * Math.sin(g) : 0;
      rows[column] = across;
      rows[column + 1] = along;
      byA[column] = isPresent ? -along * slopeA : 0;
      byB[column] = isPresent ? -along * slopeB : 0;
      byA[column + 1] = isPresent ? across * slopeA : 0;
      byB[column + 1] = isPresent ? across * slopeB : 0;
    }
    for (let j = plain + arcs, column = at + plain + 2 * arcs; j < size; j++, column++) {
      const code = point[from + sources[j]];
      rows[column] = Number.isNaN(code) ? -1 : code;
    }
  }

  /**
   * k between the features at `at` and the first `count` rows, into `out` from `to` on. With `radii` and `decays`, √5 r and
   * s² (1 − m) e^(−√5 r) of each too: what slopes are made of.
   */
  covariances(
    rows: Float64Array,
    count: number,
    x: Float64Array,
    at: number,
    out: Float64Array,
    to = 0,
    radii?: Float64Array,
    decays?: Float64Array,
    toRadii = 0,
  ): void {
    const { plain, arcs, size, width } = this.layout;
    const w = this.weights;
    const { product, sum } = this;
    for (let row = 0, from = 0; row < count; row++, from += width) {
      // 2 r², and Σ 1 / (1 + 2 wⱼ Dⱼ).
      let squares = 0;
      let shares = 0;
      let j = 0;
      for (; j + 1 < plain; j += 2) {
        const one = rows[from + j] - x[at + j];
        const two = rows[from + j + 1] - x[at + j + 1];
        const first = one * one;
        const second = two * two;
        const both = first + second;
        squares += both;
        shares += (2 + both) / ((1 + first) * (1 + second));
      }
      if (j < plain) {
        const one = rows[from + j] - x[at + j];
        squares += one * one;
        shares += 1 / (1 + one * one);
      }
      let column = plain;
      for (j = plain; j < plain + arcs; j++, column += 2) {
        const one = rows[from + column] - x[at + column];
        const two = rows[from + column + 1] - x[at + column + 1];
        const both = one * one + two * two;
        squares += both;
        shares += 1 / (1 + both);
      }
      for (; j < size; j++, column++) {
        if (rows[from + column] === x[at + column]) shares += 1;
        else {
          squares += 2 * w[j];
          shares += this.differing[j];
        }
      }
      const radius = Math.sqrt(2.5 * squares);
      const fading = product * decay(radius);
      out[to + row] = (1 + radius + radius * radius * (1 / 3)) * fading + sum * shares;
      if (radii && decays) {
        radii[toRadii + row] = radius;
        decays[toRadii + row] = fading;
      }
    }
  }

  /**
   * Gradients of Σ first[i] k(x, rowᵢ) and of Σ second[i] k(x, rowᵢ) in the numeric columns of x, into `byFirst` and
   * `bySecond` (categorical columns are left alone). `radii` and `decays` are those of `covariances`.
   */
  slopes(
    rows: Float64Array,
    count: number,
    x: Float64Array,
    radii: Float64Array,
    decays: Float64Array,
    first: Float64Array,
    second: Float64Array,
    byFirst: Float64Array,
    bySecond: Float64Array,
  ): void {
    const { width, plain, arcs } = this.layout;
    byFirst.fill(0);
    bySecond.fill(0);
    const additive = 2 * this.sum;
    for (let row = 0, from = 0; row < count; row++, from += width) {
      const productSlope = productSlopeOf(radii[row], decays[row]);
      const f = first[row];
      const s = second[row];
      for (let c = 0; c < plain; c++) {
        const difference = x[c] - rows[from + c];
        const share = 1 / (1 + difference * difference);
        const slope = difference * (productSlope - additive * share * share);
        byFirst[c] = byFirst[c] + f * slope;
        bySecond[c] = bySecond[c] + s * slope;
      }
      for (let j = plain, c = plain; j < plain + arcs; j++, c += 2) {
        const one = x[c] - rows[from + c];
        const two = x[c + 1] - rows[from + c + 1];
        const share = 1 / (1 + one * one + two * two);
        const slope = productSlope - additive * share * share;
        byFirst[c] = byFirst[c] + f * slope * one;
        bySecond[c] = bySecond[c] + s * slope * one;
        byFirst[c + 1] = byFirst[c + 1] + f * slope * two;
        bySecond[c + 1] = bySecond[c + 1] + s * slope * two;
      }
    }
  }

  /** Chains the slopes in the columns of x to slopes in the places of its dimensions; `out` is by dimension of the encoding. */
  toPlaces(point: Float64Array, active: Uint8Array, byColumn: Float64Array, out: Float64Array): void {
    const { sources, plain } = this.layout;
    out.fill(0);
    for (const j of this.#order) {
      const source = sources[j];
      if (active[source] === 0) continue;
      const place = point[source];
      const column = this.layout.column(j);
      const chain = this.units[j] * this.#warpSlope(place, j);
      if (j < plain) {
        out[source] = byColumn[column] * chain;
        continue;
      }
      const g = this.#warped(place, j);
      out[source] = (Math.cos(g) * byColumn[column + 1] - Math.sin(g) * byColumn[column]) * chain;
    }
  }

  #warped(place: number, j: number): number {
    const a = this.#a[j];
    const b = this.#b[j];
    return a === 1 && b === 1 ? place : 1 - Math.exp(b * Math.log(1 - Math.exp(a * Math.log(inner(place)))));
  }

  #warpSlope(place: number, j: number): number {
    const a = this.#a[j];
    const b = this.#b[j];
    if (a === 1 && b === 1) return 1;
    const u = inner(place);
    return a * b * u ** (a - 1) * (1 - u ** a) ** (b - 1) * (1 - 2 * MARGIN);
  }
}

/** s² (1 − m) dM / d(r²) from √5 r and s² (1 − m) e^(−√5 r). */
export function productSlopeOf(radius: number, decay: number): number {
  return (-5 / 6) * (1 + radius) * decay;
}

function inner(place: number): number {
  return MARGIN + (1 - 2 * MARGIN) * place;
}
