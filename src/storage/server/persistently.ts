import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromServerError, isReadOnly, remedyFor } from './serverError.ts';
import type { ServerUrl } from './serverUrl.ts';

/** How long a server that only takes readers is asked again: its name may soon stand for another one. In milliseconds. */
const READ_ONLY_MS = 10_000;
const LONGEST_PAUSE_MS = 3000;
/** A connection that is made anew within this time is nobody's business, in milliseconds. */
const QUIET_MS = 1000;

/** Told, in one sentence, which server is away and waited for, and then that it is there again. */
export type OnWaiting = (sentence: string, isOver: boolean) => void;

/** Tells once that a server is away, however many wait for it, and once that it is there again. */
export class Waiting {
  #isTold = false;
  readonly #onWaiting: OnWaiting | undefined;

  constructor(onWaiting?: OnWaiting) {
    this.#onWaiting = onWaiting;
  }

  begin(error: unknown, url: ServerUrl, patienceMs: number): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const reason = fromServerError(error, url).message;
    this.#onWaiting?.(`${reason} It is waited for, ${Math.ceil(patienceMs / 1000)} s at most.`, false);
  }

  /** Another one of several servers has taken over. */
  moved(url: ServerUrl, place: string): void {
    this.#isTold = false;
    this.#onWaiting?.(`${url} has another server now, ${place}: the study goes on there.`, true);
  }

  end(url: ServerUrl): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#onWaiting?.(`${url} is there again: the study goes on.`, true);
  }
}

/**
 * Tries again what met a deadlock, a lost connection or a server that was away, until that has lasted for `patienceMs`.
 * Throws what the last error means for a person.
 */
export async function persistently<T>(
  attempt: () => Promise<T>,
  url: ServerUrl,
  patienceMs: number,
  waiting?: Waiting,
): Promise<T> {
  const began = performance.now();
  for (let pause = 50; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      const result = await attempt();
      waiting?.end(url);
      return result;
    } catch (error) {
      const remedy = remedyFor(error);
      const patience = isReadOnly(error) ? Math.min(READ_ONLY_MS, patienceMs) : patienceMs;
      if (remedy === 'none' || performance.now() - began > patience) throw fromServerError(error, url);
      if (remedy === 'reconnect' && performance.now() - began > QUIET_MS) waiting?.begin(error, url, patience);
      await sleep(remedy === 'retry' ? randomInt(1, 30) : randomInt(pause, 2 * pause));
    }
  }
}
