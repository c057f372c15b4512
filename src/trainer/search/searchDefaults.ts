import type { Params } from '../../core/space/distributions.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { Metrics } from '../training/trainerOptions.ts';

/** Hugging Face's default_hp_space_optuna. */
export function defaultHpSpace(trial: Trial): Params {
  return {
    learning_rate: trial.suggestFloat('learning_rate', 1e-6, 1e-4, { log: true }),
    num_train_epochs: trial.suggestInt('num_train_epochs', 1, 5),
    seed: trial.suggestInt('seed', 1, 40),
    per_device_train_batch_size: trial.suggestCategorical('per_device_train_batch_size', [4, 8, 16, 32, 64]),
  };
}

/** Hugging Face's default_compute_objective: the sum of all metrics but loss, epoch and speeds, or the loss where there are none. */
export function defaultComputeObjective(metrics: Metrics): number {
  const scores = Object.entries(metrics).filter(
    ([name]) => name !== 'eval_loss' && name !== 'epoch' && !/_(runtime|per_second|compilation_time)$/.test(name),
  );
  return scores.length === 0 ? (metrics['eval_loss'] as number) : scores.reduce((sum, [, value]) => sum + value, 0);
}
