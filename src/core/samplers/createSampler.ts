import { TuneboardError } from '../errors.ts';
import { RandomSampler } from './randomSampler.ts';
import type { Sampler } from './sampler.ts';

export interface SamplerOptions {
  readonly type: string;
  readonly seed: number;
  /** Named as Optuna names them, in camelCase; what is left out has Optuna's default. */
  readonly options?: Readonly<Record<string, number | boolean>>;
}

/** The sampler that a study file names. Throws `unknown-sampler` and `invalid-option`. */
export function createSampler({ type, seed }: SamplerOptions): Sampler {
  switch (type) {
    case 'random':
    case 'tpe':
      return new RandomSampler(seed);
    default:
      throw new TuneboardError(
        'unknown-sampler',
        `There is no sampler ${JSON.stringify(type)}: use tpe, random or grid.`,
      );
  }
}
