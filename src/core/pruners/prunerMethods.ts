import type { MethodSpec, NumberOption, OptionSpec } from '../methodOptions.ts';

export interface PrunerMethod extends MethodSpec {
  /** The option that names another pruner, whose options may be given as well. */
  readonly wraps?: string;
}

const percentileOptions = {
  nStartupTrials: {
    kind: 'int',
    default: 5,
    min: 0,
    about: 'completeTrialsBeforeAnything',
  },
  nWarmupSteps: { kind: 'int', default: 0, min: 0, about: 'stepsTrialNeverPruned' },
  intervalSteps: { kind: 'int', default: 1, min: 1, about: 'askOnlyEverySo' },
  nMinTrials: {
    kind: 'int',
    default: 1,
    min: 1,
    about: 'trialsMustReportedStep',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const reductionFactor = (factor: 3 | 4): NumberOption => ({
  kind: 'int',
  default: factor,
  min: 2,
  about: factor === 3 ? 'oneInThreeGoesOn' : 'oneInFourGoesOn',
});

const bootstrapCount: NumberOption = {
  kind: 'int',
  default: 0,
  min: 0,
  about: 'endEveryTrialRung',
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
    about: 'endsTrialWorseThan',
    options: percentileOptions,
  },
  percentile: {
    about: 'endsTrialNotAmong',
    options: {
      percentile: {
        kind: 'number',
        default: 25,
        min: 0,
        max: 100,
        about: 'shareTrialsKeep0',
      },
      ...percentileOptions,
    },
  },
  successive_halving: {
    about: 'letsOnlyBestEvery',
    options: {
      minResource: {
        kind: 'int',
        default: null,
        min: 1,
        about: 'stepFirstRungHundredth',
      },
      reductionFactor: reductionFactor(4),
      minEarlyStoppingRate: {
        kind: 'int',
        default: 0,
        min: 0,
        about: 'rungsLeaveOutBottom',
      },
      bootstrapCount,
    },
  },
  hyperband: {
    about: 'successiveHalvingSeveralBrackets',
    options: {
      minResource: { kind: 'int', default: 1, min: 1, about: 'stepFirstRung1' },
      maxResource: {
        kind: 'int',
        default: null,
        min: 1,
        about: 'stepsWholeTrialThose',
      },
      reductionFactor: reductionFactor(3),
      bootstrapCount,
    },
  },
  extrapolation: {
    about: 'endsTrialWhoseCurve',
    options: {
      minChance: {
        kind: 'number',
        default: 0.01,
        min: 0,
        max: 1,
        about: 'trialEndsWhenChance',
      },
      nStartupTrials: {
        kind: 'int',
        default: 4,
        min: 1,
        about: 'completeTrialsCurveBefore',
      },
      ...checkedSteps,
    },
  },
  patient: {
    about: 'asksAnotherPrunerOnly',
    options: {
      wrapped: {
        kind: 'choice',
        choices: [...WRAPPED, 'none'],
        default: 'median',
        about: 'prunerAskOptionsBeside',
      },
      patience: { kind: 'int', default: 5, min: 0, about: 'reportsWithoutImprovementWait' },
      minDelta: {
        kind: 'number',
        default: 0,
        min: 0,
        about: 'smallerChangeBetterCounts',
      },
    },
    wraps: 'wrapped',
  },
  threshold: {
    about: 'endsTrialWhoseValue',
    options: {
      lower: { kind: 'number', default: null, about: 'endTrialValueBelow' },
      upper: { kind: 'number', default: null, about: 'endTrialValueAbove' },
      ...checkedSteps,
    },
  },
  wilcoxon: {
    about: 'comparesBestTrialStep',
    options: {
      pThreshold: {
        kind: 'number',
        default: 0.1,
        min: 0,
        max: 1,
        about: 'endTrialWhenSigned',
      },
      nStartupSteps: {
        kind: 'int',
        default: 2,
        min: 0,
        about: 'stepsCommonBestTrial',
      },
    },
  },
  none: { about: 'everyTrialRunsEnd', options: {} },
} as const satisfies Readonly<Record<string, PrunerMethod>>;

export type PrunerType = keyof typeof PRUNERS;

/** Of a study with one objective and no scheduler: no other one ended so few of the trials that would have been the best. */
export const DEFAULT_PRUNER = 'extrapolation' satisfies PrunerType;
