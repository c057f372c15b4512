import { setTimeout as sleep } from 'node:timers/promises';
import { rungOf } from '../../core/schedulers/trialAttrs.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { failStaleTrials } from '../../runs/staleTrials.ts';
import { TrialRuns } from '../../runs/trialOwner.ts';
import { failLost, lossesOf, MOST_RETRIES, pauseTrial, type RepairedTrial, repairTrials } from './repair.ts';

export interface LifeSignsOptions {
  readonly log: WritableTrialLog;
  readonly study: StudyRecord;
  readonly host: string;
  /** Time between two signs of life. Twice as long without one, and a worker counts as dead. */
  readonly intervalMs: number;
  /** Whether trials are trained in parts: one whose worker died waits to go on from its checkpoint. */
  readonly isScheduled: boolean;
  /** Numbers of the trials that this process runs. */
  readonly active: () => readonly number[];
  readonly onRepaired: (trials: readonly RepairedTrial[]) => void;
  /** After everything was read: what others did is in the history. */
  readonly onTick: () => void;
  /** The storage could not be reached; the next tick tries again. */
  readonly onError: (error: unknown) => void;
  readonly clocks?: () => Clocks;
}

/** The clock on the wall and one that only counts, in milliseconds. */
interface Clocks {
  readonly wall: number;
  readonly counted: number;
}

/** Databases keep whole seconds. */
const CLOCK_SECONDS = 1;

/** Shows at intervals that this worker lives, looks for those that do not, and reads what others have written. */
export class LifeSigns {
  readonly #options: LifeSignsOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** When it last read what others did. */
  #readAt: Clocks;
  /** Until when, by the counted time, nobody is taken for silent. */
  #forgivesUntil = 0;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: LifeSignsOptions) {
    this.#options = options;
    this.#readAt = this.#now();
  }

  /**
   * Whether others may take this worker for dead: it has been stopped, could not reach the storage, or its machine slept, which
   * only the clock on the wall knows.
   */
  get isLate(): boolean {
    const [before, now] = [this.#readAt, this.#now()];
    return Math.max(now.wall - before.wall, now.counted - before.counted) > 2 * this.#options.intervalMs;
  }

  start(): void {
    // Spread, so that a thousand workers that start together do not speak together.
    const { intervalMs } = this.#options;
    const first = intervalMs * (0.5 + Math.random() / 2);
    const again = () => {
      this.#ticking = this.#tick().then(() => {
        if (!this.#isStopped) this.#timer = setTimeout(again, intervalMs);
      });
    };
    this.#timer = setTimeout(again, first);
  }

  /** Resolves when nothing more is written. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    const { log, study, active, onRepaired, onTick, onError } = this.#options;
    try {
      const numbers = active();
      if (numbers.length > 0) await log.heartbeats?.heartbeat(study, numbers);
      await log.refresh();
      this.#lookAtClocks();
      const repaired = await this.#repair();
      if (repaired.length > 0) onRepaired(repaired);
      onTick();
    } catch (error) {
      onError(error);
    }
  }

  #now(): Clocks {
    return this.#options.clocks?.() ?? { wall: Date.now(), counted: performance.now() };
  }

  /** Where the clock was set, or the machine slept, all others of this machine seem silent until they have spoken again. */
  #lookAtClocks(): void {
    const { intervalMs } = this.#options;
    const [before, now] = [this.#readAt, this.#now()];
    this.#readAt = now;
    const jump = Math.abs(now.wall - before.wall - (now.counted - before.counted));
    if (jump > Math.max(intervalMs / 2, 1000 * CLOCK_SECONDS)) this.#forgivesUntil = now.counted + 2 * intervalMs;
  }

  async #repair(): Promise<RepairedTrial[]> {
    const { log, study, host, intervalMs, isScheduled } = this.#options;
    const graceSeconds = (2 * intervalMs) / 1000 + CLOCK_SECONDS;
    const orphans = await repairTrials(log, study, host, { retry: true, pause: isScheduled });
    if (this.#now().counted < this.#forgivesUntil) return orphans;
    const silent = isScheduled
      ? await pauseStaleTrials(log, study, graceSeconds)
      : await failStaleTrials(log, study, { graceSeconds, maxRetries: MOST_RETRIES });
    return [...orphans, ...silent];
  }
}

/**
 * Our own workers claim a trial and give its first sign of life at once; Optuna's, which take a paused trial for an enqueued
 * one, do the second a moment after the first.
 */
const FIRST_SIGN_MS = 1000;

/** A trial with a part to go on with waits. */
async function pauseStaleTrials(
  log: WritableTrialLog,
  study: StudyRecord,
  graceSeconds: number,
): Promise<RepairedTrial[]> {
  const paused: RepairedTrial[] = [];
  const { history } = study;
  const runs = new TrialRuns(history);
  const silent = async () => (await log.heartbeats?.staleTrials(study, graceSeconds)) ?? [];
  const before = await silent();
  if (before.length === 0) return paused;
  await sleep(Math.min(FIRST_SIGN_MS, graceSeconds * 100));
  for (const number of await silent()) {
    if (!before.includes(number) || rungOf(history.systemAttrs(number)) === undefined) continue;
    const losses = lossesOf(history, number) + 1;
    const isItsFault = losses > MOST_RETRIES;
    const change = isItsFault ? failLost : pauseTrial;
    if (await change(log, study, number, runs, losses)) paused.push({ number, retry: isItsFault ? null : number });
  }
  return paused;
}
