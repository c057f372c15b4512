import { completeOptions, type GivenOptions, unknownMethod } from '../methodOptions.ts';
import { type PerturbOptions, perturb } from './population/explore.ts';
import { type BanditOptions, banditExplore } from './population/pb2.ts';
import { type PopulationOptions, PopulationScheduler } from './population/populationScheduler.ts';
import { type AshaOptions, AshaScheduler } from './rungs/asha.ts';
import { BohbScheduler, HyperbandScheduler } from './rungs/hyperband.ts';
import { ProbabilityPromotion } from './rungs/probabilityPromotion.ts';
import { type Promotion, RankPromotion } from './rungs/promotion.ts';
import type { ProposalOptions, RungOptions } from './rungs/rungScheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { SCHEDULERS, type SchedulerMethod, type SchedulerType } from './schedulerMethods.ts';

export interface SchedulerOptions {
  readonly type: string;
  readonly seed: number;
  /** Named as in `SCHEDULERS`; what is left out has its default. */
  readonly options?: GivenOptions;
}

/**
 * A sampler is shown a fidelity once it has four results a parameter there, 20 at least: fewer, as BOHB takes, are cheap but
 * mislead it (test/bench/NOTES.md). Nothing is drawn at random besides.
 */
const PLAIN: ProposalOptions = {
  enough: (parameters) => Math.max(20, 4 * (parameters + 1)),
  randomFraction: 0,
  modelsTraining: true,
};

interface Factory {
  /** As a method its `options` may be narrower: `completeOptions` gives each scheduler those that `SCHEDULERS` declares for it. */
  make(seed: number, options: object): Scheduler;
}

interface Promoting {
  readonly promotion: 'rank' | 'probability';
}

const FACTORIES: Readonly<Record<SchedulerType, Factory['make']>> = {
  hyperband: (seed, options: RungOptions & Promoting) =>
    new HyperbandScheduler(seed, options, promotionOf(options), PLAIN),
  asha: (seed, options: AshaOptions & Promoting) => new AshaScheduler(seed, options, promotionOf(options), PLAIN),
  bohb: (seed, options: RungOptions & BohbOptions & Promoting) =>
    new BohbScheduler(seed, options, promotionOf(options), bohbProposals(options)),
  pbt: (seed, options: PopulationOptions & PerturbOptions) =>
    new PopulationScheduler('pbt', seed, options, () => (context) => perturb(seed, options, context)),
  pb2: (seed, options: PopulationOptions & BanditOptions) =>
    new PopulationScheduler('pb2', seed, options, (population, parent) =>
      banditExplore(seed, options, population, parent),
    ),
};

/** The scheduler that a study file names. Throws `unknown-scheduler` and `invalid-option`. */
export function createScheduler({ type, seed, options = {} }: SchedulerOptions): Scheduler {
  if (!isSchedulerType(type)) throw unknownMethod('scheduler', type, SCHEDULERS);
  const method: SchedulerMethod = SCHEDULERS[type];
  return FACTORIES[type](seed, completeOptions(`scheduler ${type}`, method, options));
}

interface BohbOptions {
  readonly minPointsInModel: number | null;
  readonly randomFraction: number;
}

/** BOHB's rule: N_min + 2 points, N_min = d + 1 by default. */
function bohbProposals({ minPointsInModel, randomFraction }: BohbOptions): ProposalOptions {
  return { enough: (parameters) => (minPointsInModel ?? parameters + 1) + 2, randomFraction, modelsTraining: false };
}

function promotionOf({ promotion }: Promoting): Promotion {
  return promotion === 'rank' ? new RankPromotion() : new ProbabilityPromotion();
}

function isSchedulerType(type: string): type is SchedulerType {
  return Object.hasOwn(SCHEDULERS, type);
}
