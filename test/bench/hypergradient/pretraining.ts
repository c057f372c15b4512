import { TrainingArguments } from '../../../src/trainer/arguments/trainingArguments.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import { lrGroupOf } from '../../../src/trainer/optimizers/parameterGroups.ts';
import type { Tf } from '../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../src/trainer/training/trainingStep.ts';
import type { ModelSetting } from './models.ts';
import { pretrainingReviews } from './reviews.ts';

/** Weights by name. */
export type FirstWeights = ReadonlyMap<string, Float32Array>;

const BATCH = 32;

/** The weights of the first training, without those that come after the layers; none where the model has no such training. */
export function pretrain(tf: Tf, setting: ModelSetting, tell: (line: string) => void): FirstWeights {
  const { pretraining } = setting;
  if (!pretraining) return new Map();
  const reviews = pretrainingReviews(setting);
  const model = BertForSequenceClassification.fromConfig(tf, reviews.config, 0);
  const { values } = new TrainingArguments({
    per_device_train_batch_size: BATCH,
    warmup_steps: 0.1,
    learning_rate: pretraining.learningRate,
  });
  const batches = reviews.batches(BATCH, pretraining.epochs);
  const step = new TrainingStep(tf, model, values, { total: batches.length });
  let loss = 0;
  for (const [number, batch] of batches.entries()) {
    loss += step.update([batch], number).loss;
    if ((number + 1) % 32 !== 0) continue;
    tell(`First training, update ${number + 1} of ${batches.length}: loss ${(loss / 32).toFixed(4)}`);
    loss = 0;
  }
  const encoder = [...model.parameters].filter(([name]) => lrGroupOf(name) !== 'classifier');
  const weights = new Map(encoder.map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]));
  model.dispose();
  return weights;
}

/** Puts them into a new model. */
export function beginWith(tf: Tf, model: BertForSequenceClassification, weights: FirstWeights): void {
  for (const [name, values] of weights) {
    const variable = model.parameters.get(name);
    if (variable) tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
  }
}
