import type { StopMode } from '../objective/optuna/optunaRun.ts';

/** How often a stop that waits for running trials looks whether one that does not is ordered, in milliseconds. */
const LOOK_MS = 500;

/** Whether and how a study on a cluster is to stop. */
export class Stopping {
  #mode: StopMode | undefined;
  #isHurried = false;
  readonly #ordered = Promise.withResolvers<void>();
  #interrupt: (() => void) | undefined;

  get mode(): StopMode | undefined {
    return this.#mode;
  }

  /** Whether a person waits for the end. */
  get isHurried(): boolean {
    return this.#isHurried;
  }

  /** Resolves when a person stops the study. */
  get ordered(): Promise<void> {
    return this.#ordered.promise;
  }

  /** A person's order. False where it changes nothing. */
  order(mode: StopMode): boolean {
    if (this.#mode === 'now' || this.#mode === mode) return false;
    this.#mode = mode;
    this.#isHurried = true;
    this.#ordered.resolve();
    this.#interrupt?.();
    return true;
  }

  /** Nobody's order: the study has had its time. */
  timeUp(): void {
    this.#mode ??= 'afterCurrent';
  }

  /** Waits for some work, but not past an order; `#ordered` itself would keep everything that was ever raced with it. */
  async wait(work: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#interrupt = resolve;
    const timer = this.#mode && setTimeout(resolve, LOOK_MS);
    try {
      await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
