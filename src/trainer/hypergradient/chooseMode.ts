import { TuneboardError } from '../../core/errors.ts';
import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { Weights } from '../training/weights.ts';
import type { Differentiation } from './differentiation.ts';
import { ForwardMode } from './forwardMode.ts';
import { bytesKept } from './replay.ts';
import { ReverseMode } from './reverseMode.ts';

/** What reverse mode may keep of a training by default: the same on every machine, so that a study does not depend on it. */
const MOST_BYTES = 2 ** 30;

/**
 * Reverse mode where what it keeps has room: its cost does not grow with the number of hyperparameters. Else forward mode.
 * `total`: updates to come. Throws `hypergradient`.
 */
export function differentiationOf(
  weights: Weights,
  parameters: readonly string[],
  names: readonly Hyperparameter[],
  args: TrainingArgumentValues,
  { total, mostBytes = MOST_BYTES }: { readonly total: number; readonly mostBytes?: number | undefined },
): Differentiation {
  checkDifferentiable(args);
  const size = weights.variables.reduce((sum, variable) => sum + variable.size, 0);
  return bytesKept(size, total) <= mostBytes
    ? new ReverseMode(weights, parameters, names, args, total)
    : new ForwardMode(weights, names, args);
}

/** Throws one sentence where a training has no derivative that is known here. */
function checkDifferentiable(args: TrainingArgumentValues): void {
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
