import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { threefry2x32 } from '../../core/random.ts';
import { arrayKernels } from '../kernels/arrayKernels.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { floatBits, nativeOf } from '../kernels/nativeOperations.ts';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { WasmHeap } from '../kernels/wasmHeap.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';

/**
 * A mask is a function of (seed, step, place in the model), so that a run repeats whatever the backend, and so that it
 * need not be kept for the gradient. Each element takes 16 bits of Threefry: a rate is met to 1/65,536.
 */
export interface Mask {
  readonly seed: number;
  readonly step: number;
  readonly place: number;
  /** 0 to below 1. */
  readonly rate: number;
}

/** The masks of one training step, one after another. */
export class Dropout {
  readonly #seed: number;
  readonly #step: number;
  #place = 0;

  constructor(seed: number, step: number) {
    this.#seed = seed;
    this.#step = step;
  }

  /** Null where the rate is 0. */
  next(rate: number): Mask | null {
    const place = this.#place++;
    return rate > 0 ? { seed: this.#seed, step: this.#step, place, rate } : null;
  }
}

/** x with elements set to 0 with the mask's probability and the others divided by what is left of it. */
export function drop(tf: Tf, x: Tensor2D, mask: Mask | null): Tensor2D {
  if (!mask) return x;
  const heap = heapOf(tf);
  const native = nativeOf(tf);
  return differentiable(tf, [x], () => {
    if (native) {
      const masked = (from: Tensor) => native.run(tf, 'Drop', [from, maskSettings(mask)]) as [Tensor];
      return { value: masked(x)[0], keep: [], gradient: masked };
    }
    if (heap) {
      const gradient = (dy: Tensor) => [dropped(tf, heap, dy, mask)];
      return { value: dropped(tf, heap, x, mask), keep: [], gradient };
    }
    const factors = maskTensor(tf, mask, x.shape);
    return { value: tf.mul(x, factors), keep: [factors], gradient: (dy, [by]) => [tf.mul(dy, by as Tensor)] };
  });
}

function dropped(tf: Tf, heap: WasmHeap, x: Tensor, mask: Mask): Tensor {
  const y = heap.output(x.shape);
  setMask(heap.kernels, mask);
  heap.withScratch(heap.kernels.dropScratchBytes(), (scratch) =>
    heap.kernels.drop(heap.at(x), heap.at(y), x.size, scratch),
  );
  return tensorOf(tf, y);
}

/** The mask's factors: 0 with probability `rate`, 1 / (1 − rate) otherwise. */
export function maskTensor<T extends Tensor>(tf: Tf, mask: Mask, shape: readonly number[]): T {
  const factors = new Float32Array(shape.reduce((product, size) => product * size, 1));
  fillMask(factors, mask);
  return tf.tensor(factors, [...shape]) as T;
}

/** Kernels use this mask from now on. */
export function setMask(kernels: Kernels, mask: Mask | null): void {
  if (!mask) kernels.setMask(0, 0, 0, 0, 1);
  else kernels.setMask(mask.seed | 0, mask.step | 0, mask.place, limitOf(mask), 1 / (1 - mask.rate));
}

/** As the operations of backend/native take a mask, with other settings behind it. */
export function maskSettings(mask: Mask | null, ...rest: readonly number[]): Int32Array {
  if (!mask) return Int32Array.of(0, 0, 0, 0, 0, ...rest);
  return Int32Array.of(mask.seed, mask.step, mask.place, limitOf(mask), floatBits(1 / (1 - mask.rate)), ...rest);
}

/** 16 bits below it drop their element. */
function limitOf({ rate }: Mask): number {
  return Math.round(rate * 65536);
}

function fillMask(factors: Float32Array, mask: Mask): void {
  const { seed, step, place, rate } = mask;
  const limit = limitOf(mask);
  const kept = 1 / (1 - rate);
  const kernels = arrayKernels();
  if (kernels) {
    kernels.fillMask(factors, mask, limit, kept);
    return;
  }
  const bits = new Uint32Array(2);
  for (let start = 0; start < factors.length; start += 4) {
    threefry2x32(seed | 0, step | 0, start, place, bits);
    const [first, second] = bits as unknown as [number, number];
    // Writing past the end of a typed array is ignored.
    factors[start] = (first & 0xffff) < limit ? 0 : kept;
    factors[start + 1] = first >>> 16 < limit ? 0 : kept;
    factors[start + 2] = (second & 0xffff) < limit ? 0 : kept;
    factors[start + 3] = second >>> 16 < limit ? 0 : kept;
  }
}
