import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { nativeOf } from '../kernels/nativeOperations.ts';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';

/** Hendrycks and Gimpel's GELU with the error function, as BERT's `gelu`. */
export function gelu(tf: Tf, x: Tensor2D): Tensor2D {
  const heap = heapOf(tf);
  const native = nativeOf(tf);
  if (native) {
    return differentiable(tf, [x], () => ({
      value: native.run(tf, 'Gelu', [x])[0] as Tensor,
      keep: [x],
      gradient: (dy, [a]) => native.run(tf, 'GeluGradient', [dy, a as Tensor]),
    }));
  }
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

/** Keeps the normal distribution of x beside x: it takes longest to make. */
function plainGelu(tf: Tf, x: Tensor2D): Tensor2D {
  return differentiable(tf, [x], () => {
    const distribution = tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
    return {
      value: tf.mul(x, distribution),
      keep: [x, distribution],
      gradient: (dy, kept) => {
        const [a, level] = kept as [Tensor, Tensor];
        const bell = tf.exp(tf.mul(-0.5, tf.square(a)));
        return [tf.mul(dy, tf.add(level, tf.mul(bell, tf.mul(a, 1 / Math.sqrt(2 * Math.PI)))))];
      },
    };
  });
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
