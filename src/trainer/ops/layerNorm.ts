import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { WasmHeap } from '../kernels/wasmHeap.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';
import { type Mask, maskTensor, setMask } from './dropout.ts';

export interface NormParameters {
  readonly scale: Tensor1D;
  readonly shift: Tensor1D;
  readonly epsilon: number;
}

/** Normalises each row of x [n, width], then scales and shifts it (Ba, Kiros, Hinton 2016). */
export function layerNorm(tf: Tf, x: Tensor2D, parameters: NormParameters): Tensor2D {
  return norm(tf, x, null, null, parameters);
}

/** layerNorm(drop(x) + residual): how each half of a layer of BERT ends. */
export function addAndNorm(
  tf: Tf,
  x: Tensor2D,
  residual: Tensor2D,
  mask: Mask | null,
  parameters: NormParameters,
): Tensor2D {
  return norm(tf, x, residual, mask, parameters);
}

function norm(tf: Tf, x: Tensor2D, residual: Tensor2D | null, mask: Mask | null, parameters: NormParameters): Tensor2D {
  const heap = heapOf(tf);
  const { scale, shift, epsilon } = parameters;
  const inputs = residual ? [x, residual, scale, shift] : [x, scale, shift];
  return differentiable(tf, inputs, () => {
    const { value, sum } = heap
      ? fused(tf, heap, x, residual, mask, parameters)
      : plain(tf, x, residual, mask, parameters);
    return {
      value,
      keep: [sum, scale],
      gradient: (dy, [normalised, factors]) => {
        const given = { dy, sum: normalised as Tensor2D, scale: factors as Tensor1D, epsilon };
        const [dSum, dScale, dShift, dx] = heap ? fusedSlopes(tf, heap, given, mask) : plainSlopes(tf, given, mask);
        if (!residual) return [dSum, dScale, dShift];
        return [dx ?? tf.clone(dSum), dSum, dScale, dShift];
      },
    };
  });
}

interface Normed {
  readonly value: Tensor;
  /** What was normalised. */
  readonly sum: Tensor;
}

function fused(
  tf: Tf,
  heap: WasmHeap,
  x: Tensor2D,
  residual: Tensor2D | null,
  mask: Mask | null,
  { scale, shift, epsilon }: NormParameters,
): Normed {
  const [rows, width] = x.shape;
  const y = heap.output(x.shape);
  const sum = residual && heap.output(x.shape);
  setMask(heap.kernels, mask);
  heap.withScratch(rowScratchBytes(width), (scratch) => {
    const from = [heap.at(x), residual ? heap.at(residual) : 0, heap.at(scale), heap.at(shift)] as const;
    heap.kernels.norm(...from, heap.at(y), sum ? heap.at(sum) : 0, rows, width, epsilon, scratch);
  });
  return { value: tensorOf(tf, y), sum: sum ? tensorOf(tf, sum) : x };
}

interface Given {
  readonly dy: Tensor;
  readonly sum: Tensor2D;
  readonly scale: Tensor1D;
  readonly epsilon: number;
}

/** Slopes of the sum, scale and shift, and of what was masked, if anything was. */
type Slopes = readonly [Tensor, Tensor, Tensor, Tensor | undefined];

function fusedSlopes(tf: Tf, heap: WasmHeap, { dy, sum, scale, epsilon }: Given, mask: Mask | null): Slopes {
  const [rows, width] = sum.shape;
  const [dSum, dScale, dShift] = [heap.output(sum.shape), heap.output([width]), heap.output([width])];
  const dx = mask && heap.output(sum.shape);
  setMask(heap.kernels, mask);
  heap.withScratch(rowScratchBytes(width), (scratch) => {
    for (const info of [dScale, dShift]) heap.view(info).fill(0);
    const from = [heap.at(dy), heap.at(sum), heap.at(scale), heap.at(dSum)] as const;
    const to = [dx ? heap.at(dx) : 0, heap.at(dScale), heap.at(dShift)] as const;
    heap.kernels.normGradient(...from, ...to, rows, width, epsilon, scratch);
  });
  const [a, b, c] = [dSum, dScale, dShift].map((info) => tensorOf(tf, info)) as [Tensor, Tensor, Tensor];
  return [a, b, c, dx ? tensorOf(tf, dx) : undefined];
}

/** Room for the mask of a row. */
function rowScratchBytes(width: number): number {
  return (width + 32) * 4;
}

function plain(
  tf: Tf,
  x: Tensor2D,
  residual: Tensor2D | null,
  mask: Mask | null,
  { scale, shift, epsilon }: NormParameters,
): Normed {
  const kept = mask ? tf.mul(x, maskTensor(tf, mask, x.shape)) : x;
  const sum = residual ? tf.add(kept, residual) : kept;
  return { value: tf.add(tf.mul(normalise(tf, sum, epsilon).normal, scale), shift), sum };
}

function plainSlopes(tf: Tf, { dy, sum, scale, epsilon }: Given, mask: Mask | null): Slopes {
  const { normal, inverse } = normalise(tf, sum, epsilon);
  const scaled = tf.mul(dy, scale);
  const along = tf.mul(normal, tf.mean(tf.mul(scaled, normal), 1, true));
  const dSum = tf.mul(inverse, tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), along));
  const dx = mask ? tf.mul(dSum, maskTensor(tf, mask, sum.shape)) : undefined;
  return [dSum, tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0), dx];
}

function normalise(tf: Tf, x: Tensor, epsilon: number): { readonly normal: Tensor; readonly inverse: Tensor } {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  return { normal: tf.mul(centred, inverse), inverse };
}
