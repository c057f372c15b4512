import { TuneboardError } from '../../core/errors.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';

/** Throws one sentence where a training has no derivative that is known here. */
export function checkDifferentiable(args: TrainingArgumentValues): void {
  if (args.hypergradient_lr > 0) {
    throw new TuneboardError(
      'hypergradient',
      'hypergradient_lr moves the learning rate while training goes on, which the sampler hypergradient does not differentiate. Leave one of them out.',
    );
  }
  if (args.optim === 'adamw_torch' || args.optim === 'adamw_torch_fused') return;
  throw new TuneboardError(
    'hypergradient',
    `optim is ${args.optim}: the sampler hypergradient differentiates adamw_torch alone. Change one of them.`,
  );
}
