import { FAIL_REASON } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import { isPaused } from '../../core/study/paused.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import type { SessionEvents } from '../run/events.ts';

/** Tells what workers elsewhere did, from the history alone, as a session would tell what it did itself. */
export class HistoryEvents {
  readonly #history: History;
  readonly #events: SessionEvents;
  readonly #told = new Map<number, { state: TrialState; step: number }>();
  #revision: number;

  constructor(history: History, events: SessionEvents) {
    this.#history = history;
    this.#events = events;
    this.#revision = history.revision;
    for (let number = 0; number < history.length; number++) {
      if (!isFinished(history.state(number))) this.#told.set(number, { state: history.state(number), step: -1 });
    }
  }

  /** Tells what has changed since the last call. */
  tell(): void {
    const numbers = this.#history.changedSince(this.#revision);
    this.#revision = this.#history.revision;
    for (const number of numbers) this.#tellTrial(number);
  }

  #tellTrial(number: number): void {
    const history = this.#history;
    const state = history.state(number);
    const before = this.#told.get(number) ?? { state: TrialState.waiting, step: -1 };
    const last = history.lastReport(number);
    const step = last?.step ?? -1;
    this.#told.set(number, { state, step });
    if (state === TrialState.waiting) {
      if (before.state === TrialState.running && isPaused(history, number)) {
        this.#events.trialPaused?.(number, last?.value ?? Number.NaN, last?.step ?? 0);
      }
      return;
    }
    if (before.state === TrialState.waiting) this.#events.trialStarted?.(number, history.params(number));
    if (last && step > before.step) this.#events.trialReported?.(number, last.value, step);
    if (!isFinished(state)) return;
    this.#told.delete(number);
    const values = history.directions.map((_, objective) => history.value(number, objective));
    const error = history.userAttrs(number)[FAIL_REASON];
    const reason = typeof error === 'string' ? error.split('\n')[0] : undefined;
    this.#events.trialEnded?.(number, state, values.some(Number.isNaN) ? null : values, reason);
  }
}
