import { ensureLength } from '../../study/columns/growable.ts';
import { constraintsOf } from '../../study/constraints.ts';
import type { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';

/** Feasible complete trials come before pruned ones, those before infeasible ones. */
const RankClass = { complete: 0, pruned: 1, infeasible: 2 } as const;

/** Sorting at once is cheaper than so many insertions. */
const MANY = 64;

/**
 * Finished trials from the best to the worst, as Optuna's TPE ranks them: feasible complete ones by value; pruned ones by
 * (last step, the later the better; value there, NaN last), those without a report at the end; infeasible ones by the sum
 * of what they violate. The first of equals is the one with the lower number.
 */
export class Ranking {
  readonly #history: History;
  #order = new Uint32Array(0);
  #count = 0;
  #classes = new Uint8Array(0);
  #firstKeys = new Float64Array(0);
  #secondKeys = new Float64Array(0);

  constructor(history: History) {
    this.#history = history;
  }

  get count(): number {
    return this.#count;
  }

  /** Trial numbers, the best first (a view). */
  get order(): Uint32Array {
    return this.#order.subarray(0, this.#count);
  }

  /** Ranks trials that are complete or pruned and not ranked yet. */
  add(numbers: readonly number[]): void {
    this.#order = ensureLength(this.#order, this.#count + numbers.length, 0);
    for (const number of numbers) {
      this.#setKeys(number);
      if (numbers.length > MANY) this.#order[this.#count++] = number;
      else this.#insert(number);
    }
    if (numbers.length > MANY) this.order.sort((a, b) => this.#compare(a, b));
  }

  #insert(number: number): void {
    let from = 0;
    let to = this.#count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#compare(this.#order[middle], number) < 0) from = middle + 1;
      else to = middle;
    }
    this.#order.copyWithin(from + 1, from, this.#count);
    this.#order[from] = number;
    this.#count++;
  }

  #compare(a: number, b: number): number {
    return (
      this.#classes[a] - this.#classes[b] ||
      order(this.#firstKeys[a], this.#firstKeys[b]) ||
      order(this.#secondKeys[a], this.#secondKeys[b]) ||
      a - b
    );
  }

  #setKeys(number: number): void {
    this.#classes = ensureLength(this.#classes, number + 1, 0);
    this.#firstKeys = ensureLength(this.#firstKeys, number + 1, 0);
    this.#secondKeys = ensureLength(this.#secondKeys, number + 1, 0);
    const history = this.#history;
    const sign = history.directions[0] === Direction.maximize ? -1 : 1;
    const violation = violationOf(history, number);
    if (violation > 0) {
      this.#classes[number] = RankClass.infeasible;
      this.#firstKeys[number] = violation;
    } else if (history.state(number) === TrialState.complete) {
      this.#classes[number] = RankClass.complete;
      this.#firstKeys[number] = sign * history.value(number);
    } else {
      const last = history.lastReport(number);
      this.#classes[number] = RankClass.pruned;
      this.#firstKeys[number] = last ? -last.step : 1;
      this.#secondKeys[number] = !last ? 0 : Number.isNaN(last.value) ? Number.POSITIVE_INFINITY : sign * last.value;
    }
  }
}

/** Sum of the positive constraint values; NaN counts as the worst. */
export function violationOf(history: History, number: number): number {
  let sum = 0;
  for (const value of constraintsOf(history.systemAttrs(number)).values()) {
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    if (value > 0) sum += value;
  }
  return sum;
}

/** Ascending, equal infinities equal (their difference is NaN). */
function order(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
