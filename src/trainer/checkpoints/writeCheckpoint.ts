import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dumpJson } from '../../core/text/pythonJson.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import { removeAside } from '../io/removeAside.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import { unwritable, writeTextAside } from '../io/writeAside.ts';
import type { MetricScheduleState } from '../optimizers/metricSchedule.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { SeedState } from '../training/seed.ts';
import type { TrainableModel } from '../training/trainableModel.ts';
import { asideName, checkpointName } from './checkpointFolders.ts';
import { stateText, type TrainerState } from './trainerState.ts';

/** What has a folder form of its own: a tokenizer. */
export interface Savable {
  savePretrained(folder: string): Promise<void>;
}

export interface Resumable {
  readonly optimizer: OptimizerState;
  readonly learningRate: number;
  /** Of a learning rate that follows a metric; null of others, which follow from the number of updates. */
  readonly metricSchedule: MetricScheduleState | null;
  readonly seeds: SeedState;
  readonly microBatchSize: number;
}

export interface CheckpointParts {
  readonly model: TrainableModel;
  readonly tokenizer: Savable | null;
  readonly args: TrainingArgumentValues;
  readonly state: TrainerState;
  /** Null with `save_only_model`. */
  readonly resumable: Resumable | null;
}

export const FILES = {
  optimizer: 'optimizer.safetensors',
  scheduler: 'scheduler.json',
  randomness: 'rng_state.json',
  state: 'trainer_state.json',
  args: 'training_args.json',
} as const;

/**
 * Writes `checkpoint-{globalStep}` beside its place and renames it when it is whole: a reader sees all of it or nothing.
 * Hugging Face's files, but `optimizer.safetensors`, `scheduler.json`, `rng_state.json` and `training_args.json` in place of
 * Python's pickles. Returns the folder. Throws `no-space` and `unwritable`.
 */
export async function writeCheckpoint(folder: string, parts: CheckpointParts): Promise<string> {
  const { globalStep } = parts.state;
  const aside = join(folder, asideName(globalStep));
  const place = join(folder, checkpointName(globalStep));
  await makeFolder(folder);
  await rm(aside, { recursive: true, force: true });
  try {
    await makeFolder(aside);
    await writeParts(aside, parts);
    await takePlace(aside, place);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  return place;
}

/** Makes a folder. Throws `no-space` and `unwritable` in one sentence. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unwritable(folder, error);
  });
}

async function writeParts(
  folder: string,
  { model, tokenizer, args, state, resumable }: CheckpointParts,
): Promise<void> {
  await model.savePretrained(folder);
  await tokenizer?.savePretrained(folder);
  if (resumable) {
    const { optimizer, learningRate, metricSchedule, seeds, microBatchSize } = resumable;
    const tensors = [...optimizer.tensors].map(([name, values]) => ({ name, shape: [values.length], values }));
    const metadata = { format: 'tuneboard', optim: args.optim, step: String(optimizer.step) };
    await writeSafetensors(join(folder, FILES.optimizer), tensors, metadata);
    const scheduler = {
      lr_scheduler_type: args.lr_scheduler_type,
      last_epoch: state.globalStep,
      base_lrs: [args.learning_rate],
      _last_lr: [learningRate],
      ...(metricSchedule && { metric_schedule: metricSchedule }),
    };
    // A best metric may be infinite.
    await writeTextAside(join(folder, FILES.scheduler), `${dumpJson(scheduler, 'spaced')}\n`);
    // The order of the rows and the masks of dropout are functions of the seeds and the number of updates.
    await writeJson(folder, FILES.randomness, {
      seed: args.seed,
      data_seed: args.data_seed,
      seeds,
      micro_batch_size: microBatchSize,
    });
  }
  await writeArguments(folder, args);
  await writeTextAside(join(folder, FILES.state), stateText(state));
}

export function writeArguments(folder: string, args: TrainingArgumentValues): Promise<void> {
  return writeJson(folder, FILES.args, args);
}

function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  return writeTextAside(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

/** An older checkpoint of the same step is gone only when the new one has its name. */
async function takePlace(aside: string, place: string): Promise<void> {
  await syncFolder(aside);
  const old = aside.replace(/part$/, 'old');
  if (existsSync(place)) await rename(place, old);
  await rename(aside, place);
  await removeAside(old);
}

/** So that a power cut does not lose what was renamed; Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
