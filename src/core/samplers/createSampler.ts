import { TuneboardError } from '../errors.ts';
import { GridSampler } from './gridSampler.ts';
import { RandomSampler } from './randomSampler.ts';
import type { Sampler } from './sampler.ts';
import { TPE_DEFAULTS, type TpeOptions, TpeSampler } from './tpe/tpeSampler.ts';

export interface SamplerOptions {
  readonly type: string;
  readonly seed: number;
  /** Named as Optuna names them, in camelCase; what is left out has Optuna's default. */
  readonly options?: Readonly<Record<string, number | boolean>>;
}

/** The sampler that a study file names. Throws `unknown-sampler` and `invalid-option`. */
export function createSampler({ type, seed, options = {} }: SamplerOptions): Sampler {
  switch (type) {
    case 'random':
      requireNoOptions(type, options);
      return new RandomSampler(seed);
    case 'grid':
      requireNoOptions(type, options);
      return new GridSampler(seed);
    case 'tpe':
      return new TpeSampler(seed, tpeOptions(options));
    default:
      throw new TuneboardError(
        'unknown-sampler',
        `There is no sampler ${JSON.stringify(type)}: use tpe, random or grid.`,
      );
  }
}

function tpeOptions(given: Readonly<Record<string, number | boolean>>): Partial<TpeOptions> {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(TPE_DEFAULTS, name)) {
      const known = Object.keys(TPE_DEFAULTS).join(', ');
      throw new TuneboardError('invalid-option', `The sampler tpe has no option ${name}: use ${known}.`);
    }
    if (name === 'nStartupTrials' || name === 'nEiCandidates') {
      const lowest = name === 'nStartupTrials' ? 0 : 1;
      if (Number.isInteger(value) && Number(value) >= lowest && typeof value === 'number') continue;
      throw new TuneboardError('invalid-option', `${name} is ${value}: use a whole number of at least ${lowest}.`);
    }
    if (typeof value !== 'boolean')
      throw new TuneboardError('invalid-option', `${name} is ${value}: use true or false.`);
  }
  return given as Partial<TpeOptions>;
}

function requireNoOptions(type: string, options: Readonly<Record<string, number | boolean>>): void {
  const [first] = Object.keys(options);
  if (first !== undefined) throw new TuneboardError('invalid-option', `The sampler ${type} has no option ${first}.`);
}
