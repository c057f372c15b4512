import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { Params } from '../../core/space/distributions.ts';
import { FAIL_REASON } from '../../core/study/attributes.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { EitherCase } from '../../core/text/pythonNames.ts';
import { pythonFloat, pythonRepr, pythonString } from '../../core/text/pythonRepr.ts';
import type { LibraryStudy } from '../../library/libraryStudy.ts';
import { createStudy } from '../../library/node.ts';
import { TrialPruned } from '../../library/optimize.ts';
import { makeFolder } from '../checkpoints/writeCheckpoint.ts';
import { Dataset } from '../datasets/dataset.ts';
import { removeAside, removeGone } from '../io/removeAside.ts';
import { baselineSentence } from '../study/studyMetrics.ts';
import { TrainingInterrupted } from '../training/termination.ts';
import type { Trainer } from '../training/trainer.ts';
import { BestRun } from './bestRun.ts';
import type { SearchHooks } from './searchHooks.ts';
import { type Search, type SearchOptions, searchOf } from './searchOptions.ts';
import { TrialHooks } from './trialHooks.ts';

/**
 * Trains once a trial, with the arguments that `hpSpace` draws, and tells a study of this project how it went. As in Hugging
 * Face, the trainer's arguments stay those of the last trial, and it holds no model afterwards. `useHooks` hands the
 * trainings of the trials what they need. Throws `no-model-init`, `no-best`, and a trial's error that is not caught.
 */
export async function hyperparameterSearch(
  trainer: Trainer,
  options: EitherCase<SearchOptions>,
  useHooks: (hooks: SearchHooks) => void,
): Promise<BestRun | BestRun[]> {
  const { modelInit, computeMetrics, evalDataset } = trainer.options;
  const search = searchOf(options, trainer.args, computeMetrics !== undefined);
  if (!modelInit) {
    throw new TuneboardError(
      'no-model-init',
      'To use hyperparameter search, you need to pass your model through a model_init function.',
    );
  }
  if (evalDataset === undefined) {
    throw new TuneboardError(
      'invalid-option',
      'A search compares models by an evaluation: give the Trainer an evalDataset.',
    );
  }
  for (const line of [...search.warnings, ...notesBefore(trainer)]) trainer.print(line);
  if (typeof search.storage === 'string' && search.storage !== 'memory') await makeFolder(trainer.args.output_dir);
  const study = createStudy({
    directions: search.directions,
    ...(search.space && { space: search.space }),
    sampler: search.sampler,
    ...(search.pruner !== undefined && { pruner: search.pruner }),
    storage: search.storage,
    name: search.studyName,
  });
  try {
    await study.open();
    refuseExisting(study, search);
    describeStudy(trainer, study, search);
    await runTrials(trainer, study, search, useHooks);
    return bestOf(study, search);
  } finally {
    await study.close();
  }
}

/** As Optuna without `load_if_exists`; a study without trials is as good as a new one. */
function refuseExisting(study: LibraryStudy, { loadIfExists, studyName }: Search): void {
  if (loadIfExists || study.history.length === 0) return;
  throw new TuneboardError(
    'study-exists',
    `Another study with name '${studyName}' already exists: give another studyName, or loadIfExists: true to continue it.`,
  );
}

function describeStudy(trainer: Trainer, study: LibraryStudy, { storage, studyName }: Search): void {
  const isNew = study.history.length === 0;
  const place = storage === 'memory' ? 'in memory' : 'in the storage';
  const name = `with name: ${studyName}`;
  trainer.print(
    optunaLine(
      'I',
      isNew ? `A new study created ${place} ${name}` : `Using an existing study ${name} instead of creating a new one.`,
    ),
  );
  if (typeof storage === 'string' && storage !== 'memory') trainer.print(`The study is kept in ${storage}.`);
  const running = [...study.history.running];
  if (running.length === 0) return;
  trainer.print(
    `Trials marked as running: ${running.join(', ')}. Another process trains them, or one that was killed did; the search goes on with new trials.`,
  );
}

async function runTrials(
  trainer: Trainer,
  study: LibraryStudy,
  search: Search,
  useHooks: (hooks: SearchHooks) => void,
): Promise<void> {
  const deadline = performance.now() + search.timeoutMs;
  const folders = new Map<number, string>();
  const seen = new Map<string, number>();
  await removeGone(trainer.args.output_dir);
  for (let count = 0; count < search.nTrials && performance.now() < deadline; count++) {
    const trial = await study.ask().catch((error: unknown) => {
      if (error instanceof TuneboardError && error.code === 'exhausted') return null;
      throw error;
    });
    if (!trial) return;
    const hooks = new TrialHooks(trainer, search);
    useHooks(hooks);
    await runTrial(trainer, study, search, trial, hooks);
    const name = hooks.runName(trial);
    const twin = seen.get(name);
    if (twin !== undefined) {
      trainer.print(
        `hpName names trial ${trial.number} as trial ${twin}, ${JSON.stringify(name)}: their checkpoints are in one folder.`,
      );
    }
    seen.set(name, trial.number);
    folders.set(trial.number, join(trainer.args.output_dir, name));
    if (search.keepBestRunOnly) await removeOthers(study, folders);
  }
}

