import { ensureLength } from '../../study/columns/growable.ts';

/** Coordinates of trials in ascending order, equal ones by trial number, for the gaps between neighbours. */
export class SortedNeighbours {
  #count = 0;
  #values = new Float64Array(16);
  #numbers = new Float64Array(16);

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Inserts and returns the place. */
  insert(value: number, number: number): number {
    if (this.#count === this.#values.length) {
      this.#values = ensureLength(this.#values, this.#count + 1, 0);
      this.#numbers = ensureLength(this.#numbers, this.#count + 1, 0);
    }
    const at = this.#place(value, number);
    this.#values.copyWithin(at + 1, at, this.#count);
    this.#numbers.copyWithin(at + 1, at, this.#count);
    this.#values[at] = value;
    this.#numbers[at] = number;
    this.#count++;
    return at;
  }

  /** Removes a pair that is there and returns the place it had. */
  remove(value: number, number: number): number {
    const at = this.#place(value, number);
    this.#values.copyWithin(at, at + 1, this.#count);
    this.#numbers.copyWithin(at, at + 1, this.#count);
    this.#count--;
    return at;
  }

  numberAt(at: number): number {
    return this.#numbers[at];
  }

  /**
   * The gap to the farther neighbour; for the outermost of several the gap to the inner one, for a single one the gap to
   * the farther end of [0, 1].
   */
  widerGap(at: number): number {
    const last = this.#count - 1;
    const value = this.#values[at];
    if (last === 0) return Math.max(value, 1 - value);
    const left = at > 0 ? value - this.#values[at - 1] : 0;
    const right = at < last ? this.#values[at + 1] - value : 0;
    return Math.max(left, right);
  }

  #place(value: number, number: number): number {
    let from = 0;
    let to = this.#count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = this.#values[middle];
      if (other < value || (other === value && this.#numbers[middle] < number)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
