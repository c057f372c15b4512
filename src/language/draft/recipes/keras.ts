import type { Recipe } from './recipe.ts';

const LAYERS = [
  'Dense',
  'Conv1D',
  'Conv2D',
  'LSTM',
  'GRU',
  'Embedding',
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'GaussianNoise',
  'LeakyReLU',
];
const OPTIMISERS = ['Adam', 'AdamW', 'SGD', 'RMSprop', 'Nadam', 'Adagrad', 'Adamax', 'Lion'];

export const KERAS: Recipe = {
  name: 'Keras',
  source:
    'KerasTuner guide, "Getting started"; Srivastava et al. 2014, "Dropout", appendix A; Bengio 2012, "Practical recommendations for gradient-based training"',
  imports: ['keras', 'tensorflow'],
  calls: [...LAYERS.flatMap((one) => [one, `layers.${one}`]), ...OPTIMISERS, 'model.fit', 'ExponentialDecay'],
  space: {
    learning_rate: { low: 1e-5, high: 1e-1, log: true },
    initial_learning_rate: { low: 1e-5, high: 1e-1, log: true },
    units: { choices: [32, 64, 128, 256, 512] },
    filters: { choices: [16, 32, 64, 128] },
    rate: { low: 0, high: 0.5 },
    dropout: { low: 0, high: 0.5 },
    recurrent_dropout: { low: 0, high: 0.5 },
    batch_size: { choices: [16, 32, 64, 128, 256] },
    momentum: { low: 0, high: 0.99 },
    weight_decay: { low: 1e-6, high: 1e-2, log: true },
    output_dim: { choices: [32, 64, 128, 256] },
    decay_rate: { low: 0.5, high: 0.99 },
    label_smoothing: { low: 0, high: 0.2 },
  },
  metrics: {
    val_loss: 'minimize',
    val_accuracy: 'maximize',
    val_auc: 'maximize',
    val_mae: 'minimize',
    val_sparse_categorical_accuracy: 'maximize',
  },
  fidelity: ['epochs'],
};
