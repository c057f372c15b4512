import { join } from 'node:path';
import { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { Backend } from '../backend/chooseBackend.ts';
import { logLine } from '../callbacks/printerCallback.ts';
import type { TrainerCallback } from '../callbacks/trainerCallback.ts';
import { readState } from '../checkpoints/readCheckpoint.ts';
import { DataCollatorWithPadding } from '../datasets/collator.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { Trainer } from '../training/trainer.ts';
import type { Metrics, TrainerOptions } from '../training/trainerOptions.ts';
import { type TimedTrial, timeTrial } from './estimateTrial.ts';
import { readRows, tokenized } from './studyData.ts';
import { baselineSentence, type StudyMetrics, studyMetrics } from './studyMetrics.ts';
import { modelLabelNames, type StudyModel, studyModel } from './studyModel.ts';
import type { StudySettings } from './studySettings.ts';
import { TrialFolder } from './trialFolder.ts';
import { partArguments, partCallback, type TrialPart, takeUp } from './trialPart.ts';

export interface StudyTrial {
  readonly number: number;
  /** Training arguments that the study has drawn. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Where a scheduler trains it in parts. */
  readonly part?: TrialPart | undefined;
  /** The best validation loss of earlier trials: one that ends no better is not differentiated. */
  readonly best?: number;
}

type Print = (line: string) => void;

interface Prepared {
  readonly model: StudyModel;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly metrics: StudyMetrics;
}

/** The standard errors of evaluations of this process, by the name of each objective's metric. */
type ErrorsOf = Map<Metrics, ReadonlyMap<string, number>>;

interface Run {
  readonly args: TrainingArguments;
  readonly best: number | undefined;
  readonly part: TrialPart | undefined;
  readonly resumeFrom: string | undefined;
  /** Those made before, of the checkpoint. */
  readonly evaluations: Metrics[];
  readonly errors: ErrorsOf;
  readonly print: Print;
}

/**
 * What a study changes in Hugging Face's defaults: evaluations by epoch, so that trials with different batch sizes can be
 * compared on the way, and one checkpoint an epoch to go on from.
 */
const STUDY_ARGUMENTS = {
  eval_strategy: 'epoch',
  logging_strategy: 'epoch',
  save_strategy: 'epoch',
  save_total_limit: 1,
};

/** Lines of the plan, such as `  Num examples = 360`: the tuner would take them for metrics. */
const PLAN = /^( {2}[^=]+) = (?=[\d,.]+$)/;

/**
 * Trains and scores one trial of a study, or the part of it that a scheduler asks for, and prints what it reports, for the
 * tuner: the last evaluation is its value, or with `objective_from: best` the best one, which is printed once more at the
 * end. A trial that was cut off or paused goes on from its checkpoint. Returns the metrics of its value.
 */
export async function runTrialOf(
  backend: Backend,
  settings: StudySettings,
  { number, params, part, best }: StudyTrial,
  tell: Print,
): Promise<Metrics> {
  const print: Print = (line) => tell(line.replace(PLAN, '$1: '));
  const base = String(settings.args['output_dir'] ?? params['output_dir'] ?? settings.output);
  const where = part ? partArguments(part) : { output_dir: join(base, `run-${number}`) };
  const args = argumentsOf(settings, { ...params, ...where });
  const prepared = await prepare(backend, settings, print);
  print(`${baselineSentence(prepared.train, prepared.test)} Model: ${prepared.model.about}.`);
  const isKept = part === undefined && args.save_strategy !== 'no';
  const folder = isKept ? await TrialFolder.open(base, number, settings, params) : undefined;
  const found = part ? await takeUp(part, args, prepared.train.rows.length) : folder?.resumeFrom;
  // The derivatives of a training begin at its start.
  const resumeFrom = settings.differentiate?.length ? undefined : found;
  if (resumeFrom !== undefined) {
    print(`Goes on from ${resumeFrom}${part ? '' : ', where the same training was cut off'}.`);
  }
  const evaluations = resumeFrom === undefined ? [] : await repeatLogs(resumeFrom, part?.step ?? 0, print);
  const isThrough = part?.budget != null && (evaluations.at(-1)?.['epoch'] ?? 0) >= part.budget;
  const errors: ErrorsOf = new Map();
  if (!isThrough)
    await train(backend, settings, prepared, { args, best, part, resumeFrom, evaluations, errors, print });
  const last = evaluations.at(-1) as Metrics;
  const value = settings.objective_from === 'best' ? bestOf(evaluations, settings) : last;
  if (value !== last) print(logLine(value, true));
  tellErrors(value, errors, print);
  await folder?.finish(settings, value);
  return value;
}

/** Trains until the end of the trial or of its part; adds to the evaluations. */
async function train(
  backend: Backend,
  settings: StudySettings,
  prepared: Prepared,
  { args, best, part, resumeFrom, evaluations, errors, print }: Run,
): Promise<void> {
  const onEvaluate: TrainerCallback['onEvaluate'] = ({ metrics = {} }) => {
    const own = { ...metrics };
    evaluations.push(own);
    errors.set(own, errorsOf(settings, prepared.metrics));
  };
  const parted = part && partCallback(part, print);
  const trainer = trainerOf(backend, settings, prepared, {
    args,
    callbacks: [{ onEvaluate }, ...(parted ? [parted.callback] : [])],
    print: parted?.print ?? print,
    differentiateBelow: best ?? Number.POSITIVE_INFINITY,
  });
  await trainer.train(resumeFrom === undefined ? {} : { resumeFromCheckpoint: resumeFrom });
  if (evaluations.length === 0) await trainer.evaluate();
  const { hypergradient } = trainer;
  if (hypergradient && Object.values(hypergradient).every(Number.isFinite)) {
    print(JSON.stringify({ gradient: hypergradient }));
  }
  trainer.dispose();
}

/** What a trial will take, from a few timed steps. `startSeconds`: what the process has taken to come here. */
export async function estimateTrialOf(
  backend: Backend,
  settings: StudySettings,
  params: Readonly<Record<string, unknown>>,
  startSeconds: () => number,
): Promise<TimedTrial> {
  const args = argumentsOf(settings, params);
  const prepared = await prepare(backend, settings, () => undefined);
  const make = (changes: Readonly<Record<string, unknown>>, onStepEnd: () => void) =>
    trainerOf(backend, settings, prepared, {
      args: argumentsOf(settings, { ...params, ...changes }),
      callbacks: [{ onStepEnd }],
      print: () => undefined,
    });
  return timeTrial(args, prepared, make, startSeconds());
}

function argumentsOf(
  { args, checkpoints }: StudySettings,
  params: Readonly<Record<string, unknown>>,
): TrainingArguments {
  const saving = checkpoints === 'none' ? { save_strategy: 'no' } : {};
  return new TrainingArguments({ ...STUDY_ARGUMENTS, ...saving, ...args, ...params });
}

async function prepare(backend: Backend, settings: StudySettings, print: Print): Promise<Prepared> {
  const { train, test, classes, named, unstratified, leftOut } = await readRows(settings, () =>
    modelLabelNames(settings),
  );
  if (leftOut > 0) print(`${leftOut} ${leftOut === 1 ? 'row' : 'rows'} without text or label left out.`);
  if (named) print(named.sentence);
  if (unstratified !== null) print(unstratified);
  const model = await studyModel(backend, settings, { train, classes, names: named?.names ?? null }, print);
  const encode = (part: Dataset) => tokenized(part, model.tokenizer, settings);
  return { model, train: encode(train), test: encode(test), metrics: studyMetrics(classes) };
}

function trainerOf(
  { tf }: Backend,
  settings: StudySettings,
  { model, train, test, metrics }: Prepared,
  more: Pick<TrainerOptions, 'callbacks' | 'print' | 'differentiateBelow'> & { readonly args: TrainingArguments },
): Trainer {
  return new Trainer({
    tf,
    modelInit: () => model.init(),
    ...more,
    trainDataset: train,
    evalDataset: test,
    dataCollator: new DataCollatorWithPadding({ tokenizer: model.tokenizer }),
    processingClass: model.tokenizer,
    computeMetrics: metrics.compute,
    printsExactly: true,
    differentiate: settings.differentiate ?? [],
  });
}

/**
 * Prints what the training had logged after epoch `since` before it was cut off, so that the tuner has its whole curve.
 * Returns all evaluations.
 */
async function repeatLogs(checkpoint: string, since: number, print: Print): Promise<Metrics[]> {
  const { logHistory } = await readState(checkpoint);
  const logs = logHistory.map(({ step: _, ...rest }) => rest);
  for (const line of logs) if ((line['epoch'] ?? 0) > since) print(logLine(line, true));
  return logs.filter((line) => line['eval_loss'] !== undefined);
}

/** Of the objectives in the evaluation that has just been; none of a single row. */
function errorsOf({ objectives }: StudySettings, { errorOf }: StudyMetrics): ReadonlyMap<string, number> {
  const errors = new Map<string, number>();
  for (const { metric } of objectives) {
    const error = errorOf(metric);
    if (error !== undefined && Number.isFinite(error)) errors.set(metric, error);
  }
  return errors;
}

/** How far chance moves the objectives, on the rows of their evaluation: the article's gain was inside two of these. */
function tellErrors(value: Metrics, errors: ErrorsOf, print: Print): void {
  for (const [metric, error] of errors.get(value) ?? []) {
    print(`${metric} is ${(value[metric] as number).toFixed(4)} with a standard error of ${error.toFixed(4)}.`);
  }
}

/** By the first objective; ties keep the earlier one, and what is no number is the worst. */
function bestOf(evaluations: readonly Metrics[], { objectives: [objective] }: StudySettings): Metrics {
  const { metric = 'eval_loss', isMinimised = true } = objective ?? {};
  const score = (metrics: Metrics) => {
    const value = (metrics[metric] ?? Number.NaN) * (isMinimised ? -1 : 1);
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  return evaluations.reduce((best, one) => (score(one) > score(best) ? one : best));
}
