import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../ops/crossEntropy.ts';
import type { Tf } from '../tf.ts';

/**
 * Mean cross entropy of logits [n, classes]; with smoothing ε the targets are 1 − ε of the label plus ε of all classes
 * alike, as Hugging Face's LabelSmoother.
 */
export function crossEntropy(tf: Tf, logits: Tensor2D, labels: Int32Array, smoothing: number): Scalar {
  const [count, classes] = logits.shape;
  const targets = new Float32Array(count * classes).fill(smoothing / classes);
  for (let row = 0; row < count; row++) {
    const at = row * classes + (labels[row] as number);
    targets[at] = (targets[at] as number) + 1 - smoothing;
  }
  return softmaxCrossEntropy(tf, logits, tf.tensor2d(targets, [count, classes]));
}
