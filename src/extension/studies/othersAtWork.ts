import type { History } from '../../core/study/history.ts';
import type { StudyEntry } from './studyEntry.ts';

/** How long others have to be at no trial, in milliseconds, before they are taken to have stopped. */
const LEAST_QUIET_MS = 10_000;
const MOST_QUIET_MS = 60_000;
/** A script that has been slow to begin its next trial is given so many times as long. */
const PATIENCE = 3;
/** Trials that tell how slow it has been. */
const RECENT = 50;

interface Seen {
  readonly history: History;
  revision: number;
  /** The trials that others were at when there were some. */
  numbers: readonly number[];
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Keeps a study marked as running elsewhere between two trials of another process. A plain script writes no sign that it
 * continues: the storage has no running trial while the next one is chosen.
 */
export class OthersAtWork {
  readonly #onStop: (study: StudyEntry) => void;
  readonly #seen = new WeakMap<StudyEntry, Seen>();

  /** `onStop` is called when a study was quiet for so long that nobody works on it any more. */
  constructor(onStop: (study: StudyEntry) => void) {
    this.#onStop = onStop;
  }

  /** Looks at the studies after they have changed. */
  note(studies: Iterable<StudyEntry>): void {
    for (const study of studies) this.#note(study);
  }

  #note(study: StudyEntry): void {
    const { history } = study;
    const seen = this.#seen.get(study);
    if (!history || (seen && seen.history !== history)) this.#forget(study);
    if (!history) return;
    const numbers = study.trialsElsewhere;
    const isStill = seen?.history === history;
    if (numbers.length > 0) {
      if (isStill) clearTimeout(seen.timer);
      this.#seen.set(study, { history, revision: history.revision, numbers, timer: undefined });
      study.heldElsewhere = numbers.length;
    } else if (isStill) this.#hold(study, seen);
  }

  #hold(study: StudyEntry, seen: Seen): void {
    const { history } = seen;
    // They run on, but are of this window's run, or of a process that is gone.
    if (seen.numbers.some((number) => history.running.has(number))) {
      this.#forget(study);
      return;
    }
    if (seen.timer && seen.revision === history.revision) return;
    seen.revision = history.revision;
    clearTimeout(seen.timer);
    seen.timer = setTimeout(() => {
      this.#forget(study);
      this.#onStop(study);
    }, quietMs(history));
    seen.timer.unref?.();
  }

  #forget(study: StudyEntry): void {
    clearTimeout(this.#seen.get(study)?.timer);
    this.#seen.delete(study);
    study.heldElsewhere = 0;
  }
}

/** How long nobody may be at a trial: some times the longest pause of late. */
function quietMs(history: History): number {
  const from = Math.max(0, history.length - RECENT);
  let [longest, ended] = [0, Number.NaN];
  for (let number = from; number < history.length; number++) {
    const pause = (history.startedAt[number] as number) - ended;
    if (pause > longest) longest = pause;
    const end = history.completedAt[number] as number;
    if (!(end <= ended) && !Number.isNaN(end)) ended = end;
  }
  return Math.min(MOST_QUIET_MS, Math.max(LEAST_QUIET_MS, PATIENCE * longest));
}
