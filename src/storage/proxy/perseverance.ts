import { setTimeout as sleep } from 'node:timers/promises';
import { type OnWaiting, QUIET_MS, Waiting } from '../waiting.ts';
import { GET_STUDIES, type Method } from './messages.ts';
import type { Answer, Asked, ProxyClient } from './proxyClient.ts';
import { ProxyFailure } from './proxyFailure.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
/** How often a server's own storage may fail at one thing while it can be read: a locked database, a connection that broke. */
const ATTEMPTS = 4;

/**
 * Asks a storage proxy again where it did not answer, or its own storage was away, until that has lasted too long. What is
 * asked must come to the same when it is done twice.
 */
export class Perseverance {
  readonly #client: ProxyClient;
  readonly #waiting: Waiting;
  /** How long it goes on, in milliseconds: 0 gives up at once. */
  patienceMs = 0;

  constructor(client: ProxyClient, onWaiting?: OnWaiting) {
    this.#client = client;
    this.#waiting = new Waiting(onWaiting);
  }

  ask<M extends Method>(method: M, values: Asked<M>): Promise<Answer<M>> {
    return this.attempt(() => this.#client.call(method, values));
  }

  /** `isAgain`: an earlier attempt may have been done, or not. */
  async attempt<T>(attempt: (isAgain: boolean) => Promise<T>): Promise<T> {
    const began = performance.now();
    let failures = 0;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        const result = await attempt(failures > 0);
        this.#waiting.end(this.#client.url);
        return result;
      } catch (error) {
        failures++;
        const lasted = performance.now() - began;
        if (!(await this.#mayPass(error, failures)) || lasted > this.patienceMs) throw error;
        if (lasted > QUIET_MS) this.#waiting.begin((error as Error).message, this.patienceMs);
        await sleep(pause * (1 + Math.random()));
      }
    }
  }

  async #mayPass(error: unknown, failures: number): Promise<boolean> {
    if (!(error instanceof ProxyFailure) || error.kind === 'answer' || this.patienceMs === 0) return false;
    if (error.kind === 'away' || failures < ATTEMPTS) return true;
    const isReadable = this.#client.call(GET_STUDIES, {}).then(
      () => true,
      () => false,
    );
    return !(await isReadable);
  }
}
