import { GO_ON, PRUNE, type PruneContext, type PruneDecision, type Pruner } from '../pruners/pruner.ts';
import type { Scheduler } from './scheduler.ts';
import { completionAttrs, promotionAttrs } from './trialAttrs.ts';

/**
 * The end of a trial's part as a pruner's decision, for an objective that asks `shouldPrune` in the same process. The caller
 * then pauses the trial, as `ScheduledStudy.isThrough` says. A trial that is promoted at once is stored as promoted and
 * continues. Below the end of the part the study's own pruner decides.
 */
export class PartPruner implements Pruner {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #inner: Pruner | null;

  constructor(scheduler: Scheduler, inner: Pruner | null) {
    this.name = scheduler.name;
    this.#scheduler = scheduler;
    this.#inner = inner;
  }

  shouldPrune(context: PruneContext): PruneDecision {
    const { history, number } = context;
    const decision = this.#scheduler.decide(history, number);
    if (decision.type === 'pause') return PRUNE;
    if (decision.type === 'continue') return this.#inner?.shouldPrune(context) ?? GO_ON;
    if (decision.type === 'finish') return GO_ON;
    const systemAttrs = { ...completionAttrs(history, number), ...promotionAttrs(history, number, decision.rung) };
    return { prune: false, systemAttrs };
  }
}
