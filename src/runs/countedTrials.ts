import { wasInterrupted } from '../core/study/failReason.ts';
import type { History } from '../core/study/history.ts';
import { TrialState } from '../core/study/states.ts';

/** Counts the finished trials of a history that count in a budget; what is new since the last time is all that is looked at. */
export class CountedTrials {
  readonly history: History;
  readonly #interrupted = new Set<number>();
  #seenRevision = -1;
  #seenFailures = 0;

  constructor(history: History) {
    this.history = history;
  }

  /** Complete, pruned and failed trials, but not those that a dead or stopped tuner or worker cut off, nor those that could not begin. */
  get count(): number {
    const { history } = this;
    const failed = history.count(TrialState.fail);
    if (failed !== this.#seenFailures) this.#look(failed);
    return history.count(TrialState.complete) + history.count(TrialState.pruned) + failed - this.#interrupted.size;
  }

  #look(failed: number): void {
    const { history } = this;
    const look = (number: number) => {
      if (wasInterrupted(history, number)) this.#interrupted.add(number);
    };
    if (this.#seenRevision < 0) for (let number = 0; number < history.length; number++) look(number);
    else for (const number of history.changedSince(this.#seenRevision)) look(number);
    this.#seenRevision = history.revision;
    this.#seenFailures = failed;
  }
}
