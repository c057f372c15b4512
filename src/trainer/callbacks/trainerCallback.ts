/** Where a training run is. */
export interface TrainerState {
  /** Epochs done, with the part of the one that runs. */
  epoch: number;
  /** Updates done. */
  globalStep: number;
  maxSteps: number;
  /** All that was logged, with its step, as Hugging Face's `log_history`. */
  readonly logHistory: Readonly<Record<string, number>>[];
}

/** What a callback may ask for; a wish is taken back when it has been met. */
export interface TrainerControl {
  shouldTrainingStop: boolean;
  shouldLog: boolean;
  shouldEvaluate: boolean;
}

export interface CallbackContext {
  readonly state: TrainerState;
  readonly control: TrainerControl;
  /** With `onLog` and `onEvaluate`. */
  readonly logs?: Readonly<Record<string, number>>;
}

export type TrainerEvent =
  | 'onTrainBegin'
  | 'onEpochBegin'
  | 'onStepBegin'
  | 'onSubstepEnd'
  | 'onPreOptimizerStep'
  | 'onOptimizerStep'
  | 'onStepEnd'
  | 'onEpochEnd'
  | 'onLog'
  | 'onEvaluate'
  | 'onPredictionStep'
  | 'onTrainEnd';

/** Called in Hugging Face's order of events. */
export type TrainerCallback = { readonly [Event in TrainerEvent]?: (context: CallbackContext) => void };
