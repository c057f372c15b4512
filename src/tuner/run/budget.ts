import type { History } from '../../core/study/history.ts';
import { type StopRules, StopWatch } from '../../core/study/stopRules.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { CountedTrials } from '../../runs/countedTrials.ts';
import { isVisible, ownerOf, runOf } from '../../runs/trialOwner.ts';

/** The running time of one run in milliseconds, without its pauses. */
export class RunningTime {
  readonly #now: () => number;
  #spentMs = 0;
  #runningSince: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#runningSince = now();
  }

  get spentMs(): number {
    return this.#spentMs + (this.#runningSince === undefined ? 0 : this.#now() - this.#runningSince);
  }

  pause(): void {
    this.#spentMs = this.spentMs;
    this.#runningSince = undefined;
  }

  resume(): void {
    this.#runningSince ??= this.#now();
  }
}

/** How much of a study is done. Trials count over all runs, time in this one. A script has no study at first: no trial counts then. */
export class Budget {
  limits: RunBudget;
  readonly #time: RunningTime;
  #counted: CountedTrials | undefined;
  #watch: StopWatch | undefined;

  constructor(history: History | undefined, limits: RunBudget, time = new RunningTime()) {
    if (history) this.count(history);
    this.limits = limits;
    this.#time = time;
  }

  get history(): History | undefined {
    return this.#counted?.history;
  }

  /** Counts the trials of this history from now on: a printed log may show its study anew. */
  count(history: History): void {
    if (this.#counted?.history === history) return;
    this.#counted = new CountedTrials(history);
    this.#watch = new StopWatch(history);
  }

  /** Finished trials that count. */
  get finished(): number {
    return this.#counted?.count ?? 0;
  }

  /** How many more trials may start while `running` are under way or paused. */
  startable(running: number): number {
    if (this.isOver) return 0;
    return this.limits.trials === null ? Number.POSITIVE_INFINITY : this.limits.trials - this.finished - running;
  }

  /** The rule of `stop_when` that is met. */
  get stoppedBy(): keyof StopRules | undefined {
    const { stopWhen } = this.limits;
    return stopWhen && this.#watch?.met(stopWhen);
  }

  /** Whether no further trial starts, however many were asked for. */
  get isOver(): boolean {
    return this.isTimeUp || this.stoppedBy !== undefined;
  }

  get isTimeUp(): boolean {
    return this.limits.timeoutMs !== null && this.#time.spentMs >= this.limits.timeoutMs;
  }

  get isUsedUp(): boolean {
    return this.isOver || (this.limits.trials !== null && this.finished >= this.limits.trials);
  }

  /** Milliseconds until the time is up, Infinity without a limit. */
  get leftMs(): number {
    return this.limits.timeoutMs === null
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.limits.timeoutMs - this.#time.spentMs);
  }

  pause(): void {
    this.#time.pause();
  }

  resume(): void {
    this.#time.resume();
  }
}

/** The trials that others run in the same study, as far as a budget must know: they will finish, or be run again. */
export class OtherWorkers {
  readonly #history: History;
  readonly #session: string;
  /** Which run of a trial this worker has. */
  readonly #held = new Map<number, string>();

  /** @param session Of this worker's owner. */
  constructor(history: History, session: string) {
    this.#history = history;
    this.#session = session;
  }

  /**
   * Running trials of other workers of Tuneboard: dead ones are found, by their process here or by their heartbeats, and their
   * trials run again. Those of other programs do not count: whether they will end is unknown.
   */
  get running(): number {
    let count = 0;
    for (const number of this.#history.running) {
      const owner = ownerOf(this.#history.systemAttrs(number));
      if (owner && owner.session !== this.#session && (owner.beats !== undefined || isVisible(owner))) count++;
    }
    return count;
  }

  /** Whether a trial that this worker ran is not its own any more: another one took it, when this one seemed dead. */
  haveTaken(number: number): boolean {
    if (!this.isOurs(number)) return true;
    const held = this.#held.get(number);
    return held !== undefined && held !== runOf(this.#history, number);
  }

  /** Whether this worker runs the trial, or has just claimed it. A running trial that nobody signed is its own. */
  isOurs(number: number): boolean {
    const owner = ownerOf(this.#history.systemAttrs(number));
    return this.#history.running.has(number) && (owner === undefined || owner.session === this.#session);
  }

  /** This worker has claimed the trial: it is its own until another run of it begins. */
  hold(number: number): void {
    this.#held.set(number, runOf(this.#history, number));
  }
}
