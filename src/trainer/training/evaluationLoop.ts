import { TuneboardError } from '../../core/errors.ts';
import { addPythonNames, type WithPythonNames } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';
import type { LabelledBatch } from '../datasets/collator.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { modelLoss } from '../models/loss.ts';
import type { Tf } from '../tf.ts';
import { isOutOfMemory, microBatches, outOfMemory } from './microBatches.ts';
import { speedMetrics } from './speedMetrics.ts';
import type { TrainableModel } from './trainableModel.ts';
import type { DataCollator, EvalPrediction, Metrics, TrainerOptions } from './trainerOptions.ts';
import { chunks } from './trainingPlan.ts';

export interface Evaluation {
  readonly tf: Tf;
  readonly model: TrainableModel;
  readonly collator: DataCollator;
  readonly batchSize: number;
  /** Leave out the last batch where it is not full. */
  readonly dropsLast: boolean;
  readonly labelSmoothing: number;
  /** Leave out what is no number from the mean of the losses. */
  readonly filtersLosses: boolean;
  readonly computeMetrics: TrainerOptions['computeMetrics'];
  /** `loss`: nothing else is kept or computed; `logits`: of rows that have no labels. */
  readonly gives: 'all' | 'loss' | 'logits';
  /** Called after each batch. */
  readonly onBatch: () => Promise<void>;
}

/** Of `predict`: without logits where the loss alone is asked for, and without labels where the rows have none. */
export type EvaluationOutput = WithPythonNames<EvalPrediction> & { readonly metrics: Metrics };

/** Scores a data set: `{prefix}_loss`, then what `computeMetrics` gives under the prefix, then speeds. Throws `dataset` and `invalid-metric`. */
export async function runEvaluation(
  evaluation: Evaluation,
  dataset: Dataset,
  prefix: string,
): Promise<EvaluationOutput> {
  const { model, collator, batchSize, dropsLast, filtersLosses, gives, onBatch } = evaluation;
  if (dataset.rows.length === 0) {
    throw new TuneboardError('dataset', 'There are no rows to evaluate: give the evaluation some.');
  }
  const started = performance.now();
  const predictions: Float32Array[] = [];
  const labels: number[] = [];
  let areWhole = true;
  let [loss, counted] = [0, 0];
  const batches = chunks(dataset.rows, batchSize).filter((rows) => !dropsLast || rows.length === batchSize);
  if (batches.length === 0) {
    throw new TuneboardError(
      'dataset',
      `dataloader_drop_last leaves no batch of ${dataset.rows.length} rows to evaluate: set per_device_eval_batch_size to ${dataset.rows.length} or less.`,
    );
  }
  for (const rows of batches) {
    const batch = collator.collate(gives === 'logits' ? rows.map((row) => ({ ...row, labels: 0 })) : rows);
    const { logits, mean } = await forward(evaluation, batch);
    // Hugging Face's filter leaves out what is not finite only where something finite is left.
    if (!filtersLosses || Number.isFinite(mean)) {
      loss += mean * rows.length;
      counted += rows.length;
    }
    await onBatch();
    if (gives === 'loss') continue;
    const width = model.config.num_labels;
    for (let row = 0; row < rows.length; row++) predictions.push(logits.slice(row * width, (row + 1) * width));
    if (gives === 'logits') continue;
    areWhole &&= batch.labels instanceof Int32Array;
    for (const label of batch.labels) labels.push(label);
  }
  const labelIds = areWhole ? Int32Array.from(labels) : Float32Array.from(labels);
  const prediction = addPythonNames<EvalPrediction>({ predictions, labelIds });
  const scores = gives === 'all' ? await evaluation.computeMetrics?.(prediction) : null;
  const metrics: Metrics = {};
  if (gives !== 'logits') metrics[`${prefix}_loss`] = counted === 0 ? Number.NaN : loss / counted;
  for (const [name, value] of Object.entries(scores ?? {})) {
    if (typeof value !== 'number') {
      throw new TuneboardError(
        'invalid-metric',
        `computeMetrics gave ${name} as ${shown(value)}: return numbers by name.`,
      );
    }
    metrics[name.startsWith(`${prefix}_`) ? name : `${prefix}_${name}`] = value;
  }
  const seconds = (performance.now() - started) / 1000;
  Object.assign(metrics, speedMetrics(prefix, seconds, { samples: dataset.rows.length, steps: batches.length }));
  return Object.assign(prediction, { metrics });
}

interface Forward {
  readonly logits: Float32Array;
  /** Mean loss of the rows. */
  readonly mean: number;
}

/** In halves when memory runs out. Throws `out-of-memory` when one row is too many. */
async function forward(evaluation: Evaluation, batch: LabelledBatch): Promise<Forward> {
  try {
    return await forwardAtOnce(evaluation, batch);
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    if (batch.size === 1) throw outOfMemory(error);
    const parts: Forward[] = [];
    const halves = microBatches(batch, Math.ceil(batch.size / 2));
    for (const half of halves) parts.push(await forward(evaluation, half));
    const mean = parts.reduce((sum, part, index) => sum + (part.mean * (halves[index]?.size ?? 0)) / batch.size, 0);
    return { logits: Float32Array.from(parts.flatMap(({ logits }) => [...logits])), mean };
  }
}

/** As one tensor, so that a backend whose reads are not at once waits once a batch. */
async function forwardAtOnce({ tf, model, labelSmoothing, gives }: Evaluation, batch: LabelledBatch): Promise<Forward> {
  const result = tf.tidy(() => {
    const logits = model.logits(batch, null);
    if (gives === 'logits') return tf.reshape(logits, [-1]);
    const loss = modelLoss(tf, model.config, logits, batch.labels, labelSmoothing);
    return tf.concat([tf.reshape(logits, [-1]), tf.reshape(loss, [1])]);
  });
  const values = (await result.data()) as Float32Array;
  result.dispose();
  if (gives === 'logits') return { logits: values, mean: Number.NaN };
  return { logits: values.slice(0, -1), mean: values.at(-1) as number };
}
