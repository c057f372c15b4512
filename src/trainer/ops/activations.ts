import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';

/** Hugging Face's names of what there is. */
export const ACTIVATIONS = ['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu', 'silu', 'swish', 'tanh'] as const;

export type ActivationName = (typeof ACTIVATIONS)[number];

/** An element-wise function of a model by its name. */
export function activate(tf: Tf, name: ActivationName, x: Tensor2D): Tensor2D {
  switch (name) {
    case 'gelu':
      return gelu(tf, x);
    case 'gelu_new':
    case 'gelu_pytorch_tanh':
      return tanhGelu(tf, x);
    case 'relu':
      return relu(tf, x);
    case 'silu':
    case 'swish':
      return silu(tf, x);
    case 'tanh':
      return tanh(tf, x);
  }
}

/** Hendrycks and Gimpel's GELU with the error function, as BERT's `gelu`. */
function gelu(tf: Tf, x: Tensor2D): Tensor2D {
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

function tanh(tf: Tf, x: Tensor2D): Tensor2D {
  return differentiable(tf, [x], () => {
    const value = tf.tanh(x);
    return {
      value,
      keep: [value],
      gradient: (dy, [y]) => [tf.mul(dy, tf.sub(1, tf.square(y as Tensor)))],
    };
  });
}

function relu(tf: Tf, x: Tensor2D): Tensor2D {
  return differentiable(tf, [x], () => {
    const value = tf.relu(x);
    return { value, keep: [value], gradient: (dy, [y]) => [tf.mul(dy, tf.step(y as Tensor))] };
  });
}

/** x · σ(x) (Elfwing, Uchibe, Doya 2017). */
function silu(tf: Tf, x: Tensor2D): Tensor2D {
  return differentiable(tf, [x], () => ({
    value: tf.mul(x, tf.sigmoid(x)),
    keep: [x],
    gradient: (dy, kept) => {
      const [a] = kept as [Tensor];
      const share = tf.sigmoid(a);
      return [tf.mul(dy, tf.mul(share, tf.add(1, tf.mul(a, tf.sub(1, share)))))];
    },
  }));
}

/** Hendrycks and Gimpel's GELU by the hyperbolic tangent: x/2 · (1 + tanh u), u = √(2/π) · (x + 0.044715 x³). */
function tanhGelu(tf: Tf, x: Tensor2D): Tensor2D {
  const factor = Math.sqrt(2 / Math.PI);
  const half = (a: Tensor) => tf.tanh(tf.mul(factor, tf.add(a, tf.mul(0.044715, tf.pow(a, 3)))));
  return differentiable(tf, [x], () => ({
    value: tf.mul(tf.mul(0.5, x), tf.add(1, half(x))),
    keep: [x],
    gradient: (dy, kept) => {
      const [a] = kept as [Tensor];
      const level = half(a);
      const inner = tf.mul(factor, tf.add(1, tf.mul(3 * 0.044715, tf.square(a))));
      const steep = tf.mul(tf.mul(tf.mul(0.5, a), tf.sub(1, tf.square(level))), inner);
      return [tf.mul(dy, tf.add(tf.mul(0.5, tf.add(1, level)), steep))];
    },
  }));
}
