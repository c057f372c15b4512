import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { TrainerCallback } from '../callbacks/trainerCallback.ts';
import { checkpointName, lastCheckpoint } from '../checkpoints/checkpointFolders.ts';
import { isOfOptimizer, readState } from '../checkpoints/readCheckpoint.ts';
import { stateText } from '../checkpoints/trainerState.ts';
import { FILES } from '../checkpoints/writeCheckpoint.ts';
import { writeTextAside } from '../io/writeAside.ts';
import { planTraining } from '../training/trainingPlan.ts';

/** A stretch of a trial that a scheduler trains in parts; its steps are epochs. */
export interface TrialPart {
  /** Folder of the trial's checkpoint: empty, its own, or a copy of another trial's. */
  readonly checkpoint: string;
  /** Epochs whose reports the scheduler has, 0 at the start. */
  readonly step: number;
  /** Epochs to have done at the end of the part; null: all of them. */
  readonly budget: number | null;
}

/** What the tuner says of the part that a trial is in; undefined where no scheduler trains it. */
export function partFrom(env: NodeJS.ProcessEnv): TrialPart | undefined {
  const { TUNEBOARD_CHECKPOINT: checkpoint, TUNEBOARD_STEP: step, TUNEBOARD_BUDGET: budget } = env;
  if (!checkpoint) return undefined;
  return { checkpoint, step: Number(step ?? 0), budget: budget === undefined ? null : Number(budget) };
}

/** Training arguments without which a trial could not be paused after an epoch and go on. */
export function partArguments({ checkpoint }: TrialPart): Readonly<Record<string, unknown>> {
  return {
    output_dir: checkpoint,
    eval_strategy: 'epoch',
    save_strategy: 'epoch',
    save_total_limit: 1,
    save_only_model: false,
    load_best_model_at_end: false,
    metric_for_best_model: null,
  };
}

/**
 * The checkpoint that a part begins with; undefined: none. One that another trial has left, with other parameters, is made
 * to fit first: as many updates are done as these batches make in its epochs, and an optimiser of another kind begins anew.
 */
export async function takeUp(
  { checkpoint }: TrialPart,
  args: TrainingArguments,
  rows: number,
): Promise<string | undefined> {
  const folder = lastCheckpoint(checkpoint);
  if (folder === undefined) return undefined;
  if (!(await isOfOptimizer(folder, args.optim))) await rm(join(folder, FILES.optimizer));
  const state = await readState(folder);
  const updates = state.epoch * planTraining(rows, args).updatesPerEpoch;
  // Within an epoch it is the trial's own, which was cut off there.
  if (Number.isInteger(state.epoch) && updates !== state.globalStep) {
    state.globalStep = updates;
    state.trainBatchSize = args.per_device_train_batch_size;
    await writeTextAside(join(folder, FILES.state), stateText(state));
  }
  // Also where a kill came between the two.
  const named = join(dirname(folder), checkpointName(state.globalStep));
  if (named !== folder) await rename(folder, named);
  return named;
}

/** Ends the training after the last epoch of the part, and prints evaluations once what they belong to is saved. */
export function partCallback(
  { budget }: TrialPart,
  print: (line: string) => void,
): { readonly print: (line: string) => void; readonly callback: TrainerCallback } {
  const held: string[] = [];
  return {
    print: (line) => {
      if (line.startsWith("{'eval_")) held.push(line);
      else print(line);
    },
    callback: {
      onEpochEnd: ({ state, control }) => {
        if (budget !== null && state.epoch >= budget) control.shouldTrainingStop = true;
      },
      onSave: () => {
        for (const line of held.splice(0)) print(line);
      },
    },
  };
}
