import { completeOptions, type GivenOptions, unknownMethod } from '../methodOptions.ts';
import { type AutoOptions, AutoSampler } from './auto/autoSampler.ts';
import { BelievingSampler } from './beliefs/believingSampler.ts';
import { BruteForceSampler } from './bruteForce/bruteForceSampler.ts';
import { type CmaesOptions, CmaesSampler } from './cmaes/cmaesSampler.ts';
import {
  type DifferentialEvolutionOptions,
  DifferentialEvolutionSampler,
} from './differentialEvolution/differentialEvolutionSampler.ts';
import { CarefulSampler } from './failures/carefulSampler.ts';
import { type ForestOptions, ForestSampler } from './forest/forestSampler.ts';
import { type GpOptions, GpSampler } from './gp/gpSampler.ts';
import { type GradientOptions, GradientSampler } from './gradient/gradientSampler.ts';
import { HypergradientSampler } from './gradient/hypergradientSampler.ts';
import { GridSampler } from './gridSampler.ts';
import { LivingSampler } from './livingSampler.ts';
import { type Nsga3Options, type NsgaOptions, nsga2, nsga3 } from './nsga/nsgaSampler.ts';
import { type QmcOptions, QmcSampler } from './qmc/qmcSampler.ts';
import { RandomSampler } from './randomSampler.ts';
import type { Sampler } from './sampler.ts';
import { SAMPLERS, type SamplerMethod, type SamplerType } from './samplerMethods.ts';
import { type TpeOptions, TpeSampler } from './tpe/tpeSampler.ts';

/** Samplers that learn from failed trials where not to go. */
const CAREFUL: ReadonlySet<string> = new Set(['auto', 'gp', 'forest', 'tpe'] satisfies SamplerType[]);

/** Samplers whose next trial follows from their last ones: they draw nothing from beliefs. */
const ORDERED: ReadonlySet<string> = new Set([
  'grid',
  'bruteforce',
  'gradient',
  'hypergradient',
  'de',
  'cmaes',
] satisfies SamplerType[]);

/** Samplers that learn from a trial that is near the space as well as from one in it. */
const MODELS: ReadonlySet<string> = new Set(['auto', 'gp', 'forest', 'tpe', 'cmaes'] satisfies SamplerType[]);

export interface SamplerOptions {
  readonly type: string;
  readonly seed: number;
  /** Named as Optuna names them, in camelCase or snake_case; what is left out has its default. */
  readonly options?: GivenOptions;
}

interface Factory {
  /** As a method its `options` may be narrower: `completeOptions` gives each sampler those that `SAMPLERS` declares for it. */
  make(seed: number, options: object): Sampler;
}

const FACTORIES: Readonly<Record<SamplerType, Factory['make']>> = {
  auto: (seed, options: AutoOptions) => autoSampler(seed, options),
  tpe: (seed, options: TpeOptions) => new TpeSampler(seed, options),
  gp: (seed, options: GpOptions) => new GpSampler(seed, options),
  forest: (seed, options: ForestOptions) => new ForestSampler(seed, options),
  cmaes: (seed, options: CmaesOptions) => new CmaesSampler(seed, options, createSampler({ type: 'tpe', seed })),
  nsga2: (seed, options: NsgaOptions) => nsga2(seed, options),
  nsga3: (seed, options: Nsga3Options) => nsga3(seed, options),
  de: (seed, options: DifferentialEvolutionOptions) => new DifferentialEvolutionSampler(seed, options),
  gradient: (seed, options: GradientOptions) => new GradientSampler(seed, options),
  hypergradient: (seed, options: GradientOptions) => new HypergradientSampler(seed, options),
  random: (seed) => new RandomSampler(seed),
  qmc: (seed, options: QmcOptions) => new QmcSampler(seed, options),
  grid: (seed) => new GridSampler(seed),
  bruteforce: (seed) => new BruteForceSampler(seed),
};

/** The sampler that a study file names. Throws `unknown-sampler` and `invalid-option`. */
export function createSampler(options: SamplerOptions): Sampler {
  const sampler = withoutBeliefs(options);
  return ORDERED.has(options.type) ? sampler : new BelievingSampler(sampler, options.seed);
}

function withoutBeliefs({ type, seed, options = {} }: SamplerOptions): Sampler {
  if (!isSamplerType(type)) throw unknownMethod('sampler', type, SAMPLERS);
  const method: SamplerMethod = SAMPLERS[type];
  const sampler = FACTORIES[type](seed, completeOptions(`sampler ${type}`, method, options));
  const careful = CAREFUL.has(type) ? new CarefulSampler(sampler, seed) : sampler;
  return new LivingSampler(careful, MODELS.has(type) ? 'evidence' : 'exact');
}

/** Its members start at once: it decides itself until when the design is spread. */
function autoSampler(seed: number, options: AutoOptions): Sampler {
  const member = (type: SamplerType, given: GivenOptions = {}) => withoutBeliefs({ type, seed, options: given });
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
