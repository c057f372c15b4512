import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';

/** Hendrycks and Gimpel's GELU with the error function, as BERT's `gelu`. */
export function gelu(tf: Tf, x: Tensor2D): Tensor2D {
  const heap = heapOf(tf);
  if (!heap) return plainGelu(tf, x);
  return differentiable(tf, [x], () => {
    const y = heap.output(x.shape);
    heap.kernels.gelu(heap.at(x), heap.at(y), x.size);
    return {
      value: tensorOf(tf, y),
      keep: [x],
      gradient: (dy, [a]) => {
        const dx = heap.output(dy.shape);
        heap.kernels.geluGradient(heap.at(dy), heap.at(a as Tensor), heap.at(dx), dy.size);
        return [tensorOf(tf, dx)];
      },
    };
  });
}

function plainGelu(tf: Tf, x: Tensor2D): Tensor2D {
  const distribution = (a: Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(a, Math.SQRT1_2))));
  return differentiable(tf, [x], () => ({
    value: tf.mul(x, distribution(x)),
    keep: [x],
    gradient: (dy, kept) => {
      const [a] = kept as [Tensor];
      const density = tf.mul(tf.exp(tf.mul(-0.5, tf.square(a))), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(distribution(a), tf.mul(a, density)))];
    },
  }));
}

export function tanh(tf: Tf, x: Tensor2D): Tensor2D {
  return differentiable(tf, [x], () => {
    const value = tf.tanh(x);
    return {
      value,
      keep: [value],
      gradient: (dy, [y]) => [tf.mul(dy, tf.sub(1, tf.square(y as Tensor)))],
    };
  });
}
