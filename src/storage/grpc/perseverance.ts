import { setTimeout as sleep } from 'node:timers/promises';
import { GET_STUDIES, type Method } from './messages.ts';
import type { Answer, Asked, ProxyClient } from './proxyClient.ts';
import { ProxyFailure } from './proxyFailure.ts';

/** Told, in one sentence, that the server is away and waited for, and then that it is there again. */
export type OnWaiting = (sentence: string, isOver: boolean) => void;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
/** A connection that is made anew within this time is nobody's business, in milliseconds. */
const QUIET_MS = 1000;
/** How often a server's own storage may fail at one thing while it can be read: a locked database, a connection that broke. */
const ATTEMPTS = 4;

/**
 * Asks a storage proxy again where it did not answer, or its own storage was away, until that has lasted too long. What is
 * asked must come to the same when it is done twice.
 */
export class Perseverance {
  readonly #client: ProxyClient;
  readonly #onWaiting: OnWaiting | undefined;
  #isTold = false;
  /** How long it goes on, in milliseconds: 0 gives up at once. */
  patienceMs = 0;

  constructor(client: ProxyClient, onWaiting?: OnWaiting) {
    this.#client = client;
    this.#onWaiting = onWaiting;
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
        this.#end();
        return result;
      } catch (error) {
        failures++;
        const lasted = performance.now() - began;
        if (!(await this.#mayPass(error, failures)) || lasted > this.patienceMs) throw error;
        if (lasted > QUIET_MS) this.#begin(error as Error);
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

  #begin({ message }: Error): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#onWaiting?.(`${message} It is waited for, ${Math.ceil(this.patienceMs / 1000)} s at most.`, false);
  }

  #end(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#onWaiting?.(`${this.#client.url} is there again: the study goes on.`, true);
  }
}
