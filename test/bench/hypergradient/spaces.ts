import type { Hyperparameter } from '../../../src/core/samplers/gradient/hyperparameters.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';

const RANGES = {
  learning_rate: floatDistribution(1e-4, 1e-1, { log: true }),
  weight_decay: floatDistribution(1e-3, 3, { log: true }),
  label_smoothing_factor: floatDistribution(0, 0.3),
  lr_factor_embeddings: floatDistribution(0.1, 10, { log: true }),
  lr_factor_layer_0: floatDistribution(0.1, 10, { log: true }),
  lr_factor_classifier: floatDistribution(0.1, 10, { log: true }),
} as const;

type Name = keyof typeof RANGES & Hyperparameter;

const SPACES: Readonly<Record<string, readonly Name[]>> = {
  rate: ['learning_rate'],
  decay: ['learning_rate', 'weight_decay'],
  smoothing: ['learning_rate', 'weight_decay', 'label_smoothing_factor'],
  layers: ['learning_rate', 'lr_factor_embeddings', 'lr_factor_layer_0', 'lr_factor_classifier'],
};

export interface TunedSpace {
  readonly name: string;
  readonly space: SearchSpace;
  readonly differentiate: readonly Hyperparameter[];
}

export function tunedSpaces(): TunedSpace[] {
  return Object.entries(SPACES).map(([name, names]) => ({
    name,
    space: searchSpace(names.map((one) => ({ name: one, distribution: RANGES[one] }))),
    differentiate: names,
  }));
}
