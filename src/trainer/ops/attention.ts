import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { type NativeOperations, nativeOf } from '../kernels/nativeOperations.ts';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { WasmHeap } from '../kernels/wasmHeap.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';
import { type Mask, maskSettings, maskTensor, setMask } from './dropout.ts';

export interface AttentionShape {
  /** Texts. */
  readonly size: number;
  /** Queries of a text: `length`, or 1 where only its first token is wanted. */
  readonly queries: number;
  /** Keys and values of a text. */
  readonly length: number;
  readonly heads: number;
  /** Added to the scores of the keys, [size, length]. */
  readonly bias: Tensor2D;
  /** Dropout of the probabilities. */
  readonly mask: Mask | null;
}

type Inputs = readonly [query: Tensor2D, key: Tensor2D, value: Tensor2D];

/** Scaled dot-product attention in heads (Vaswani et al. 2017): query [size · queries, width], key and value [size · length, width]. */
export function attention(tf: Tf, inputs: Inputs, shape: AttentionShape): Tensor2D {
  const heap = heapOf(tf);
  const operations = nativeOf(tf);
  return differentiable(tf, inputs, () => {
    if (operations) return native(tf, operations, inputs, shape);
    return heap ? fused(tf, heap, inputs, shape) : plain(tf, inputs, shape);
  });
}

/** Keeps the probabilities, so that the gradient need not make them again. */
function native(tf: Tf, operations: NativeOperations, inputs: Inputs, shape: AttentionShape) {
  const { size, queries, length, heads, bias, mask } = shape;
  const settings = maskSettings(mask, size, heads, queries, length);
  const [context, probabilities] = operations.run(tf, 'Attention', [...inputs, bias, settings]) as [Tensor, Tensor];
  return {
    value: context,
    keep: [...inputs, probabilities],
    gradient: (dy: Tensor, kept: readonly Tensor[]) => operations.run(tf, 'AttentionGradient', [dy, ...kept, settings]),
  };
}

/** Keeps the probabilities, so that the gradient need not make them again. */
function fused(tf: Tf, heap: WasmHeap, [query, key, value]: Inputs, shape: AttentionShape) {
  const { size, queries, length, heads, bias, mask } = shape;
  const { kernels } = heap;
  const part = query.shape[1] / heads;
  const sizes = [size, heads, queries, length, part] as const;
  const bytes = kernels.attentionScratchBytes(queries, length);
  const context = heap.output(query.shape);
  const probabilities = heap.output([size, heads, queries, length]);
  setMask(kernels, mask);
  heap.withScratch(bytes, (scratch) => {
    const from = [heap.at(query), heap.at(key), heap.at(value), heap.at(bias)] as const;
    kernels.attention(...from, heap.at(context), heap.at(probabilities), ...sizes, scratch);
  });
  return {
    value: tensorOf(tf, context),
    keep: [query, key, value, tensorOf(tf, probabilities)],
    gradient: (dy: Tensor, kept: readonly Tensor[]) => {
      const [q, k, v, p] = kept as [Tensor, Tensor, Tensor, Tensor];
      const slopes = [q, k, v].map((input) => heap.output(input.shape));
      setMask(kernels, mask);
      heap.withScratch(bytes, (scratch) => {
        const from = [heap.at(dy), heap.at(q), heap.at(k), heap.at(v), heap.at(p)] as const;
        const to = slopes.map((slope) => heap.at(slope)) as [number, number, number];
        kernels.attentionGradient(...from, ...to, ...sizes, scratch);
      });
      return slopes.map((slope) => tensorOf(tf, slope));
    },
  };
}

/** Makes the probabilities again for the gradient: they are the largest tensors of a layer. */
function plain(tf: Tf, inputs: Inputs, { size, queries, length, heads, bias, mask }: AttentionShape) {
  const part = inputs[0].shape[1] / heads;
  const factor = 1 / Math.sqrt(part);
  const split = (x: Tensor, rows: number): Tensor4D =>
    tf.transpose(tf.reshape(x, [size, rows, heads, part]), [0, 2, 1, 3]);
  const join = (x: Tensor4D, rows: number): Tensor2D =>
    tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [size * rows, heads * part]);
  const factors = mask && maskTensor<Tensor4D>(tf, mask, [size, heads, queries, length]);
  const masked = (x: Tensor4D, by: Tensor | null | undefined): Tensor4D => (by ? tf.mul(x, by as Tensor4D) : x);
  // Scaled before the product: queries are fewer numbers than scores.
  const scaled = (query: Tensor): Tensor4D => split(tf.mul(query, factor), queries);
  const softmax = (query: Tensor4D, key: Tensor4D, added: Tensor): Tensor4D => {
    const scores = tf.matMul<Tensor4D>(query, key, false, true);
    return tf.softmax(tf.add(scores, tf.reshape(added, [size, 1, 1, length])) as Tensor4D);
  };
  const [query, key, value] = inputs;
  const probabilities = softmax(scaled(query), split(key, length), bias);
  return {
    value: join(tf.matMul<Tensor4D>(masked(probabilities, factors), split(value, length)), queries),
    keep: [...inputs, bias, ...(factors ? [factors] : [])],
    gradient: (dy: Tensor, kept: readonly Tensor[]) => {
      const [q, k, v, added, by] = kept as [Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
      const [queryParts, slope] = [scaled(q), split(dy, queries)];
      const [keyParts, valueParts] = [split(k, length), split(v, length)];
      const again = softmax(queryParts, keyParts, added);
      const dProbabilities = masked(tf.matMul<Tensor4D>(slope, valueParts, false, true), by);
      const along = tf.sum(tf.mul(dProbabilities, again), 3, true);
      const dScores = tf.mul(again, tf.sub(dProbabilities, along)) as Tensor4D;
      return [
        tf.mul(join(tf.matMul<Tensor4D>(dScores, keyParts), queries), factor),
        join(tf.matMul<Tensor4D>(dScores, queryParts, true, false), length),
        join(tf.matMul<Tensor4D>(masked(again, by), slope, true, false), length),
      ];
    },
  };
}
