/**
 * Training arguments of the trainer that it can differentiate a training by, beside learning-rate factors. They are told here
 * because what checks a study file may not import the trainer.
 */
export const HYPERPARAMETERS = [
  'learning_rate',
  'weight_decay',
  'label_smoothing_factor',
  'adam_beta1',
  'adam_beta2',
] as const;

/** The flat name of one entry of the training argument `lr_factors`, such as `lr_factor_layer_0`. */
export type LrFactor = `lr_factor_${string}`;

export type Hyperparameter = (typeof HYPERPARAMETERS)[number] | LrFactor;

export function isHyperparameter(name: string): name is Hyperparameter {
  return (HYPERPARAMETERS as readonly string[]).includes(name) || lrFactorGroup(name) !== null;
}

const GROUP = /^(?:embeddings|layer_(?:0|[1-9]\d*)|classifier)$/;

/** Whether this is a group of weights that has a learning-rate factor: `embeddings`, `layer_0` and so on, `classifier`. */
export function isLrGroup(name: string): boolean {
  return GROUP.test(name);
}

/** The group of weights whose learning-rate factor has this flat name; null for any other name. */
export function lrFactorGroup(name: string): string | null {
  const group = name.startsWith('lr_factor_') ? name.slice('lr_factor_'.length) : '';
  return isLrGroup(group) ? group : null;
}

/** Flat names that a person may have meant by a name that is none. */
export function lrFactorsLike(name: string): readonly LrFactor[] {
  const layer = /\d+/.exec(name)?.[0] ?? '0';
  return ['lr_factor_embeddings', `lr_factor_layer_${Number(layer)}`, 'lr_factor_classifier'];
}
