import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';

/**
 * How far the study's complete trials have reported. Ending a trial at a step that none of them has gone beyond saves
 * nothing: a program that prints its metric once, at its end, would be recorded as pruned although it has a result.
 */
export class CurveReach {
  readonly #history: History;
  #longest = -1;
  #seenComplete = 0;
  #seenRevision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** The highest step of any complete trial, −1 when none has reported. */
  get longest(): number {
    const complete = this.#history.count(TrialState.complete);
    if (complete !== this.#seenComplete) {
      for (const number of this.#history.changedSince(this.#seenRevision)) {
        if (this.#history.state(number) !== TrialState.complete) continue;
        for (const step of this.#history.curve(number).steps) this.#longest = Math.max(this.#longest, step);
      }
      this.#seenComplete = complete;
      this.#seenRevision = this.#history.revision;
    }
    return this.#longest;
  }
}
