import { messagesOf } from '../message.ts';

/** What studies, samplers and spaces say. */
export const CORE = {
  aloneMoreThanMillionValues: '{name} alone has more than a million values: use a wider step.',
  bootstrapCountPrunerHyperbandNeeds: 'A bootstrap count of the pruner hyperband needs a maximal resource.',
  bootstrapCountPrunerSuccessiveHalving: 'A bootstrap count of the pruner successive_halving needs a minimal resource.',
  cantChangeKindLogScale:
    "{name} can't change its kind, its log scale or its choices within a study: use another name.",
  constraintNan: 'The constraint {key} is NaN.',
  dependsValueNever: '{name} depends on a value that {parent} never has: {reason}',
  derivativeNotNumber: 'The derivative by {name} is not a number.',
  distributionNoKnownKind: 'The distribution {text} is of no known kind.',
  distributionNotJson: 'The distribution {text} is not JSON.',
  earlierTrialsStudyAnotherType:
    'Earlier trials of this study have {name} with another type, log scale or other choices: give the study another name, or the parameter.',
  everyCombinationSpaceBeenTried: 'Every combination of the space has been tried.',
  everyPointGridBeenTried: 'Every point of the grid has been tried.',
  failedTrialNoValuesLeave: 'A failed trial has no values: leave them out.',
  fanovaExplainsOneObjectiveSay: 'fANOVA explains one objective: say which one.',
  fixedValueCantUsed: "The fixed value of {name} can't be used: {reason}",
  gridMoreThanMillionPoints: 'The grid has more than a million points: use wider steps, or another sampler.',
  lowerPrunerThresholdAboveUpper: 'lower ({lower}) of the pruner threshold is above upper ({upper}).',
  maximalResourcePrunerHyperbandBelow: 'The maximal resource of the pruner hyperband is below the minimal one.',
  needsStepChoicesInsteadRange: '{method} needs a step for {name}, or choices instead of a range.',
  noTrialParameterLeaveOut: 'No trial has a parameter {name}: leave it out.',
  noneChoices: '{value} is none of the choices {choices}.',
  notNumber: '{value} is not a number.',
  parameterCantUsed: "The parameter {name} can't be used: {reason}",
  prunedTrialTakesLastReported: 'A pruned trial takes its last reported value: leave out values.',
  prunerThresholdNeedsBoundSet: 'The pruner threshold needs a bound: set lower, upper or both.',
  quantilesMust0TargetRegion: 'The quantiles must be 0 < target < region ≤ 1.',
  scheduleListStepsStepsParams:
    'A schedule is a list of {"from": steps, "to": steps, "params": {…}}, each beginning where the one before ends: write it with "tuneboard schedule --json".',
  stepNotWholeNumber0: 'The step {step} is not a whole number from 0 on.',
  storageRefusedTrial: 'The storage refused the trial.',
  studySeveralObjectivesCantTrials: "A study with several objectives can't {verb} trials by one value.",
  thereNoObjectiveStudy0: 'There is no objective {objective}: the study has {width}, from 0 on.',
  thereNoStudyHere: 'There is no study {name} here.',
  thereNoTrial: 'There is no trial {number}.',
  thereNoUse: 'There is no {kind} {type}: use {instead}.',
  thereStudyAlreadyChooseAnother: 'There is a study {name} already: choose another name.',
  trialCantComplete: "Trial {number} can't be complete: {reason}",
  trialChangedMeanwhile: 'The trial has changed meanwhile.',
  trialEndsCompletePrunedFailed: 'A trial ends as complete, pruned or failed.',
  trialFinishedAlready: 'Trial {number} is finished already.',
  trialFinishedCantChangeAny: "Trial {number} is finished and can't change any more.",
  trialNotStartedYetSo: "Trial {number} has not started yet, so it can't end.",
  valueReportedStepNotNumber: 'The value reported at step {step} is not a number.',
  othersTookTheRest: 'Another worker took what was left to try when this trial was added.',
} as const;

export const coreMessage = messagesOf('core', CORE);
