import type { BertConfig } from '../../../src/trainer/models/bertConfig.ts';

/** A character BERT, and what one training of it is. */
export interface ModelSetting {
  readonly sizes: Pick<BertConfig, 'hidden_size' | 'num_hidden_layers' | 'num_attention_heads' | 'intermediate_size'> &
    Partial<Pick<BertConfig, 'initializer_range' | 'vocab_size' | 'max_position_embeddings'>>;
  /** Characters of a review that the model reads at most, with the two special tokens. */
  readonly length: number;
  /** A character that is rarer among the texts that the vocabulary is made from is [UNK]. */
  readonly common: number;
  /** Rows of the training, of the validation, and of the part that is looked at for the report alone. */
  readonly rows: readonly [train: number, validation: number, test: number];
  readonly epochs: number;
  /** What the weights come from, but for the classifier's: one training on other reviews. Null for new weights. */
  readonly pretraining: Pretraining | null;
  /** Of the learning rate. */
  readonly rates: readonly [low: number, high: number];
}

export interface Pretraining {
  readonly rows: number;
  readonly epochs: number;
  readonly learningRate: number;
}

export const MODELS: Readonly<Record<string, ModelSetting>> = {
  /** Four layers, 128 wide, tables of 4,000 characters and 128 places: *small* of the trainer's benches. */
  small: {
    sizes: {
      hidden_size: 128,
      num_hidden_layers: 4,
      num_attention_heads: 2,
      intermediate_size: 512,
      vocab_size: 4000,
      max_position_embeddings: 128,
    },
    length: 64,
    common: 2,
    rows: [384, 256, 256],
    epochs: 2,
    // From new weights it learns nothing in so few updates.
    pretraining: { rows: 4096, epochs: 2, learningRate: 1e-3 },
    rates: [1e-5, 1e-2],
  },
  /** 15 thousand weights in its embeddings: hundreds of trainings in minutes. */
  tiny: {
    sizes: {
      hidden_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 32,
      // With the usual first weights it learns nothing in so few updates.
      initializer_range: 0.15,
    },
    length: 20,
    common: 8,
    rows: [768, 256, 512],
    epochs: 3,
    pretraining: null,
    rates: [1e-4, 1e-1],
  },
};
