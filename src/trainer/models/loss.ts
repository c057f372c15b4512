import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { TuneboardError } from '../../core/errors.ts';
import { softmaxCrossEntropy } from '../ops/crossEntropy.ts';
import { binaryCrossEntropy, meanSquaredError } from '../ops/elementLosses.ts';
import type { Tf } from '../tf.ts';
import type { BertConfig, ProblemType } from './bertConfig.ts';

export type Labels = Int32Array | Float32Array;

/** What a loss must know of a model. */
export type LossConfig = Pick<BertConfig, 'num_labels'> & Partial<Pick<BertConfig, 'problem_type'>>;

/**
 * The loss of Hugging Face's sequence classifiers for logits [n, num_labels]: cross entropy of classes, mean squared error
 * of a regression, binary cross entropy of several labels a text. Throws `dataset`, in one sentence, for labels that do not
 * fit the model, and `training-arguments` for the smoothing of a regression. Of several labels a text none is smoothed.
 */
export function modelLoss(tf: Tf, config: LossConfig, logits: Tensor2D, labels: Labels, smoothing: number): Scalar {
  const [count, width] = logits.shape;
  const problem = problemOf(config, labels);
  if (problem === 'single_label_classification') {
    checkClasses(labels, count, width);
    return crossEntropy(tf, logits, labels, smoothing);
  }
  if (labels.length !== count * width) {
    const each = labels.length / count;
    throw new TuneboardError(
      'dataset',
      `Each text has ${each} label${each === 1 ? '' : 's'} and the model has ${width}: set num_labels to ${each}, or problem_type.`,
    );
  }
  if (problem === 'regression' && smoothing > 0) {
    throw new TuneboardError(
      'training-arguments',
      'label_smoothing_factor is for classes and the model is a regression: leave it out.',
    );
  }
  const targets = tf.tensor2d(Float32Array.from(labels), [count, width]);
  if (problem === 'regression') return meanSquaredError(tf, logits, targets);
  const wrong = labels.find((label) => label < 0 || label > 1);
  if (wrong === undefined) return binaryCrossEntropy(tf, logits, targets);
  throw new TuneboardError(
    'dataset',
    `The label ${wrong} is neither 0 nor 1: with several labels a text each is one of both.`,
  );
}

/** What `problem_type` is where the config does not say it. */
export function problemOf({ num_labels: count, problem_type: problem }: LossConfig, labels: Labels): ProblemType {
  if (problem) return problem;
  if (count === 1) return 'regression';
  return labels instanceof Int32Array ? 'single_label_classification' : 'multi_label_classification';
}

/**
 * Mean cross entropy of logits [n, classes]; with smoothing ε the targets are 1 − ε of the label plus ε of all classes
 * alike, as Hugging Face's LabelSmoother.
 */
export function crossEntropy(tf: Tf, logits: Tensor2D, labels: Labels, smoothing: number): Scalar {
  const [count, classes] = logits.shape;
  const targets = new Float32Array(count * classes).fill(smoothing / classes);
  for (let row = 0; row < count; row++) {
    const at = row * classes + (labels[row] as number);
    targets[at] = (targets[at] as number) + 1 - smoothing;
  }
  return softmaxCrossEntropy(tf, logits, tf.tensor2d(targets, [count, classes]));
}

/**
 * The derivative of `modelLoss` by the smoothing, in which it is linear: of each row the label's logit less the mean of all,
 * in double precision. 0 where there are no classes.
 */
export function lossBySmoothing(config: LossConfig, logits: ArrayLike<number>, labels: Labels): number {
  if (problemOf(config, labels) !== 'single_label_classification') return 0;
  const classes = logits.length / labels.length;
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    for (let one = 0; one < classes; one++) sum -= (logits[row * classes + one] as number) / classes;
    sum += logits[row * classes + (labels[row] as number)] as number;
  }
  return sum / labels.length;
}

function checkClasses(labels: Labels, count: number, classes: number): void {
  if (labels.length !== count) {
    throw new TuneboardError(
      'dataset',
      `Each text has ${labels.length / count} labels and the model tells classes apart: set problem_type to multi_label_classification.`,
    );
  }
  const wrong = labels.find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong === undefined) return;
  const advice =
    Number.isInteger(wrong) && wrong >= 0 ? `set num_labels to ${wrong + 1} or more` : `number the classes from 0`;
  throw new TuneboardError('dataset', `The label ${wrong} is no class of a model with ${classes}: ${advice}.`);
}
