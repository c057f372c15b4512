/** How long an id that was passed over may still come, in milliseconds, and how many of them are looked for. */
const PATIENCE_MS = 60_000;
const MOST = 500;

/**
 * Ids that were not there when larger ones were: their transaction was not committed yet, or never will be. They are
 * looked for again for a minute.
 */
export class IdGaps {
  readonly #until = new Map<number, number>();

  /** Ids to ask for besides the larger ones. */
  pending(): number[] {
    const now = performance.now();
    for (const [id, until] of this.#until) if (until < now) this.#until.delete(id);
    return [...this.#until.keys()];
  }

  /** After `from`, these ids were found, in order, and none between them. */
  note(from: number, found: readonly number[]): void {
    let last = from;
    for (const id of found) {
      if (id > last + 1) for (let gap = Math.max(last + 1, id - MOST); gap < id; gap++) this.keep(gap);
      this.#until.delete(id);
      last = Math.max(last, id);
    }
    for (const id of this.#until.keys()) {
      if (this.#until.size <= MOST) return;
      this.#until.delete(id);
    }
  }

  keep(id: number): void {
    this.#until.set(id, performance.now() + PATIENCE_MS);
  }

  clear(): void {
    this.#until.clear();
  }
}
