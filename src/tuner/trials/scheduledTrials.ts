import { TuneboardError } from '../../core/errors.ts';
import { ScheduledStudy, type ScheduledTrial } from '../../core/schedulers/scheduledStudy.ts';
import type { Scheduler } from '../../core/schedulers/scheduler.ts';
import { lastStep, rungOf, stepsDone } from '../../core/schedulers/trialAttrs.ts';
import { pausedTrials } from '../../core/study/paused.ts';
import type { Study } from '../../core/study/study.ts';
import type { CommitOptions } from '../../core/study/studyStore.ts';
import type { Trial } from '../../core/study/trial.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { RecordedPart } from './trialRecorder.ts';

export interface NextTrial {
  readonly trial: Trial;
  readonly part: RecordedPart;
  /** What the run's log says about it. */
  readonly note: string | undefined;
}

/** The scheduler's side of a session: which trial runs next, with which checkpoint, and what becomes of it. */
export class ScheduledTrials {
  readonly #study: Study;
  readonly #scheduled: ScheduledStudy;
  readonly #checkpoints: Checkpoints;
  readonly #running = new Map<number, Running>();

  constructor(study: Study, scheduler: Scheduler, checkpoints: Checkpoints) {
    this.#study = study;
    this.#scheduled = new ScheduledStudy(study, scheduler);
    this.#checkpoints = checkpoints;
  }

  get paused(): number {
    return pausedTrials(this.#study.history).length;
  }

  async next(
    mayStart: () => boolean,
    onRefused: () => Promise<unknown> = async () => undefined,
  ): Promise<NextTrial | 'wait' | 'done'> {
    const isNew = () => mayStart() && !this.#study.isExhausted;
    const next = await this.#scheduled.next(isNew, onRefused);
    this.#checkpoints.sweep(this.#study.history);
    return typeof next === 'string' ? next : this.#prepare(next);
  }

  /**
   * Makes a trial wait: it has come to the end of its part, or was stopped on the way. Throws `no-checkpoint` where a
   * scheduler can do nothing without one.
   */
  async pause(number: number, options: CommitOptions): Promise<void> {
    const isAhead = this.#isAhead(number);
    const isUnknown = isAhead && this.#study.history.lastReport(number) === undefined;
    if (isUnknown) this.#checkpoints.discard(number);
    else if (this.#scheduled.scheduler.needsCheckpoints && this.isThrough(number)) {
      if (this.#checkpoints.isEmpty(number)) throw this.#noCheckpoint(number);
      await this.#checkpoints.snapshot(number, this.#partEnd(number));
    }
    await this.#scheduled.pause(number, { ...options, isThrough: isAhead && !isUnknown });
    this.#running.delete(number);
  }

  /** Whether a program that has ended by itself has only come to the end of its part. */
  isThrough(number: number): boolean {
    return this.#scheduled.isThrough(number, this.#running.get(number)?.told ?? null) || this.#isAhead(number);
  }

  /**
   * Whether a program found that its checkpoint was at the end of its part already: it had saved it when its tuner died,
   * before its reports were stored. It goes by the last one that was, and is run again where there is none.
   */
  #isAhead(number: number): boolean {
    const running = this.#running.get(number);
    const { history } = this.#study;
    if (!running?.mayBeAhead || history.curve(number).steps.length > running.reports) return false;
    return running.told !== null && !this.#scheduled.isLastStep(running.told);
  }

  /** Ends what is still paused: the study is done. */
  async finish(): Promise<void> {
    await this.#scheduled.retire();
    this.sweep();
  }

  /** Where the part of a trial ends that it is through with: a program may have gone on for a moment. */
  #partEnd(number: number): number {
    const { history } = this.#study;
    return rungOf(history.systemAttrs(number))?.step ?? stepsDone(history, number);
  }

  sweep(): void {
    this.#checkpoints.sweep(this.#study.history);
  }

  async #prepare(scheduled: ScheduledTrial): Promise<NextTrial> {
    const { trial, rung, isContinued, isInterrupted, isBeyond, stepsDone: done, breeding } = scheduled;
    const { number } = trial;
    const parent = breeding?.parent ?? null;
    let hasCheckpoint = isContinued && !this.#checkpoints.isEmpty(number);
    if (!hasCheckpoint && parent !== null) {
      hasCheckpoint = await this.#checkpoints.inherit(number, parent, breeding?.step ?? 0);
      if (!hasCheckpoint) throw this.#noCheckpoint(parent);
    }
    const step = hasCheckpoint ? Math.max(done, breeding?.step ?? 0) : 0;
    const reports = this.#study.history.curve(number).steps.length;
    const mayBeThere = isInterrupted || (isBeyond && hasCheckpoint);
    this.#running.set(number, { told: rung.step, reports, mayBeAhead: mayBeThere && hasCheckpoint });
    const part: RecordedPart = {
      checkpoint: this.#checkpoints.open(number),
      step,
      mayBeThere,
      lastStep: lastStep(this.#study.history, number, step),
      budget: () => rungOf(this.#study.history.systemAttrs(number))?.step ?? null,
      decide: () => this.#decide(number),
    };
    return { trial, part, note: noteOf({ number, isContinued, done, step, to: rung.step, parent }) };
  }

  async #decide(number: number): Promise<'paused' | 'finished' | undefined> {
    const { type } = await this.#scheduled.decide(number);
    if (type === 'pause') return 'paused';
    return type === 'finish' ? 'finished' : undefined;
  }

  #noCheckpoint(number: number): TuneboardError {
    const { name } = this.#scheduled.scheduler;
    const done = stepsDone(this.#study.history, number);
    return new TuneboardError('no-checkpoint', tunerMessage('trialLeftNoCheckpointStep', { number, done, name }));
  }
}

interface Running {
  /** Steps at which its program is to end. */
  readonly told: number | null;
  /** Reports that it had made before. */
  readonly reports: number;
  /** Whether it goes on from what it saved before it was cut off. */
  readonly mayBeAhead: boolean;
}

interface Facts {
  readonly number: number;
  readonly isContinued: boolean;
  readonly done: number;
  readonly step: number;
  readonly to: number | null;
  readonly parent: number | null;
}

function noteOf({ number, isContinued, done, step, to, parent }: Facts): string | undefined {
  const goal = to === null ? '' : ` to step ${to}`;
  if (!isContinued) {
    return parent === null
      ? undefined
      : `Trial ${number} begins with the checkpoint of trial ${parent}, at step ${step}.`;
  }
  if (to !== null && step > to) {
    return `Trial ${number} has come to step ${step} already, beyond its part${goal}: let the program stop at TUNEBOARD_BUDGET.`;
  }
  if (step > 0) return `Trial ${number} goes on from step ${step}${goal}.`;
  if (done === 0) return `Trial ${number} starts again.`;
  return `Trial ${number} goes on${goal}, but left no checkpoint at step ${done}: it is run again from its start.`;
}
