import { isFinished } from '../../core/study/states.ts';
import type { RdbStudy } from '../rdb/studyTracker.ts';

/** At least so many of the last ones, and never twice as many: what is older has been on the disk for long. */
const ENOUGH = 2500;

export interface SeenTrial {
  readonly id: number;
  readonly number: number;
  readonly study: RdbStudy;
}

/** What a trial is now. */
export interface TrialNow {
  readonly studyId: number;
  readonly number: number | null;
  readonly isFinished: boolean;
  readonly startedAt: number;
}

/**
 * Trials of others as they were read since something of our own was made durable. A server shows what is committed a moment
 * before that is on its disk (InnoDB always, PostgreSQL where `lockStudy` was used): if it crashes just then, what was read
 * never was. What becomes durable later has all that came before it.
 */
export class SeenTrials {
  readonly #seen = new Map<number, SeenTrial>();
  #isInDoubt = false;

  note(study: RdbStudy, number: number, id: number): void {
    this.#seen.delete(id);
    this.#seen.set(id, { study, number, id });
    if (this.#seen.size < 2 * ENOUGH) return;
    for (const oldest of [...this.#seen.keys()].slice(0, ENOUGH)) this.#seen.delete(oldest);
  }

  /** Something was made durable that was written after all this was read. */
  confirm(): void {
    this.#seen.clear();
    this.#isInDoubt = false;
  }

  /** A connection was lost: the server may have crashed. */
  doubt(): void {
    this.#isInDoubt = this.#seen.size > 0;
  }

  /** It was looked at again, and is there: that alone makes nothing durable. */
  believe(): void {
    this.#isInDoubt = false;
  }

  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  byStudy(): Map<RdbStudy, SeenTrial[]> {
    return Map.groupBy(this.#seen.values(), ({ study }) => study);
  }
}

/** Whether it is the one that was read: a server that crashed gives ids anew. */
function isSame({ study, number }: SeenTrial, now: TrialNow): boolean {
  const before = study.history.startedAt[number] as number;
  const isStartSame = Number.isNaN(before) || Number.isNaN(now.startedAt) || before === now.startedAt;
  return isStartSame && now.studyId === study.id && now.number === number;
}

/** Of trials that were read, those that are not there, and those that have not ended any more. */
export function compareSeen(
  seen: readonly SeenTrial[],
  now: ReadonlyMap<number, TrialNow>,
): { lost: SeenTrial[]; undone: SeenTrial[] } {
  const lost: SeenTrial[] = [];
  const undone: SeenTrial[] = [];
  for (const trial of seen) {
    const { id, number, study } = trial;
    const found = now.get(id);
    if (!found || !isSame(trial, found)) lost.push(trial);
    else if (!found.isFinished && isFinished(study.history.state(number))) undone.push(trial);
  }
  return { lost: lost.sort((a, b) => a.number - b.number), undone };
}
