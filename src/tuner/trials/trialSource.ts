import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Study } from '../../core/study/study.ts';
import type { Trial } from '../../core/study/trial.ts';
import { isOvertaken } from '../../runs/trialOwner.ts';
import type { Budget, OtherWorkers } from '../run/budget.ts';
import type { ScheduledTrials } from './scheduledTrials.ts';
import type { RecordedPart } from './trialRecorder.ts';

/** A trial to run, the part of it where a scheduler trains it in parts, and what the run's log says about it. */
export interface FoundTrial {
  readonly trial: Trial;
  readonly part?: RecordedPart;
  readonly note?: string | undefined;
}

export interface TrialSourceOptions {
  readonly study: Study;
  readonly budget: Budget;
  readonly others: OtherWorkers;
  readonly scheduled: ScheduledTrials | null;
  /** Waits so many milliseconds; real ones by default. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/**
 * A thousand workers that want a trial at once would refuse each other a thousand times: a refused worker waits a random
 * time, up to twice as long after each refusal. In milliseconds.
 */
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 4000;

/** Where a session's next trial comes from: whether there is one in a study that others may work on too, and which. */
export class TrialSource {
  readonly #options: TrialSourceOptions;
  /** The scheduler has nothing more to do. */
  #isScheduleDone = false;

  constructor(options: TrialSourceOptions) {
    this.#options = options;
  }

  get isScheduleDone(): boolean {
    return this.#isScheduleDone;
  }

  /** Whether another trial may start beside `active` of this session's. */
  mayAsk(active: number): boolean {
    const { scheduled, budget, study } = this.#options;
    if (scheduled) return !budget.isOver;
    return !study.isExhausted && this.#room(active) > 0;
  }

  /** Whether there will never be another one. Other workers' trials may still lose their heartbeat and have to run again. */
  get isDone(): boolean {
    const { scheduled, budget, study, others } = this.#options;
    if (scheduled) return budget.isOver || this.#isScheduleDone;
    return budget.isUsedUp || (study.isExhausted && others.running === 0);
  }

  /** Asks for it. Undefined: there is none now. */
  async next(active: number): Promise<FoundTrial | undefined> {
    const { scheduled } = this.#options;
    if (!scheduled) return this.#ask(active);
    let refusals = 0;
    const next = await scheduled.next(
      () => this.#room(active + scheduled.paused) > 0,
      () => this.#backOff(refusals++),
    );
    this.#isScheduleDone = next === 'done';
    return typeof next === 'string' ? undefined : next;
  }

  #backOff(refusals: number): Promise<unknown> {
    return this.#sleep(Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** refusals));
  }

  #sleep(ms: number): Promise<unknown> {
    return (this.#options.sleep ?? sleep)(ms);
  }

  #room(active: number): number {
    return this.#options.budget.startable(active + this.#options.others.running);
  }

  /**
   * A trial starts only while there is room, on what the storage itself read last: two workers cannot both take the last place.
   * Behind a storage proxy, which has no transactions, two can: a worker that finds too many lets its own trial wait.
   */
  async #ask(active: number): Promise<FoundTrial | undefined> {
    const { study, others } = this.#options;
    for (let refusals = 0; this.mayAsk(active); refusals++) {
      if (refusals > 0) await this.#backOff(refusals - 1);
      if (!this.mayAsk(active)) break;
      const trial = await study.askOnce({ mayStart: () => this.#room(active) > 0 });
      // This worker may have been stopped since: another one has made the trial wait, and maybe run it.
      if (!trial || !others.isOurs(trial.number)) continue;
      if (this.#room(active + 1) >= 0) return { trial };
      await study.pause(trial.number, [], { onlyIf: () => others.isOurs(trial.number) }).catch((error: unknown) => {
        if (!isOvertaken(error)) throw error;
      });
      await this.#sleep(randomInt(20, 200));
      await study.refresh();
    }
    return undefined;
  }
}
