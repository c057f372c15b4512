import { randomInt } from 'node:crypto';
import type { TrialChange } from '../../core/study/changes.ts';
import type { Heartbeats, StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';

/** System attribute of a running trial in a storage that keeps no signs of life: a number that grows with each. */
const BEAT = 'tuneboard:heartbeat';

/**
 * Signs of life for a storage that keeps none (a journal): an attribute that changes with each. Whether a trial is silent is
 * measured by the clock of whoever looks, from the change that it last saw, so that no two clocks are ever compared.
 */
export class WrittenHeartbeats implements Heartbeats {
  readonly #log: WritableTrialLog;
  readonly #now: () => number;
  readonly #seen = new Map<number, { readonly beat: number; readonly at: number }>();
  /** Its own, as well as it can be: the sign of whoever claims a trial differs from the last one of whoever had it. */
  #last = randomInt(2 ** 40);

  constructor(log: WritableTrialLog, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** The next sign of life, as a system attribute. */
  next(): Readonly<Record<string, number>> {
    return { [BEAT]: ++this.#last };
  }

  async heartbeat(study: StudyRecord, numbers: readonly number[]): Promise<void> {
    const value = ++this.#last;
    const running = numbers.filter((number) => study.history.running.has(number));
    const changes = running.map((number): TrialChange => ({ type: 'systemAttr', number, key: BEAT, value }));
    try {
      await this.#log.commit(study, changes);
    } catch (error) {
      // One of them has ended meanwhile: the others are told apart next time.
      if ((error as { code?: unknown }).code !== 'finished-trial') throw error;
    }
  }

  async staleTrials(study: StudyRecord, graceSeconds: number): Promise<readonly number[]> {
    await this.#log.refresh();
    const { history } = study;
    const now = this.#now();
    const stale: number[] = [];
    for (const number of history.running) {
      const beat = history.systemAttrs(number)[BEAT];
      if (typeof beat !== 'number') continue;
      const seen = this.#seen.get(number);
      if (seen?.beat !== beat) this.#seen.set(number, { beat, at: now });
      else if (now - seen.at > graceSeconds * 1000) stale.push(number);
    }
    for (const number of this.#seen.keys()) if (!history.running.has(number)) this.#seen.delete(number);
    return stale.sort((a, b) => a - b);
  }
}
