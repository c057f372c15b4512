/**
 * Non-dominated fronts that grow by insertion: front 0 is the Pareto front, front r the Pareto front of what remains
 * without the fronts before it. A point goes into the first front that does not dominate it, found by bisection (Zhang
 * et al. 2015, ENS-BS); what it dominates there moves one front down, and so on (Li et al. 2017, ENLU). The fronts depend
 * on the set of points only, not on the order of insertion; within a front points are in ascending order.
 */
export class Fronts {
  readonly #width: number;
  /** Losses (smaller is better) of a point, `width` numbers. */
  readonly #losses = new Map<number, Float64Array>();
  readonly #fronts: number[][] = [];
  #count = 0;

  constructor(objectives: number) {
    this.#width = objectives;
  }

  get count(): number {
    return this.#count;
  }

  get fronts(): readonly (readonly number[])[] {
    return this.#fronts;
  }

  losses(point: number): Float64Array {
    return this.#losses.get(point) as Float64Array;
  }

  insert(point: number, losses: Float64Array): void {
    this.#losses.set(point, losses);
    this.#count++;
    let moving = [point];
    for (let rank = this.#firstFrontFor(losses); moving.length > 0; rank++) {
      const front = this.#fronts[rank];
      if (!front) {
        this.#fronts.push(moving.sort((a, b) => a - b));
        return;
      }
      const staying: number[] = [];
      const pushed: number[] = [];
      for (const other of front) {
        const isDominated = moving.some((mover) => this.dominates(this.losses(mover), this.losses(other)));
        (isDominated ? pushed : staying).push(other);
      }
      if (staying.length === 0) {
        // All of the front goes down, and with it all of every later one: the same as a new front in between.
        this.#fronts.splice(
          rank,
          0,
          moving.sort((a, b) => a - b),
        );
        return;
      }
      this.#fronts[rank] = [...staying, ...moving].sort((a, b) => a - b);
      moving = pushed;
    }
  }

  /** No worse in every objective and better in one. */
  dominates(a: Float64Array, b: Float64Array): boolean {
    let isBetter = false;
    for (let objective = 0; objective < this.#width; objective++) {
      const difference = (a[objective] as number) - (b[objective] as number);
      if (difference > 0) return false;
      if (difference < 0) isBetter = true;
    }
    return isBetter;
  }

  #firstFrontFor(losses: Float64Array): number {
    let from = 0;
    let to = this.#fronts.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const front = this.#fronts[middle] as number[];
      if (front.some((other) => this.dominates(this.losses(other), losses))) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
