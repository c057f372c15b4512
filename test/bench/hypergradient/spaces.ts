import type { Hyperparameter } from '../../../src/core/samplers/gradient/hyperparameters.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import type { FloatDistribution } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import type { ModelSetting } from './models.ts';

export interface TunedSpace {
  readonly name: string;
  readonly space: SearchSpace;
  readonly differentiate: readonly Hyperparameter[];
}

export const SPACES = ['rate', 'decay', 'smoothing', 'layers'] as const;

export function tunedSpaces({ sizes, rates: [low, high] }: ModelSetting): TunedSpace[] {
  const rate = { learning_rate: floatDistribution(low, high, { log: true }) };
  const decay = { ...rate, weight_decay: floatDistribution(1e-3, 3, { log: true }) };
  const layers = Array.from({ length: sizes.num_hidden_layers }, (_, layer) => `layer_${layer}`);
  const factors = ['embeddings', ...layers, 'classifier'].map((group) => [
    `lr_factor_${group}`,
    floatDistribution(0.1, 10, { log: true }),
  ]);
  const spaces: Readonly<Record<(typeof SPACES)[number], Readonly<Record<string, FloatDistribution>>>> = {
    rate,
    decay,
    smoothing: { ...decay, label_smoothing_factor: floatDistribution(0, 0.3) },
    layers: { ...rate, ...Object.fromEntries(factors) },
  };
  return SPACES.map((name) => ({
    name,
    space: searchSpace(Object.entries(spaces[name]).map(([key, distribution]) => ({ name: key, distribution }))),
    differentiate: Object.keys(spaces[name]) as Hyperparameter[],
  }));
}
