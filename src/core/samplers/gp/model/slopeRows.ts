/**
 * What is known of the slopes of a function beside its values: each the difference between two places over their distance,
 * which is linear in the function, so that a Gaussian process takes it as it takes a value, with any kernel (Solak,
 * Murray-Smith, Leithead, Leith, Rasmussen: "Derivative observations in Gaussian process models of dynamic systems", 2003).
 */
export interface SlopeRows {
  /** The two places of each slope, one after the other: the upper, then the lower. */
  readonly ends: Float64Array;
  /** Distances between them. */
  readonly spans: Float64Array;
  /** In units of z a side of the unit cube. */
  readonly values: Float64Array;
  /** Of each slope's noise variance, in units of that of a slope of 0. */
  readonly noises: Float64Array;
}

/** The places at either side of which a slope is taken: nearer, and the kernel's differences round. */
const HALF_SPAN = 5e-3;

/** The gradient at a point along some of its dimensions, in units of z. */
export interface Gradient {
  readonly point: Float64Array;
  readonly dimensions: readonly number[];
  readonly slopes: readonly number[];
}

/**
 * Slope by slope what gradients say. A gradient's noise grows with its length: derivatives of a training that is chaotic are
 * huge, and wrong by as much.
 */
export function slopeRows(gradients: readonly Gradient[], size: number): SlopeRows {
  const count = gradients.reduce((sum, { dimensions }) => sum + dimensions.length, 0);
  const ends = new Float64Array(2 * count * size);
  const [spans, values, noises] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  let row = 0;
  for (const { point, dimensions, slopes } of gradients) {
    const squares = slopes.reduce((sum, slope) => sum + slope * slope, 0);
    for (const [index, dimension] of dimensions.entries()) {
      const at = point[dimension];
      const [upper, lower] = [Math.min(1, at + HALF_SPAN), Math.max(0, at - HALF_SPAN)];
      for (const [side, place] of [upper, lower].entries()) {
        const from = (2 * row + side) * size;
        ends.set(point, from);
        ends[from + dimension] = place;
      }
      spans[row] = upper - lower;
      values[row] = slopes[index];
      noises[row] = 1 + squares;
      row++;
    }
  }
  return { ends, spans, values, noises };
}

/**
 * Between the places where the kernel is taken (`values` single ones, then two a slope, then any others) and the observations
 * made of them (the values, then the slopes, then the others).
 */
export class SlopeMap {
  readonly #values: number;
  readonly #spans: Float64Array;
  /** Observations, without the others. */
  readonly observations: number;
  /** Their places. */
  readonly places: number;

  constructor(values: number, spans: Float64Array) {
    this.#values = values;
    this.#spans = spans;
    this.observations = values + spans.length;
    this.places = values + 2 * spans.length;
  }

  /** Numbers of places to those of observations, in place, from `from` on; `others` follow. */
  contract(numbers: Float64Array, others = 0, from = 0): void {
    const first = from + this.#values;
    for (let slope = 0; slope < this.#spans.length; slope++) {
      const upper = first + 2 * slope;
      numbers[first + slope] = (numbers[upper] - numbers[upper + 1]) / this.#spans[slope];
    }
    numbers.copyWithin(from + this.observations, from + this.places, from + this.places + others);
  }

  /** The transpose: coefficients of observations to those of their places, and of `others`. */
  expand(coefficients: Float64Array, to: Float64Array, others = 0): void {
    to.set(coefficients.subarray(0, this.#values));
    for (let slope = 0; slope < this.#spans.length; slope++) {
      const share = coefficients[this.#values + slope] / this.#spans[slope];
      to[this.#values + 2 * slope] = share;
      to[this.#values + 2 * slope + 1] = -share;
    }
    to.set(coefficients.subarray(this.observations, this.observations + others), this.places);
  }

  /** The lower triangle of a matrix of places to that of observations, each of a stride of its own. */
  contractMatrix(matrix: Float64Array, out: Float64Array): void {
    const at = (row: number, column: number) =>
      row >= column ? matrix[row * this.places + column] : matrix[column * this.places + row];
    for (let row = 0; row < this.observations; row++) {
      const [upper, lower, scale] = this.#parts(row);
      for (let column = 0; column <= row; column++) {
        const [otherUpper, otherLower, otherScale] = this.#parts(column);
        let sum = at(upper, otherUpper);
        if (lower >= 0) sum -= at(lower, otherUpper);
        if (otherLower >= 0) sum -= at(upper, otherLower);
        if (lower >= 0 && otherLower >= 0) sum += at(lower, otherLower);
        out[row * this.observations + column] = sum * scale * otherScale;
      }
    }
  }

  /** The transpose: the lower triangle of symmetric coefficients of observations to that of places. */
  expandMatrix(coefficients: Float64Array, out: Float64Array): void {
    out.fill(0);
    const add = (row: number, column: number, value: number) => {
      if (row >= column) out[row * this.places + column] = value;
    };
    for (let row = 0; row < this.observations; row++) {
      const [upper, lower, scale] = this.#parts(row);
      for (let column = 0; column < this.observations; column++) {
        const [otherUpper, otherLower, otherScale] = this.#parts(column);
        const given = row >= column ? row * this.observations + column : column * this.observations + row;
        const value = coefficients[given] * scale * otherScale;
        add(upper, otherUpper, value);
        if (lower >= 0) add(lower, otherUpper, -value);
        if (otherLower >= 0) add(upper, otherLower, -value);
        if (lower >= 0 && otherLower >= 0) add(lower, otherLower, value);
      }
    }
  }

  /** The place that counts, the one that is taken away (−1 for none), and what the difference is multiplied by. */
  #parts(observation: number): readonly [number, number, number] {
    const slope = observation - this.#values;
    if (slope < 0) return [observation, -1, 1];
    const upper = this.#values + 2 * slope;
    return [upper, upper + 1, 1 / this.#spans[slope]];
  }
}
