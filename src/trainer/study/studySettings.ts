import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';

/** `objective: { trainer: … }` of a study file, complete, and what a trial must know of the study around it. */
export interface StudySettings {
  /** Folder of a pretrained model, or sizes of one from scratch. */
  readonly model: string | Readonly<Record<string, unknown>>;
  readonly dataset: string;
  readonly text: string;
  readonly text_pair: string | null;
  readonly label: string;
  readonly test_size: number;
  readonly split_seed: number;
  readonly max_length: number;
  readonly objective_from: 'last' | 'best';
  readonly checkpoints: 'best' | 'all' | 'none';
  readonly backend: string;
  /** Training arguments that are the same in every trial. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The study's objectives, such as `eval_f1`, and whether less is better. */
  readonly objectives: readonly { readonly metric: string; readonly isMinimised: boolean }[];
  /** Parameters of the space that a trial reports the derivatives of its last validation loss by; none by default. */
  readonly differentiate?: readonly Hyperparameter[];
  /** Folder of the trials' checkpoints where `args` names none. */
  readonly output: string;
}
