import { ensureLength } from './growable.ts';

/** Numbers kept in ascending order: insertion by binary search and one block move. Takes no NaN. */
export class SortedColumn {
  #values = new Float64Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }

  insert(value: number): void {
    this.#values = ensureLength(this.#values, this.#length + 1, 0);
    let from = 0;
    let to = this.#length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#values[middle] as number) <= value) from = middle + 1;
      else to = middle;
    }
    this.#values.copyWithin(from + 1, from, this.#length);
    this.#values[from] = value;
    this.#length++;
  }
}
