import { TuneboardError } from '../../core/errors.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';

/** Throws one sentence where a training has no derivative that is known here. */
export function checkDifferentiable(args: TrainingArgumentValues): void {
  if (args.optim === 'adamw_torch' || args.optim === 'adamw_torch_fused') return;
  throw new TuneboardError(
    'hypergradient',
    `optim is ${args.optim}: the sampler hypergradient differentiates adamw_torch alone. Change one of them.`,
  );
}
