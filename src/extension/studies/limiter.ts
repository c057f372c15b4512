import { setImmediate as nextTurn } from 'node:timers/promises';

/** Runs at most `most` tasks at a time, in the order given; the event loop has a turn before each. */
export class Limiter {
  readonly #most: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #next = 0;
  #running = 0;
  #idle: Promise<void> = Promise.resolve();
  #becomeIdle: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when nothing runs or waits. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** `task` tells its own failures: one that rejects is given to nobody. */
  add(task: () => Promise<unknown>): void {
    if (!this.#becomeIdle) {
      this.#idle = new Promise((resolve) => {
        this.#becomeIdle = resolve;
      });
    }
    this.#waiting.push(async () => {
      await nextTurn();
      await task().catch(() => undefined);
    });
    this.#start();
  }

  #start(): void {
    while (this.#running < this.#most && this.#next < this.#waiting.length) {
      const task = this.#waiting[this.#next++] as () => Promise<void>;
      this.#running++;
      void task().then(() => {
        this.#running--;
        this.#start();
      });
    }
    if (this.#running > 0) return;
    this.#waiting.length = this.#next = 0;
    this.#becomeIdle?.();
    this.#becomeIdle = undefined;
  }
}
