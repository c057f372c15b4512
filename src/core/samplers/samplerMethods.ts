import type { MethodSpec, OptionSpec } from '../methodOptions.ts';

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
    about: 'First step along every range with reported gradients, as a share of it; 0.1 by default.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const nStartupTrials = (count: number): OptionSpec => ({
  kind: 'int',
  default: count,
  min: 0,
  about: `Random trials before the model starts; ${count} by default.`,
});

/** Options of both genetic algorithms, as Optuna names them. */
const genetic = {
  populationSize: {
    kind: 'int',
    default: 50,
    min: 3,
    about: 'Trials a generation; 50 by default.',
  },
  crossover: {
    kind: 'choice',
    choices: ['uniform', 'blxalpha', 'sbx', 'vsbx', 'spx', 'undx'],
    default: 'uniform',
    about:
      'How two or three parents make a child: `uniform` (default) mixes their values, the others also make new ones between and around them.',
  },
  crossoverProb: {
    kind: 'number',
    default: 0.9,
    min: 0,
    max: 1,
    about: 'Share of children with several parents; 0.9 by default, the others are copies before they mutate.',
  },
  swappingProb: {
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    about: 'Chance that a value comes from the first parent; 0.5 by default.',
  },
  mutation: {
    kind: 'choice',
    choices: ['resample', 'polynomial'],
    default: 'resample',
    about: 'How a value mutates: `resample` (default) draws it anew, `polynomial` moves a number a little.',
  },
  mutationProb: {
    kind: 'number',
    default: null,
    min: 0,
    max: 1,
    about: 'Chance of each value to mutate; one value in a child by default.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/**
 * Every sampler by the name that a study file gives it: what it is, its options and their defaults. Data only, so that the
 * editor knows the samplers without loading them; `createSampler` makes them.
 */
export const SAMPLERS = {
  auto: {
    about:
      'Chooses for every trial among Gaussian processes, a random forest, TPE, CMA-ES and NSGA-II, by what the study is like: the default.',
    options: {
      nStartupTrials: {
        kind: 'int',
        default: null,
        min: 0,
        about: 'Evenly spread trials before a model starts; as many as parameters by default, from 6 to 10.',
      },
    },
  },
  tpe: {
    about: 'The tree-structured Parzen estimator as Optuna 5 sets it: cheap at any number of trials, good all round.',
    options: {
      nStartupTrials: nStartupTrials(10),
      nEiCandidates: {
        kind: 'int',
        default: 24,
        min: 1,
        about: 'Candidates a suggestion is the best of; 24 by default.',
      },
      preset: {
        kind: 'choice',
        choices: ['optuna5', 'optuna4'],
        default: 'optuna5',
        about:
          'Whose settings: `optuna5` (default), or `optuna4`, which models parameters one by one and does not look at running trials.',
      },
      multivariate: {
        kind: 'flag',
        default: null,
        about: 'Model parameters together; true by default with one objective.',
      },
      group: {
        kind: 'flag',
        default: null,
        about: 'Model parameters that occur together as groups, for conditional spaces; true by default.',
      },
      constantLiar: { kind: 'flag', default: null, about: 'Let running trials repel new ones; true by default.' },
      hierarchical: {
        kind: 'flag',
        default: false,
        about: 'Choose a branch of a conditional space by all the parameters that it opens; false by default.',
      },
    },
  },
  gp: {
    about:
      'Bayesian optimisation with Gaussian processes: the most from the first 300 trials, for tens of milliseconds of computing each.',
    options: {
      nStartupTrials: nStartupTrials(10),
      deterministicObjective: {
        kind: 'flag',
        default: false,
        about: 'Whether the same parameters always give the same value; false by default.',
      },
    },
  },
  forest: {
    about:
      'A random forest with expected improvement, as in SMAC: for conditional and mixed spaces with jumps, from tens of trials to thousands.',
    options: {
      nStartupTrials: nStartupTrials(10),
      randomShare: {
        kind: 'number',
        default: 0.08,
        min: 0,
        max: 1,
        about: 'Share of later trials that are random draws; 0.08 by default.',
      },
    },
  },
  cmaes: {
    about:
      'CMA-ES: a normal distribution that learns the shape of the problem; for 300 trials or more of numeric parameters that interact.',
    needsNumbers: true,
    options: {
      nStartupTrials: nStartupTrials(1),
      popsize: {
        kind: 'int',
        default: null,
        min: 2,
        about: 'Trials a generation; 4 + 3 ln(parameters) by default, more for noisy objectives.',
      },
      sigma0: {
        kind: 'number',
        default: 1 / 6,
        min: 1e-6,
        max: 1,
        about: 'First step size as a share of every range; a sixth by default.',
      },
      useSeparableCma: {
        kind: 'flag',
        default: false,
        about:
          'Learn the scale of each parameter only, not how they interact: for 50 parameters or more; false by default.',
      },
      withMargin: {
        kind: 'flag',
        default: null,
        about:
          'Keep a chance to leave the present value of every integer and step; true by default where there are any.',
      },
      lrAdapt: {
        kind: 'flag',
        default: false,
        about: 'Adapt the learning rates: slower, but safer on noisy and rugged objectives; false by default.',
      },
      restart: {
        kind: 'choice',
        choices: ['ipop', 'bipop', 'none'],
        default: 'ipop',
        about:
          'On convergence start anew: `ipop` (default) with twice the population, `bipop` with large and small ones by turns, or `none`.',
      },
      warmStart: {
        kind: 'flag',
        default: true,
        about: 'Begin where the best quarter of at least ten earlier trials lies; true by default.',
      },
    },
  },
  nsga2: {
    about:
      'NSGA-II, a genetic algorithm that spreads along the Pareto front: for two or three objectives and hundreds of trials.',
    options: genetic,
  },
  nsga3: {
    about: 'NSGA-III, a genetic algorithm along reference directions: for three objectives or more.',
    options: {
      ...genetic,
      dividingParameter: {
        kind: 'int',
        default: 3,
        min: 1,
        max: 100,
        about: 'How finely the reference directions divide the objectives; 3 by default.',
      },
    },
  },
  de: {
    about:
      'Differential evolution: a population that learns steps from its own differences; for rugged objectives and many parallel trials.',
    options: {
      populationSize: {
        kind: 'int',
        default: null,
        min: 5,
        about: 'Members of the population; 2 for each parameter by default, from 20 to 40.',
      },
      strategy: {
        kind: 'choice',
        choices: ['currentToPbest1', 'rand1', 'best1'],
        default: 'currentToPbest1',
        about:
          'What a step starts from: a member on its way to one of the best (`currentToPbest1`, default), a random one (`rand1`, for very rugged objectives) or one of the best (`best1`).',
      },
      pBest: {
        kind: 'number',
        default: 0.15,
        min: 0,
        max: 1,
        about: 'Share of the population that counts as the best; 0.15 by default.',
      },
    },
  },
  gradient: {
    about:
      'Descents from several starts: by the gradient that the objective reports (`{"gradient": …}`), else by SPSA with two trials a step; for smooth or noisy objectives.',
    needsNumbers: true,
    options: descent,
  },
  hypergradient: {
    about:
      'Gaussian processes that see the derivatives of the validation loss beside its values, which the trainer takes through the whole training of each new best trial: for the learning rate and its factors by layer, weight decay, label smoothing and betas of AdamW. Only with the trainer and `metric: eval_loss`.',
    needsTrainer: true,
    options: descent,
  },
  random: {
    about: 'Independent uniform draws: a yardstick, and the right choice for very many parallel trials.',
    options: {},
  },
  qmc: {
    about:
      'Quasi-Monte Carlo: points that fill the space evenly; better than random draws, and as easily run in parallel.',
    options: {
      qmcType: {
        kind: 'choice',
        choices: ['sobol', 'halton'],
        default: 'sobol',
        about: 'The sequence: `sobol` (default), best for 2, 4, 8, … trials, or `halton`, good for any number.',
      },
      scramble: {
        kind: 'flag',
        default: true,
        about: 'Randomise the sequence by the seed, so that another seed gives other points; true by default.',
      },
    },
  },
  grid: {
    about: 'Every combination of a finite space once, in a shuffled order.',
    options: {},
    needsFiniteSpace: true,
  },
  bruteforce: {
    about:
      'Every combination of a finite space once, however large, conditional or defined by a running script; counts what was tried before.',
    options: {},
    needsFiniteSpace: true,
  },
} as const satisfies Readonly<Record<string, SamplerMethod>>;

export type SamplerType = keyof typeof SAMPLERS;

/** The samplers that a running Optuna script can be given. */
export const SCRIPT_SAMPLERS = Object.entries<SamplerMethod>(SAMPLERS).flatMap(([type, { needsTrainer }]) =>
  needsTrainer ? [] : [type],
);
