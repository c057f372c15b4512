import type { Random } from '../../random.ts';

/**
 * A quick generator for the inner loops, seeded by a counter-based one: sfc32 (C. Doty-Humphrey, PractRand). 32 bits a
 * draw.
 */
export class FastRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(source: Random) {
    this.#a = (source.uniform() * 4294967296) | 0;
    this.#b = (source.uniform() * 4294967296) | 0;
    this.#c = (source.uniform() * 4294967296) | 0;
    for (let round = 0; round < 12; round++) this.#next();
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return (this.#next() >>> 0) / 4294967296;
  }

  /** Uniform in 0 … count − 1. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Standard normal, to the accuracy of a proposal's step: one of each Box–Muller pair. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }
}
