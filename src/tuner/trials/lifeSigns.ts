import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { type RepairedTrial, repairTrials, SilenceWatch } from './repair.ts';

export interface LifeSignsOptions {
  readonly log: WritableTrialLog;
  readonly study: StudyRecord;
  readonly host: string;
  /** Time between two heartbeats, in milliseconds. Twice as long without one, and a worker counts as dead. */
  readonly intervalMs: number;
  /** Numbers of the trials that this process runs. */
  readonly active: () => readonly number[];
  readonly onRepaired: (trials: readonly RepairedTrial[]) => void;
  /** After everything was read: what others did is in the history. */
  readonly onTick: () => void;
  /** The storage could not be reached; the next tick tries again. */
  readonly onError: (error: unknown) => void;
  /** A clock that only counts, in milliseconds. */
  readonly now?: () => number;
}

/** Databases keep whole seconds, in milliseconds. */
const RESOLUTION_MS = 1000;

/** Gives heartbeats at intervals, looks for workers that give none, and reads what others have written. */
export class LifeSigns {
  readonly #options: LifeSignsOptions;
  readonly #silence: SilenceWatch;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: LifeSignsOptions) {
    this.#options = options;
    this.#silence = new SilenceWatch(2 * options.intervalMs + RESOLUTION_MS, options.now);
  }

  start(): void {
    // Spread, so that a thousand workers that start together do not speak together.
    const { intervalMs } = this.#options;
    const first = intervalMs * (0.5 + Math.random() / 2);
    const again = () => {
      this.#ticking = this.tick().then(() => {
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

  /** One heartbeat, and one look at those of others. Never rejects. */
  async tick(): Promise<void> {
    const { log, study, host, active, onRepaired, onTick, onError } = this.#options;
    try {
      const numbers = active();
      if (numbers.length > 0) await log.heartbeats?.heartbeat(study, numbers);
      await log.refresh();
      const repaired = await repairTrials(log, study, { host, silence: this.#silence });
      if (repaired.length > 0) onRepaired(repaired);
      onTick();
    } catch (error) {
      onError(error);
    }
  }
}
