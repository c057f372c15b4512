import type { MethodSpec, OptionSpec } from '../methodOptions.ts';

export interface SchedulerMethod extends MethodSpec {
  /** Whether it breeds a population over time instead of promoting the best of many configurations. */
  readonly isPopulation?: true;
}

const rungOptions = {
  maxResource: {
    kind: 'int',
    default: null,
    min: 1,
    about: 'stepsFullTrainingDefault',
  },
  minResource: {
    kind: 'int',
    default: 1,
    min: 1,
    about: 'stepsEveryTrialGets',
  },
  reductionFactor: {
    kind: 'int',
    default: 3,
    min: 2,
    about: 'oneSoManyTrials',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const promotion = {
  kind: 'choice',
  choices: ['rank', 'probability'],
  default: 'probability',
  about: 'whatDecidesWhoGoes',
} as const satisfies OptionSpec;

/** Where trials are promoted one by one a late comer finds its place taken by those that may win; BOHB's is the paper's. */
const promotionByRank = {
  ...promotion,
  default: 'rank',
  about: 'whatDecidesWhoGoesRank',
} as const satisfies OptionSpec;

const keepCheckpoints = {
  kind: 'choice',
  choices: ['complete', 'all', 'none'],
  default: 'complete',
  about: 'checkpointsStayWhenTheir',
} as const satisfies OptionSpec;

const populationOptions = {
  populationSize: { kind: 'int', default: 8, min: 2, about: 'membersTrainSideSide' },
  maxResource: { kind: 'int', default: 100, min: 1, about: 'stepsFullTraining100' },
  perturbationInterval: {
    kind: 'int',
    default: null,
    min: 1,
    about: 'stepsAfterWhichMember',
  },
  quantileFraction: {
    kind: 'number',
    default: 0.25,
    min: 0,
    max: 0.5,
    about: 'worstShareMembersWhich',
  },
  hyperparamMutations: {
    kind: 'names',
    default: null,
    about: 'parametersMayChangeDuring',
  },
  synch: {
    kind: 'flag',
    default: false,
    about: 'compareOnlyWhenEvery',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/**
 * Every scheduler by the name that a study file gives it. Data only; `createScheduler` makes them. Options are named as
 * Ray Tune and Optuna name them; a resource is a number of steps that the objective has reported.
 */
export const SCHEDULERS = {
  hyperband: {
    about: 'hyperbandBracketsManyShort',
    options: { ...rungOptions, promotion, keepCheckpoints },
  },
  asha: {
    about: 'asynchronousSuccessiveHalvingBest',
    options: {
      ...rungOptions,
      promotion: promotionByRank,
      brackets: {
        kind: 'int',
        default: 1,
        min: 1,
        about: 'laddersStartHigherHigher',
      },
      keepCheckpoints,
    },
  },
  bohb: {
    about: 'bohbHyperbandWhoseSampler',
    options: {
      ...rungOptions,
      promotion: promotionByRank,
      minPointsInModel: {
        kind: 'int',
        default: null,
        min: 2,
        about: 'resultsStepBeforeModelled',
      },
      randomFraction: {
        kind: 'number',
        default: 1 / 3,
        min: 0,
        max: 1,
        about: 'shareConfigurationsDrawnRandom',
      },
      keepCheckpoints,
    },
  },
  pbt: {
    about: 'populationBasedTrainingWorst',
    isPopulation: true,
    options: {
      ...populationOptions,
      resampleProbability: {
        kind: 'number',
        default: 0.25,
        min: 0,
        max: 1,
        about: 'chanceParameterDrawnAnew',
      },
      perturbationFactor: {
        kind: 'number',
        default: 1.2,
        min: 1,
        max: 2,
        about: 'perturbedNumberMultiplied2',
      },
      keepCheckpoints,
    },
  },
  pb2: {
    about: 'pbtChoosesNewParameters',
    isPopulation: true,
    options: { ...populationOptions, keepCheckpoints },
  },
} as const satisfies Readonly<Record<string, SchedulerMethod>>;

export type SchedulerType = keyof typeof SCHEDULERS;
