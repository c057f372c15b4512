/** Lets a loop sleep until something happens, also if that was while it was not asleep. */
export class Wakeup {
  #onWake: (() => void) | undefined;
  #isDirty = false;

  /** Resolves at the next `wake`, at once if there was one since the last sleep, or after `mostMs`. */
  sleep(mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.#onWake = () => {
        clearTimeout(timer);
        this.#isDirty = false;
        resolve();
      };
      if (this.#isDirty) this.#onWake();
    });
  }

  wake(): void {
    this.#isDirty = true;
    this.#onWake?.();
  }
}
