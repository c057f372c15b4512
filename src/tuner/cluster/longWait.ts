import { durationText } from '../render/text.ts';
import type { Workforce } from './workforce.ts';

const LONG_MS = 60_000;

/** Tells, once, that no worker starts, and what the cluster says about it. */
export class LongWait {
  readonly #workforce: Workforce;
  readonly #longMs: number;
  readonly #say: (sentence: string) => void;
  #since = performance.now();
  #isTold = false;

  /** @param longMs How long all may wait in the queue, in milliseconds; a minute by default. */
  constructor(workforce: Workforce, longMs: number | undefined, say: (sentence: string) => void) {
    this.#workforce = workforce;
    this.#longMs = longMs ?? LONG_MS;
    this.#say = say;
  }

  look(): void {
    const { queued, atWork } = this.#workforce;
    if (queued.length === 0 || queued.length < atWork.length) {
      this.#since = performance.now();
      this.#isTold = false;
    } else if (!this.#isTold && performance.now() - this.#since > this.#longMs) {
      this.#isTold = true;
      const why = queued.find(({ reason }) => reason)?.reason ?? 'no reason is given';
      const time = durationText(this.#longMs);
      this.#say(`No worker has started for ${time}; the cluster says: ${why.replace(/\.$/, '')}.`);
    }
  }
}
