import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import { BACKENDS } from '../backend/chooseBackend.ts';
import { microBatchSize } from '../backend/memory.ts';
import type { Row } from '../datasets/columns.ts';
import { nativeOf } from '../kernels/nativeOperations.ts';
import type { BertConfig } from '../models/bertConfig.ts';
import type { Tf } from '../tf.ts';
import type { TrainableModel } from './trainableModel.ts';
import type { TrainerOptions } from './trainerOptions.ts';

/**
 * Rows that may go through the model at once, by an estimate of the memory that the longest of them take. Undefined for a
 * model or backend of somebody else's, of which nothing is known.
 */
export function rowsAtOnce(tf: Tf, { config }: TrainableModel, rows: readonly Row[]): number | undefined {
  const backend = BACKENDS.find((name) => name === tf.getBackend());
  if (!backend || !isBert(config)) return undefined;
  const isStock = backend === 'tensorflow' && nativeOf(tf) === undefined;
  const lengths = rows.map(({ input_ids: ids }) => (Array.isArray(ids) ? ids.length : 0));
  return microBatchSize(
    config,
    Math.max(
      1,
      lengths.reduce((most, length) => Math.max(most, length), 0),
    ),
    isStock ? 'stock tensorflow' : backend,
  );
}

/** Rows at once as the options have them or by the estimate; says so where a batch does not go through the model as a whole. */
export function partOfBatch(
  tf: Tf,
  model: TrainableModel,
  rows: readonly Row[],
  { auto_find_batch_size: isFound, per_device_train_batch_size: whole }: TrainingArguments,
  { microBatchSize: given, print = console.log }: TrainerOptions,
): number | undefined {
  const size = given ?? (isFound ? undefined : rowsAtOnce(tf, model, rows));
  if (size !== undefined && size < whole) {
    print(`Memory is enough for ${size} rows at a time: each batch of ${whole} is taken in parts, to the same update.`);
  }
  return size;
}

function isBert(config: object): config is BertConfig {
  return 'hidden_size' in config && 'num_hidden_layers' in config && 'vocab_size' in config;
}
