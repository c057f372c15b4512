import { choleskyRow, solveLower, solveLowerFour, solveUpper } from '../../../linalg/cholesky.ts';
import { Kernel } from './kernel.ts';
import type { KernelLayout } from './kernelLayout.ts';
import { SlopeMap, type SlopeRows } from './slopeRows.ts';

/** Mean and standard deviation of the function (without the noise) at one point, in the units of z. */
export interface Posterior {
  mean: number;
  deviation: number;
}

const NO_SLOPES = new SlopeMap(0, new Float64Array(0));

/** A Gaussian process conditioned on observations: one output, given hyperparameters. Grows by rows. */
export class Surrogate {
  readonly kernel: Kernel;
  readonly layout: KernelLayout;
  #count = 0;
  #observed = 0;
  /** Of the observations, those of slopes among them; `#rows` has the features of their places, then of what is believed. */
  #map = NO_SLOPES;
  #slopes = 0;
  #capacity = 0;
  #points = new Float64Array(0);
  #rows = new Float64Array(0);
  #factor = new Float64Array(0);
  #alpha = new Float64Array(0);
  #z = new Float64Array(0);
  #theta: Float64Array | undefined;
  /** Scratch: k and L⁻¹k of one point, of four, and slopes. */
  #k = new Float64Array(0);
  #solved = new Float64Array(0);
  #four = new Float64Array(0);
  /** √5 r and decay of each row for the point at hand (see `Kernel.covariances`). */
  #radii = new Float64Array(0);
  #decays = new Float64Array(0);
  /** Coefficients by place. */
  #first = new Float64Array(0);
  #second = new Float64Array(0);
  readonly #x: Float64Array;
  readonly #meanByColumn: Float64Array;
  readonly #varianceByColumn: Float64Array;

  constructor(layout: KernelLayout) {
    this.layout = layout;
    this.kernel = new Kernel(layout);
    this.#x = new Float64Array(layout.width);
    this.#meanByColumn = new Float64Array(layout.width);
    this.#varianceByColumn = new Float64Array(layout.width);
  }

  /** Number of observations, without what is only believed; slopes are some too. */
  get observed(): number {
    return this.#observed;
  }

