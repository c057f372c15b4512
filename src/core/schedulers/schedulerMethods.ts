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
    about: 'Steps of a full training; by default what the first trial takes, which runs to its end.',
  },
  minResource: {
    kind: 'int',
    default: 1,
    min: 1,
    about: 'Steps that every trial gets before it is compared with others; 1 by default.',
  },
  reductionFactor: {
    kind: 'int',
    default: 3,
    min: 2,
    about: 'One of so many trials goes on to so many times the steps; 3 by default.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const promotion = {
  kind: 'choice',
  choices: ['rank', 'probability'],
  default: 'probability',
  about:
    'What decides who goes on: `probability` (default) by the chance that the extrapolated curve ends above the best, `rank` by the value so far.',
} as const satisfies OptionSpec;

/** Where trials are promoted one by one a late comer finds its place taken by those that may win; BOHB's is the paper's. */
const promotionByRank = {
  ...promotion,
  default: 'rank',
  about:
    'What decides who goes on: `rank` (default) by the value so far, `probability` by the chance that the extrapolated curve ends above the best.',
} as const satisfies OptionSpec;

const keepCheckpoints = {
  kind: 'choice',
  choices: ['complete', 'all', 'none'],
  default: 'complete',
  about: 'Checkpoints that stay when their trial has ended: of `complete` trials (default), `all` or `none`.',
} as const satisfies OptionSpec;

const populationOptions = {
  populationSize: { kind: 'int', default: 8, min: 2, about: 'Members that train side by side; 8 by default.' },
  maxResource: { kind: 'int', default: 100, min: 1, about: 'Steps of a full training; 100 by default.' },
  perturbationInterval: {
    kind: 'int',
    default: null,
    min: 1,
    about: 'Steps after which a member is compared with the others; by default a twentieth of `max_resource`.',
  },
  quantileFraction: {
    kind: 'number',
    default: 0.25,
    min: 0,
    max: 0.5,
    about: 'The worst share of the members, which continue from copies of the best share; 0.25 by default.',
  },
  hyperparamMutations: {
    kind: 'names',
    default: null,
    about: 'Parameters that may change during training; all of them by default. Name those that a checkpoint can take.',
  },
  synch: {
    kind: 'flag',
    default: false,
    about: 'Compare only when every member has come as far; false by default: with what the others have reached.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/**
 * Every scheduler by the name that a study file gives it. Data only; `createScheduler` makes them. Options are named as
 * Ray Tune and Optuna name them; a resource is a number of steps that the objective has reported.
 */
export const SCHEDULERS = {
  hyperband: {
    about: 'Hyperband: brackets from many short trainings to few long ones; paused trials are promoted and continue.',
    options: { ...rungOptions, promotion, keepCheckpoints },
  },
  asha: {
    about: 'Asynchronous successive halving: the best third goes on at once, nobody waits; right for many workers.',
    options: {
      ...rungOptions,
      promotion: promotionByRank,
      brackets: {
        kind: 'int',
        default: 1,
        min: 1,
        about: 'Ladders that start at higher and higher steps; 1 by default: all trials start at the lowest.',
      },
      keepCheckpoints,
    },
  },
  bohb: {
    about: 'BOHB: Hyperband whose sampler (TPE in the paper) learns from the longest trainings with enough results.',
    options: {
      ...rungOptions,
      promotion: promotionByRank,
      minPointsInModel: {
        kind: 'int',
        default: null,
        min: 2,
        about: 'Results at a step before it is modelled; by default the number of parameters and one.',
      },
      randomFraction: {
        kind: 'number',
        default: 1 / 3,
        min: 0,
        max: 1,
        about: 'Share of configurations drawn at random; a third by default.',
      },
      keepCheckpoints,
    },
  },
  pbt: {
    about:
      'Population based training: the worst members copy the weights of the best and perturb their parameters; finds schedules.',
    isPopulation: true,
    options: {
      ...populationOptions,
      resampleProbability: {
        kind: 'number',
        default: 0.25,
        min: 0,
        max: 1,
        about: 'Chance that a parameter is drawn anew instead of perturbed; 0.25 by default.',
      },
      perturbationFactor: {
        kind: 'number',
        default: 1.2,
        min: 1,
        max: 2,
        about: 'A perturbed number is multiplied by this or by 2 minus this; 1.2 by default, so 1.2 or 0.8.',
      },
      keepCheckpoints,
    },
  },
  pb2: {
    about:
      'PBT that chooses new parameters by a Gaussian-process bandit instead of by chance; better with 4 to 8 members.',
    isPopulation: true,
    options: { ...populationOptions, keepCheckpoints },
  },
} as const satisfies Readonly<Record<string, SchedulerMethod>>;

export type SchedulerType = keyof typeof SCHEDULERS;
