import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';
import { differentiable } from './differentiable.ts';

/** Mean over rows of −Σ target · log softmax(logits); logits and targets [n, classes], each target row sums to 1. */
export function softmaxCrossEntropy(tf: Tf, logits: Tensor2D, targets: Tensor2D): Scalar {
  return differentiable(tf, [logits], () => ({
    value: tf.neg(tf.mean(tf.sum(tf.mul(targets, logSoftmax(tf, logits)), 1))),
    keep: [logits, targets],
    gradient: (dy, kept) => {
      const [given, wanted] = kept as [Tensor2D, Tensor2D];
      return [tf.mul(tf.sub(tf.exp(logSoftmax(tf, given)), wanted), tf.div(dy, given.shape[0]))];
    },
  }));
}

function logSoftmax(tf: Tf, logits: Tensor): Tensor {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}
