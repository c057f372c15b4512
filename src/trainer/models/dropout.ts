import type { Rank, ShapeMap, Tensor } from '@tensorflow/tfjs-core';
import { threefry2x32 } from '../../core/random.ts';
import type { Tf } from '../tf.ts';

/**
 * The masks of one training step: a function of (seed, step, place in the model), so that a run repeats whatever the
 * backend. Each element takes 16 bits of Threefry, so a rate is met to 1/65,536.
 */
export class Dropout {
  readonly #seed: number;
  readonly #step: number;
  #place = 0;

  constructor(seed: number, step: number) {
    this.#seed = seed;
    this.#step = step;
  }

  /** Factors for a tensor of this shape: 0 with probability `rate`, 1 / (1 − rate) otherwise. Null where the rate is 0. */
  mask<R extends Rank>(tf: Tf, shape: ShapeMap[R], rate: number): Tensor<R> | null {
    const place = this.#place++;
    if (rate <= 0) return null;
    const mask = new Float32Array(shape.reduce((product, size) => product * size, 1));
    fillMask(mask, rate, this.#seed, this.#step, place);
    return tf.tensor<R>(mask, shape);
  }
}

function fillMask(mask: Float32Array, rate: number, seed: number, step: number, place: number): void {
  const limit = Math.round(rate * 65536);
  const kept = 1 / (1 - rate);
  const bits = new Uint32Array(2);
  for (let start = 0; start < mask.length; start += 4) {
    threefry2x32(seed | 0, step | 0, start, place, bits);
    const [first, second] = bits as unknown as [number, number];
    // Writing past the end of a typed array is ignored.
    mask[start] = (first & 0xffff) < limit ? 0 : kept;
    mask[start + 1] = first >>> 16 < limit ? 0 : kept;
    mask[start + 2] = (second & 0xffff) < limit ? 0 : kept;
    mask[start + 3] = second >>> 16 < limit ? 0 : kept;
  }
}
