import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import { evalName } from '../training/evaluationNames.ts';
import type { TrainableModel } from '../training/trainableModel.ts';
import { checkpointName, keepOnly, rotateCheckpoints } from './checkpointFolders.ts';
import type { TrainerState } from './trainerState.ts';
import { type Resumable, type Savable, writeCheckpoint } from './writeCheckpoint.ts';

export interface Keeping {
  /** Where the checkpoints of this run are. */
  readonly folder: string;
  readonly args: TrainingArguments;
  readonly model: TrainableModel;
  readonly tokenizer: Savable | null;
  readonly state: TrainerState;
}

/** The checkpoints of one training run, and which of them is the best. */
export class CheckpointKeeper {
  readonly #keeping: Keeping;

  constructor(keeping: Keeping) {
    this.#keeping = keeping;
  }

  /** Returns the folder. */
  async save(resumable: Resumable): Promise<string> {
    const { folder, args, state, model, tokenizer } = this.#keeping;
    const path = join(folder, checkpointName(state.globalStep));
    if (state.bestGlobalStep !== null) {
      const best = join(folder, checkpointName(state.bestGlobalStep));
      if (best === path || existsSync(best)) state.bestModelCheckpoint = best;
    }
    const kept = args.save_only_model ? null : resumable;
    await writeCheckpoint(folder, { model, tokenizer, args: args.values, state, resumable: kept });
    await rotateCheckpoints(folder, { limit: args.save_total_limit, keep: [path, state.bestModelCheckpoint] });
    return path;
  }

  /**
   * Whether this evaluation beats all before: of equal ones the earlier stays the best. Throws `training-arguments` where the
   * metric is not among them.
   */
  noteBest(metrics: Readonly<Record<string, number>>): boolean {
    const { args, state } = this.#keeping;
    if (args.metric_for_best_model === null) return false;
    const name = evalName(args.metric_for_best_model);
    const value = metrics[name];
    if (value === undefined) {
      throw new TuneboardError(
        'training-arguments',
        `The \`metric_for_best_model\` training argument is set to '${name}', which is not found in the evaluation metrics. The available evaluation metrics are: ${Object.keys(metrics).join(', ')}. Consider changing the \`metric_for_best_model\` via the TrainingArguments.`,
      );
    }
    const isGreaterBetter = args.greater_is_better ?? false;
    const best = state.bestMetric ?? (isGreaterBetter ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    if (!(isGreaterBetter ? value > best : value < best)) return false;
    state.bestMetric = value;
    if (args.save_strategy !== 'no') state.bestGlobalStep = state.globalStep;
    return true;
  }

  /** At the end: the best weights into the model, where that is wanted, and no other checkpoint where one is the limit. */
  async finish(print: (line: string) => void): Promise<void> {
    const { args, model, state, folder } = this.#keeping;
    const { bestModelCheckpoint: best, bestMetric } = state;
    if (best === null) return;
    if (args.load_best_model_at_end) {
      print(`Loading best model from ${best} (score: ${bestMetric}).`);
      await model.loadPretrained(best);
    }
    if (args.save_total_limit === 1) await keepOnly(folder, best);
  }
}
