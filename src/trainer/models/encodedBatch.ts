import { TuneboardError } from '../../core/errors.ts';
import type { BertConfig } from './bertConfig.ts';

/** Padded texts: every array is [texts, length], as rows after each other. */
export interface EncodedBatch {
  readonly inputIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array;
  /** 0 for the first text of a pair and 1 for the second; 0 everywhere by default. */
  readonly tokenTypeIds?: Int32Array;
  readonly size: number;
  readonly length: number;
}

/**
 * Throws `model` in one sentence where the batch does not fit the model's tables: a gather outside of its table is
 * undefined on some backends.
 */
export function checkBatch({ inputIds, tokenTypeIds, length }: EncodedBatch, config: BertConfig): void {
  if (length > config.max_position_embeddings) {
    throw new TuneboardError(
      'model',
      `A text has ${length} tokens and the model's position table has ${config.max_position_embeddings}: set max_length to ${config.max_position_embeddings} or less, with truncation.`,
    );
  }
  const wrong = inputIds.find((id) => !(id >= 0 && id < config.vocab_size));
  if (wrong !== undefined) {
    throw new TuneboardError(
      'model',
      `The tokenizer gave the id ${wrong} and the model's embedding has ${config.vocab_size} rows: take the tokenizer that belongs to the model.`,
    );
  }
  const kind = tokenTypeIds?.find((id) => !(id >= 0 && id < config.type_vocab_size));
  if (kind !== undefined) {
    throw new TuneboardError(
      'model',
      `The tokenizer gave the token type ${kind} and the model knows ${config.type_vocab_size}: take the tokenizer that belongs to the model.`,
    );
  }
}
