/** Training arguments of the trainer that it can differentiate a training by. */
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
