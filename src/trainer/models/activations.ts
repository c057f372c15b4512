import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { gelu, tanh } from '../ops/activations.ts';
import { differentiable } from '../ops/differentiable.ts';
import type { Tf } from '../tf.ts';

/** Value and slope of an activation that has no operation of its own. */
interface Curve {
  readonly value: (tf: Tf, x: Tensor) => Tensor;
  readonly slope: (tf: Tf, x: Tensor) => Tensor;
}

/** √(2/π), of the approximation of GELU by a tanh (Hendrycks and Gimpel 2016). */
const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

const tanhGelu: Curve = {
  value: (tf, x) => tf.mul(tf.mul(0.5, x), tf.add(1, tanhOfCubic(tf, x))),
  slope: (tf, x) => {
    const t = tanhOfCubic(tf, x);
    const inner = tf.mul(ROOT, tf.add(1, tf.mul(3 * CUBIC, tf.square(x))));
    const outer = tf.mul(tf.mul(0.5, x), tf.sub(1, tf.square(t)));
    return tf.add(tf.mul(0.5, tf.add(1, t)), tf.mul(outer, inner));
  },
};

function tanhOfCubic(tf: Tf, x: Tensor): Tensor {
  return tf.tanh(tf.mul(tf.mul(ROOT, x), tf.add(1, tf.mul(CUBIC, tf.square(x)))));
}

/** x · σ(f · x). */
function gated(factor: number): Curve {
  const gate = (tf: Tf, x: Tensor) => tf.sigmoid(tf.mul(factor, x));
  return {
    value: (tf, x) => tf.mul(x, gate(tf, x)),
    slope: (tf, x) => {
      const s = gate(tf, x);
      return tf.mul(s, tf.add(1, tf.mul(tf.mul(factor, x), tf.sub(1, s))));
    },
  };
}

const relu: Curve = {
  value: (tf, x) => tf.relu(x),
  slope: (tf, x) => tf.cast(tf.greater(x, 0), 'float32'),
};

const sigmoid: Curve = {
  value: (tf, x) => tf.sigmoid(x),
  slope: (tf, x) => {
    const s = tf.sigmoid(x);
    return tf.mul(s, tf.sub(1, s));
  },
};

/** By the names of `hidden_act` in transformers. */
const CURVES = {
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_python_tanh: tanhGelu,
  gelu_accurate: tanhGelu,
  quick_gelu: gated(1.702),
  silu: gated(1),
  swish: gated(1),
  relu,
  sigmoid,
} as const satisfies Record<string, Curve>;

export type Activation = keyof typeof CURVES | 'gelu' | 'gelu_python' | 'tanh';

export const ACTIVATIONS: readonly string[] = ['gelu', 'gelu_python', 'tanh', ...Object.keys(CURVES)];

/** An activation by its name in transformers. */
export function activate(tf: Tf, name: Activation, x: Tensor2D): Tensor2D {
  if (name === 'gelu' || name === 'gelu_python') return gelu(tf, x);
  if (name === 'tanh') return tanh(tf, x);
  const curve: Curve = CURVES[name];
  return differentiable(tf, [x], () => ({
    value: curve.value(tf, x),
    keep: [x],
    gradient: (dy, kept) => [tf.mul(dy, curve.slope(tf, kept[0] as Tensor))],
  }));
}
