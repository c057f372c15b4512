import { ensureLength } from '../../study/growable.ts';

/** What the leaves of a forest hold: rows, sum and sum of squares of the targets, with additions that can be taken back. */
export class LeafSums {
  /** Mean and mean square of a leaf: 2 numbers a node. */
  means = new Float64Array(0);
  /** Rows, sum, sum of squares: 3 numbers a node. */
  #sums = new Float64Array(0);
  /** Additions since the leaves were set: the leaf, and its numbers before. */
  #logged = 0;
  #loggedLeaves = new Int32Array(0);
  #loggedSums = new Float64Array(0);

  /** Makes room for so many nodes and forgets all additions. */
  reserve(nodes: number): void {
    this.means = ensureLength(this.means, 2 * nodes, 0);
    this.#sums = ensureLength(this.#sums, 3 * nodes, 0);
    this.#logged = 0;
  }

  set(leaf: number, count: number, sum: number, squares: number): void {
    this.#sums[3 * leaf] = count;
    this.#sums[3 * leaf + 1] = sum;
    this.#sums[3 * leaf + 2] = squares;
    this.means[2 * leaf] = sum / count;
    this.means[2 * leaf + 1] = squares / count;
  }

  add(leaf: number, target: number): void {
    const [sums, at, place] = [this.#sums, 3 * leaf, this.#logged++];
    this.#loggedLeaves = ensureLength(this.#loggedLeaves, place + 1, 0);
    this.#loggedSums = ensureLength(this.#loggedSums, 3 * place + 3, 0);
    this.#loggedLeaves[place] = leaf;
    for (let index = 0; index < 3; index++) this.#loggedSums[3 * place + index] = sums[at + index] as number;
    this.set(
      leaf,
      (sums[at] as number) + 1,
      (sums[at + 1] as number) + target,
      (sums[at + 2] as number) + target * target,
    );
  }

  /** Takes back all additions but the first `kept`. */
  undo(kept: number): void {
    const saved = this.#loggedSums;
    while (this.#logged > kept) {
      const at = 3 * --this.#logged;
      const leaf = this.#loggedLeaves[this.#logged] as number;
      this.set(leaf, saved[at] as number, saved[at + 1] as number, saved[at + 2] as number);
    }
  }
}
