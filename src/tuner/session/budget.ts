import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { INTERRUPTED } from '../../runs/trialOwner.ts';

/** How much of a study is done. Trials count over all runs; time counts in this run, without its pauses. */
export class Budget {
  limits: RunBudget;
  readonly #history: History;
  readonly #now: () => number;
  readonly #interrupted = new Set<number>();
  #seenRevision = 0;
  #seenFailures = -1;
  #spentMs = 0;
  #runningSince: number | undefined;

  constructor(history: History, limits: RunBudget, now: () => number = () => performance.now()) {
    this.#history = history;
    this.limits = limits;
    this.#now = now;
    this.#runningSince = now();
  }

  /** Finished trials that count: complete, pruned and failed ones, but not those that a dead or stopped tuner cut off. */
  get finished(): number {
    const failed = this.#history.count(TrialState.fail);
    if (failed !== this.#seenFailures) this.#lookForInterrupted(failed);
    const done = this.#history.count(TrialState.complete) + this.#history.count(TrialState.pruned);
    return done + failed - this.#interrupted.size;
  }

  /** How many more trials may start while `running` are under way. */
  startable(running: number): number {
    if (this.isTimeUp) return 0;
    return this.limits.trials === null ? Number.POSITIVE_INFINITY : this.limits.trials - this.finished - running;
  }

  get isTimeUp(): boolean {
    return this.limits.timeoutMs !== null && this.spentMs >= this.limits.timeoutMs;
  }

  get isUsedUp(): boolean {
    return this.isTimeUp || (this.limits.trials !== null && this.finished >= this.limits.trials);
  }

  /** Running time of this run in milliseconds. */
  get spentMs(): number {
    return this.#spentMs + (this.#runningSince === undefined ? 0 : this.#now() - this.#runningSince);
  }

  /** Milliseconds until the time is up, Infinity without a limit. */
  get leftMs(): number {
    return this.limits.timeoutMs === null
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.limits.timeoutMs - this.spentMs);
  }

  pause(): void {
    this.#spentMs = this.spentMs;
    this.#runningSince = undefined;
  }

  resume(): void {
    this.#runningSince ??= this.#now();
  }

  #lookForInterrupted(failed: number): void {
    for (const number of this.#history.changedSince(this.#seenRevision)) {
      const isCounted = this.#history.state(number) === TrialState.fail;
      if (isCounted && this.#history.systemAttrs(number)[INTERRUPTED] !== undefined) this.#interrupted.add(number);
    }
    this.#seenRevision = this.#history.revision;
    this.#seenFailures = failed;
  }
}
