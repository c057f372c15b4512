import { Random, shuffle } from '../../random.ts';

/**
 * The Halton sequence in [0, 1)^d, any point by its index: dimension k is the radical inverse in the k-th prime (Halton
 * 1960). With a seed every digit of every dimension has a random permutation of its own (Owen, "A randomized Halton
 * algorithm in R", 2017), which breaks the correlation of the large primes and makes each point uniform.
 */
export class Halton {
  readonly dimensions: number;
  readonly #seed: number | null;
  readonly #bases: readonly number[];
  /** Permutations of the digits of a dimension, one after another; made when first used. */
  readonly #permutations: (Uint32Array | undefined)[] = [];

  /** `seed` null: the plain sequence, whose first point is 0. */
  constructor(dimensions: number, seed: number | null) {
    this.dimensions = dimensions;
    this.#seed = seed;
    this.#bases = firstPrimes(dimensions);
  }

  /** Writes point `index` (below 2^53) to `out` from `offset` on. */
  point(index: number, out: Float64Array, offset = 0): void {
    for (let dimension = 0; dimension < this.dimensions; dimension++) {
      out[offset + dimension] = this.#inverse(dimension, index);
    }
  }

  #inverse(dimension: number, index: number): number {
    const base = this.#bases[dimension];
    const permutations = this.#seed === null ? null : this.#permutationsOf(dimension, base, this.#seed);
    const digits = digitsOf(base);
    let rest = index;
    let inverse = 0;
    let weight = 1;
    for (let place = 0; place < digits; place++) {
      const digit = rest % base;
      rest = (rest - digit) / base;
      weight /= base;
      inverse += weight * (permutations ? permutations[place * base + digit] : digit);
    }
    return Math.min(inverse, LARGEST);
  }

  #permutationsOf(dimension: number, base: number, seed: number): Uint32Array {
    let permutations = this.#permutations[dimension];
    if (!permutations) {
      permutations = new Uint32Array(digitsOf(base) * base);
      const random = new Random(seed, dimension, 'halton');
      for (let place = 0; place < permutations.length; place += base) {
        const permutation = permutations.subarray(place, place + base);
        for (let digit = 0; digit < base; digit++) permutation[digit] = digit;
        shuffle(permutation, random);
      }
      this.#permutations[dimension] = permutations;
    }
    return permutations;
  }
}

const LARGEST = 1 - Number.EPSILON / 2;

/** As many digits as a float64 tells apart. */
function digitsOf(base: number): number {
  return Math.ceil(53 / Math.log2(base));
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    let isPrime = true;
    for (const prime of primes) {
      if (prime * prime > candidate) break;
      if (candidate % prime === 0) {
        isPrime = false;
        break;
      }
    }
    if (isPrime) primes.push(candidate);
  }
  return primes;
}
