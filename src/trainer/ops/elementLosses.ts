import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';
import { differentiable } from './differentiable.ts';

/** Mean over all elements of (output − target)². */
export function meanSquaredError(tf: Tf, outputs: Tensor2D, targets: Tensor2D): Scalar {
  return differentiable(tf, [outputs], () => {
    const difference = tf.sub(outputs, targets);
    return {
      value: tf.mean(tf.square(difference)),
      keep: [difference],
      gradient: (dy, [kept]) => [tf.mul(kept as Tensor, tf.mul(dy, 2 / outputs.size))],
    };
  });
}

/**
 * Mean over all elements of the cross entropy between target and σ(logit), as torch's BCEWithLogitsLoss:
 * max(x, 0) − x·target + ln(1 + e^−|x|), which overflows nowhere.
 */
export function binaryCrossEntropy(tf: Tf, logits: Tensor2D, targets: Tensor2D): Scalar {
  return differentiable(tf, [logits], () => {
    const positive = tf.sub(tf.relu(logits), tf.mul(logits, targets));
    return {
      value: tf.mean(tf.add(positive, tf.log1p(tf.exp(tf.neg(tf.abs(logits)))))),
      keep: [logits, targets],
      gradient: (dy, kept) => {
        const [x, wanted] = kept as [Tensor, Tensor];
        return [tf.mul(tf.sub(tf.sigmoid(x), wanted), tf.div(dy, x.size))];
      },
    };
  });
}
