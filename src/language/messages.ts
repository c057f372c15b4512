import { fillPlaces } from '../core/text/fillPlaces.ts';
import { isChinese } from '../studyfile/words/translation.ts';
import { CHINESE } from './chinese.ts';

/** Sentences and titles that the language server shows, in English; chinese.ts has the other language. `{0}`, `{1}` are filled in. */

export const ENGLISH = {
  startStudy: 'Start study',
  stop: 'Stop',
  progress: '{0}/{1}',
  trials: '{0} trials',
  best: 'best {0}',
  insertBest: 'Insert best ({0}, trial {1})',
  insertFront: 'Insert best ({0} on the Pareto front)',
  history: 'History',
  viewStudy: 'View study',
  viewStudies: 'View studies',
  insertBestParameters: 'Insert best parameters ({0}, trial {1})',
  suggestedTwice:
    'The parameter `{0}` is suggested with another range here than in line {1}; Optuna keeps one parameter of that name: give one of them another name.',
  otherKind:
    'The parameter `{0}` is suggested as {1} here and as {2} in line {3}; Optuna refuses that: give one of them another name.',
  otherChoices:
    'The choices of `{0}` differ from those in line {1}; Optuna refuses that: use the same list, or another name.',
  logNeedsPositive: '`log=True` needs a lower bound above 0; write a small positive number in place of {0}.',
  logNeedsOne: '`log=True` needs a lower bound of at least 1 for an int; write 1 in place of {0}.',
  lowAboveHigh: 'The lower bound {0} is above the upper bound {1}; swap them.',
  stepWithLog: '`step` and `log=True` cannot be used together; remove one of them.',
  stepNotPositive: 'The step must be above 0; {0} is not.',
  noChoices: 'There is nothing to choose from; write at least one choice.',
  swapBounds: 'Swap the bounds',
  useSmallest: 'Use {0} as the lower bound',
  removeStep: 'Remove step',
  removeLog: 'Remove log',
  removeChoice: 'Remove {0}: its successor is in the list',
  passModelInit: 'Pass model_init= with the call that makes the model',
  draftHead: 'Drafted by Tuneboard from {0}: check it, then start the study.',
  draftOrMinimize: 'or minimize',
  draftDirectionByName: 'guessed from the name of the metric',
  draftDirectionGuess: 'a guess: check whether less is better',
  draftNoMetric: 'nothing of the form {1}=0.93 is printed by {0} yet',
  draftPrinted: 'as the script prints it',
  draftPrintsAlso: 'also printed: {0}',
  draftDefault: 'default {0}',
  draftSwitch: 'the switch, or nothing',
  draftKept: '{0}: kept as it is: {1}',
  draftKeptAt: '{0}: kept as it is (default {2}): {1}',
  draftLeftOut: '{0}: left out: {1}',
  draftExample:
    'An example: read it in the script from the environment variable TUNEBOARD_PARAMS (JSON), or as an argument',
  draftExampleCommand: 'by adding it to the command, as in --learning_rate {learning_rate}.',
  draftMore: 'More, without the mark in front of it:',
  draftSampler: 'how parameters are chosen; `auto` is what is used without this line',
  draftPruner: 'ends trials that fall behind: the script prints its metric while it trains',
  draftScheduler: 'instead of a pruner: all trials train briefly, the best ones up to step 27',
  draftConstraints: 'printed values that must be at most 0',
  draftParallel: 'trials at a time',
  whyList: 'takes a list',
  whyExclusive: 'excludes other arguments',
  whyBool: 'type=bool takes every text for true',
  whyOnlyOn: 'is on, and no argument switches it off',
  whySeed: 'a seed is not tuned',
  whyPath: 'a path',
  whyLength: 'training length is a budget rather than a parameter',
  whyName: 'not a hyperparameter by its name',
  whyText: 'a text: list its choices to search it',
  whyOneChoice: 'has one choice only',
  whyNoDefault: 'has no default to search around',
  whyBounds: 'its default is outside its own bounds',
  checkRange: 'Check the range of the parameter under `space`.',
  checkRanges: 'Check the range of each of the {0} parameters under `space`.',
  checkNothing: 'No argument with a range was found: write the search space, and read the values in the script.',
  checkNoMetric: 'No printed metric was found: print a line such as `accuracy=0.93` and name it under `metric`.',
  checkDirection: 'Check `direction`: the name {0} does not say whether more is better.',
  checkOthers: 'Check `metric`: the script also prints {0}.',
  checkNeeded: 'Replace {0} in the command: the script needs it.',
  checkAllNeeded: 'Replace {0} in the command: the script needs them.',
  checkSubcommand: 'The draft runs the subcommand {0}; the script also has {1}.',
  noStudyOfObjective:
    '{0} has an objective but runs no study: add `study.optimize(objective, n_trials=50)`, or start the script that does.',
  checkNotebook: 'A notebook is run only if it uses Optuna: save the code as a script with arguments for a study file.',
} as const;

export type MessageKey = keyof typeof ENGLISH;

export type Translate = (key: MessageKey, ...values: readonly (string | number)[]) => string;

/** Messages for a locale as VS Code names it (`en`, `zh-cn`); anything but Simplified Chinese is English. */
export function messagesFor(locale: string | undefined): Translate {
  const table: Readonly<Record<MessageKey, string>> = isChinese(locale) ? CHINESE : ENGLISH;
  return (key, ...values) => fillPlaces(table[key], values);
}
