import { isBetter } from './fronts.ts';

/** Pairs of rows that are compared one by one: below, dividing costs more than it saves. */
const FEW_PAIRS = 1024;

/**
 * Which rows no other row beats: 1 for each such row, 0 for the others. `losses` (smaller is better, no NaN) holds `width`
 * numbers a row; equal rows are unbeaten together. Divide and conquer over the objectives (Kung, Luccio and Preparata 1975;
 * ties as in Fortin, Grenier and Parizeau 2013): O(n log n) for two objectives, O(n log^(width − 1) n) for more, also
 * where every row is unbeaten.
 */
export function unbeatenRows(losses: Float64Array, width: number): Uint8Array {
  const sieve = new Sieve(losses, width);
  return sieve.flags();
}

class Sieve {
  readonly #losses: Float64Array;
  readonly #width: number;
  readonly #isUnbeaten: Uint8Array;

  constructor(losses: Float64Array, width: number) {
    this.#losses = losses;
    this.#width = width;
    this.#isUnbeaten = new Uint8Array(losses.length / width).fill(1);
  }

  flags(): Uint8Array {
    const order = Uint32Array.from(this.#isUnbeaten, (_, row) => row).sort((a, b) => this.#inOrder(a, b));
    const isNew = (row: number, place: number) => place === 0 || this.#inOrder(order[place - 1], row) !== 0;
    const distinct = order.filter(isNew);
    this.#sift(distinct);
    let first = 0;
    for (const [place, row] of order.entries()) {
      if (isNew(row, place)) first = row;
      else this.#isUnbeaten[row] = this.#isUnbeaten[first];
    }
    return this.#isUnbeaten;
  }

  #inOrder(a: number, b: number): number {
    for (let objective = 0; objective < this.#width; objective++) {
      const own = this.#at(a, objective);
      const other = this.#at(b, objective);
      if (own < other) return -1;
      if (own > other) return 1;
    }
    return 0;
  }

  #at(row: number, objective: number): number {
    return this.#losses[row * this.#width + objective];
  }

  /** Marks what is beaten within rows that are distinct and in lexicographic order: only an earlier one beats a later one. */
  #sift(rows: Uint32Array): void {
    if (rows.length < 2) return;
    const middle = rows.length >>> 1;
    this.#sift(rows.subarray(0, middle));
    this.#sift(rows.subarray(middle));
    this.#beat(this.#left(rows.subarray(0, middle)), this.#left(rows.subarray(middle)), this.#width - 1);
  }

  #left(rows: Uint32Array): Uint32Array {
    return rows.filter((row) => this.#isUnbeaten[row] === 1);
  }

  /**
   * Marks those of `losers` that one of `winners` equals or beats in the objectives 1 to `last`; in the others it does
   * already, and no two rows are equal.
   */
  #beat(winners: Uint32Array, losers: Uint32Array, last: number): void {
    if (winners.length === 0 || losers.length === 0) return;
    if (last <= 2) this.#sweep(winners, losers, last);
    else if (winners.length * losers.length <= FEW_PAIRS) this.#compare(winners, losers);
    else this.#divide(winners, losers, last);
  }

  #compare(winners: Uint32Array, losers: Uint32Array): void {
    for (const loser of losers) {
      if (winners.some((winner) => isBetter(this.#losses, this.#width, winner, loser))) this.#isUnbeaten[loser] = 0;
    }
  }

  /** Two objectives or fewer: the best of the second one so far, along the first. */
  #sweep(winners: Uint32Array, losers: Uint32Array, last: number): void {
    const along = (a: number, b: number) => this.#at(a, 1) - this.#at(b, 1) || 0;
    const [from, to] = last < 2 ? [winners, losers] : [winners.toSorted(along), losers.toSorted(along)];
    let place = 0;
    let best = Number.NaN;
    for (const loser of to) {
      while (place < from.length && (last < 2 || this.#at(from[place], 1) <= this.#at(loser, 1))) {
        const loss = last < 1 ? Number.NEGATIVE_INFINITY : this.#at(from[place], last);
        if (!(loss >= best)) best = loss;
        place++;
      }
      if (last < 1 ? place > 0 : best <= this.#at(loser, last)) this.#isUnbeaten[loser] = 0;
    }
  }

  /** By the middle of the last objective: what lies on its two sides needs one objective less. */
  #divide(winners: Uint32Array, losers: Uint32Array, last: number): void {
    const values = Float64Array.from([...winners, ...losers], (row) => this.#at(row, last)).sort();
    const middle = values[values.length >>> 1];
    const part = (rows: Uint32Array, fits: (loss: number) => boolean) =>
      rows.filter((row) => fits(this.#at(row, last)));
    const isBelow = (loss: number) => loss < middle;
    const isAbove = (loss: number) => loss > middle;
    this.#beat(part(winners, isBelow), part(losers, isBelow), last);
    const rest = part(losers, (loss) => !isBelow(loss));
    this.#beat(
      part(winners, (loss) => !isAbove(loss)),
      rest,
      last - 1,
    );
    this.#beat(part(winners, isAbove), this.#left(part(losers, isAbove)), last);
  }
}
