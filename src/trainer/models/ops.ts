import type { GradSaveFunc, Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';

/**
 * The operations of a transformer, each with its own gradient: TensorFlow.js's gradient of a gather needs a kernel that its
 * wasm backend lacks, that of a product takes slow kernels there, and what a step keeps for its gradient decides how much
 * memory it takes. No gradient of TensorFlow.js's own is used.
 */

/** Both get the inputs, then the constants. */
type Forward = (...inputs: Tensor[]) => Tensor;
type Backward = (dy: Tensor, inputs: Tensor[]) => Tensor[];

/**
 * An operation whose gradient frees what it has used. Inputs and constants are kept for it (a constant would be gone after
 * the forward pass), the results of `forward` are not.
 */
function withGradient(
  tf: Tf,
  inputs: readonly Tensor[],
  forward: Forward,
  backward: Backward,
  constants: readonly Tensor[] = [],
): Tensor {
  const operation = tf.customGrad((...args) => {
    const given = args.slice(0, -1) as Tensor[];
    (args.at(-1) as GradSaveFunc)([...given, ...constants]);
    return {
      value: forward(...given, ...constants),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const gradients = tf.tidy(() => backward(dy, saved));
        dy.dispose();
        return gradients;
      },
    };
  });
  return operation(...inputs);
}

/** x [n, in] · weight [in, out] + bias [out]. Its gradients are plain products of two matrices. */
export function linear(tf: Tf, x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D {
  return withGradient(
    tf,
    [x, weight, bias],
    (a, w, b) => tf.add(tf.matMul(a as Tensor2D, w as Tensor2D), b as Tensor),
    (dy, [a, w]) => [
      tf.matMul(dy as Tensor2D, tf.transpose(w as Tensor2D)),
      tf.matMul(tf.transpose(a as Tensor2D), dy as Tensor2D),
      tf.sum(dy, 0),
    ],
  ) as Tensor2D;
}

/** Rows of table [rows, width] by ids [n]. */
export function embedding(tf: Tf, table: Tensor2D, ids: Tensor1D): Tensor2D {
  return withGradient(
    tf,
    [table],
    (rows, at) => tf.gather(rows as Tensor2D, at as Tensor1D),
    (dy, [, at]) => [tf.scatterND(tf.reshape(at as Tensor1D, [ids.size, 1]), dy, table.shape)],
    [ids],
  ) as Tensor2D;
}

/** Hendrycks and Gimpel's GELU with the error function, as BERT's `gelu`. */
export function gelu(tf: Tf, x: Tensor2D): Tensor2D {
  const distribution = (a: Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(a, Math.SQRT1_2))));
  return withGradient(
    tf,
    [x],
    (a) => tf.mul(a as Tensor, distribution(a as Tensor)),
    (dy, [a]) => {
      const density = tf.mul(tf.exp(tf.mul(-0.5, tf.square(a as Tensor))), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(distribution(a as Tensor), tf.mul(a as Tensor, density)))];
    },
  ) as Tensor2D;
}

/** Normalises each row of x [n, width], then scales and shifts it (Ba, Kiros, Hinton 2016). */
export function layerNorm(tf: Tf, x: Tensor2D, scale: Tensor1D, shift: Tensor1D, epsilon: number): Tensor2D {
  const normalise = (a: Tensor) => {
    const centred = tf.sub(a, tf.mean(a, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
    return { normal: tf.mul(centred, inverse), inverse };
  };
  return withGradient(
    tf,
    [x, scale, shift],
    (a, s, b) => tf.add(tf.mul(normalise(a as Tensor).normal, s as Tensor), b as Tensor),
    (dy, [a, s]) => {
      const { normal, inverse } = normalise(a as Tensor);
      const scaled = tf.mul(dy, s as Tensor);
      const along = tf.mul(normal, tf.mean(tf.mul(scaled, normal), 1, true));
      const dx = tf.mul(inverse, tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), along));
      return [dx, tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0)];
    },
  ) as Tensor2D;
}

