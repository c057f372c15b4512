/** Lets those who write to the same trials do so one after the other, in the order asked. */
export class TrialTurns {
  /** By the trial's id: what the next one waits for. */
  readonly #last = new Map<number, Promise<void>>();

  async run<T>(ids: readonly number[], section: () => Promise<T>): Promise<T> {
    const before = ids.map((id) => this.#last.get(id));
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const id of ids) this.#last.set(id, promise);
    await Promise.all(before);
    try {
      return await section();
    } finally {
      for (const id of ids) if (this.#last.get(id) === promise) this.#last.delete(id);
      resolve();
    }
  }
}
