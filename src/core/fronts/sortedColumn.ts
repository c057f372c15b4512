import { ensureLength } from '../study/columns/growable.ts';

/** Numbers kept in ascending order: insertion by binary search and one block move. Takes no NaN. */
export class SortedColumn {
  #values = new Float64Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#values[index];
  }

  insert(value: number): void {
    this.#values = ensureLength(this.#values, this.#length + 1, 0);
    const place = this.countUpTo(value);
    this.#values.copyWithin(place + 1, place, this.#length);
    this.#values[place] = value;
    this.#length++;
  }

  /** How many numbers are at most `value`. */
  countUpTo(value: number): number {
    let from = 0;
    let to = this.#length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#values[middle] <= value) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** How many numbers are less than `value`. */
  countBelow(value: number): number {
    let from = 0;
    let to = this.#length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#values[middle] < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
