import { HYPERPARAMETERS, isHyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import { asRecord, type Raw, type Report, typeOf } from './report.ts';

/** What can be differentiated: the built-in trainer's validation loss after a training with AdamW. */
export function checkHypergradient(file: Raw, report: Report): void {
  const objective = asRecord(file['objective']);
  if (typeOf(asRecord(file['optuna'])['sampler']) === 'hypergradient')
    report('hypergradient-objective', ['optuna', 'sampler']);
  if (typeOf(file['sampler']) !== 'hypergradient') return;
  if (objective['trainer'] === undefined) {
    report('hypergradient-objective', ['sampler']);
    return;
  }
  const trainer = asRecord(objective['trainer']);
  const isLoss = file['metric'] === 'eval_loss' && (file['direction'] ?? 'minimize') === 'minimize';
  if (!isLoss || trainer['objective_from'] === 'best') report('hypergradient-metric', ['sampler']);
  const space = Object.entries(asRecord(file['space']));
  if (!space.some(([name, range]) => isDifferentiable(name, asRecord(range)))) {
    report('hypergradient-space', ['sampler'], [[...HYPERPARAMETERS, 'lr_factor_…'].join(', ')]);
  }
  const { optim, hypergradient_lr: online } = asRecord(trainer['args']);
  if (typeof online === 'number' && online > 0) {
    report('hypergradient-online', ['objective', 'trainer', 'args', 'hypergradient_lr']);
  }
  if (Object.hasOwn(asRecord(file['space']), 'hypergradient_lr')) {
    report('hypergradient-online', ['space', 'hypergradient_lr']);
  }
  if (typeof optim === 'string' && !optim.startsWith('adamw')) {
    report('hypergradient-optim', ['objective', 'trainer', 'args', 'optim'], [], { replaceBy: 'adamw_torch' });
  }
}

function isDifferentiable(name: string, { type, step }: Raw): boolean {
  return isHyperparameter(name) && type === 'float' && step === undefined;
}
