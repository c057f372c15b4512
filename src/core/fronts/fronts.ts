import { ensureLength } from '../study/columns/growable.ts';

/** One front: its points in ascending order, and for two objectives also by the first loss, the second descending. */
interface Front {
  readonly points: number[];
  readonly along: number[];
}

/**
 * Non-dominated fronts that grow by insertion: front 0 is the Pareto front, front r the Pareto front of what remains
 * without the fronts before it. A point goes into the first front that does not dominate it, found by bisection (Zhang
 * et al. 2015, ENS-BS); what it dominates there moves one front down, and so on (Li et al. 2017, ENLU). With two objectives
 * both are found by bisection along a front. The fronts depend on the set of points only, not on the order of insertion;
 * within a front points are in ascending order.
 */
export class Fronts {
  readonly #width: number;
  /** Losses (smaller is better), `width` numbers a point. */
  #losses = new Float64Array(0);
  readonly #fronts: Front[] = [];
  #count = 0;

  constructor(objectives: number) {
    this.#width = objectives;
  }

  get count(): number {
    return this.#count;
  }

  get fronts(): readonly (readonly number[])[] {
    return this.#fronts.map(({ points }) => points);
  }

  losses(point: number): Float64Array {
    return this.#losses.subarray(point * this.#width, (point + 1) * this.#width);
  }

  insert(point: number, losses: Float64Array): void {
    this.#losses = ensureLength(this.#losses, (point + 1) * this.#width, 0);
    this.#losses.set(losses, point * this.#width);
    this.#count++;
    let moving = [point];
    for (let rank = this.#firstFrontFor(point); moving.length > 0; rank++) {
      const front = this.#fronts[rank];
      if (!front) {
        this.#fronts.push(this.#frontOf(moving));
        return;
      }
      const pushed = this.#dominatedBy(front, moving);
      if (pushed.length === front.points.length) {
        // All of the front goes down, and with it all of every later one: the same as a new front in between.
        this.#fronts.splice(rank, 0, this.#frontOf(moving));
        return;
      }
      for (const one of pushed) this.#remove(front, one);
      for (const one of moving) this.#add(front, one);
      moving = pushed;
    }
  }

  #firstFrontFor(point: number): number {
    let from = 0;
    let to = this.#fronts.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#dominates(this.#fronts[middle], point)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Whether a front dominates a point: with two objectives only the last of those that are not behind it can. */
  #dominates({ points, along }: Front, point: number): boolean {
    if (this.#width !== 2) return points.some((other) => isBetter(this.#losses, this.#width, other, point));
    const place = this.#placeAlong(along, this.#losses[point * 2], true);
    return place > 0 && isBetter(this.#losses, 2, along[place - 1], point);
  }

  #dominatedBy({ points, along }: Front, movers: readonly number[]): number[] {
    if (this.#width !== 2) {
      return points.filter((other) => movers.some((mover) => isBetter(this.#losses, this.#width, mover, other)));
    }
    const dominated = new Set<number>();
    for (const mover of movers) {
      const [x, y] = [this.#losses[mover * 2], this.#losses[mover * 2 + 1]];
      for (let place = this.#placeAlong(along, x, false); place < along.length; place++) {
        const other = along[place];
        if (this.#losses[other * 2 + 1] < y) break;
        if (isBetter(this.#losses, 2, mover, other)) dominated.add(other);
      }
    }
    return [...dominated].sort((a, b) => a - b);
  }

  /** Place of the first point along a front whose first loss is at least `loss`, or above it when `isAfter`. */
  #placeAlong(along: readonly number[], loss: number, isAfter: boolean): number {
    let from = 0;
    let to = along.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = this.#losses[along[middle] * 2];
      if (other < loss || (isAfter && other === loss)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #frontOf(points: readonly number[]): Front {
    const front: Front = { points: [], along: [] };
    for (const point of points) this.#add(front, point);
    return front;
  }

  #add({ points, along }: Front, point: number): void {
    points.splice(placeOf(points, point), 0, point);
    if (this.#width === 2) along.splice(this.#placeAlong(along, this.#losses[point * 2], true), 0, point);
  }

  #remove({ points, along }: Front, point: number): void {
    points.splice(placeOf(points, point), 1);
    if (this.#width !== 2) return;
    let place = this.#placeAlong(along, this.#losses[point * 2], false);
    while (along[place] !== point) place++;
    along.splice(place, 1);
  }
}

/** Place of a number in an ascending list, or where it belongs. */
function placeOf(list: readonly number[], number: number): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (list[middle] < number) from = middle + 1;
    else to = middle;
  }
  return from;
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
      if (holdsBetter(losses, width, fronts[middle], point)) from = middle + 1;
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
    if (isBetter(losses, width, front[place], point)) return true;
  }
  return false;
}

/** Whether row `a` dominates row `b`. */
export function isBetter(losses: Float64Array, width: number, a: number, b: number): boolean {
  let differs = false;
  for (let objective = 0; objective < width; objective++) {
    const own = losses[a * width + objective];
    const other = losses[b * width + objective];
    if (own > other) return false;
    if (own < other) differs = true;
  }
  return differs;
}

function lexicographic(losses: Float64Array, width: number, a: number, b: number): number {
  for (let objective = 0; objective < width; objective++) {
    const own = losses[a * width + objective];
    const other = losses[b * width + objective];
    if (own < other) return -1;
    if (own > other) return 1;
  }
  return a - b;
}
