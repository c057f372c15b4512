/**
 * Runs `action` at most once an interval: the first call at once, what comes in between together at the interval's end.
 * Nothing is lost and nothing runs twice for one call.
 */
export class Coalescer {
  readonly #action: () => void;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pending = false;

  constructor(intervalMs: number, action: () => void) {
    this.#intervalMs = intervalMs;
    this.#action = action;
  }

  /** `urgent` does not wait for the interval's end, and begins a new one. */
  request(urgent = false): void {
    if (urgent) this.dispose();
    if (this.#timer) {
      this.#pending = true;
      return;
    }
    this.#timer = setTimeout(() => this.#elapsed(), this.#intervalMs);
    this.#action();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = false;
  }

  #elapsed(): void {
    this.#timer = undefined;
    if (!this.#pending) return;
    this.#pending = false;
    this.request();
  }
}
