/**
 * NumPy's `default_rng(seed)`: PCG64 (O'Neill 2014, XSL-RR over a 128-bit generator) seeded by NumPy's SeedSequence, and
 * what `datasets` draws with it. So a split or shuffle with a seed has the rows that it has in Python.
 * Sources: numpy/random/bit_generator.pyx, _generator.pyx, src/distributions/distributions.c.
 */

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const MASK_128 = (1n << 128n) - 1n;
const MASK_64 = (1n << 64n) - 1n;

export class NumpyRandom {
  #state: bigint;
  readonly #increment: bigint;
  /** The upper half of a 64-bit draw of which the lower one was used. */
  #spare: number | null = null;

  /** A whole number from 0 on. */
  constructor(seed: number) {
    const words = seedWords(seed);
    const at = (index: number) => (BigInt(words[2 * index + 1] as number) << 32n) | BigInt(words[2 * index] as number);
    this.#increment = ((((at(2) << 64n) | at(3)) << 1n) | 1n) & MASK_128;
    this.#state = 0n;
    this.#step();
    this.#state = (this.#state + ((at(0) << 64n) | at(1))) & MASK_128;
    this.#step();
  }

  #step(): void {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & MASK_128;
  }

  #next64(): bigint {
    this.#step();
    const mixed = (this.#state >> 64n) ^ (this.#state & MASK_64);
    const turn = this.#state >> 122n;
    return ((mixed >> turn) | (mixed << ((64n - turn) & 63n))) & MASK_64;
  }

  #next32(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const next = this.#next64();
    this.#spare = Number(next >> 32n);
    return Number(next & 0xffffffffn);
  }

  /** `random_interval`, 0 … last: drawn until the masked bits are small enough. */
  #interval(last: number): number {
    const mask = 2 ** (32 - Math.clz32(last)) - 1;
    for (;;) {
      const value = (this.#next32() & mask) >>> 0;
      if (value <= last) return value;
    }
  }

  /** `random_bounded_uint64`, 0 … last: the upper half of a product (Lemire 2019). */
  #bounded(last: number): number {
    if (last === 0) return 0;
    const count = last + 1;
    const threshold = (4294967296 - count) % count;
    for (;;) {
      const product = BigInt(this.#next32()) * BigInt(count);
      if (Number(product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  /** `permutation(items)`: a shuffled copy (Fisher and Yates). */
  permutation<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let at = result.length - 1; at > 0; at--) swap(result, at, this.#interval(at));
    return result;
  }

  /** `choice(items, size, replace=False)`, for up to 10,000 items: Floyd's algorithm, then a shuffle. */
  choice<T>(items: readonly T[], size: number): T[] {
    const chosen = new Set<number>();
    for (let last = items.length - size; last < items.length; last++) {
      const drawn = this.#bounded(last);
      chosen.add(chosen.has(drawn) ? last : drawn);
    }
    const result = [...chosen];
    for (let at = result.length - 1; at > 0; at--) swap(result, at, this.#bounded(at));
    return result.map((index) => items[index] as T);
  }
}

function swap<T>(items: T[], a: number, b: number): void {
  [items[a], items[b]] = [items[b] as T, items[a] as T];
}

/** SeedSequence(seed).generate_state(8, uint32): a hash of the seed into a pool of four words, and of the pool into eight. */
function seedWords(seed: number): Uint32Array {
  const entropy = [seed % 4294967296, Math.floor(seed / 4294967296)];
  if (entropy[1] === 0) entropy.pop();
  const pool = new Uint32Array(4);
  let constant = 0x43b0d7e5;
  const hash = (value: number): number => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    const product = Math.imul(mixed, constant) >>> 0;
    return (product ^ (product >>> 16)) >>> 0;
  };
  for (let at = 0; at < 4; at++) pool[at] = hash(entropy[at] ?? 0);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const other = hash(pool[from] as number);
      const sum = (Math.imul(pool[to] as number, 0xca01f9dd) - Math.imul(other, 0x4973f715)) >>> 0;
      pool[to] = sum ^ (sum >>> 16);
    }
  }
  let second = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, at) => {
    const mixed = (pool[at % 4] as number) ^ second;
    second = Math.imul(second, 0x58f38ded);
    const product = Math.imul(mixed, second) >>> 0;
    return product ^ (product >>> 16);
  });
}
