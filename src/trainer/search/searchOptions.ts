import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { SpaceDeclaration } from '../../core/space/declaredSpace.ts';
import type { Params } from '../../core/space/distributions.ts';
import type { WritableTrialLog } from '../../core/study/studyStore.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { EitherCase } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';
import type { PrunerSetting, SamplerSetting } from '../../library/methodSettings.ts';
import type { DirectionName } from '../../library/studyOptions.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import { optionsOf } from '../pythonOptions.ts';
import type { Metrics } from '../training/trainerOptions.ts';
import { defaultComputeObjective, defaultHpSpace } from './searchDefaults.ts';

type Caught = string | (abstract new (...args: never[]) => Error);

/** Errors that end a trial only: all, or those of these classes or with one of these codes. */
export type Catch = boolean | Caught | readonly Caught[];

/** `trainer.hyperparameterSearch`: Hugging Face's names, camelCase or as in Python. */
export interface SearchOptions {
  /**
   * Draws the training arguments of a trial; Hugging Face's default space by default. Or the space as a study file writes it:
   * `{ learning_rate: { type: 'float', low: 1e-6, high: 1e-4, log: true } }`, which samplers such as `grid` need.
   */
  readonly hpSpace?: ((trial: Trial) => Params) | SpaceDeclaration;
  /** The sum of all metrics by default, or the loss where there are none. With several directions: one value each. */
  readonly computeObjective?: (metrics: Metrics) => number | readonly number[];
  /** `minimize` by default. A list makes a study of several objectives, whose trials are never pruned. */
  readonly direction?: DirectionName | readonly DirectionName[];
  /** 20 by default; null: until the timeout. */
  readonly nTrials?: number | null;
  /** `tuneboard` by default; `optuna` writes the same study where Python's Optuna opens and continues it. */
  readonly backend?: string;
  /** Names a trial's folder of checkpoints, in place of `run-{number}`. */
  readonly hpName?: (trial: Trial) => string;
  /** What fails a trial without ending the search; nothing by default. */
  readonly catch?: Catch;
  /** `auto` by default, with the seed of the training arguments. */
  readonly sampler?: SamplerSetting;
  /** `extrapolation` by default with one direction. */
  readonly pruner?: PrunerSetting;
  /** In memory by default; a journal or SQLite file keeps the study, and continues one of this name. */
  readonly storage?: string | WritableTrialLog;
  readonly studyName?: string;
  /** False: an error where the storage has a study of this name with trials, as Optuna's default; true by default. */
  readonly loadIfExists?: boolean;
  /** Seconds after which no trial starts. */
  readonly timeout?: number;
  /** Which evaluation of a trial is its value: Hugging Face takes the `last` one, even where it loads the best model. */
  readonly objectiveFrom?: 'last' | 'best';
  /** By what a pruner compares: updates as in Hugging Face (which trials of other batch sizes hardly share), or epochs. */
  readonly reportStep?: 'global_step' | 'epoch';
  /** Delete the checkpoints of a trial that is not the best. */
  readonly keepBestRunOnly?: boolean;
}

export interface Search {
  readonly hpSpace: (trial: Trial) => Params;
  /** Where it is declared. */
  readonly space: SpaceDeclaration | undefined;
  readonly computeObjective: (metrics: Metrics) => number | readonly number[];
  readonly directions: readonly DirectionName[];
  readonly nTrials: number;
  readonly hpName: ((trial: Trial) => string) | null;
  readonly catch: Catch;
  readonly sampler: SamplerSetting;
  readonly pruner: PrunerSetting | undefined;
  readonly storage: string | WritableTrialLog;
  readonly studyName: string;
  readonly loadIfExists: boolean;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly objectiveFrom: 'last' | 'best';
  readonly reportStep: 'global_step' | 'epoch';
  readonly keepBestRunOnly: boolean;
  readonly warnings: readonly string[];
}

const KEYS: Readonly<Record<keyof SearchOptions, true>> = {
  hpSpace: true,
  computeObjective: true,
  direction: true,
  nTrials: true,
  backend: true,
  hpName: true,
  catch: true,
  sampler: true,
  pruner: true,
  storage: true,
  studyName: true,
  loadIfExists: true,
  timeout: true,
  objectiveFrom: true,
  reportStep: true,
  keepBestRunOnly: true,
};

