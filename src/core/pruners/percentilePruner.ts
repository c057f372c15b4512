import type { Curve } from '../study/columns/curves.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';
import { type CheckedSteps, checkedStep } from './checkedStep.ts';
import { GO_ON, PRUNE, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';
import { StepIndex } from './stepIndex.ts';

export interface PercentileOptions extends CheckedSteps {
  /** Share of the complete trials, in percent, that a trial has to be among to go on. */
  readonly percentile: number;
  /** Complete trials before anything is pruned. */
  readonly nStartupTrials: number;
  /** Complete trials that must have reported this very step. */
  readonly nMinTrials: number;
}

/**
 * Optuna's PercentilePruner, and with percentile 50 its MedianPruner (Vizier's median stopping rule, Golovin et al. 2017,
 * with Optuna's differences): ends a trial whose best value over all its own steps is strictly worse than the given
 * percentile of the complete trials' values at exactly its last step. A trial that has reported nothing but NaN is ended.
 */
export class PercentilePruner implements Pruner {
  readonly name: string;
  readonly #options: PercentileOptions;
  readonly #indexes = new WeakMap<History, StepIndex>();

  constructor(name: string, options: PercentileOptions) {
    this.name = name;
    this.#options = options;
  }

  shouldPrune({ history, number }: PruneContext): PruneDecision {
    const { nStartupTrials, nMinTrials, percentile } = this.#options;
    const complete = history.count(TrialState.complete);
    if (complete === 0 || complete < nStartupTrials) return GO_ON;
    const curve = history.curve(number);
    const step = checkedStep(curve, this.#options);
    if (step === undefined) return GO_ON;
    const maximize = history.directions[0] === Direction.maximize;
    const best = bestValue(curve, maximize);
    if (Number.isNaN(best)) return PRUNE;
    const threshold = this.#index(history).percentile(step, maximize ? 100 - percentile : percentile, nMinTrials);
    // A NaN threshold (too few values) compares as false: go on.
    return (maximize ? best < threshold : best > threshold) ? PRUNE : GO_ON;
  }

  #index(history: History): StepIndex {
    let index = this.#indexes.get(history);
    if (!index) {
      index = new StepIndex(history);
      this.#indexes.set(history, index);
    }
    index.update();
    return index;
  }
}

/** Best of the values, NaN ones left out; NaN when there is no other. */
function bestValue({ values }: Curve, maximize: boolean): number {
  let best = Number.NaN;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (Number.isNaN(best) || (maximize ? value > best : value < best)) best = value;
  }
  return best;
}
