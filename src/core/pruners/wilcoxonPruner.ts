import { signedRankGreater } from '../stats/signedRank.ts';
import type { Curve } from '../study/columns/curves.ts';
import { Direction } from '../study/states.ts';
import { GO_ON, PRUNE, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';

export interface WilcoxonOptions {
  /** A trial is ended when the chance that it is no worse is below this. */
  readonly pThreshold: number;
  /** Common steps before anything is decided. */
  readonly nStartupSteps: number;
}

/**
 * Optuna's WilcoxonPruner, for objectives that are a mean over instances (folds, data sets), one step each: ends a trial whose
 * values are worse than the best trial's at the same steps by a one-sided signed-rank test, unless their mean is as good as
 * the best trial's. A report that is not finite, of either, ends nothing.
 */
export class WilcoxonPruner implements Pruner {
  readonly name = 'wilcoxon';
  readonly #options: WilcoxonOptions;

  constructor(options: WilcoxonOptions) {
    this.#options = options;
  }

  shouldPrune({ history, number }: PruneContext): PruneDecision {
    const { pThreshold, nStartupSteps } = this.#options;
    const own = history.curve(number);
    if (history.best === undefined) return GO_ON;
    const best = history.curve(history.best);
    if (![own, best].every(({ values }) => values.length > 0 && values.every(Number.isFinite))) return GO_ON;
    const sign = history.directions[0] === Direction.maximize ? -1 : 1;
    const bestAt = new Map(best.steps.map((step, index) => [step, best.values[index]]));
    const differences: number[] = [];
    for (const [index, step] of own.steps.entries()) {
      const other = bestAt.get(step);
      if (other !== undefined) differences.push(sign * (own.values[index] - other));
    }
    if (differences.length < Math.max(2, nStartupSteps)) return GO_ON;
    const isBetterOnAverage = sign * mean(best) >= sign * mean(own);
    // A NaN chance compares as false.
    return !isBetterOnAverage && signedRankGreater(differences) < pThreshold ? PRUNE : GO_ON;
  }
}

function mean({ values }: Curve): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
