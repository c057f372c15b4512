/** A model and a batch that both sides of the bench train. */
export interface TrainerSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly inner: number;
  readonly length: number;
  readonly vocabulary: number;
  readonly batch: number;
  /** Timed steps of a turn, about ten seconds of them on wasm. */
  readonly steps: number;
}

export const TRAINER_SIZES: Readonly<Record<string, TrainerSize>> = {
  S: { layers: 3, hidden: 128, heads: 4, inner: 512, length: 64, vocabulary: 8000, batch: 32, steps: 30 },
  small: { layers: 4, hidden: 128, heads: 2, inner: 512, length: 128, vocabulary: 4000, batch: 32, steps: 12 },
  rbt3: { layers: 3, hidden: 768, heads: 12, inner: 3072, length: 128, vocabulary: 21128, batch: 32, steps: 1 },
};

/** A model whose memory is measured, with two numbers of texts. */
export interface MemorySize extends Omit<TrainerSize, 'batch' | 'steps'> {
  readonly batches: readonly [few: number, many: number];
}

const S: MemorySize = {
  layers: 3,
  hidden: 128,
  heads: 4,
  inner: 512,
  length: 64,
  vocabulary: 8000,
  batches: [32, 128],
};

/** Each of the numbers that memory depends on is another one somewhere. */
export const MEMORY_SIZES: Readonly<Record<string, MemorySize>> = {
  S,
  narrow: { ...S, inner: 64 },
  broad: { ...S, inner: 1024 },
  heads: { ...S, heads: 16 },
  deep: { ...S, layers: 8 },
  long: { ...S, length: 512, batches: [8, 32] },
  small: { ...S, layers: 4, heads: 2, length: 128, vocabulary: 4000, batches: [16, 64] },
  middle: { ...S, layers: 6, hidden: 384, heads: 12, inner: 1536, length: 128, batches: [4, 20] },
  rbt3: { layers: 3, hidden: 768, heads: 12, inner: 3072, length: 128, vocabulary: 21128, batches: [8, 24] },
};

/** As a model's config has them. */
export function configSizes(size: Omit<TrainerSize, 'batch' | 'steps'>) {
  return {
    vocab_size: size.vocabulary,
    hidden_size: size.hidden,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    intermediate_size: size.inner,
    max_position_embeddings: 512,
  };
}

/** What a side prints as its last line, in JSON. */
export interface TrainerTurn {
  /** Sequences a CPU-second: forward, backward, clipping and AdamW with dropout 0.1; and forward alone. */
  readonly training: number;
  readonly evaluation: number;
  /** Peak of the whole process. */
  readonly megabytes: number;
}
