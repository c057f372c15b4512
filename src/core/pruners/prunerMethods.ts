import type { MethodSpec, OptionSpec } from '../methodOptions.ts';

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
  none: { about: 'Every trial runs to its end.', options: {} },
} as const satisfies Readonly<Record<string, MethodSpec>>;

export type PrunerType = keyof typeof PRUNERS;
