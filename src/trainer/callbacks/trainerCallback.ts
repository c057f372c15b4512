import type { SnakeCase } from '../../core/text/letterCase.ts';
import type { WithPythonNames } from '../../core/text/pythonNames.ts';
import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { TrainerState } from '../checkpoints/trainerState.ts';
import type { TrainableModel } from '../training/trainableModel.ts';

export type Logs = Readonly<Record<string, number>>;

/** What a callback may ask for; a wish is taken back when it has been met. */
export interface TrainerControl {
  /** End the training after this update. */
  shouldTrainingStop: boolean;
  /** Go on with the next epoch after this update. */
  shouldEpochStop: boolean;
  shouldSave: boolean;
  shouldEvaluate: boolean;
  shouldLog: boolean;
}

export interface CallbackContext {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly control: WithPythonNames<TrainerControl>;
  /** Null before the first training. */
  readonly model: TrainableModel | null;
  /** With `onLog`. */
  readonly logs?: Logs;
  /** With `onEvaluate` and `onPredict`. */
  readonly metrics?: Logs;
}

export type TrainerEvent =
  | 'onInitEnd'
  | 'onTrainBegin'
  | 'onEpochBegin'
  | 'onStepBegin'
  | 'onPreOptimizerStep'
  | 'onOptimizerStep'
  | 'onSubstepEnd'
  | 'onStepEnd'
  | 'onEpochEnd'
  | 'onEvaluate'
  | 'onPredict'
  | 'onSave'
  | 'onLog'
  | 'onPredictionStep'
  | 'onTrainEnd';

/** What of a callback is kept in `trainer_state.json`, as Hugging Face's ExportableState. */
export interface CallbackState {
  readonly args: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * Called in Hugging Face's order of events; training waits for what an event returns. `onInitEnd` is not waited for. A method
 * may have its name here or in Python: `onLog` or `on_log`.
 */
export type TrainerCallback = {
  readonly [Event in TrainerEvent | SnakeCase<TrainerEvent>]?: (context: CallbackContext) => void | Promise<void>;
} & {
  /** Its name in `trainer_state.json`, for one that has a state. */
  readonly stateName?: string;
  exportState?(): CallbackState;
  restoreState?(state: CallbackState): void;
};

export type CallbackClass = new () => TrainerCallback;
