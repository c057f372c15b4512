import { TuneboardError } from '../../core/errors.ts';
import type { EitherCase } from '../../core/text/pythonNames.ts';
import { optionsOf } from '../pythonOptions.ts';
import { evalName } from '../training/evaluationNames.ts';
import type { CallbackContext, CallbackState, TrainerCallback } from './trainerCallback.ts';

export interface EarlyStoppingOptions {
  /** Evaluations without progress after which training ends; 1 by default. */
  readonly earlyStoppingPatience?: number;
  /** What the metric must at least gain to count as progress; 0 by default. */
  readonly earlyStoppingThreshold?: number;
  /** Gets the sentences that Hugging Face would log as warnings; `console.warn` by default. */
  readonly warn?: (sentence: string) => void;
}

const KEYS: Readonly<Record<keyof EarlyStoppingOptions, true>> = {
  earlyStoppingPatience: true,
  earlyStoppingThreshold: true,
  warn: true,
};

/**
 * Ends training when `metric_for_best_model` has not improved on the best before in `earlyStoppingPatience` evaluations, as
 * Hugging Face's class of this name. Throws `training-arguments` when training begins without a metric or evaluations.
 */
export class EarlyStoppingCallback implements TrainerCallback {
  readonly stateName = 'EarlyStoppingCallback';
  #patience: number;
  #threshold: number;
  /** Evaluations without progress so far. */
  #counter = 0;
  readonly #warn: (sentence: string) => void;

  constructor(given: EitherCase<EarlyStoppingOptions> = {}) {
    const options = optionsOf<EarlyStoppingOptions>(given, KEYS, 'EarlyStoppingCallback');
    this.#patience = options.earlyStoppingPatience ?? 1;
    this.#threshold = options.earlyStoppingThreshold ?? 0;
    if (!(Number.isFinite(this.#patience) && Number.isFinite(this.#threshold))) {
      throw invalid('EarlyStoppingCallback takes numbers as earlyStoppingPatience and earlyStoppingThreshold');
    }
    this.#warn = options.warn ?? ((sentence) => console.warn(sentence));
  }

  onTrainBegin({ args }: CallbackContext): void {
    if (!args.load_best_model_at_end) {
      this.#warn(
        'Using EarlyStoppingCallback without load_best_model_at_end=True. Once training is finished, the best model will not be loaded automatically.',
      );
    }
    if (args.metric_for_best_model === null)
      throw invalid('EarlyStoppingCallback requires metric_for_best_model to be defined');
    if (args.eval_strategy === 'no') throw invalid('EarlyStoppingCallback requires IntervalStrategy of steps or epoch');
  }

  onEvaluate({ args, state, control, metrics = {} }: CallbackContext): void {
    const name = evalName(args.metric_for_best_model ?? 'loss');
    const value = metrics[name];
    if (value === undefined) {
      this.#warn(
        `early stopping required metric_for_best_model, but did not find ${name} so early stopping is disabled`,
      );
      return;
    }
    const { bestMetric: best } = state;
    const isBetter = best === null || (args.greater_is_better ? value > best : value < best);
    const isProgress = isBetter && (best === null || Math.abs(value - best) > this.#threshold);
    this.#counter = isProgress ? 0 : this.#counter + 1;
    if (this.#counter >= this.#patience) control.shouldTrainingStop = true;
  }

  exportState(): CallbackState {
    return {
      args: { early_stopping_patience: this.#patience, early_stopping_threshold: this.#threshold },
      attributes: { early_stopping_patience_counter: this.#counter },
    };
  }

  restoreState({ args, attributes }: CallbackState): void {
    this.#patience = Number(args['early_stopping_patience']);
    this.#threshold = Number(args['early_stopping_threshold']);
    this.#counter = Number(attributes['early_stopping_patience_counter']);
  }
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('training-arguments', message);
}
