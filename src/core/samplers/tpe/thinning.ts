/**
 * Which of very many "above" kernels are kept, so that the cost of a suggestion stops growing: all trials among the last
 * RECENT numbers, and of the older ones a share that shrinks as 1/n. An older trial stays while the van der Corput value
 * of its number (its bits mirrored behind the point) is below that share: an even spread over the study's whole life, the
 * same for everybody who sees the same trial numbers, and a subset of every earlier choice. Each old kernel that stays
 * weighs as many as it stands for.
 */

/** Kernels at most, but for the spread's rounding. */
const MAX_KERNELS = 1024;
const RECENT = 256;

export class Thinning {
  /** Trials from this number on are all kept. */
  readonly recentFrom: number;
  /** Share of the older trials that is kept. */
  readonly share: number;

  /** For the suggestion of trial `number`. */
  constructor(number: number) {
    this.recentFrom = Math.max(0, number - RECENT);
    this.share = number <= MAX_KERNELS ? 1 : (MAX_KERNELS - RECENT) / this.recentFrom;
  }

  keeps(number: number): boolean {
    return number >= this.recentFrom || this.share >= 1 || vanDerCorput(number) < this.share;
  }

  /** How many trials a kept one stands for. */
  multiplicity(number: number): number {
    return number >= this.recentFrom ? 1 : 1 / this.share;
  }
}

/** The base-2 radical inverse of a 32-bit integer, in [0, 1). */
export function vanDerCorput(number: number): number {
  let bits = number | 0;
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2);
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8);
  bits = (bits >>> 16) | (bits << 16);
  return (bits >>> 0) / 4294967296;
}
