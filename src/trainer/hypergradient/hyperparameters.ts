import { TuneboardError } from '../../core/errors.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';

/** Training arguments that a training can be differentiated by, with AdamW. */
export const HYPERPARAMETERS = [
  'learning_rate',
  'weight_decay',
  'label_smoothing_factor',
  'adam_beta1',
  'adam_beta2',
] as const;

export type Hyperparameter = (typeof HYPERPARAMETERS)[number];

export function isHyperparameter(name: string): name is Hyperparameter {
  return (HYPERPARAMETERS as readonly string[]).includes(name);
}

/** Throws one sentence where the training has no derivative that is known here. */
export function checkDifferentiable(args: TrainingArgumentValues): void {
  if (args.optim === 'adamw_torch' || args.optim === 'adamw_torch_fused') return;
  throw new TuneboardError(
    'hypergradient',
    `optim is ${args.optim}: the sampler hypergradient differentiates adamw_torch alone. Change one of them.`,
  );
}
