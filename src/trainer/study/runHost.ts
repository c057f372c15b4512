import type { Trial } from '../../core/study/trial.ts';
import { TrialPruned } from '../../library/optimize.ts';
import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { CallbackHandler } from '../callbacks/callbackHandler.ts';
import type { TrainerEvent } from '../callbacks/trainerCallback.ts';
import type { CheckpointKeeper } from '../checkpoints/checkpointKeeper.ts';
import type { TrainerState } from '../checkpoints/trainerState.ts';
import type { Resumable } from '../checkpoints/writeCheckpoint.ts';
import type { SearchHooks } from '../search/searchHooks.ts';
import { evalName } from '../training/evaluationNames.ts';
import { type Termination, TrainingInterrupted } from '../training/termination.ts';
import type { Metrics } from '../training/trainerOptions.ts';
import type { TrainingHost } from '../training/trainingRun.ts';

export interface RunParts {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly callbacks: CallbackHandler;
  readonly keeper: CheckpointKeeper;
  readonly termination: Termination;
  readonly trial: Trial | null;
  /** Null outside a search. */
  readonly hooks: SearchHooks | null;
  call(event: TrainerEvent): Promise<void>;
  log(metrics: Metrics, more?: Metrics): Promise<void>;
  evaluate(): Promise<Metrics>;
  print(line: string): void;
}

/** What a training run asks for, in Hugging Face's order: an evaluation is told to the search, then to the checkpoints. */
export function hostOf(parts: RunParts): TrainingHost {
  const { args, state, callbacks, keeper, termination, trial, hooks } = parts;
  const save = (resumable: Resumable) => {
    state.statefulCallbacks = callbacks.exportStates();
    return keeper.save(resumable);
  };
  return {
    args,
    state,
    control: callbacks.control,
    call: parts.call,
    log: parts.log,
    print: parts.print,
    evaluate: async (isUntrained) => {
      const metrics = await parts.evaluate();
      if (trial && (await hooks?.isPruned(trial, metrics, state))) {
        await parts.call('onTrainEnd');
        throw new TrialPruned();
      }
      const isBest = !isUntrained && keeper.noteBest(metrics);
      if (args.save_strategy === 'best') callbacks.control.shouldSave = isBest;
      return metrics[evalName(args.metric_for_best_model ?? 'loss')] ?? Number.NaN;
    },
    save: async (resumable) => {
      await save(resumable);
      await parts.call('onSave');
    },
    checkInterrupted: async (resumable) => {
      const { asked } = termination;
      if (asked === null) return;
      const isSaved = args.save_strategy !== 'no' || args.enable_jit_checkpoint;
      throw new TrainingInterrupted(asked, isSaved ? await save(resumable()) : null);
    },
  };
}
