import { BACKENDS } from './backend/chooseBackend.ts';
import { microBatchSize } from './backend/memory.ts';
import type { Row } from './datasets/columns.ts';
import type { BertConfig } from './models/bertConfig.ts';
import type { Tf } from './tf.ts';
import type { TrainableModel } from './trainableModel.ts';

/**
 * Rows that may go through the model at once, by an estimate of the memory that the longest of them take. Undefined for a
 * model or backend of somebody else's, of which nothing is known.
 */
export function rowsAtOnce(tf: Tf, { config }: TrainableModel, rows: readonly Row[]): number | undefined {
  const backend = BACKENDS.find((name) => name === tf.getBackend());
  if (!backend || !isBert(config)) return undefined;
  const lengths = rows.map(({ input_ids: ids }) => (Array.isArray(ids) ? ids.length : 0));
  return microBatchSize(
    config,
    Math.max(
      1,
      lengths.reduce((most, length) => Math.max(most, length), 0),
    ),
    backend,
  );
}

function isBert(config: object): config is BertConfig {
  return 'hidden_size' in config && 'num_hidden_layers' in config && 'vocab_size' in config;
}
