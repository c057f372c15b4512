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

/**
 * The front of each point: 0 for the Pareto front, and so on. `losses` holds `width` numbers a point. Two objectives by one
 * sweep with bisection (O(n log n)), more by comparison with the fronts so far in lexicographic order (Zhang et al. 2015,
 * ENS-BS). Equal points share a front.
 */
export function nonDominatedRanks(losses: Float64Array, width: number): Uint32Array {
  const count = losses.length / width;
  const order = Uint32Array.from({ length: count }, (_, point) => point);
  order.sort((a, b) => lexicographic(losses, width, a, b));
  const ranks = new Uint32Array(count);
  const fronts: number[][] = [];
  for (const point of order) {
    let from = 0;
    let to = fronts.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (holdsBetter(losses, width, fronts[middle] as number[], point)) from = middle + 1;
      else to = middle;
    }
    ranks[point] = from;
    const front = fronts[from];
    if (!front) fronts.push([point]);
    else if (width > 2) front.push(point);
    else front[0] = point;
  }
  return ranks;
}

/** Whether a front dominates a point that comes after all of it; of two objectives, or one, the newest member decides. */
function holdsBetter(losses: Float64Array, width: number, front: readonly number[], point: number): boolean {
  for (let place = front.length - 1; place >= 0; place--) {
    if (isBetter(losses, width, front[place] as number, point)) return true;
  }
  return false;
}

/** Whether row `a` dominates row `b`. */
export function isBetter(losses: Float64Array, width: number, a: number, b: number): boolean {
  let differs = false;
  for (let objective = 0; objective < width; objective++) {
    const own = losses[a * width + objective] as number;
    const other = losses[b * width + objective] as number;
    if (own > other) return false;
    if (own < other) differs = true;
  }
  return differs;
}

function lexicographic(losses: Float64Array, width: number, a: number, b: number): number {
  for (let objective = 0; objective < width; objective++) {
    const own = losses[a * width + objective] as number;
    const other = losses[b * width + objective] as number;
    if (own < other) return -1;
    if (own > other) return 1;
  }
  return a - b;
}
