import { TuneboardError } from '../errors.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import { PAUSED } from '../study/attributes.ts';
import type { JsonValue, TrialChange } from '../study/changes.ts';
import type { History } from '../study/history.ts';
import { isPaused, pausedTrials } from '../study/paused.ts';
import { TrialState } from '../study/states.ts';
import type { Study } from '../study/study.ts';
import type { CommitOptions } from '../study/studyStore.ts';
import type { Trial } from '../study/trial.ts';
import { type Decision, type Move, moveAttrs, type Scheduler } from './scheduler.ts';
import {
  type Breeding,
  breedingOf,
  completionAttrs,
  promotionAttrs,
  type Rung,
  rungOf,
  stepsDone,
} from './trialAttrs.ts';

/** A trial that is to run now. */
export interface ScheduledTrial {
  readonly trial: Trial;
  readonly rung: Rung;
  /** Whether it was paused: it goes on from its checkpoint, or is run again from its start. */
  readonly isContinued: boolean;
  /** Whether it was paused on its way to this very rung. */
  readonly isInterrupted: boolean;
  /** Whether it had gone beyond the end of its part when it was paused: it may have nothing left to do in the next one. */
  readonly isBeyond: boolean;
  /** Steps that it had done when it was paused. */
  readonly stepsDone: number;
  readonly breeding: Breeding | undefined;
}

const NO_SPACE: SearchSpace = { parameters: [] };

/** A study whose trials are paused and promoted. It starts no processes: the runner asks it what to do next. */
export class ScheduledStudy {
  readonly study: Study;
  readonly scheduler: Scheduler;

  constructor(study: Study, scheduler: Scheduler) {
    this.study = study;
    this.scheduler = scheduler;
  }

  /**
   * The next trial to run; `wait`: ask again when a running trial has come further or ended; `done`: there is nothing left
   * to do. Trials that cannot continue are recorded as pruned. `mayStart`: another trial has room in the budget.
   * `onRefused` is awaited when another worker was faster, before the next attempt.
   */
  async next(
    mayStart: () => boolean,
    onRefused: () => Promise<unknown> = async () => undefined,
  ): Promise<ScheduledTrial | 'wait' | 'done'> {
    let isFresh = false;
    for (;;) {
      const { history, space = NO_SPACE } = this.study;
      const context = { history, space, mayStart: mayStart() };
      const losers = this.scheduler.losers(context);
      if (losers.length > 0) {
        // Another worker may have let one of them go on.
        const isNews = !isFresh && (await this.study.refresh());
        isFresh = true;
        if (!isNews) await prune(this.study, losers);
        continue;
      }
      const move = this.scheduler.next(context);
      // What it waits for may be another worker's.
      if (move.type === 'wait' && (await this.study.refresh())) continue;
      if (move.type === 'wait' || move.type === 'done') return move.type;
      const scheduled =
        move.type === 'new' ? await this.#start(move, context.space, mayStart) : await this.#continue(move);
      if (scheduled) return scheduled;
      await onRefused();
    }
  }

  /** What becomes of a trial after its latest report. A promotion without a pause is durable when this resolves. */
  async decide(number: number): Promise<Decision> {
    const decision = this.scheduler.decide(this.study.history, number);
    if (decision.type === 'promote') {
      const { history } = this.study;
      const attrs = { ...completionAttrs(history, number), ...promotionAttrs(history, number, decision.rung) };
      await this.study.commit(attrChanges(number, attrs));
    }
    return decision;
  }

  /** Whether a program that exited has only completed its part, up to `toldStep`. */
  isThrough(number: number, toldStep: number | null): boolean {
    const rung = rungOf(this.study.history.systemAttrs(number));
    if (!rung || rung.step === null || toldStep === null) return false;
    const done = stepsDone(this.study.history, number);
    const decision = this.scheduler.decide(this.study.history, number);
    return decision.type === 'pause' || decision.type === 'promote' || (done >= toldStep && toldStep < rung.step);
  }

  /** Whether a trial that has done so many steps is fully trained. */
  isLastStep(step: number): boolean {
    return this.scheduler.isLastStep(this.study.history, step);
  }

  /**
   * Makes a trial wait for its promotion, or, where it was interrupted, for its continuation. `isThrough`: it has come to
   * the end of its rung although its reports do not show that.
   */
  async pause(number: number, options: CommitOptions & { readonly isThrough?: boolean } = {}): Promise<void> {
    const { history } = this.study;
    const isComplete = options.isThrough || this.scheduler.decide(history, number).type !== 'continue';
    const attrs = {
      ...(isComplete ? completionAttrs(history, number) : {}),
      [PAUSED]: { step: stepsDone(history, number) },
    };
    await this.study.pause(number, attrChanges(number, attrs), options);
  }

  /** Ends every paused trial: the study is done. */
  retire(): Promise<readonly number[]> {
    return prunePaused(this.study);
  }

  async #start(
    move: Move & { type: 'new' },
    space: SearchSpace,
    mayStart: () => boolean,
  ): Promise<ScheduledTrial | undefined> {
    const { history, sampler } = this.study;
    const proposal = move.params
      ? { params: move.params }
      : this.scheduler.proposal(history, history.length, space, sampler);
    const trial = await this.study.askOnce({ systemAttrs: moveAttrs(move), mayStart, ...proposal });
    const fresh = { isContinued: false, isInterrupted: false, isBeyond: false, stepsDone: 0 };
    return trial && { trial, rung: move.rung, ...fresh, breeding: move.breeding };
  }

  async #continue({ number, rung }: Move & { type: 'continue' }): Promise<ScheduledTrial | undefined> {
    const { history } = this.study;
    const attrs = history.systemAttrs(number);
    const before = rungOf(attrs);
    const isInterrupted = before?.rung === rung.rung;
    const trial = await this.study.claim(number, promotionAttrs(history, number, rung));
    const done = stepsDone(history, number);
    const isBeyond = done > (before?.step ?? Number.POSITIVE_INFINITY);
    const breeding = breedingOf(attrs);
    return trial && { trial, rung, isContinued: true, isInterrupted, isBeyond, stepsDone: done, breeding };
  }
}

function attrChanges(number: number, attrs: Readonly<Record<string, JsonValue>>): TrialChange[] {
  return Object.entries(attrs).map(([key, value]) => ({ type: 'systemAttr', number, key, value }));
}

/** Ends every paused trial with its last value, and says which those were. */
export async function prunePaused(study: Study): Promise<readonly number[]> {
  const paused = pausedTrials(study.history);
  await prune(study, paused);
  return paused;
}

/** Trials that another worker has ended in the meantime are as it left them; the others are tried again. */
async function prune(study: Study, numbers: readonly number[]): Promise<void> {
  for (;;) {
    const paused = numbers.filter((number) => isPaused(study.history, number));
    if (paused.length === 0) return;
    try {
      return await study.commit(paused.map((number) => pruning(study.history, number)));
    } catch (error) {
      if (!(error instanceof TuneboardError) || error.code !== 'finished-trial') throw error;
      await study.refresh();
      if (paused.every((number) => isPaused(study.history, number))) throw error;
    }
  }
}

function pruning(history: History, number: number): TrialChange {
  const last = history.lastReport(number)?.value ?? Number.NaN;
  return { type: 'state', number, state: TrialState.pruned, values: Number.isNaN(last) ? null : [last] };
}
