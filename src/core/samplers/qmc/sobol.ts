import { Random } from '../../random.ts';
import { directionNumbers, SOBOL_DIMENSIONS } from './joeKuo.ts';

/**
 * The Sobol sequence in [0, 1)^d, any point by its index (Sobol 1967; direction numbers of Joe and Kuo 2008; binary order, so
 * that the first 2^m points are the same set as in Gray-code order). With a seed it is scrambled: a random lower-triangular
 * matrix over GF(2) and a digital shift in every dimension (Matoušek 1998), which keeps the net and makes each point uniform.
 * Dimensions from `SOBOL_DIMENSIONS` on are independent uniform numbers (keyed by seed 0 when there is none).
 */
export class Sobol {
  readonly dimensions: number;
  readonly #seed: number | null;
  /** 32 scrambled direction numbers a dimension. */
  readonly #directions: Uint32Array;
  readonly #shifts: Uint32Array;

  /** `seed` null: the plain sequence, whose first point is 0. */
  constructor(dimensions: number, seed: number | null) {
    this.dimensions = dimensions;
    this.#seed = seed;
    const own = Math.min(dimensions, SOBOL_DIMENSIONS);
    this.#directions = new Uint32Array(own * 32);
    this.#shifts = new Uint32Array(own);
    for (let dimension = 0; dimension < own; dimension++) {
      const directions = directionNumbers(dimension);
      if (seed !== null) this.#shifts[dimension] = scramble(directions, new Random(seed, dimension, 'sobol'));
      this.#directions.set(directions, dimension * 32);
    }
  }

  /** Writes point `index` (0 … 2^32 − 1) to `out` from `offset` on. Plain points are multiples of 2^-32, others lie between. */
  point(index: number, out: Float64Array, offset = 0): void {
    const half = this.#seed === null ? 0 : 0.5;
    const own = this.#shifts.length;
    for (let dimension = 0; dimension < own; dimension++) {
      let bits = this.#shifts[dimension];
      for (let rest = index >>> 0, at = dimension * 32; rest !== 0; rest >>>= 1, at++) {
        if (rest & 1) bits ^= this.#directions[at];
      }
      out[offset + dimension] = ((bits >>> 0) + half) / 4294967296;
    }
    for (let dimension = own; dimension < this.dimensions; dimension++) {
      out[offset + dimension] = new Random(this.#seed ?? 0, index, `sobol ${dimension}`).uniform();
    }
  }
}

/** `count` points of the scrambled sequence from `first` on, one after another (row-major, `dimensions` numbers a point). */
export function sobolPoints(count: number, dimensions: number, seed: number, first = 0): Float64Array {
  const sobol = new Sobol(dimensions, seed);
  const points = new Float64Array(count * dimensions);
  for (let index = 0; index < count; index++) sobol.point(first + index, points, index * dimensions);
  return points;
}

/** Multiplies direction numbers in place by a random lower-triangular matrix with ones on its diagonal; returns a random shift. */
function scramble(directions: Uint32Array, random: Random): number {
  const rows = new Uint32Array(32);
  for (let row = 0; row < 32; row++) {
    // Row 0 makes the most significant digit; a row sees its own digit and the more significant ones.
    const own = 0x80000000 >>> row;
    const above = row === 0 ? 0 : ((-1 << (32 - row)) >>> 0) & Math.floor(random.uniform() * 4294967296);
    rows[row] = own | above;
  }
  for (let place = 0; place < 32; place++) {
    let product = 0;
    for (let row = 0; row < 32; row++) {
      product |= parity(rows[row] & directions[place]) << (31 - row);
    }
    directions[place] = product;
  }
  return Math.floor(random.uniform() * 4294967296);
}

function parity(bits: number): number {
  let folded = bits ^ (bits >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return (0x6996 >>> (folded & 15)) & 1;
}
