import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { floatBits, type NativeOperations, nativeOf } from '../kernels/nativeOperations.ts';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { WasmHeap } from '../kernels/wasmHeap.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';
import { type Mask, maskSettings, maskTensor, setMask } from './dropout.ts';

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
  const operations = nativeOf(tf);
  const { scale, shift } = parameters;
  const inputs = residual ? [x, residual, scale, shift] : [x, scale, shift];
  return differentiable(tf, inputs, () => {
    const { value, keep, slopes } = operations
      ? native(tf, operations, x, residual, mask, parameters)
      : heap
        ? fused(tf, heap, x, residual, mask, parameters)
        : plain(tf, x, residual, mask, parameters);
    return {
      value,
      keep,
      gradient: (dy, kept) => {
        const [dSum, dScale, dShift, dx] = slopes(dy, kept);
        return residual ? [dx ?? tf.clone(dSum), dSum, dScale, dShift] : [dSum, dScale, dShift];
      },
    };
  });
}

interface Normed {
  readonly value: Tensor;
  readonly keep: readonly Tensor[];
  /** Slopes of the sum, scale and shift, and of what was masked, if anything was. */
  slopes(dy: Tensor, kept: readonly Tensor[]): readonly [Tensor, Tensor, Tensor, Tensor | undefined];
}

/** Keeps what is normalised. */
function native(
  tf: Tf,
  operations: NativeOperations,
  x: Tensor2D,
  residual: Tensor2D | null,
  mask: Mask | null,
  { scale, shift, epsilon }: NormParameters,
): Normed {
  const settings = maskSettings(mask, floatBits(epsilon));
  const given = [x, scale, shift, settings] as const;
  const made = residual ? operations.run(tf, 'SumNorm', [...given, residual]) : operations.run(tf, 'Norm', given);
  const [value, sum = x] = made as [Tensor, Tensor | undefined];
  return {
    value,
    keep: [sum, scale],
    slopes: (dy, kept) => {
      const name = mask ? 'DropNormGradient' : 'NormGradient';
      return operations.run(tf, name, [dy, ...kept, settings]) as [Tensor, Tensor, Tensor, Tensor | undefined];
    },
  };
}

/** Keeps what is normalised. */
function fused(
  tf: Tf,
  heap: WasmHeap,
  x: Tensor2D,
  residual: Tensor2D | null,
  mask: Mask | null,
  { scale, shift, epsilon }: NormParameters,
): Normed {
  const { kernels } = heap;
  const [rows, width] = x.shape;
  // Room for the mask of a row.
  const scratchBytes = (width + 32) * 4;
  const y = heap.output(x.shape);
  const sum = residual && heap.output(x.shape);
  setMask(kernels, mask);
  heap.withScratch(scratchBytes, (scratch) => {
    const from = [heap.at(x), residual ? heap.at(residual) : 0, heap.at(scale), heap.at(shift)] as const;
    kernels.norm(...from, heap.at(y), sum ? heap.at(sum) : 0, rows, width, epsilon, scratch);
  });
  return {
    value: tensorOf(tf, y),
    keep: [sum ? tensorOf(tf, sum) : x, scale],
    slopes: (dy, kept) => {
      const [normalised, factors] = kept as [Tensor, Tensor];
      const [dSum, dScale, dShift] = [heap.output([rows, width]), heap.output([width]), heap.output([width])];
      const dx = mask && heap.output([rows, width]);
      setMask(kernels, mask);
      heap.withScratch(scratchBytes, (scratch) => {
        for (const info of [dScale, dShift]) heap.view(info).fill(0);
        const from = [heap.at(dy), heap.at(normalised), heap.at(factors), heap.at(dSum)] as const;
        const to = [dx ? heap.at(dx) : 0, heap.at(dScale), heap.at(dShift)] as const;
        kernels.normGradient(...from, ...to, rows, width, epsilon, scratch);
      });
      const made = [dSum, dScale, dShift].map((info) => tensorOf(tf, info)) as [Tensor, Tensor, Tensor];
      return [...made, dx ? tensorOf(tf, dx) : undefined];
    },
  };
}

/** Keeps the normalised rows and the mask: making either again takes longer than the rest. */
function plain(
  tf: Tf,
  x: Tensor2D,
  residual: Tensor2D | null,
  mask: Mask | null,
  { scale, shift, epsilon }: NormParameters,
): Normed {
  const factors = mask && maskTensor(tf, mask, x.shape);
  const masked = factors ? tf.mul(x, factors) : x;
  const sum = residual ? tf.add(masked, residual) : masked;
  const centred = tf.sub(sum, tf.mean(sum, 1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  const normal = tf.mul(centred, inverse);
  return {
    value: tf.add(tf.mul(normal, scale), shift),
    keep: [normal, inverse, scale, ...(factors ? [factors] : [])],
    slopes: (dy, kept) => {
      const [unit, factor, scales, by] = kept as [Tensor, Tensor, Tensor, Tensor | undefined];
      const scaled = tf.mul(dy, scales);
      const along = tf.mul(unit, tf.mean(tf.mul(scaled, unit), 1, true));
      const dSum = tf.mul(factor, tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), along));
      const dx = by && tf.mul(dSum, by);
      return [dSum, tf.sum(tf.mul(dy, unit), 0), tf.sum(dy, 0), dx];
    },
  };
}
