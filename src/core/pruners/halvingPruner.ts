import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type { History } from '../study/history.ts';
import { FirstComplete } from './firstComplete.ts';
import { type HalvingRules, halve } from './halving.ts';
import { GO_ON, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';
import { Rungs } from './rungs.ts';

export interface HalvingOptions extends Omit<HalvingRules, 'minResource'> {
  /** Null: a hundredth of the last step of the trial that was first to complete, at least 1. */
  readonly minResource: number | null;
}

interface Known {
  readonly rungs: Rungs;
  readonly first: FirstComplete;
}

/** Optuna's SuccessiveHalvingPruner: one group for all trials (see `halve`). */
export class HalvingPruner implements Pruner {
  readonly name = 'successive_halving';
  readonly #options: HalvingOptions;
  readonly #known = new WeakMap<History, Known>();

  /** Throws `invalid-option` where Optuna does. */
  constructor(options: HalvingOptions) {
    if (options.bootstrapCount > 0 && options.minResource === null) {
      throw new TuneboardError('invalid-option', coreMessage('bootstrapCountPrunerSuccessiveHalving'));
    }
    this.#options = options;
  }

  shouldPrune(context: PruneContext): PruneDecision {
    const { rungs, first } = this.#knownOf(context.history);
    const minResource = this.#options.minResource ?? autoResource(first.lastStep);
    return minResource === undefined ? GO_ON : halve(context, { ...this.#options, minResource }, rungs, 0);
  }

  #knownOf(history: History): Known {
    let known = this.#known.get(history);
    if (!known) {
      known = { rungs: new Rungs(history, () => 0), first: new FirstComplete(history) };
      this.#known.set(history, known);
    }
    return known;
  }
}

function autoResource(lastStep: number | undefined): number | undefined {
  return lastStep === undefined ? undefined : Math.max(1, Math.floor(lastStep / 100));
}
