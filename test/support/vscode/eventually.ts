/** Waiting and trying again: what a window shows comes in its own time, and some of what is done to it gets lost. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** Generous: on two busy cores a window takes its time. */
export const WAIT_MS = 120_000;

/** How long one try of something may take that VS Code can swallow. */
export const TRY_MS = 6000;

/** Polls until `read` gives something that `accepts` takes; the failure says what it gave last. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  accepts: (value: T) => boolean,
  what: string,
  timeoutMs = WAIT_MS,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  let last = await read();
  while (!accepts(last) && Date.now() < until) {
    await delay(150);
    last = await read();
  }
  assert.ok(accepts(last), `${what}: still ${JSON.stringify(last)} after ${timeoutMs} ms`);
  return last;
}

/**
 * Tries until it works: a click on a row that is drawn anew, a menu that closes because its tree has changed, a key that
 * reaches the window while its focus moves. `act` must be such that doing it twice does no harm.
 */
export async function untilDone(what: string, act: () => Promise<void>, timeoutMs = WAIT_MS): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() >= until) throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
      await delay(250);
    }
  }
}
