import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type { History } from '../study/history.ts';
import { completedRungs, RungBook } from './rungs/rungBook.ts';
import type { ScheduleSegment } from './schedule.ts';
import { CONTINUE, type Decision, DONE, type Move, type MoveContext, type Scheduler, WAIT } from './scheduler.ts';
import { rungOf, stepsDone } from './trialAttrs.ts';

/** Trains one set of weights along a schedule: a trial for each segment, which begins with the checkpoint of the one before. */
export class ReplayScheduler implements Scheduler {
  readonly name = 'replay';
  readonly needsCheckpoints = true;
  readonly #segments: readonly ScheduleSegment[];
  readonly #books = new WeakMap<History, RungBook>();

  constructor(segments: readonly ScheduleSegment[]) {
    this.#segments = segments;
  }

  next({ history }: MoveContext): Move {
    const book = this.#of(history);
    const { interrupted } = book;
    if (interrupted) return { type: 'continue', number: interrupted.number, rung: interrupted.rung };
    const last = book.bracket(0).at(-1);
    if (last?.isRunning) return WAIT;
    if (last?.isFinished) return DONE;
    const generation = last ? completedRungs(last) : 0;
    const segment = this.#segments[generation];
    if (!segment) return DONE;
    return {
      type: 'new',
      rung: { bracket: 0, rung: generation, step: segment.to },
      params: segment.params,
      breeding: { member: 0, generation, parent: last?.number ?? null, step: segment.from },
    };
  }

  decide(history: History, number: number): Decision {
    const rung = rungOf(history.systemAttrs(number));
    if (!rung || rung.step === null || stepsDone(history, number) < rung.step) return CONTINUE;
    return { type: rung.rung + 1 >= this.#segments.length ? 'finish' : 'pause' };
  }

  isLastStep(_history: History, step: number): boolean {
    return step >= (this.#segments.at(-1)?.to ?? 0);
  }

  losers({ history }: MoveContext): readonly number[] {
    const trials = this.#of(history).bracket(0);
    return trials.filter(({ isPaused }, index) => isPaused && index < trials.length - 1).map(({ number }) => number);
  }

  proposal(): Record<string, never> {
    return {};
  }

  #of(history: History): RungBook {
    let book = this.#books.get(history);
    if (!book) {
      book = new RungBook(history);
      this.#books.set(history, book);
    }
    book.update();
    return book;
  }
}

/** A schedule as it was printed. Throws `invalid-schedule`. */
export function parseSchedule(value: unknown): ScheduleSegment[] {
  const list = Array.isArray(value) ? (value as Partial<ScheduleSegment>[]) : [];
  let end = 0;
  for (const segment of list) {
    const { from, to, params } = segment ?? {};
    const isSegment =
      from === end && Number.isInteger(to) && (to as number) > end && typeof params === 'object' && params;
    if (!isSegment) end = Number.NaN;
    else end = to as number;
  }
  if (list.length > 0 && !Number.isNaN(end)) return list as ScheduleSegment[];
  throw new TuneboardError('invalid-schedule', coreMessage('scheduleListStepsStepsParams'));
}
