import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { type CheckedSteps, checkedStep } from './checkedStep.ts';
import { GO_ON, PRUNE, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';

export interface ThresholdOptions extends CheckedSteps {
  /** Null: no bound on this side. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Optuna's ThresholdPruner: ends a trial whose last value is NaN, below `lower` or above `upper`. */
export class ThresholdPruner implements Pruner {
  readonly name = 'threshold';
  readonly #options: ThresholdOptions;
  readonly #lower: number;
  readonly #upper: number;

  /** Throws `invalid-option` without a bound, and when they are the wrong way round. */
  constructor(options: ThresholdOptions) {
    const { lower, upper } = options;
    if (lower === null && upper === null) {
      throw new TuneboardError('invalid-option', coreMessage('prunerThresholdNeedsBoundSet'));
    }
    this.#options = options;
    this.#lower = lower ?? Number.NEGATIVE_INFINITY;
    this.#upper = upper ?? Number.POSITIVE_INFINITY;
    if (this.#lower > this.#upper) {
      throw new TuneboardError(
        'invalid-option',
        coreMessage('lowerPrunerThresholdAboveUpper', { lower: this.#lower, upper: this.#upper }),
      );
    }
  }

  shouldPrune({ history, number }: PruneContext): PruneDecision {
    if (checkedStep(history.curve(number), this.#options) === undefined) return GO_ON;
    const value = history.lastReport(number)?.value ?? Number.NaN;
    return value >= this.#lower && value <= this.#upper ? GO_ON : PRUNE;
  }
}
