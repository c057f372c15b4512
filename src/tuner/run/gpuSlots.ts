/** Hands each running trial a GPU id of its own; ids are shared evenly when there are more trials than GPUs. */
export class GpuSlots {
  readonly #ids: readonly number[];
  readonly #uses: number[];

  constructor(ids: readonly number[] | null) {
    this.#ids = ids ?? [];
    this.#uses = this.#ids.map(() => 0);
  }

  /** The least used id; null when the study names none. */
  take(): number | null {
    if (this.#ids.length === 0) return null;
    const slot = this.#uses.indexOf(Math.min(...this.#uses));
    this.#uses[slot] = (this.#uses[slot] as number) + 1;
    return this.#ids[slot] as number;
  }

  giveBack(id: number | null): void {
    const slot = id === null ? -1 : this.#ids.indexOf(id);
    if (slot >= 0) this.#uses[slot] = Math.max(0, (this.#uses[slot] as number) - 1);
  }
}
