import { completeOptions, type GivenOptions, unknownMethod } from '../methodOptions.ts';
import { type AutoOptions, AutoSampler } from './auto/autoSampler.ts';
import { BruteForceSampler } from './bruteForce/bruteForceSampler.ts';
import { type CmaesOptions, CmaesSampler } from './cmaes/cmaesSampler.ts';
import {
  type DifferentialEvolutionOptions,
  DifferentialEvolutionSampler,
} from './differentialEvolution/differentialEvolutionSampler.ts';
import { type ForestOptions, ForestSampler } from './forest/forestSampler.ts';
import { type GpOptions, GpSampler } from './gp/gpSampler.ts';
import { type GradientOptions, GradientSampler } from './gradient/gradientSampler.ts';
import { HypergradientSampler } from './gradient/hypergradientSampler.ts';
import { GridSampler } from './gridSampler.ts';
import { type Nsga3Options, type NsgaOptions, nsga2, nsga3 } from './nsga/nsgaSampler.ts';
import { type QmcOptions, QmcSampler } from './qmc/qmcSampler.ts';
import { RandomSampler } from './randomSampler.ts';
import type { Sampler } from './sampler.ts';
import { SAMPLERS, type SamplerMethod, type SamplerType } from './samplerMethods.ts';
import { type TpeOptions, TpeSampler } from './tpe/tpeSampler.ts';

export interface SamplerOptions {
  readonly type: string;
  readonly seed: number;
  /** Named as Optuna names them, in camelCase or snake_case; what is left out has its default. */
  readonly options?: GivenOptions;
}

/** Makes a sampler of completed options (see `SAMPLERS`). */
const FACTORIES: Readonly<Record<SamplerType, (seed: number, options: object) => Sampler>> = {
  auto: (seed, options) => autoSampler(seed, options as AutoOptions),
  tpe: (seed, options) => new TpeSampler(seed, options as TpeOptions),
  gp: (seed, options) => new GpSampler(seed, options as GpOptions),
  forest: (seed, options) => new ForestSampler(seed, options as ForestOptions),
  cmaes: (seed, options) => new CmaesSampler(seed, options as CmaesOptions, createSampler({ type: 'tpe', seed })),
  nsga2: (seed, options) => nsga2(seed, options as NsgaOptions),
  nsga3: (seed, options) => nsga3(seed, options as Nsga3Options),
  de: (seed, options) => new DifferentialEvolutionSampler(seed, options as DifferentialEvolutionOptions),
  gradient: (seed, options) => new GradientSampler(seed, options as GradientOptions),
  hypergradient: (seed, options) => new HypergradientSampler(seed, options as GradientOptions),
  random: (seed) => new RandomSampler(seed),
  qmc: (seed, options) => new QmcSampler(seed, options as QmcOptions),
  grid: (seed) => new GridSampler(seed),
  bruteforce: (seed) => new BruteForceSampler(seed),
};

/** The sampler that a study file names. Throws `unknown-sampler` and `invalid-option`. */
export function createSampler({ type, seed, options = {} }: SamplerOptions): Sampler {
  if (!isSamplerType(type)) throw unknownMethod('sampler', type, SAMPLERS);
  const method: SamplerMethod = SAMPLERS[type];
  return FACTORIES[type](seed, completeOptions(`sampler ${type}`, method, options));
}

/** Its members start at once: it decides itself until when the design is spread. */
function autoSampler(seed: number, options: AutoOptions): Sampler {
  const member = (type: SamplerType, given: GivenOptions = {}) => createSampler({ type, seed, options: given });
  return new AutoSampler(seed, options, {
    forest: member('forest', { nStartupTrials: 1, randomShare: 0 }),
    tpe: member('tpe'),
    cma: member('cmaes', { nStartupTrials: 1, warmStart: true }),
    nsga2: member('nsga2'),
    nsga3: member('nsga3'),
  });
}

function isSamplerType(type: string): type is SamplerType {
  return Object.hasOwn(SAMPLERS, type);
}
