import type { MethodSpec, NumberOption, OptionSpec } from '../methodOptions.ts';

export interface SamplerMethod extends MethodSpec {
  /** Whether it proposes every combination of a finite space and stops the study by itself. */
  readonly needsFiniteSpace?: true;
  /** Whether it searches numbers only: choices are drawn by another. */
  readonly needsNumbers?: true;
  /** Whether the objective must be the built-in trainer: it is none for an Optuna script. */
  readonly needsTrainer?: true;
}

/** Of both descents. */
const descent = {
  learningRate: {
    kind: 'number',
    default: 0.1,
    min: 1e-6,
    max: 1,
    about: 'firstStepAlongEvery',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const nStartupTrials = (count: 1 | 10): NumberOption => ({
  kind: 'int',
  default: count,
  min: 0,
  about: count === 1 ? 'oneRandomTrial' : 'tenRandomTrials',
});

/** Options of both genetic algorithms, as Optuna names them. */
const genetic = {
  populationSize: {
    kind: 'int',
    default: 50,
    min: 3,
    about: 'trialsGeneration50Default',
  },
  crossover: {
    kind: 'choice',
    choices: ['uniform', 'blxalpha', 'sbx', 'vsbx', 'spx', 'undx'],
    default: 'uniform',
    about: 'howTwoThreeParents',
  },
  crossoverProb: {
    kind: 'number',
    default: 0.9,
    min: 0,
    max: 1,
    about: 'shareChildrenSeveralParents',
  },
  swappingProb: {
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    about: 'chanceValueComesFirst',
  },
  mutation: {
    kind: 'choice',
    choices: ['resample', 'polynomial'],
    default: 'resample',
    about: 'howValueMutatesResample',
  },
  mutationProb: {
    kind: 'number',
    default: null,
    min: 0,
    max: 1,
    about: 'chanceEachValueMutate',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/**
 * Every sampler by the name that a study file gives it: what it is, its options and their defaults. Data only, so that the
 * editor knows the samplers without loading them; `createSampler` makes them.
 */
export const SAMPLERS = {
  auto: {
    about: 'choosesEveryTrialAmong',
    options: {
      nStartupTrials: {
        kind: 'int',
        default: null,
        min: 0,
        about: 'evenlySpreadTrialsBefore',
      },
    },
  },
  tpe: {
    about: 'treeStructuredParzenEstimator',
    options: {
      nStartupTrials: nStartupTrials(10),
      nEiCandidates: {
        kind: 'int',
        default: 24,
        min: 1,
        about: 'candidatesSuggestionBest24',
      },
      preset: {
        kind: 'choice',
        choices: ['optuna5', 'optuna4'],
        default: 'optuna5',
        about: 'whoseSettingsOptuna5Default',
      },
      multivariate: {
        kind: 'flag',
        default: null,
        about: 'modelParametersTogetherTrue',
      },
      group: {
        kind: 'flag',
        default: null,
        about: 'modelParametersOccurTogether',
      },
      constantLiar: { kind: 'flag', default: null, about: 'letRunningTrialsRepel' },
    },
  },
  gp: {
    about: 'bayesianOptimisationGaussianProcesses',
    options: {
      nStartupTrials: nStartupTrials(10),
      deterministicObjective: {
        kind: 'flag',
        default: false,
        about: 'whetherSameParametersAlways',
      },
    },
  },
  forest: {
    about: 'randomForestExpectedImprovement',
    options: {
      nStartupTrials: nStartupTrials(10),
      randomShare: {
        kind: 'number',
        default: 0.08,
        min: 0,
        max: 1,
        about: 'shareLaterTrialsRandom',
      },
    },
  },
  cmaes: {
    about: 'cmaEsNormalDistribution',
    needsNumbers: true,
    options: {
      nStartupTrials: nStartupTrials(1),
      popsize: {
        kind: 'int',
        default: null,
        min: 2,
        about: 'trialsGeneration43',
      },
      sigma0: {
        kind: 'number',
        default: 1 / 6,
        min: 1e-6,
        max: 1,
        about: 'firstStepSizeShare',
      },
      useSeparableCma: {
        kind: 'flag',
        default: false,
        about: 'learnScaleEachParameter',
      },
      withMargin: {
        kind: 'flag',
        default: null,
        about: 'keepChanceLeavePresent',
      },
      lrAdapt: {
        kind: 'flag',
        default: false,
        about: 'adaptLearningRatesSlower',
      },
      restart: {
        kind: 'choice',
        choices: ['ipop', 'bipop', 'none'],
        default: 'ipop',
        about: 'convergenceStartAnewIpop',
      },
      warmStart: {
        kind: 'flag',
        default: true,
        about: 'beginWhereBestQuarter',
      },
    },
  },
  nsga2: {
    about: 'nsgaIiGeneticAlgorithm',
    options: genetic,
  },
  nsga3: {
    about: 'nsgaIiiGeneticAlgorithm',
    options: {
      ...genetic,
      dividingParameter: {
        kind: 'int',
        default: 3,
        min: 1,
        max: 100,
        about: 'howFinelyReferenceDirections',
      },
    },
  },
  de: {
    about: 'differentialEvolutionPopulationLearns',
    options: {
      populationSize: {
        kind: 'int',
        default: null,
        min: 5,
        about: 'membersPopulation2Each',
      },
      strategy: {
        kind: 'choice',
        choices: ['currentToPbest1', 'rand1', 'best1'],
        default: 'currentToPbest1',
        about: 'whatStepStartsMember',
      },
      pBest: {
        kind: 'number',
        default: 0.15,
        min: 0,
        max: 1,
        about: 'sharePopulationCountsBest',
      },
    },
  },
  gradient: {
    about: 'descentsSeveralStartsGradient',
    needsNumbers: true,
    options: descent,
  },
  hypergradient: {
    about: 'gaussianProcessesSeeDerivatives',
    needsTrainer: true,
    options: descent,
  },
  random: {
    about: 'independentUniformDrawsYardstick',
    options: {},
  },
  qmc: {
    about: 'quasiMonteCarloPoints',
    options: {
      qmcType: {
        kind: 'choice',
        choices: ['sobol', 'halton'],
        default: 'sobol',
        about: 'sequenceSobolDefaultBest',
      },
      scramble: {
        kind: 'flag',
        default: true,
        about: 'randomiseSequenceSeedSo',
      },
    },
  },
  grid: {
    about: 'everyCombinationFiniteSpace',
    options: {},
    needsFiniteSpace: true,
  },
  bruteforce: {
    about: 'everyCombinationFiniteSpaceOnce',
    options: {},
    needsFiniteSpace: true,
  },
} as const satisfies Readonly<Record<string, SamplerMethod>>;

export type SamplerType = keyof typeof SAMPLERS;

/** The samplers that a running Optuna script can be given. */
export const SCRIPT_SAMPLERS = Object.entries<SamplerMethod>(SAMPLERS).flatMap(([type, { needsTrainer }]) =>
  needsTrainer ? [] : [type],
);