export function tanh(tf: Tf, x: Tensor2D): Tensor2D {
  return withGradient(
    tf,
    [x],
    (a) => tf.tanh(a as Tensor),
    (dy, [a]) => [tf.mul(dy, tf.sub(1, tf.square(tf.tanh(a as Tensor))))],
  ) as Tensor2D;
}

/** Two tensors of one shape. */
export function add(tf: Tf, x: Tensor2D, y: Tensor2D): Tensor2D {
  return withGradient(
    tf,
    [x, y],
    (a, b) => tf.add(a as Tensor, b as Tensor),
    (dy) => [tf.clone(dy), tf.clone(dy)],
  ) as Tensor2D;
}

/** x times factors that are no parameters: a dropout mask. */
export function scale(tf: Tf, x: Tensor2D, factors: Tensor2D): Tensor2D {
  return withGradient(
    tf,
    [x],
    (a, by) => tf.mul(a as Tensor, by as Tensor),
    (dy, [, by]) => [tf.mul(dy, by as Tensor)],
    [factors],
  ) as Tensor2D;
}

export interface AttentionShape {
  readonly size: number;
  readonly length: number;
  readonly heads: number;
  /** Added to the scores, [size, 1, 1, length]. */
  readonly bias: Tensor4D;
  /** Dropout of the probabilities, [size, heads, length, length]; null: none. */
  readonly mask: Tensor4D | null;
}

/** Scaled dot-product attention in heads (Vaswani et al. 2017) of query, key and value [size · length, width]. */
export function attention(tf: Tf, inputs: readonly [Tensor2D, Tensor2D, Tensor2D], shape: AttentionShape): Tensor2D {
  const { size, length, heads, bias, mask } = shape;
  const width = inputs[0].shape[1] / heads;
  const factor = 1 / Math.sqrt(width);
  const split = (x: Tensor | undefined): Tensor4D =>
    tf.transpose(tf.reshape(x as Tensor, [size, length, heads, width]), [0, 2, 1, 3]);
  const join = (x: Tensor4D): Tensor2D => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [size * length, heads * width]);
  const masked = (x: Tensor4D, by: Tensor | undefined): Tensor4D => (by ? tf.mul(x, by) : x);
  const softmax = (query: Tensor4D, key: Tensor4D, added: Tensor | undefined): Tensor4D =>
    tf.softmax(tf.add(tf.mul(tf.matMul<Tensor4D>(query, key, false, true), factor), added as Tensor) as Tensor4D);
  return withGradient(
    tf,
    inputs,
    (q, k, v, added, by) => join(tf.matMul<Tensor4D>(masked(softmax(split(q), split(k), added), by), split(v))),
    (dy, [q, k, v, added, by]) => {
      const [query, key, value, slope] = [split(q), split(k), split(v), split(dy)] as const;
      const probabilities = softmax(query, key, added);
      const dProbabilities = masked(tf.matMul<Tensor4D>(slope, value, false, true), by);
      const along = tf.sum(tf.mul(dProbabilities, probabilities), 3, true);
      const dScores = tf.mul(tf.mul(probabilities, tf.sub(dProbabilities, along)), factor) as Tensor4D;
      return [
        join(tf.matMul<Tensor4D>(dScores, key)),
        join(tf.matMul<Tensor4D>(dScores, query, true, false)),
        join(tf.matMul<Tensor4D>(masked(probabilities, by), slope, true, false)),
      ];
    },
    mask ? [bias, mask] : [bias],
  ) as Tensor2D;
}

/** Mean over rows of −Σ target · log softmax(logits); logits and targets [n, classes], each target row sums to 1. */
export function softmaxCrossEntropy(tf: Tf, logits: Tensor2D, targets: Tensor2D): Scalar {
  return withGradient(
    tf,
    [logits],
    (a, wanted) => tf.neg(tf.mean(tf.sum(tf.mul(wanted as Tensor, logSoftmax(tf, a as Tensor)), 1))),
    (dy, [a, wanted]) => [
      tf.mul(tf.sub(tf.exp(logSoftmax(tf, a as Tensor)), wanted as Tensor), tf.div(dy, logits.shape[0])),
    ],
    [targets],
  ) as Scalar;
}

function logSoftmax(tf: Tf, logits: Tensor): Tensor {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}
