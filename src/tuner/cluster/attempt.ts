/** Something that may fail or hang: it is tried again as often as asked, never twice at a time. */
export class Attempt {
  readonly #act: () => Promise<unknown>;
  readonly #onError: (error: unknown) => void;
  #pending: Promise<boolean> | undefined;

  constructor(act: () => Promise<unknown>, onError: (error: unknown) => void = () => undefined) {
    this.#act = act;
    this.#onError = onError;
  }

  /** Whether it has succeeded within `mostMs`; what takes longer goes on, and the next call waits for that. Never throws. */
  async try(mostMs: number): Promise<boolean> {
    this.#pending ??= this.#once().finally(() => {
      this.#pending = undefined;
    });
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), mostMs);
    try {
      return await Promise.race([this.#pending, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #once(): Promise<boolean> {
    try {
      await this.#act();
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }
}
