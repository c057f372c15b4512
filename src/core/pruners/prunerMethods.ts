import type { MethodSpec, OptionSpec } from '../methodOptions.ts';

export interface PrunerMethod extends MethodSpec {
  /** The option that names another pruner, whose options may be given as well. */
  readonly wraps?: string;
}

const percentileOptions = {
  nStartupTrials: {
    kind: 'int',
    default: 5,
    min: 0,
    about: 'Complete trials before anything is pruned; 5 by default.',
  },
  nWarmupSteps: { kind: 'int', default: 0, min: 0, about: 'Steps of a trial that are never pruned; 0 by default.' },
  intervalSteps: { kind: 'int', default: 1, min: 1, about: 'Ask only every so many steps; 1 by default.' },
  nMinTrials: {
    kind: 'int',
    default: 1,
    min: 1,
    about: 'Trials that must have reported at the step; 1 by default.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const reductionFactor = (factor: number): OptionSpec => ({
  kind: 'int',
  default: factor,
  min: 2,
  about: `At every rung one trial in so many goes on; ${factor} by default.`,
});

const bootstrapCount: OptionSpec = {
  kind: 'int',
  default: 0,
  min: 0,
  about: 'End every trial at a rung until more than so many trials have reached it; 0 by default.',
};

const checkedSteps = {
  nWarmupSteps: percentileOptions.nWarmupSteps,
  intervalSteps: percentileOptions.intervalSteps,
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Pruners that `patient` can wrap. */
const WRAPPED = ['median', 'percentile', 'successive_halving', 'hyperband', 'threshold', 'wilcoxon', 'extrapolation'];

/** Every pruner by the name that a study file gives it. Data only; `createPruner` makes them. */
export const PRUNERS = {
  median: {
    about: 'Ends a trial that is worse than the median of the others at the same step.',
    options: percentileOptions,
  },
  percentile: {
    about: 'Ends a trial that is not among the best share of the others at the same step.',
    options: {
      percentile: {
        kind: 'number',
        default: 25,
        min: 0,
        max: 100,
        about: 'The share of trials to keep, 0 to 100; 25 by default.',
      },
      ...percentileOptions,
    },
  },
  successive_halving: {
    about:
      'Lets only the best of every few trials go on to several times as many steps: saves most, where early steps tell.',
    options: {
      minResource: {
        kind: 'int',
        default: null,
        min: 1,
        about: 'The step of the first rung; a hundredth of the first complete trial by default.',
      },
      reductionFactor: reductionFactor(4),
      minEarlyStoppingRate: {
        kind: 'int',
        default: 0,
        min: 0,
        about: 'Rungs to leave out at the bottom, for trials that start slowly; 0 by default.',
      },
      bootstrapCount,
    },
  },
  hyperband: {
    about:
      'Successive halving in several brackets that begin later and later: for when it is unclear how early steps tell.',
    options: {
      minResource: { kind: 'int', default: 1, min: 1, about: 'The step of the first rung; 1 by default.' },
      maxResource: {
        kind: 'int',
        default: null,
        min: 1,
        about: 'Steps of a whole trial; those of the first complete trial by default.',
      },
      reductionFactor: reductionFactor(3),
      bootstrapCount,
    },
  },
  extrapolation: {
    about:
      'Ends a trial whose curve, continued as those of complete trials went, will hardly beat the best: for curves that cross.',
    options: {
      minChance: {
        kind: 'number',
        default: 0.01,
        min: 0,
        max: 1,
        about: 'A trial ends when its chance to beat the best trial is below this; 0.01 by default.',
      },
      nStartupTrials: {
        kind: 'int',
        default: 4,
        min: 1,
        about: 'Complete trials with a curve before anything is pruned; 4 by default.',
      },
      ...checkedSteps,
    },
  },
  patient: {
    about: 'Asks another pruner only when a trial has not improved for some reports: for curves that jump about.',
    options: {
      wrapped: {
        kind: 'choice',
        choices: [...WRAPPED, 'none'],
        default: 'median',
        about: 'The pruner to ask, with its options beside it; median by default, `none` ends the trial at once.',
      },
      patience: { kind: 'int', default: 5, min: 0, about: 'Reports without improvement to wait for; 5 by default.' },
      minDelta: {
        kind: 'number',
        default: 0,
        min: 0,
        about: 'A smaller change for the better counts as none; 0 by default.',
      },
    },
    wraps: 'wrapped',
  },
  threshold: {
    about: 'Ends a trial whose value is out of bounds or NaN: for runs that diverge.',
    options: {
      lower: { kind: 'number', default: null, about: 'End a trial with a value below this; no bound by default.' },
      upper: { kind: 'number', default: null, about: 'End a trial with a value above this; no bound by default.' },
      ...checkedSteps,
    },
  },
  wilcoxon: {
    about: 'Compares with the best trial step by step: for a mean over folds or instances, each reported as a step.',
    options: {
      pThreshold: {
        kind: 'number',
        default: 0.1,
        min: 0,
        max: 1,
        about: 'End a trial when the signed-rank test gives less; 0.1 by default.',
      },
      nStartupSteps: {
        kind: 'int',
        default: 2,
        min: 0,
        about: 'Steps in common with the best trial before anything is pruned; 2 by default.',
      },
    },
  },
  none: { about: 'Every trial runs to its end.', options: {} },
} as const satisfies Readonly<Record<string, PrunerMethod>>;

export type PrunerType = keyof typeof PRUNERS;
