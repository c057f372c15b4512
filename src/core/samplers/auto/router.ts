import { isSingle } from '../../space/distributionRules.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import type { JsonValue } from '../../study/changes.ts';

/** Who proposes a trial of `auto`. */
export type Member = 'initial' | 'gp' | 'trust-region' | 'forest' | 'tpe' | 'cma' | 'nsga2' | 'nsga3';

/** What matters of a space for the choice of a member. */
export interface SpaceProfile {
  /** Parameters with more than one value. */
  readonly dimensions: number;
  /** Choices of the largest categorical parameter. */
  readonly mostChoices: number;
  /** Whether all parameters are numeric and always active. */
  readonly isNumeric: boolean;
}

export interface Situation {
  readonly number: number;
  /** Complete and pruned trials. */
  readonly informative: number;
  /** Trials that run at present, besides this one. */
  readonly running: number;
  readonly hasFailed: boolean;
  /** How many trials ago the best one was; 0 when there is none. */
  readonly sinceBest: number;
  readonly objectives: number;
  readonly space: SpaceProfile;
  /** Whether the objective is noisy; asked only where it matters, for it may take a fit. */
  readonly isNoisy: () => boolean;
}

/** More finished trials than this make the Gaussian process dear, and others catch up. */
const GP_TRIALS = 300;
const GP_TRIALS_SEVERAL = 250;
const GP_OBJECTIVES = 3;
const NSGA2_OBJECTIVES = 3;
const GP_DIMENSIONS = 50;
const GP_CHOICES = 100;
/** From so many parallel trials on, proposals that are cheap: the process believes each running one (see `Surrogate.believe`). */
const MANY_RUNNING = 100;

/** The initial design. */
const LEAST_INITIAL = 6;
const MOST_INITIAL = 10;

/** The study is stuck when the best trial is older than so many trials, or than two a dimension. */
const STUCK = 15;
/**
 * The turns while there are few trials; the trust region gives its turn to the whole space until the study is stuck, unless the
 * objective is noisy: there the process spends half of its turns far from anything good, and what is near pays.
 */
const FEW_TRIALS: readonly Member[] = ['gp', 'forest', 'trust-region', 'tpe', 'gp', 'forest', 'trust-region', 'gp'];
const MANY_TRIALS: readonly Member[] = ['tpe', 'forest'];
/** From a thousand trials on: the forest is the dearer one. */
const VERY_MANY = 1000;
const VERY_MANY_TRIALS: readonly Member[] = ['tpe', 'forest', 'tpe'];
const MANY_NUMERIC_TRIALS: readonly Member[] = ['cma', 'tpe', 'cma', 'forest'];

/**
 * The member that proposes a trial, by the trial's number and what there is: first a spread initial design; then the Gaussian
 * process at most turns, the forest at every fourth, TPE at every eighth, and a trust region when the study is stuck or noisy (several
 * kinds of model did best in the NeurIPS 2020 challenge: Turner et al. 2021); where the process is too dear (300 trials, 50
 * dimensions, 100 choices) or many trials run, TPE and the forest, and CMA-ES with them in a numeric space. Several
 * objectives: the Gaussian process up to three, TPE for more, and from 250 trials on NSGA-II, or -III for more than three.
 */
export function memberFor(situation: Situation, nStartupTrials: number | null): Member {
  const { number, informative, running, objectives, space } = situation;
  if (informative < (nStartupTrials ?? initialTrials(situation)) || space.dimensions === 0) return 'initial';
  const suitsGp = running < MANY_RUNNING && suitsProcess(space);
  if (objectives > 1) {
    if (informative >= GP_TRIALS_SEVERAL) return objectives <= NSGA2_OBJECTIVES ? 'nsga2' : 'nsga3';
    return suitsGp && objectives <= GP_OBJECTIVES ? 'gp' : 'tpe';
  }
  if (suitsGp && informative < GP_TRIALS) {
    const member = inTurn(FEW_TRIALS, number);
    const isStuck = situation.sinceBest > Math.max(STUCK, 2 * space.dimensions);
    return member === 'trust-region' && !isStuck && !situation.isNoisy() ? 'gp' : member;
  }
  if (space.isNumeric && informative >= GP_TRIALS) return inTurn(MANY_NUMERIC_TRIALS, number);
  return inTurn(informative < VERY_MANY ? MANY_TRIALS : VERY_MANY_TRIALS, number);
}

/** As many as there are parameters, from 6 to 10; 10 for several objectives, and where trials fail, as those tell little. */
function initialTrials({ objectives, hasFailed, space }: Situation): number {
  if (objectives > 1 || hasFailed) return MOST_INITIAL;
  return Math.min(MOST_INITIAL, Math.max(LEAST_INITIAL, space.dimensions));
}

/** Whether a Gaussian process over a space is affordable. */
export function suitsProcess({ dimensions, mostChoices }: SpaceProfile): boolean {
  return dimensions > 0 && dimensions <= GP_DIMENSIONS && mostChoices <= GP_CHOICES;
}

/**
 * Tags that make a trial of several objectives part of the first generation of NSGA-II or -III, so that those begin with what
 * the other members found.
 */
export function firstGeneration(objectives: number): Readonly<Record<string, JsonValue>> {
  if (objectives === 1) return {};
  return { [`${objectives <= NSGA2_OBJECTIVES ? 'NSGAIISampler' : 'NSGAIIISampler'}:generation`]: 0 };
}

export function profileOf({ parameters }: SearchSpace): SpaceProfile {
  const open = parameters.filter(({ distribution }) => !isSingle(distribution));
  return {
    dimensions: open.length,
    mostChoices: Math.max(
      0,
      ...open.map(({ distribution }) =>
        distribution.type === 'categorical' && !distribution.isOrdered ? distribution.choices.length : 0,
      ),
    ),
    isNumeric: open.every(({ distribution, when }) => distribution.type !== 'categorical' && !when),
  };
}

function inTurn(members: readonly Member[], number: number): Member {
  return members[number % members.length];
}
