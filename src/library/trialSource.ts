import type { ScheduledStudy } from '../core/schedulers/scheduledStudy.ts';
import type { TellOptions } from '../core/study/outcome.ts';
import { TrialState } from '../core/study/states.ts';
import type { Study } from '../core/study/study.ts';
import type { Trial } from '../core/study/trial.ts';

/** New trials that may still begin. */
export interface Quota {
  left: number;
}

/** Where the trials of a study come from, and what becomes of them when their run ends. */
export interface TrialSource {
  /** `wait`: what comes next depends on running trials; `done`: there is nothing left to do within the quota. */
  next(quota: Quota): Promise<Trial | 'wait' | 'done'>;
  end(trial: Trial | number, end: TellOptions): Promise<void>;
}

/** Every trial runs once, to its end. */
export class WholeTrials implements TrialSource {
  readonly #study: Study;

  constructor(study: Study) {
    this.#study = study;
  }

  async next(quota: Quota): Promise<Trial | 'done'> {
    if (quota.left <= 0 || this.#study.isExhausted) return 'done';
    quota.left--;
    return this.#study.ask();
  }

  async end(trial: Trial | number, end: TellOptions): Promise<void> {
    await this.#study.tell(trial, end);
  }
}

interface Part {
  /** The step that the trial was asked for; null: as many as the program takes. */
  readonly budget: number | null;
  /** Reports that it had then. */
  readonly reports: number;
}

/** A scheduler pauses trials and lets them go on. */
export class ScheduledParts implements TrialSource {
  readonly #study: Study;
  readonly #scheduled: ScheduledStudy;
  readonly #parts = new Map<number, Part>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(scheduled: ScheduledStudy) {
    this.#study = scheduled.study;
    this.#scheduled = scheduled;
  }

  /** One after the other: each decision sees what the one before has begun. */
  next(quota: Quota): Promise<Trial | 'wait' | 'done'> {
    const turn = this.#turn.then(() => this.#next(quota));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #next(quota: Quota): Promise<Trial | 'wait' | 'done'> {
    const next = await this.#scheduled.next(() => quota.left > 0 && !this.#study.isExhausted);
    if (typeof next === 'string') return next;
    if (!next.isContinued) quota.left--;
    const { number } = next.trial;
    this.#parts.set(number, { budget: next.rung.step, reports: this.#reports(number) });
    return next.trial;
  }

  /**
   * A trial that has come to the end of its part waits for its promotion, whether it was told a value or to be pruned; any
   * other ends. A value without a report counts as the report at the end of the part.
   */
  async end(trial: Trial | number, end: TellOptions): Promise<void> {
    const number = typeof trial === 'number' ? trial : trial.number;
    const part = this.#parts.get(number);
    if (part && (await this.#isToPause(trial, part, end))) await this.#scheduled.pause(number);
    else await this.#study.tell(trial, end);
    this.#parts.delete(number);
  }

  async #isToPause(trial: Trial | number, { budget, reports }: Part, { values, state }: TellOptions): Promise<boolean> {
    const number = typeof trial === 'number' ? trial : trial.number;
    if (typeof trial !== 'number') await trial.flush();
    const value = Array.isArray(values) && values.length === 1 ? (values[0] as unknown) : values;
    const isUsable = typeof value === 'number' && !Number.isNaN(value);
    if (isUsable ? state !== undefined : state !== TrialState.pruned) return false;
    if (isUsable && budget !== null && this.#reports(number) === reports) {
      await this.#study.commit([{ type: 'intermediate', number, step: budget, value }]);
    }
    return this.#scheduled.isThrough(number, budget);
  }

  #reports(number: number): number {
    return this.#study.history.curve(number).steps.length;
  }
}
