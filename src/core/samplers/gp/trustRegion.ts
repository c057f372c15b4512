import type { Region } from './candidates.ts';
import type { Surrogate } from './model/surrogate.ts';

const FIRST_LENGTH = 0.4;
const LEAST_LENGTH = 0.01;
const MOST_LENGTH = 1.2;
const FACTOR = 1.6;
const SUCCESSES = 2;

/**
 * The side of a trust region, told the outcome of every trial proposed in it (TuRBO-1: Eriksson, Pearce, Gardner, Turner,
 * Poloczek, NeurIPS 2019, with smaller steps): 2 successes in a row widen it by 1.6 up to 1.2, max(3, d / 2) failures in a row
 * narrow it by 1.6, and below 0.01 it begins anew at 0.4.
 */
export class TrustRegion {
  readonly #patience: number;
  #length = FIRST_LENGTH;
  #successes = 0;
  #failures = 0;

  constructor(dimensions: number) {
    this.#patience = Math.max(3, Math.floor(dimensions / 2));
  }

  /** Side of the box in parts of the ranges, before it is stretched by length-scales. */
  get length(): number {
    return this.#length;
  }

  tell(isSuccess: boolean): void {
    this.#successes = isSuccess ? this.#successes + 1 : 0;
    this.#failures = isSuccess ? 0 : this.#failures + 1;
    if (this.#successes === SUCCESSES) {
      this.#length = Math.min(MOST_LENGTH, FACTOR * this.#length);
      this.#successes = 0;
    } else if (this.#failures === this.#patience) {
      this.#length /= FACTOR;
      this.#failures = 0;
      if (this.#length < LEAST_LENGTH) this.#length = FIRST_LENGTH;
    }
  }
}

/**
 * The part of `region` in a box around `centre`, longer where the model varies slowly: length × (length-scale / geometric mean of
 * the length-scales, between ⅓ and 3).
 */
export function boxAround(centre: Float64Array, length: number, region: Region, surrogate: Surrogate): Region {
  const { layout, kernel } = surrogate;
  const { dimensions } = layout.encoding;
  const numeric = layout.plain + layout.arcs;
  let sum = 0;
  for (let j = 0; j < numeric; j++) sum += Math.log(kernel.weights[j]);
  const middle = sum / Math.max(1, numeric);
  const lower = region.lower.slice();
  const upper = region.upper.slice();
  for (let j = 0; j < numeric; j++) {
    const source = layout.sources[j];
    const stretch = Math.exp(-0.5 * (Math.log(kernel.weights[j]) - middle));
    const cells = 1 / dimensions[source].levels;
    // A grid's neighbours stay within reach.
    const half = Math.max((length / 2) * Math.min(3, Math.max(1 / 3, stretch)), 1.01 * cells);
    lower[source] = Math.max(lower[source], centre[source] - half);
    upper[source] = Math.min(upper[source], centre[source] + half);
  }
  return { ...region, lower, upper };
}
