/**
 * The border of the area that points (smaller is better) dominate up to a corner: x ascending, y descending. Adding a point
 * takes a bisection and a block move.
 */
export class Staircase {
  readonly #cornerX: number;
  readonly #cornerY: number;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  #length = 0;
  #area = 0;

  /** `most`: how many points may be added between two calls of `clear`. */
  constructor(most: number, cornerX: number, cornerY: number) {
    this.#cornerX = cornerX;
    this.#cornerY = cornerY;
    this.#x = new Float64Array(most + 1);
    this.#y = new Float64Array(most + 1);
  }

  get area(): number {
    return this.#area;
  }

  clear(): void {
    this.#length = 0;
    this.#area = 0;
  }

  /** The point is inside of the corner. */
  add(x: number, y: number): void {
    const from = this.#firstFrom(x);
    if (from > 0 && this.#y[from - 1] <= y) return;
    if (from < this.#length && this.#x[from] === x && this.#y[from] <= y) return;
    let level = from > 0 ? this.#y[from - 1] : this.#cornerY;
    let left = x;
    let to = from;
    for (; to < this.#length && this.#y[to] >= y; to++) {
      this.#area += (this.#x[to] - left) * (level - y);
      left = this.#x[to];
      level = this.#y[to];
    }
    this.#area += ((to < this.#length ? this.#x[to] : this.#cornerX) - left) * (level - y);
    this.#replace(from, to, x, y);
  }

  #firstFrom(x: number): number {
    let from = 0;
    let to = this.#length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#x[middle] < x) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #replace(from: number, to: number, x: number, y: number): void {
    if (to !== from + 1) {
      this.#x.copyWithin(from + 1, to, this.#length);
      this.#y.copyWithin(from + 1, to, this.#length);
    }
    this.#x[from] = x;
    this.#y[from] = y;
    this.#length += 1 - (to - from);
  }
}