async function runTrial(
  trainer: Trainer,
  study: LibraryStudy,
  search: Search,
  trial: Trial,
  hooks: TrialHooks,
): Promise<void> {
  const say = (level: 'I' | 'W', text: string) => trainer.print(optunaLine(level, text));
  const fail = async (reason: string, texts: readonly string[]) => {
    await trial.setUserAttr(FAIL_REASON, reason);
    await study.tell(trial, 'fail');
    for (const text of texts) say('W', text);
  };
  try {
    await trainer.train({ trial });
    if (!hooks.isEvaluated) hooks.score(await trainer.evaluate());
    const values = hooks.values();
    if (values.some(Number.isNaN)) {
      await fail('The value nan is not acceptable', noNumberTexts(trial.number, trial.params, values));
      return;
    }
    await study.tell(trial, values);
    const { bestTrial } = search.directions.length === 1 ? study : {};
    const best = bestTrial ? { number: bestTrial.number, value: bestTrial.values?.[0] as number } : null;
    say('I', finishedText(trial.number, values, trial.params, best));
  } catch (error) {
    if (error instanceof TrialPruned) {
      await study.tell(trial, 'pruned');
      say('I', `Trial ${trial.number} pruned. `);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    await fail(reason, failedTexts(trial.number, trial.params, error));
    if (error instanceof TrainingInterrupted || !isCaught(error, search.catch)) throw error;
  } finally {
    trainer.dispose();
  }
}

function isCaught(error: unknown, wanted: Search['catch']): boolean {
  if (typeof wanted === 'boolean') return wanted;
  return [wanted]
    .flat()
    .some((one) =>
      typeof one === 'string' ? error instanceof TuneboardError && error.code === one : error instanceof one,
    );
}

/** Deletes the folders of this search's trials that are not the best, which leave `folders`. One that the best shares stays. */
async function removeOthers(study: LibraryStudy, folders: Map<number, string>): Promise<void> {
  const bestTrials = study.directions.length === 1 ? [study.bestTrial] : study.bestTrials;
  const best = new Set(bestTrials.map((trial) => trial?.number));
  const kept = new Set([...folders].filter(([number]) => best.has(number)).map(([, folder]) => folder));
  for (const [number, folder] of folders) {
    if (kept.has(folder)) continue;
    await removeAside(folder);
    folders.delete(number);
  }
}

/** Throws `no-best`. */
function bestOf(study: LibraryStudy, { directions }: Search): BestRun | BestRun[] {
  const runs = study.bestTrials.map(({ number, values, params }) => ({ number, values: values ?? [], params }));
  if (directions.length > 1) return runs.map(({ number, values, params }) => new BestRun(number, values, params));
  const { bestTrial } = study;
  if (!bestTrial) throw new TuneboardError('no-best', 'No trial was completed: there is no best run.');
  return new BestRun(bestTrial.number, bestTrial.values?.[0] as number, bestTrial.params);
}

/** What a person should know before a search chooses among scores: one sentence each. */
function notesBefore(trainer: Trainer): string[] {
  const notes: string[] = [];
  const { trainDataset, evalDataset } = trainer.options;
  if (trainDataset && evalDataset instanceof Dataset) {
    const [train, test] = [trainDataset, evalDataset].map(withClasses);
    if (train && test) notes.push(baselineSentence(train, test));
  }
  if (trainer.state.globalStep > 0) {
    notes.push(
      'Note: the training before has no part in the search, since every trial begins with a new model of modelInit: to go on from its weights, let modelInit load its checkpoint.',
    );
  }
  return notes;
}

/** The data set with its classes in a column `labels`; undefined where they are no classes. */
function withClasses(dataset: Dataset): Dataset | undefined {
  const name = ['labels', 'label'].find((one) => dataset.columnNames.includes(one));
  if (name === undefined || dataset.rows.length === 0) return undefined;
  if (!dataset.column(name).every((label) => Number.isInteger(label) || typeof label === 'boolean')) return undefined;
  return name === 'labels' ? dataset : dataset.renameColumn(name, 'labels');
}

/** The lines that Optuna logs of a study, so that what reads Optuna's output reads this too. Header: `[I 2024-01-12 03:10:00,001]`. */
export function optunaLine(level: 'I' | 'W', text: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':');
  return `[${level} ${day} ${time},${String(now.getMilliseconds()).padStart(3, '0')}] ${text}`;
}

export function finishedText(
  number: number,
  values: readonly number[],
  params: Params,
  best: { readonly number: number; readonly value: number } | null,
): string {
  const shown = values.map(pythonFloat);
  if (values.length > 1)
    return `Trial ${number} finished with values: [${shown.join(', ')}] and parameters: ${pythonRepr(params)}.`;
  const ending = best ? ` Best is trial ${best.number} with value: ${pythonFloat(best.value)}.` : '';
  return `Trial ${number} finished with value: ${shown[0]} and parameters: ${pythonRepr(params)}.${ending}`;
}

/** Optuna's two lines of a trial whose objective threw. */
function failedTexts(number: number, params: Params, error: unknown): string[] {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return becauseOf(number, params, `${name}(${pythonString(message)})`, 'None');
}

/** Optuna's two lines of a trial with a value that is NaN. */
function noNumberTexts(number: number, params: Params, values: readonly number[]): string[] {
  const wrong = values.filter(Number.isNaN).map(() => 'The value nan is not acceptable');
  const shown = values.map(pythonFloat).join(', ');
  return becauseOf(number, params, wrong.join('; '), values.length > 1 ? `[${shown}]` : shown);
}

function becauseOf(number: number, params: Params, error: string, value: string): string[] {
  return [
    `Trial ${number} failed with parameters: ${pythonRepr(params)} because of the following error: ${error}.`,
    `Trial ${number} failed with value ${value}.`,
  ];
}
