import type { Hyperparameter } from '../../../src/core/samplers/gradient/hyperparameters.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { TrainingArguments } from '../../../src/trainer/arguments/trainingArguments.ts';
import type { LabelledBatch } from '../../../src/trainer/datasets/collator.ts';
import { f1 } from '../../../src/trainer/metrics/scores.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import { crossEntropy } from '../../../src/trainer/models/loss.ts';
import type { Tf } from '../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../src/trainer/training/trainingStep.ts';
import { beginWith, type FirstWeights } from './pretraining.ts';
import type { Reviews } from './reviews.ts';

const BATCH = 32;

export interface Score {
  /** Cross entropy with the trial's label smoothing, as the trainer's `eval_loss`. */
  readonly loss: number;
  /** Without smoothing. */
  readonly plain: number;
  readonly f1: number;
}

export interface TrainedTrial {
  readonly validation: Score;
  readonly test: Score;
  readonly gradient: Readonly<Record<string, number>> | null;
  /** CPU seconds: of the training and its evaluation, and of the derivatives. */
  readonly seconds: number;
  readonly gradientSeconds: number;
}

export interface TrainingOptions {
  readonly epochs: number;
  readonly weights: FirstWeights;
  readonly differentiate: readonly Hyperparameter[];
  /** A lower validation loss is differentiated. */
  readonly below: number;
}

/** Trains the model once, and differentiates what is worth it. */
export function trainReviews(
  tf: Tf,
  reviews: Reviews,
  params: Params,
  { epochs, weights, differentiate, below }: TrainingOptions,
): TrainedTrial {
  const model = BertForSequenceClassification.fromConfig(tf, reviews.config, 1);
  beginWith(tf, model, weights);
  const { values } = new TrainingArguments({ per_device_train_batch_size: BATCH, warmup_steps: 0.1, ...params });
  const batches = reviews.batches(BATCH, epochs);
  const from = cpuSeconds();
  const step = new TrainingStep(tf, model, values, { total: batches.length, differentiate });
  for (const [number, batch] of batches.entries()) step.update([batch], number);
  const validation = score(tf, model, reviews.validation, values.label_smoothing_factor);
  const trained = cpuSeconds();
  const isWanted = differentiate.length > 0 && validation.loss < below;
  const gradient = isWanted ? step.derivatives(reviews.validation) : null;
  const differentiated = cpuSeconds();
  const test = score(tf, model, reviews.test, values.label_smoothing_factor);
  model.dispose();
  return { validation, test, gradient, seconds: trained - from, gradientSeconds: differentiated - trained };
}

export function score(
  tf: Tf,
  model: BertForSequenceClassification,
  batches: readonly LabelledBatch[],
  smoothing: number,
): Score {
  const labels: number[] = [];
  const predictions: number[] = [];
  let [loss, plain] = [0, 0];
  for (const batch of batches) {
    tf.tidy(() => {
      const logits = model.logits(batch, null);
      loss += (crossEntropy(tf, logits, batch.labels, smoothing).dataSync()[0] as number) * batch.size;
      plain += (crossEntropy(tf, logits, batch.labels, 0).dataSync()[0] as number) * batch.size;
      predictions.push(...tf.argMax(logits, -1).dataSync());
    });
    labels.push(...batch.labels);
  }
  return { loss: loss / labels.length, plain: plain / labels.length, f1: f1(labels, predictions) };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
