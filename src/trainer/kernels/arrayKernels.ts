import { type Kernels, loadKernels } from './kernels.ts';

/** Numbers that go through the kernels' memory at a time. */
const CHUNK = 16_384;
/** Behind the four chunks there is room for what kernels write over the end of a mask. */
const PAGES = Math.ceil((1024 + 4 * 4 * CHUNK + 256) / 65536);
const START = 1024;

export interface AdamWArrays {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly means: Float32Array;
  readonly squares: Float32Array;
}

export interface AdamWConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 − learning rate · weight decay. */
  readonly decay: number;
  /** Learning rate over the bias correction of the mean. */
  readonly size: number;
  /** The root of the bias correction of the square. */
  readonly correction: number;
}

/**
 * The kernels for arrays that lie anywhere: in chunks through a small memory of their own, which is still about twice as
 * fast as JavaScript. For what does not depend on a backend.
 */
export class ArrayKernels {
  readonly #kernels: Kernels;
  readonly #chunks: readonly Float32Array[];

  private constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.#kernels = kernels;
    this.#chunks = [0, 1, 2, 3].map((index) => new Float32Array(memory.buffer, START + index * 4 * CHUNK, CHUNK));
  }

  /** Undefined where the kernels are missing. */
  static load(): ArrayKernels | undefined {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
    const loaded = loadKernels(memory);
    return loaded && new ArrayKernels(loaded.kernels, memory);
  }

  /** One step of AdamW, in place: all arrays but the gradient change. In single precision. */
  adamw(arrays: AdamWArrays, constants: AdamWConstants): void {
    const { beta1, beta2, epsilon, decay, size, correction } = constants;
    const all = [arrays.values, arrays.gradient, arrays.means, arrays.squares];
    const [a, b, c, d] = this.#chunks.map(({ byteOffset }) => byteOffset) as [number, number, number, number];
    for (let start = 0; start < arrays.values.length; start += CHUNK) {
      const count = Math.min(CHUNK, arrays.values.length - start);
      for (const [index, array] of all.entries()) this.#chunks[index]?.set(array.subarray(start, start + count));
      this.#kernels.adamw(a, b, c, d, count, beta1, beta2, epsilon, decay, size, correction);
      for (const index of [0, 2, 3]) all[index]?.set((this.#chunks[index] as Float32Array).subarray(0, count), start);
    }
  }

  /** In double precision. */
  sumOfSquares(array: Float32Array): number {
    const [chunk] = this.#chunks as [Float32Array];
    let sum = 0;
    for (let start = 0; start < array.length; start += CHUNK) {
      const count = Math.min(CHUNK, array.length - start);
      chunk.set(array.subarray(start, start + count));
      sum += this.#kernels.sumOfSquares(chunk.byteOffset, count);
    }
    return sum;
  }

  /** The factors of a dropout mask from its first on: 0 where 16 bits are below `limit`, else `kept`. */
  fillMask(
    factors: Float32Array,
    mask: { readonly seed: number; readonly step: number; readonly place: number },
    limit: number,
    kept: number,
  ): void {
    const [chunk] = this.#chunks as [Float32Array];
    this.#kernels.setMask(mask.seed | 0, mask.step | 0, mask.place, limit, kept);
    for (let start = 0; start < factors.length; start += CHUNK) {
      const count = Math.min(CHUNK, factors.length - start);
      this.#kernels.fillMask(start, count, chunk.byteOffset);
      factors.set(chunk.subarray(0, count), start);
    }
  }
}

let loaded: { readonly kernels: ArrayKernels | undefined } | undefined;

/** Loaded once; undefined where they are missing. */
export function arrayKernels(): ArrayKernels | undefined {
  loaded ??= { kernels: ArrayKernels.load() };
  return loaded.kernels;
}
