import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { parseJson } from '../../core/text/pythonJson.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import { SafetensorsFile } from '../io/safetensors.ts';
import { isMetricSchedule, type MetricScheduleState } from '../optimizers/metricSchedule.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { SeedState } from '../training/seed.ts';
import type { TrainableModel } from '../training/trainableModel.ts';
import { lastCheckpoint } from './checkpointFolders.ts';
import { parseState, type TrainerState } from './trainerState.ts';
import { FILES } from './writeCheckpoint.ts';

/** The checkpoint that `resumeFromCheckpoint` means: a folder, or with `true` the newest in `output_dir`. Throws `checkpoint`. */
export function checkpointToResume(wanted: string | boolean | undefined, outputDir: string): string | undefined {
  if (wanted === undefined || wanted === false) return undefined;
  const folder = wanted === true ? lastCheckpoint(outputDir) : wanted;
  if (folder === undefined) {
    throw new TuneboardError('checkpoint', `No valid checkpoint found in output directory (${outputDir})`);
  }
  if (!existsSync(join(folder, 'model.safetensors')) && !existsSync(join(folder, 'pytorch_model.bin'))) {
    throw new TuneboardError('checkpoint', `Can't find a valid checkpoint at ${folder}`);
  }
  return folder;
}

export interface SavedRun {
  readonly state: TrainerState;
  /** Null when the checkpoint has none: `save_only_model`, or Python's. */
  readonly optimizer: OptimizerState | null;
  /** Of a learning rate that follows a metric; null of others, and where the checkpoint has none. */
  readonly metricSchedule: MetricScheduleState | null;
  readonly seeds: SeedState | null;
  readonly microBatchSize: number | null;
  /** What may make the rest of the training another one. */
  readonly warnings: readonly string[];
}

/** Puts a checkpoint's weights into the model and reads the rest of it; null without a folder. Throws `checkpoint`. */
export async function loadCheckpoint(
  model: TrainableModel,
  folder: string | undefined,
  args: TrainingArgumentValues,
  warn: (line: string) => void,
): Promise<SavedRun | null> {
  if (folder === undefined) return null;
  const saved = await readCheckpoint(folder, args);
  await model.loadPretrained(folder);
  for (const warning of saved.warnings) warn(warning);
  return saved;
}

/** All of a checkpoint but the weights. Throws `checkpoint`. */
export async function readCheckpoint(folder: string, args: TrainingArgumentValues): Promise<SavedRun> {
  const state = await readState(folder);
  const warnings: string[] = [];
  if (state.bestModelCheckpoint !== null && !existsSync(state.bestModelCheckpoint)) {
    warnings.push(
      `The best checkpoint ${state.bestModelCheckpoint} recorded in the resumed state does not exist anymore. Ignoring it for this run.`,
    );
    state.bestModelCheckpoint = null;
  }
  const optimizer = await readOptimizer(folder, args.optim);
  if (!optimizer) {
    warnings.push(`${folder} has no state of the optimizer: it begins anew, with the weights of the checkpoint.`);
  }
  const metricSchedule = await readMetricSchedule(folder, args.lr_scheduler_type, warnings);
  const randomness = (await readJson(join(folder, FILES.randomness))) as Randomness | undefined;
  warnings.push(...differences(state, randomness, args));
  return {
    state,
    optimizer,
    metricSchedule,
    seeds: randomness?.seeds ?? null,
    microBatchSize: randomness?.micro_batch_size ?? null,
    warnings,
  };
}

/** Where the training of a checkpoint was. Throws `checkpoint`. */
export async function readState(folder: string): Promise<TrainerState> {
  const path = join(folder, FILES.state);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new TuneboardError('checkpoint', `${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  });
  return parseState(text, path);
}

/** Whether the state of the optimiser, if a checkpoint has one, is of this kind. */
export async function isOfOptimizer(folder: string, optim: string): Promise<boolean> {
  const path = join(folder, FILES.optimizer);
  if (!existsSync(path)) return true;
  const file = await SafetensorsFile.open(path);
  await file.close();
  return familyOf(file.metadata['optim'] ?? '') === familyOf(optim);
}

/** Python's is a pickle. */
async function readMetricSchedule(
  folder: string,
  name: TrainingArgumentValues['lr_scheduler_type'],
  warnings: string[],
): Promise<MetricScheduleState | null> {
  if (!isMetricSchedule(name)) return null;
  const saved = (await readJson(join(folder, FILES.scheduler))) as
    | { readonly lr_scheduler_type?: unknown; readonly metric_schedule?: MetricScheduleState }
    | undefined;
  if (saved?.lr_scheduler_type === name && saved.metric_schedule) return saved.metric_schedule;
  warnings.push(`${folder} has no state of the schedule ${name}: the learning rate begins anew.`);
  return null;
}

interface Randomness {
  readonly seed: number;
  readonly data_seed: number | null;
  readonly seeds: SeedState;
  readonly micro_batch_size: number;
}

async function readOptimizer(folder: string, optim: string): Promise<OptimizerState | null> {
  const path = join(folder, FILES.optimizer);
  if (!existsSync(path)) return null;
  const file = await SafetensorsFile.open(path);
  try {
    const { optim: saved = '', step = '' } = file.metadata;
    if (familyOf(saved) !== familyOf(optim)) {
      throw new TuneboardError('checkpoint', `${path} is of the optimizer ${saved}: set optim to it, or train anew.`);
    }
    if (!/^\d+$/.test(step))
      throw new TuneboardError('checkpoint', `${path} does not say how many updates it has seen.`);
    const tensors = new Map<string, Float32Array>();
    for (const name of file.tensors.keys()) tensors.set(name, await file.readFloats(name));
    return { step: Number(step), tensors };
  } finally {
    await file.close();
  }
}

/** Both AdamWs are one here. */
function familyOf(optim: string): string {
  return optim.startsWith('adamw') ? 'adamw' : optim;
}

async function readJson(path: string): Promise<unknown> {
  if (!existsSync(path)) return undefined;
  try {
    return parseJson(await readFile(path, 'utf8'));
  } catch (error) {
    throw new TuneboardError('checkpoint', `${path} is no JSON: resume from another checkpoint.`, { cause: error });
  }
}

/** Hugging Face's compare_trainer_and_checkpoint_args, and the seeds. */
function differences(state: TrainerState, randomness: Randomness | undefined, args: TrainingArgumentValues): string[] {
  const pairs: [string, unknown, unknown][] = [
    ['per_device_train_batch_size', args.per_device_train_batch_size, state.trainBatchSize],
    ['seed', args.seed, randomness?.seed],
    ['data_seed', args.data_seed, randomness?.data_seed],
  ];
  if (args.logging_steps >= 1) pairs.push(['logging_steps', args.logging_steps, state.loggingSteps]);
  if (args.save_steps >= 1) pairs.push(['save_steps', args.save_steps, state.saveSteps]);
  if (args.eval_steps !== null && args.eval_steps >= 1) pairs.push(['eval_steps', args.eval_steps, state.evalSteps]);
  return pairs
    .filter(([, now, before]) => before !== undefined && before !== null && now !== before)
    .map(
      ([name, now, before]) =>
        `Warning: the training argument ${name} is ${now} and the checkpoint's is ${before}: the training does not go on as it was.`,
    );
}
