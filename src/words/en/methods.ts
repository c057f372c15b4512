/** What samplers, pruners and schedulers and their options are. */
export const METHODS = {
  evenlySpreadTrialsBefore:
    'Evenly spread trials before a model starts; as many as parameters by default, from 6 to 10.',
  candidatesSuggestionBest24: 'Candidates a suggestion is the best of; 24 by default.',
  modelParametersTogetherTrue: 'Model parameters together; true by default with one objective.',
  modelParametersOccurTogether:
    'Model parameters that occur together as groups, for conditional spaces; true by default.',
  letRunningTrialsRepel: 'Let running trials repel new ones; true by default.',
  completeTrialsBeforeAnything: 'Complete trials before anything is pruned; 5 by default.',
  stepsTrialNeverPruned: 'Steps of a trial that are never pruned; 0 by default.',
  askOnlyEverySo: 'Ask only every so many steps; 1 by default.',
  trialsMustReportedStep: 'Trials that must have reported at the step; 1 by default.',
  stepsFullTrainingDefault: 'Steps of a full training; by default what the first trial takes, which runs to its end.',
  stepsEveryTrialGets: 'Steps that every trial gets before it is compared with others; 1 by default.',
  oneSoManyTrials: 'One of so many trials goes on to so many times the steps; 3 by default.',
  whatDecidesWhoGoes:
    'What decides who goes on: `probability` (default) by the chance that the extrapolated curve ends above the best, `rank` by the value so far.',
  whatDecidesWhoGoesRank:
    'What decides who goes on: `rank` (default) by the value so far, `probability` by the chance that the extrapolated curve ends above the best.',
  checkpointsStayWhenTheir:
    'Checkpoints that stay when their trial has ended: of `complete` trials (default), `all` or `none`.',
  membersTrainSideSide: 'Members that train side by side; 8 by default.',
  stepsAfterWhichMember:
    'Steps after which a member is compared with the others; by default a twentieth of `max_resource`.',
  worstShareMembersWhich:
    'The worst share of the members, which continue from copies of the best share; 0.25 by default.',
  parametersMayChangeDuring:
    'Parameters that may change during training; all of them by default. Name those that a checkpoint can take.',
  compareOnlyWhenEvery:
    'Compare only when every member has come as far; false by default: with what the others have reached.',
  laddersStartHigherHigher:
    'Ladders that start at higher and higher steps; 1 by default: all trials start at the lowest.',
  resultsStepBeforeModelled: 'Results at a step before it is modelled; by default the number of parameters and one.',
  shareConfigurationsDrawnRandom: 'Share of configurations drawn at random; a third by default.',
  chanceParameterDrawnAnew: 'Chance that a parameter is drawn anew instead of perturbed; 0.25 by default.',
  perturbedNumberMultiplied2:
    'A perturbed number is multiplied by this or by 2 minus this; 1.2 by default, so 1.2 or 0.8.',
  choosesEveryTrialAmong:
    'Chooses for every trial among Gaussian processes, a random forest, TPE, CMA-ES and NSGA-II, by what the study is like: the default.',
  treeStructuredParzenEstimator:
    'The tree-structured Parzen estimator as Optuna 5 sets it: cheap at any number of trials, good all round.',
  whoseSettingsOptuna5Default:
    'Whose settings: `optuna5` (default), or `optuna4`, which models parameters one by one and does not look at running trials.',
  chooseBranchConditionalSpace:
    'Choose a branch of a conditional space by all the parameters that it opens; false by default.',
  bayesianOptimisationGaussianProcesses:
    'Bayesian optimisation with Gaussian processes: the most from the first 300 trials, for tens of milliseconds of computing each.',
  whetherSameParametersAlways: 'Whether the same parameters always give the same value; false by default.',
  randomForestExpectedImprovement:
    'A random forest with expected improvement, as in SMAC: for conditional and mixed spaces with jumps, from tens of trials to thousands.',
  shareLaterTrialsRandom: 'Share of later trials that are random draws; 0.08 by default.',
  cmaEsNormalDistribution:
    'CMA-ES: a normal distribution that learns the shape of the problem; for 300 trials or more of numeric parameters that interact.',
  trialsGeneration43: 'Trials a generation; 4 + 3 ln(parameters) by default, more for noisy objectives.',
  firstStepSizeShare: 'First step size as a share of every range; a sixth by default.',
  learnScaleEachParameter:
    'Learn the scale of each parameter only, not how they interact: for 50 parameters or more; false by default.',
  keepChanceLeavePresent:
    'Keep a chance to leave the present value of every integer and step; true by default where there are any.',
  adaptLearningRatesSlower:
    'Adapt the learning rates: slower, but safer on noisy and rugged objectives; false by default.',
  convergenceStartAnewIpop:
    'On convergence start anew: `ipop` (default) with twice the population, `bipop` with large and small ones by turns, or `none`.',
  beginWhereBestQuarter: 'Begin where the best quarter of at least ten earlier trials lies; true by default.',
  nsgaIiGeneticAlgorithm:
    'NSGA-II, a genetic algorithm that spreads along the Pareto front: for two or three objectives and hundreds of trials.',
  trialsGeneration50Default: 'Trials a generation; 50 by default.',
  howTwoThreeParents:
    'How two or three parents make a child: `uniform` (default) mixes their values, the others also make new ones between and around them.',
  shareChildrenSeveralParents:
    'Share of children with several parents; 0.9 by default, the others are copies before they mutate.',
  chanceValueComesFirst: 'Chance that a value comes from the first parent; 0.5 by default.',
  howValueMutatesResample:
    'How a value mutates: `resample` (default) draws it anew, `polynomial` moves a number a little.',
  chanceEachValueMutate: 'Chance of each value to mutate; one value in a child by default.',
  nsgaIiiGeneticAlgorithm: 'NSGA-III, a genetic algorithm along reference directions: for three objectives or more.',
  howFinelyReferenceDirections: 'How finely the reference directions divide the objectives; 3 by default.',
  differentialEvolutionPopulationLearns:
    'Differential evolution: a population that learns steps from its own differences; for rugged objectives and many parallel trials.',
  membersPopulation2Each: 'Members of the population; 2 for each parameter by default, from 20 to 40.',
  sharePopulationCountsBest: 'Share of the population that counts as the best; 0.15 by default.',
  whatStepStartsMember:
    'What a step starts from: a member on its way to one of the best (`currentToPbest1`, default), a random one (`rand1`, for very rugged objectives) or one of the best (`best1`).',
  descentsSeveralStartsGradient:
    'Descents from several starts: by the gradient that the objective reports (`{"gradient": …}`), else by SPSA with two trials a step; for smooth or noisy objectives.',
  gaussianProcessesSeeDerivatives:
    'Gaussian processes that see the derivatives of the validation loss beside its values, which the trainer takes through the whole training of each new best trial: for the learning rate and its factors by layer, weight decay, label smoothing and betas of AdamW. Only with the trainer and `metric: eval_loss`.',
  firstStepAlongEvery: 'First step along every range with reported gradients, as a share of it; 0.1 by default.',
  independentUniformDrawsYardstick:
    'Independent uniform draws: a yardstick, and the right choice for very many parallel trials.',
  quasiMonteCarloPoints:
    'Quasi-Monte Carlo: points that fill the space evenly; better than random draws, and as easily run in parallel.',
  sequenceSobolDefaultBest:
    'The sequence: `sobol` (default), best for 2, 4, 8, … trials, or `halton`, good for any number.',
  randomiseSequenceSeedSo:
    'Randomise the sequence by the seed, so that another seed gives other points; true by default.',
  everyCombinationFiniteSpace: 'Every combination of a finite space once, in a shuffled order.',
  everyCombinationFiniteSpaceOnce:
    'Every combination of a finite space once, however large, conditional or defined by a running script; counts what was tried before.',
  endsTrialWorseThan: 'Ends a trial that is worse than the median of the others at the same step.',
  endsTrialNotAmong: 'Ends a trial that is not among the best share of the others at the same step.',
  shareTrialsKeep0: 'The share of trials to keep, 0 to 100; 25 by default.',
  letsOnlyBestEvery:
    'Lets only the best of every few trials go on to several times as many steps: saves most, where early steps tell.',
  stepFirstRungHundredth: 'The step of the first rung; a hundredth of the first complete trial by default.',
  rungsLeaveOutBottom: 'Rungs to leave out at the bottom, for trials that start slowly; 0 by default.',
  endEveryTrialRung: 'End every trial at a rung until more than so many trials have reached it; 0 by default.',
  successiveHalvingSeveralBrackets:
    'Successive halving in several brackets that begin later and later: for when it is unclear how early steps tell.',
  stepFirstRung1: 'The step of the first rung; 1 by default.',
  stepsWholeTrialThose: 'Steps of a whole trial; those of the first complete trial by default.',
  endsTrialWhoseCurve:
    'Ends a trial whose curve, continued as those of complete trials went, will hardly beat the best: for curves that cross.',
  trialEndsWhenChance: 'A trial ends when its chance to beat the best trial is below this; 0.01 by default.',
  completeTrialsCurveBefore: 'Complete trials with a curve before anything is pruned; 4 by default.',
  asksAnotherPrunerOnly:
    'Asks another pruner only when a trial has not improved for some reports: for curves that jump about.',
  prunerAskOptionsBeside:
    'The pruner to ask, with its options beside it; median by default, `none` ends the trial at once.',
  reportsWithoutImprovementWait: 'Reports without improvement to wait for; 5 by default.',
  smallerChangeBetterCounts: 'A smaller change for the better counts as none; 0 by default.',
  endsTrialWhoseValue: 'Ends a trial whose value is out of bounds or NaN: for runs that diverge.',
  endTrialValueBelow: 'End a trial with a value below this; no bound by default.',
  endTrialValueAbove: 'End a trial with a value above this; no bound by default.',
  comparesBestTrialStep:
    'Compares with the best trial step by step: for a mean over folds or instances, each reported as a step.',
  endTrialWhenSigned: 'End a trial when the signed-rank test gives less; 0.1 by default.',
  stepsCommonBestTrial: 'Steps in common with the best trial before anything is pruned; 2 by default.',
  everyTrialRunsEnd: 'Every trial runs to its end.',
  hyperbandBracketsManyShort:
    'Hyperband: brackets from many short trainings to few long ones; paused trials are promoted and continue.',
  asynchronousSuccessiveHalvingBest:
    'Asynchronous successive halving: the best third goes on at once, nobody waits; right for many workers.',
  bohbHyperbandWhoseSampler:
    'BOHB: Hyperband whose sampler (TPE in the paper) learns from the longest trainings with enough results.',
  populationBasedTrainingWorst:
    'Population based training: the worst members copy the weights of the best and perturb their parameters; finds schedules.',
  stepsFullTraining100: 'Steps of a full training; 100 by default.',
  pbtChoosesNewParameters:
    'PBT that chooses new parameters by a Gaussian-process bandit instead of by chance; better with 4 to 8 members.',
  oneRandomTrial: 'Random trials before the model starts; 1 by default.',
  tenRandomTrials: 'Random trials before the model starts; 10 by default.',
  oneInThreeGoesOn: 'At every rung one trial in so many goes on; 3 by default.',
  oneInFourGoesOn: 'At every rung one trial in so many goes on; 4 by default.',
} as const;