/** What Optuna's `study.optimize` and `create_study` know too, and why it is left out. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  nJobs: 'one Trainer trains one model at a time, so use parallel in a study file',
  gcAfterTrial: 'memory is freed after each trial anyway: leave it out',
  directions: 'it is the list that direction takes',
  callbacks: 'those of a training go to the Trainer, and a search ends by nTrials or timeout',
  showProgressBar: 'a line a trial says how it went: leave it out',
  ...elsewhere('ray', 'resourcesPerTrial progressReporter searchAlg scheduler localDir storagePath keepCheckpointsNum'),
  ...elsewhere('wandb', 'project entity metric'),
};

function elsewhere(backend: string, names: string): Record<string, string> {
  const why = `it is of the backend ${backend}, which is not there`;
  return Object.fromEntries(names.split(' ').map((name) => [name, `${why}: leave it out`]));
}

const REFUSED: Readonly<Record<string, string>> = {
  ray: 'Ray runs whole studies, from the executor of a study file',
  wandb: 'curves are in the history panel',
  sigopt: 'its service has ended, and transformers 5 has dropped it',
};

/** What of these asks for nothing that is not so anyway. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  nJobs: (value) => value === 1,
  gcAfterTrial: (value) => typeof value === 'boolean',
  showProgressBar: (value) => value === false,
};

/** Complete options. Throws `search-backend` and `invalid-option`. */
export function searchOf(given: EitherCase<SearchOptions>, args: TrainingArgumentValues, hasMetrics: boolean): Search {
  const options = checked(given);
  const backend = options.backend ?? 'tuneboard';
  requireBackend(backend);
  const { direction = 'minimize', timeout = Number.POSITIVE_INFINITY } = options;
  const isEndless = given.nTrials === null || given.n_trials === null;
  const nTrials = options.nTrials ?? (isEndless ? Number.POSITIVE_INFINITY : 20);
  if (!(Number.isInteger(nTrials) || nTrials === Number.POSITIVE_INFINITY) || nTrials < 1) {
    throw invalid(`nTrials is ${nTrials}: use a whole number from 1 on.`);
  }
  if (!(typeof timeout === 'number' && timeout >= 0)) throw invalid(`timeout is ${timeout}: use seconds from 0 on.`);
  requireFlag('loadIfExists', options.loadIfExists);
  requireFlag('keepBestRunOnly', options.keepBestRunOnly);
  requireFunctions(options);
  requireCatch(options.catch);
  requireWord('objectiveFrom', options.objectiveFrom, ['last', 'best']);
  requireWord('reportStep', options.reportStep, ['global_step', 'epoch']);
  const warnings: string[] = [];
  if (!options.computeObjective && hasMetrics && direction === 'minimize') {
    warnings.push(
      'Warning: the default objective is the sum of all metrics, and the direction is minimize: the search looks for the worst model. Give direction: "maximize", or computeObjective.',
    );
  }
  const inFile = join(args.output_dir, 'optuna-journal.log');
  return {
    ...spaceOf(options.hpSpace ?? defaultHpSpace),
    computeObjective: options.computeObjective ?? defaultComputeObjective,
    directions: typeof direction === 'string' ? [direction] : direction,
    nTrials,
    hpName: options.hpName ?? null,
    catch: options.catch ?? false,
    sampler: seeded(options.sampler ?? 'auto', args.seed),
    pruner: options.pruner,
    storage: options.storage ?? (backend === 'optuna' ? inFile : 'memory'),
    studyName: options.studyName ?? 'hyperparameter_search',
    loadIfExists: options.loadIfExists ?? true,
    timeoutMs: timeout * 1000,
    objectiveFrom: options.objectiveFrom ?? 'last',
    reportStep: options.reportStep ?? 'global_step',
    keepBestRunOnly: options.keepBestRunOnly ?? false,
    warnings,
  };
}

function checked(given: EitherCase<SearchOptions>): SearchOptions {
  return optionsOf<SearchOptions>(given, KEYS, 'hyperparameterSearch', (name, key, value) => {
    if (HARMLESS[name]?.(value)) return undefined;
    const why = ELSEWHERE[name];
    if (why !== undefined) throw invalid(`hyperparameterSearch has no option ${key}: ${why}.`);
    return name;
  });
}

function spaceOf(hpSpace: NonNullable<SearchOptions['hpSpace']>): Pick<Search, 'hpSpace' | 'space'> {
  if (typeof hpSpace === 'function') return { hpSpace, space: undefined };
  return { hpSpace: (trial) => trial.params, space: hpSpace };
}

function requireBackend(backend: string): void {
  if (backend === 'tuneboard' || backend === 'optuna') return;
  const why = REFUSED[backend];
  throw new TuneboardError(
    'search-backend',
    `The search backend ${backend} is not there${why ? ` (${why})` : ''}: use "tuneboard", or "optuna" for a study that Python's Optuna continues.`,
  );
}

/** The same search gives the same trials. */
function seeded(sampler: SamplerSetting, seed: number): SamplerSetting {
  return typeof sampler === 'string' ? { type: sampler, seed } : { seed, ...sampler };
}

function requireWord(name: string, value: string | undefined, words: readonly string[]): void {
  if (value === undefined || words.includes(value)) return;
  throw invalid(`${name} is ${shown(value)}: use ${words.join(' or ')}.`);
}

function requireFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalid(`${name} is ${shown(value)}: use true or false.`);
  }
}

function requireFunctions({ hpSpace, computeObjective, hpName }: SearchOptions): void {
  for (const [name, value] of Object.entries({ computeObjective, hpName })) {
    if (value !== undefined && typeof value !== 'function') {
      throw invalid(`${name} is ${shown(value)}: give a function.`);
    }
  }
  if (hpSpace === undefined || typeof hpSpace === 'function' || isRecord(hpSpace)) return;
  throw invalid(`hpSpace is ${shown(hpSpace)}: give a function of the trial, or a space as in a study file.`);
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name of Python's would catch nothing. */
function requireCatch(wanted: Catch | undefined): void {
  if (wanted === undefined || typeof wanted === 'boolean') return;
  const wrong = [wanted].flat().find((one) => typeof one !== 'function' && !/^[a-z]+(-[a-z]+)*$/.test(String(one)));
  if (wrong === undefined) return;
  throw invalid(
    `catch has ${shown(wrong)}: give true for every error, classes of errors, or codes such as "out-of-memory".`,
  );
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-option', message);
}
