import { Direction } from '../study/states.ts';
import { GO_ON, PRUNE, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';

export interface PatientOptions {
  /** Reports without improvement before the wrapped pruner is asked. */
  readonly patience: number;
  /** A change for the better that is smaller counts as none. */
  readonly minDelta: number;
}

/**
 * Optuna's PatientPruner: asks another pruner, or ends the trial when there is none, only when the best of the last
 * `patience + 1` reports is worse than the best before them. NaN reports are passed over.
 */
export class PatientPruner implements Pruner {
  readonly name = 'patient';
  readonly #wrapped: Pruner | null;
  readonly #options: PatientOptions;

  constructor(wrapped: Pruner | null, options: PatientOptions) {
    this.#wrapped = wrapped;
    this.#options = options;
  }

  shouldPrune(context: PruneContext): PruneDecision {
    const { history, number } = context;
    const { patience, minDelta } = this.#options;
    const { steps, values } = history.curve(number);
    if (steps.length <= patience + 1) return GO_ON;
    const sign = history.directions[0] === Direction.maximize ? -1 : 1;
    const losses = [...steps.keys()].sort((a, b) => steps[a] - steps[b]).map((index) => sign * values[index]);
    const before = lowest(losses.slice(0, -patience - 1));
    const after = lowest(losses.slice(-patience - 1));
    // A NaN, when one side has no other report, compares as false: go on.
    if (!(before + minDelta < after)) return GO_ON;
    return this.#wrapped ? this.#wrapped.shouldPrune(context) : PRUNE;
  }
}

function lowest(losses: readonly number[]): number {
  let least = Number.NaN;
  for (const loss of losses) if (Number.isNaN(least) || loss < least) least = loss;
  return least;
}
