import { ensureLength } from '../../study/columns/growable.ts';

/** A set of trial numbers in a byte each. */
export class NumberSet {
  #members = new Uint8Array(0);

  has(number: number): boolean {
    return this.#members[number] === 1;
  }

  /** Adds and returns whether it was new. */
  add(number: number): boolean {
    if (this.has(number)) return false;
    this.#members = ensureLength(this.#members, number + 1, 0);
    this.#members[number] = 1;
    return true;
  }

  clear(): void {
    this.#members.fill(0);
  }
}
