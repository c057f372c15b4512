import { TrainingArguments } from '../../src/trainer/arguments/trainingArguments.ts';
import type { LabelledBatch } from '../../src/trainer/datasets/collator.ts';
import { BertForSequenceClassification } from '../../src/trainer/models/bert.ts';
import { bertConfig } from '../../src/trainer/models/bertConfig.ts';
import type { Tf } from '../../src/trainer/tf.ts';
import { TrainingStep } from '../../src/trainer/training/trainingStep.ts';
import { configSizes, type TrainerSize } from './trainerSizes.ts';

/** A model of a size with new weights, its training, and a batch of texts of full length for it. */
export function trainedModel(tf: Tf, size: Omit<TrainerSize, 'steps'>) {
  const model = BertForSequenceClassification.fromConfig(tf, bertConfig(configSizes(size)), 1);
  const count = size.batch * size.length;
  const batch: LabelledBatch = {
    inputIds: Int32Array.from({ length: count }, (_, index) => 1 + ((index * 7919) % (size.vocabulary - 1))),
    attentionMask: new Int32Array(count).fill(1),
    labels: Int32Array.from({ length: size.batch }, (_, index) => index % 2),
    size: size.batch,
    length: size.length,
  };
  const args = new TrainingArguments({ per_device_train_batch_size: size.batch, learning_rate: 1e-4 });
  return { model, batch, step: new TrainingStep(tf, model, args.values, { total: 1000 }) };
}
