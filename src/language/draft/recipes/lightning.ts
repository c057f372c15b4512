import type { Recipe } from './recipe.ts';

export const LIGHTNING: Recipe = {
  name: 'Lightning',
  source:
    'Lightning documentation, "Training Tricks"; Smith 2018, "A disciplined approach to neural network hyper-parameters"',
  imports: ['lightning', 'pytorch_lightning'],
  calls: ['Trainer', 'StochasticWeightAveraging'],
  space: {
    gradient_clip_val: { low: 0.1, high: 10, log: true },
    accumulate_grad_batches: { choices: [1, 2, 4, 8] },
    swa_lrs: { low: 1e-4, high: 0.1, log: true },
  },
  metrics: { val_loss: 'minimize', val_acc: 'maximize', val_accuracy: 'maximize', val_f1: 'maximize' },
  fidelity: ['max_epochs', 'max_steps'],
};
