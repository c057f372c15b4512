import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { QUIET_MS, type Waiting } from '../../waiting.ts';
import { fromServerError, isReadOnly, remedyFor } from './serverError.ts';
import type { ServerUrl } from './serverUrl.ts';

/** How long a server that only takes readers is asked again: its name may soon stand for another one. In milliseconds. */
const READ_ONLY_MS = 10_000;
const LONGEST_PAUSE_MS = 3000;

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
      if (remedy === 'reconnect' && performance.now() - began > QUIET_MS)
        waiting?.begin(fromServerError(error, url).message, patience);
      await sleep(remedy === 'retry' ? randomInt(1, 30) : randomInt(pause, 2 * pause));
    }
  }
}
