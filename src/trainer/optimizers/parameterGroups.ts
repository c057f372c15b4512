import { TuneboardError } from '../../core/errors.ts';

const SPARED = [/bias/, /layernorm/, /rmsnorm/, /(?:^|\.)norm(?:$|\.)/, /_norm(?:$|\.)/];

/** Weight decay is for all but biases and norms, as Hugging Face's Trainer groups parameters. Embeddings decay. */
export function isDecayed(name: string): boolean {
  const lower = name.toLowerCase();
  return !SPARED.some((pattern) => pattern.test(lower));
}

/**
 * The group of weights that a parameter has its learning-rate factor from: `embeddings`, `layer_0` and so on, and
 * `classifier` for all that comes after the layers, the pooler too.
 */
export function lrGroupOf(name: string): string {
  const layer = /(?:^|\.)layer\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined) return `layer_${layer}`;
  return /(?:^|\.)embeddings\./.test(name) ? 'embeddings' : 'classifier';
}

/** The learning-rate factor of each of these parameters; 1 where `factors` has none. Throws `training-arguments` for a group without parameters. */
export function lrFactorsOf(names: readonly string[], factors: Readonly<Record<string, number>> | null): number[] {
  const groups = names.map(lrGroupOf);
  const unknown = Object.keys(factors ?? {}).find((group) => !groups.includes(group));
  if (unknown !== undefined) {
    throw new TuneboardError(
      'training-arguments',
      `lr_factors has ${unknown}, which this model does not have: use ${[...new Set(groups)].join(', ')}.`,
    );
  }
  return groups.map((group) => factors?.[group] ?? 1);
}
