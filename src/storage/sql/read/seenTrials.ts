import { isFinished, TrialState } from '../../../core/study/states.ts';
import { isPutBack } from '../write/secondAttempt.ts';
import type { RdbStudy, StudyTracker } from './studyTracker.ts';

/** At least so many of the last ones, and never twice as many: what is older has been on the disk for long. */
const ENOUGH = 2500;
/** What was looked at again after so long, and was there, is on every disk, in milliseconds. */
const SETTLED_MS = 600_000;

export interface SeenTrial {
  readonly id: number;
  readonly number: number;
  readonly study: RdbStudy;
  /** When it was last read or written. */
  readonly at: number;
}

/** What a trial is now; its number in the database. */
export interface TrialNow {
  readonly studyId: number;
  readonly number: number | null;
  readonly state: TrialState;
  readonly startedAt: number;
  readonly completedAt: number;
}

/**
 * Trials as they were read and written lately. A server shows what is committed a moment before that is on its disk (InnoDB
 * always, PostgreSQL where `lockStudy` was used): if it crashes just then, what was read never was. And a standby that takes
 * over may lack what the primary had told whoever wrote it was durable.
 */
export class SeenTrials {
  readonly #seen = new Map<number, SeenTrial>();
  #isInDoubt = false;

  note(study: RdbStudy, number: number, id: number): void {
    this.#seen.delete(id);
    this.#seen.set(id, { study, number, id, at: performance.now() });
    if (this.#seen.size < 2 * ENOUGH) return;
    for (const oldest of [...this.#seen.keys()].slice(0, ENOUGH)) this.#seen.delete(oldest);
  }

  /** A trial has another id by now. */
  replace(before: number, study: RdbStudy, number: number, id: number): void {
    this.#seen.delete(before);
    this.note(study, number, id);
  }

  clear(): void {
    this.#seen.clear();
    this.#isInDoubt = false;
  }

  /** A connection was lost: the server may have crashed, or be another one. */
  doubt(): void {
    this.#isInDoubt = this.#seen.size > 0;
  }

  /** What breaks from now on is doubted anew. */
  believe(): void {
    this.#isInDoubt = false;
  }

  /** All of it was looked at again, and is there. */
  confirm(now = performance.now()): void {
    for (const [id, { at }] of this.#seen) if (at < now - SETTLED_MS) this.#seen.delete(id);
  }

  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  byStudy(): Map<RdbStudy, SeenTrial[]> {
    return Map.groupBy(this.#seen.values(), ({ study }) => study);
  }
}

/** Which trials run here, and which numbers trials have in the database. */
interface Whose {
  readonly own: ReadonlySet<number>;
  readonly tracker: Pick<StudyTracker, 'storedNumber'>;
}

/** Whether it may be the one that was read: a server that crashed gives ids anew. One that had ended must have that end. */
function isSame({ study, number, id }: SeenTrial, now: TrialNow, { own, tracker }: Whose): boolean {
  const { history } = study;
  if (now.studyId !== study.id || now.number !== tracker.storedNumber(study, number)) return false;
  const before = history.startedAt[number] as number;
  const isStartSame = Number.isNaN(before) || Object.is(before, now.startedAt);
  // One that waits is begun again by others; one of ours may not have been begun.
  const mayBegin = history.state(number) === TrialState.waiting;
  const isUnbegun = own.has(id) && now.state === TrialState.waiting;
  if (!isStartSame && !mayBegin && !isUnbegun) return false;
  if (!isFinished(history.state(number)) || !isFinished(now.state) || isPutBack(history, number)) return true;
  return now.state === history.state(number) && Object.is(now.completedAt, history.completedAt[number]);
}

/**
 * Of trials that were read or written, those that are not there, or are others; and those that are not as far as they were:
 * they have not ended any more, or were begun here and wait again.
 */
export function compareSeen(
  seen: readonly SeenTrial[],
  now: ReadonlyMap<number, TrialNow>,
  whose: Whose,
): { lost: SeenTrial[]; undone: SeenTrial[] } {
  const lost: SeenTrial[] = [];
  const undone: SeenTrial[] = [];
  for (const trial of seen) {
    const { id, number, study } = trial;
    const found = now.get(id);
    const state = study.history.state(number);
    if (!found || !isSame(trial, found, whose)) lost.push(trial);
    else if (isFinished(state) ? !isFinished(found.state) : isUnbegun(trial, found, whose)) undone.push(trial);
  }
  return { lost: lost.sort((a, b) => a.number - b.number), undone };
}

function isUnbegun({ id, number, study }: SeenTrial, now: TrialNow, { own }: Whose): boolean {
  return own.has(id) && study.history.state(number) === TrialState.running && now.state === TrialState.waiting;
}