  /**
   * Conditions on `z.length` rows of places. Rows of the factor that are still right are kept: those before the first row
   * that differs from last time, provided that θ is the same and that there are no slopes. What was believed is dropped.
   */
  condition(theta: Float64Array, points: Float64Array, z: Float64Array, slopes: SlopeRows | null = null): void {
    const count = z.length;
    const { width, encoding } = this.layout;
    const isSame = this.#setTheta(theta) && this.#slopes === 0;
    let kept = isSame ? this.#samePrefix(points, count) : 0;
    this.#slopes = 0;
    this.#reserve(count + 2 * (slopes?.spans.length ?? 0));
    this.#points.set(points.subarray(kept * encoding.size, count * encoding.size), kept * encoding.size);
    for (; kept < count; kept++) {
      this.kernel.features(points, kept * encoding.size, null, this.#rows, kept * width);
      this.#addRow(kept);
    }
    this.#count = count;
    this.#z.set(z);
    this.#alpha.set(z);
    if (slopes && slopes.spans.length > 0) this.#addSlopes(slopes);
    this.#observed = this.#count;
    solveLower(this.#factor, this.#count, this.#capacity, this.#alpha);
    solveUpper(this.#factor, this.#count, this.#capacity, this.#alpha);
  }

  /** Behind the values. */
  #addSlopes({ ends, spans, values, noises }: SlopeRows): void {
    const { width, encoding } = this.layout;
    const { variance, slopeNoise } = this.kernel;
    const known = this.#count;
    const map = new SlopeMap(known, spans);
    const k = new Float64Array(map.places);
    const below = new Float64Array(map.places);
    for (const [slope, span] of spans.entries()) {
      const at = known + 2 * slope;
      for (const side of [0, 1]) {
        this.kernel.features(ends, (2 * slope + side) * encoding.size, null, this.#rows, (at + side) * width);
      }
      this.kernel.covariances(this.#rows, at, this.#rows, at * width, k);
      this.kernel.covariances(this.#rows, at + 1, this.#rows, (at + 1) * width, below);
      const between = below[at];
      for (let place = 0; place < at; place++) k[place] = (k[place] - below[place]) / span;
      map.contract(k);
      const row = known + slope;
      this.#factor.set(k.subarray(0, row), row * this.#capacity);
      this.#factor[row * this.#capacity + row] =
        (2 * (variance - between)) / (span * span) + slopeNoise * noises[slope];
      this.#factorRow(row);
      this.#alpha[row] = values[slope];
    }
    this.#map = map;
    this.#slopes = spans.length;
    this.#count = map.observations;
  }

  /**
   * Adds a point that is being evaluated, as if its value were the one expected (the Kriging believer of Ginsbourger, Le
   * Riche, Carraro 2010): means stay as they are, the variance shrinks around it. Returns the mean there.
   */
  believe(point: Float64Array, from = 0): number {
    const { width, encoding } = this.layout;
    const row = this.#count;
    const place = row + this.#slopes;
    this.#reserve(place + 1);
    this.#points.set(point.subarray(from, from + encoding.size), row * encoding.size);
    this.kernel.features(point, from, null, this.#rows, place * width);
    this.#addRow(row);
    this.#alpha[row] = 0;
    this.#count = row + 1;
    let mean = 0;
    this.#covariances(this.#observed, this.#rows, place * width);
    for (let i = 0; i < this.#observed; i++) mean += this.#k[i] * this.#alpha[i];
    return mean;
  }

  /** Posterior mean at an observation. */
  meanAt(row: number): number {
    return this.#z[row] - this.kernel.noise * this.#alpha[row];
  }

  /**
   * Posterior covariances of the function's value at one observation with those at all, in the units of z: of K and noise σ²
   * they are σ² − σ⁴ (K + σ²)⁻¹, its diagonal, and − σ⁴ (K + σ²)⁻¹ beside it. Without slopes and beliefs alone.
   */
  covariancesAt(row: number): Float64Array {
    const { noise } = this.kernel;
    const inverse = new Float64Array(this.#count);
    inverse[row] = 1;
    solveLower(this.#factor, this.#count, this.#capacity, inverse);
    solveUpper(this.#factor, this.#count, this.#capacity, inverse);
    return inverse.map((value, other) => (other === row ? noise : 0) - noise * noise * value);
  }

  /** The posterior at a point; `active` marks the coordinates that count (null: those that are not NaN). */
  predict(point: Float64Array, active: Uint8Array | null, out: Posterior, from = 0): void {
    this.kernel.features(point, from, active, this.#x, 0);
    this.#predictFeatures(out);
  }

  /**
   * The posterior at up to four points of one array at once: `count` points from `from` on, one after the other with their
   * masks, into `means` and `deviations` from `to` on.
   */
  predictFour(
    points: Float64Array,
    masks: Uint8Array,
    from: number,
    count: number,
    means: Float64Array,
    deviations: Float64Array,
  ): void {
    const { encoding } = this.layout;
    const four = this.#four;
    const size = this.#count;
    for (let c = 0; c < 4; c++) {
      const place = from + Math.min(c, count - 1);
      this.kernel.features(points, place * encoding.size, masks, this.#x, 0, place * encoding.size);
      this.#covariances(size, this.#x, 0);
      let mean = 0;
      for (let i = 0; i < size; i++) {
        const k = this.#k[i];
        mean += k * this.#alpha[i];
        four[4 * i + c] = k;
      }
      if (c < count) means[place] = mean;
    }
    solveLowerFour(this.#factor, size, this.#capacity, four);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0, at = 0; i < size; i++, at += 4) {
      s0 += four[at] ** 2;
      s1 += four[at + 1] ** 2;
      s2 += four[at + 2] ** 2;
      s3 += four[at + 3] ** 2;
    }
    deviations[from] = this.#deviation(s0);
    if (count > 1) deviations[from + 1] = this.#deviation(s1);
    if (count > 2) deviations[from + 2] = this.#deviation(s2);
    if (count > 3) deviations[from + 3] = this.#deviation(s3);
  }

  /** The posterior at a point and its slopes by the places of the encoding's dimensions (0 for what is no place or inactive). */
  predictWithSlopes(
    point: Float64Array,
    active: Uint8Array,
    out: Posterior,
    meanSlopes: Float64Array,
    deviationSlopes: Float64Array,
  ): void {
    this.kernel.features(point, 0, active, this.#x, 0);
    this.#predictFeatures(out, true);
    solveUpper(this.#factor, this.#count, this.#capacity, this.#solved);
    let [first, second] = [this.#alpha, this.#solved];
    if (this.#slopes > 0) {
      const believed = this.#count - this.#observed;
      [first, second] = [this.#first, this.#second];
      this.#map.expand(this.#alpha, first, believed);
      this.#map.expand(this.#solved, second, believed);
    }
    this.kernel.slopes(
      this.#rows,
      this.#count + this.#slopes,
      this.#x,
      this.#radii,
      this.#decays,
      first,
      second,
      this.#meanByColumn,
      this.#varianceByColumn,
    );
    this.kernel.toPlaces(point, active, this.#meanByColumn, meanSlopes);
    this.kernel.toPlaces(point, active, this.#varianceByColumn, deviationSlopes);
    const factor = -1 / out.deviation;
    for (let i = 0; i < deviationSlopes.length; i++) deviationSlopes[i] = factor * deviationSlopes[i];
  }

  #predictFeatures(out: Posterior, isSloped = false): void {
    const count = this.#count;
    const k = this.#k;
    this.#covariances(count, this.#x, 0, isSloped);
    let mean = 0;
    for (let i = 0; i < count; i++) mean += k[i] * this.#alpha[i];
    const solved = this.#solved;
    for (let i = 0; i < count; i++) solved[i] = k[i];
    solveLower(this.#factor, count, this.#capacity, solved);
    let explained = 0;
    for (let i = 0; i < count; i++) explained += solved[i] ** 2;
    out.mean = mean;
    out.deviation = this.#deviation(explained);
  }

  #deviation(explained: number): number {
    return Math.sqrt(Math.max(this.kernel.variance - explained, 1e-10 * this.kernel.variance));
  }

  #setTheta(theta: Float64Array): boolean {
    const known = this.#theta;
    if (known?.every((value, index) => value === theta[index])) return true;
    this.#theta = theta.slice();
    this.kernel.set(theta);
    return false;
  }

  #samePrefix(points: Float64Array, count: number): number {
    const { size } = this.layout.encoding;
    const limit = Math.min(count, this.#observed) * size;
    let index = 0;
    while (index < limit && Object.is(points[index], this.#points[index])) index++;
    return Math.floor(index / Math.max(1, size));
  }

  /** Covariances of features with the first `count` observations into `#k`. */
  #covariances(count: number, features: Float64Array, at: number, isSloped = false): void {
    const places = count + this.#slopes;
    const k = this.#k;
    if (isSloped) this.kernel.covariances(this.#rows, places, features, at, k, 0, this.#radii, this.#decays);
    else this.kernel.covariances(this.#rows, places, features, at, k);
    if (this.#slopes > 0) this.#map.contract(k, count - this.#map.observations);
  }

  /** A value, or a point that is believed. */
  #addRow(row: number): void {
    const { width } = this.layout;
    const base = row * this.#capacity;
    const factor = this.#factor;
    if (this.#slopes > 0) {
      this.#covariances(row, this.#rows, (row + this.#slopes) * width);
      factor.set(this.#k.subarray(0, row), base);
    } else this.kernel.covariances(this.#rows, row, this.#rows, row * width, factor, base);
    const { variance, noise } = this.kernel;
    factor[base + row] = variance + noise;
    this.#factorRow(row);
  }

  #factorRow(row: number): void {
    const { variance } = this.kernel;
    const base = row * this.#capacity;
    const factor = this.#factor;
    if (!choleskyRow(factor, row, this.#capacity, 1e-9 * variance)) factor[base + row] = Math.sqrt(1e-9 * variance);
  }

  #reserve(count: number): void {
    if (count <= this.#capacity) return;
    const capacity = Math.max(32, Math.ceil(1.5 * count));
    const { width, encoding } = this.layout;
    const factor = new Float64Array(capacity * capacity);
    for (let row = 0; row < this.#count; row++) {
      const from = row * this.#capacity;
      factor.set(this.#factor.subarray(from, from + row + 1), row * capacity);
    }
    this.#factor = factor;
    this.#points = grown(this.#points, capacity * encoding.size);
    this.#rows = grown(this.#rows, capacity * width);
    this.#alpha = grown(this.#alpha, capacity);
    this.#z = grown(this.#z, capacity);
    this.#k = new Float64Array(Math.max(capacity, 4));
    this.#solved = new Float64Array(capacity);
    this.#four = new Float64Array(4 * capacity);
    this.#radii = new Float64Array(capacity);
    this.#decays = new Float64Array(capacity);
    this.#first = new Float64Array(capacity);
    this.#second = new Float64Array(capacity);
    this.#capacity = capacity;
  }
}

function grown(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}
