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
  slope: (tf, x) => isWithin(tf, x, 0, Number.POSITIVE_INFINITY),
};

/** 1 where low < x < high, else 0: at kinks PyTorch has the slope of what lies outside. */
function isWithin(tf: Tf, x: Tensor, low: number, high: number): Tensor {
  const isAbove = tf.greater(x, low);
  return tf.cast(high === Number.POSITIVE_INFINITY ? isAbove : tf.logicalAnd(isAbove, tf.less(x, high)), 'float32');
}

const clippedGelu: Curve = {
  value: (tf, x) => tf.clipByValue(plainGelu(tf, x), -10, 10),
  slope: (tf, x) => {
    const bell = tf.exp(tf.mul(-0.5, tf.square(x)));
    const slope = tf.add(normalDistribution(tf, x), tf.mul(bell, tf.mul(x, 1 / Math.sqrt(2 * Math.PI))));
    return tf.mul(slope, tf.cast(tf.lessEqual(plainGelu(tf, x), 10), 'float32'));
  },
};

function plainGelu(tf: Tf, x: Tensor): Tensor {
  return tf.mul(x, normalDistribution(tf, x));
}

function normalDistribution(tf: Tf, x: Tensor): Tensor {
  return tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
}

/** x · min(max(x + 3, 0), 6) / 6. */
const hardSwish: Curve = {
  value: (tf, x) => tf.mul(x, tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6)),
  slope: (tf, x) =>
    tf.add(tf.mul(tf.add(tf.div(x, 3), 0.5), isWithin(tf, x, -3, 3)), tf.cast(tf.greaterEqual(x, 3), 'float32')),
};

/** The mean and the deviation of MEGA's attention (Ma et al. 2022); transformers rounds them to six digits. */
const [MU, SIGMA] = [Math.SQRT1_2, 1 / Math.sqrt(4 * Math.PI)];

const laplace: Curve = {
  value: (tf, x) => tf.mul(0.5, tf.add(1, tf.erf(tf.div(tf.sub(x, MU), SIGMA * Math.SQRT2)))),
  slope: (tf, x) => {
    const distance = tf.div(tf.sub(x, MU), SIGMA * Math.SQRT2);
    return tf.mul(1 / (SIGMA * Math.sqrt(2 * Math.PI)), tf.exp(tf.neg(tf.square(distance))));
  },
};

/** PyTorch's slope below zero. */
const LEAK = 0.01;

const leakyRelu: Curve = {
  value: (tf, x) => tf.maximum(x, tf.mul(LEAK, x)),
  slope: (tf, x) => tf.maximum(LEAK, relu.slope(tf, x)),
};

const linear: Curve = { value: (tf, x) => tf.clone(x), slope: (tf, x) => tf.onesLike(x) };

/** log(1 + exp(x)), without an overflow. */
function softplus(tf: Tf, x: Tensor): Tensor {
  const y = tf.exp(tf.neg(tf.abs(x)));
  // log1p of WebAssembly is log(1 + y): what 1 + y has lost of y is made up for (Kahan's way).
  const sum = tf.add(1, y);
  const added = tf.sub(sum, 1);
  const isLost = tf.cast(tf.equal(added, 0), 'float32');
  const ratio = tf.add(isLost, tf.div(tf.log(sum), tf.add(added, isLost)));
  return tf.add(tf.relu(x), tf.mul(y, ratio));
}

/** x · tanh(softplus(x)) (Misra 2019). */
const mish: Curve = {
  value: (tf, x) => tf.mul(x, tf.tanh(softplus(tf, x))),
  slope: (tf, x) => {
    const t = tf.tanh(softplus(tf, x));
    return tf.add(t, tf.mul(tf.mul(x, tf.sigmoid(x)), tf.sub(1, tf.square(t))));
  },
};

const squaredRelu: Curve = {
  value: (tf, x) => tf.square(tf.relu(x)),
  slope: (tf, x) => tf.mul(2, tf.relu(x)),
};

const relu6: Curve = {
  value: (tf, x) => tf.clipByValue(x, 0, 6),
  slope: (tf, x) => isWithin(tf, x, 0, 6),
};

/** The smallest number that a float32 has in full precision: below it the root of softplus has no slope left. */
const SMALLEST = 2 ** -126;

const rootOfSoftplus: Curve = {
  value: (tf, x) => tf.sqrt(softplus(tf, x)),
  slope: (tf, x) => tf.div(tf.sigmoid(x), tf.mul(2, tf.sqrt(tf.maximum(SMALLEST, softplus(tf, x))))),
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
  relu2: squaredRelu,
  relu6,
  sigmoid,
  gelu_10: clippedGelu,
  hardswish: hardSwish,
  laplace,
  leaky_relu: leakyRelu,
  linear,
  mish,
  sqrtsoftplus: rootOfSoftplus,
} as const satisfies Record<string, Curve>;

export type Activation = keyof typeof CURVES | 'gelu' | 'gelu_python' | 'tanh';

export const ACTIVATIONS: readonly string[] = ['gelu', 'gelu_python', 'tanh', ...Object.keys(CURVES)];

/** Those of transformers that learn: none of the weights of a BERT here are theirs. */
export const LEARNED_ACTIVATIONS: readonly string[] = ['prelu', 'xielu'];

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
