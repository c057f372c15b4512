import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { LabelledBatch } from '../datasets/collator.ts';
import type { LossConfig } from '../models/loss.ts';
import type { Dropout } from '../ops/dropout.ts';

/** What the Trainer needs of a model. */
export interface TrainableModel {
  readonly config: LossConfig;
  /** By Hugging Face's names; all of them are trained. */
  readonly parameters: ReadonlyMap<string, Variable>;
  /** [texts, num_labels]; without a `Dropout` in evaluation mode. Called in a tidy. */
  logits(batch: LabelledBatch, dropout: Dropout | null): Tensor2D;
  /** Writes what `fromPretrained` reads, here and in Python, into a folder that is there. */
  savePretrained(folder: string): Promise<void>;
  /** Takes the weights that such a folder has, in place. */
  loadPretrained(folder: string): Promise<void>;
  dispose(): void;
}
