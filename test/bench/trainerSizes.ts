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

/** What a side prints as its last line, in JSON. */
export interface TrainerTurn {
  /** Sequences a CPU-second: forward, backward, clipping and AdamW with dropout 0.1; and forward alone. */
  readonly training: number;
  readonly evaluation: number;
  /** Peak of the whole process. */
  readonly megabytes: number;
}
