import { ensureLength } from '../study/columns/growable.ts';
import { isFeasible } from '../study/constraints.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';
import { unbeatenRows } from './unbeatenRows.ts';

/** So many new trials at once, as when a study is opened, are compared all together: one by one each is compared with the whole front. */
const MANY = 64;

const fronts = new WeakMap<History, { numbers(): readonly number[] }>();

/** The Pareto front of a study with several objectives (see `unbeatenTrials`); empty with one, whose best is `history.best`. */
export function paretoFront(history: History): readonly number[] {
  return history.directions.length < 2 ? [] : unbeatenTrials(history);
}

/**
 * The complete, feasible trials that no other one beats in every objective, ascending. The list itself changes with the
 * study. Equal trials are all in it, one with a NaN never. Kept up to date trial by trial: a complete trial never changes.
 */
export function unbeatenTrials(history: History): readonly number[] {
  let front = fronts.get(history);
  if (!front) {
    front = new Front(history);
    fronts.set(history, front);
  }
  return front.numbers();
}

/**
 * Takes the front of a study over from a reader that has worked it out elsewhere: it stands until the next one is given. A
 * hundred thousand trials with six objectives, none of which beats another, take twenty seconds.
 */
export function giveFront(history: History, numbers: Uint32Array): void {
  const given = [...numbers];
  fronts.set(history, { numbers: () => given });
}

class Front {
  readonly #history: History;
  readonly #width: number;
  #revision = 0;
  readonly #numbers: number[] = [];
  /** Losses (smaller is better) of the trials in `#numbers`, `#width` a trial. */
  #losses = new Float64Array(0);
  readonly #new: Float64Array;

  constructor(history: History) {
    this.#history = history;
    this.#width = history.directions.length;
    this.#new = new Float64Array(this.#width);
  }

  numbers(): readonly number[] {
    const { revision } = this.#history;
    if (this.#revision === revision) return this.#numbers;
    const usable: number[] = [];
    for (const number of this.#history.changedSince(this.#revision)) {
      const isUsable =
        this.#history.state(number) === TrialState.complete && isFeasible(this.#history.systemAttrs(number));
      if (isUsable) usable.push(number);
    }
    if (usable.length >= MANY) this.#insertAll(usable);
    else for (const number of usable) this.#insert(number);
    this.#revision = revision;
    return this.#numbers;
  }

  #insertAll(added: readonly number[]): void {
    const width = this.#width;
    const numbers = [...this.#numbers, ...added.filter((number) => this.#read(number))].sort((a, b) => a - b);
    const losses = new Float64Array(numbers.length * width);
    for (const [row, number] of numbers.entries()) {
      this.#read(number);
      losses.set(this.#new, row * width);
    }
    const isUnbeaten = unbeatenRows(losses, width);
    this.#numbers.length = 0;
    this.#losses = losses;
    for (const [row, number] of numbers.entries()) {
      if (isUnbeaten[row] === 0) continue;
      losses.copyWithin(this.#numbers.length * width, row * width, (row + 1) * width);
      this.#numbers.push(number);
    }
  }

  #insert(number: number): void {
    if (!this.#read(number)) return;
    let beaten = 0;
    const count = this.#numbers.length;
    for (let place = 0; place < count; place++) {
      const order = this.#compare(place);
      if (order < 0) return;
      if (order > 0) beaten++;
    }
    if (beaten > 0) this.#removeBeaten();
    // Trials mostly end in their order: a new one goes to the end, or not far from it.
    let place = this.#numbers.length;
    while (place > 0 && this.#numbers[place - 1] > number) place--;
    const width = this.#width;
    this.#losses = ensureLength(this.#losses, (this.#numbers.length + 1) * width, Number.NaN);
    this.#losses.copyWithin((place + 1) * width, place * width, this.#numbers.length * width);
    this.#losses.set(this.#new, place * width);
    this.#numbers.splice(place, 0, number);
  }

  /** Reads a trial's losses; false when one is NaN. */
  #read(number: number): boolean {
    for (let objective = 0; objective < this.#width; objective++) {
      const sign = this.#history.directions[objective] === Direction.maximize ? -1 : 1;
      const loss = sign * this.#history.value(number, objective);
      if (Number.isNaN(loss)) return false;
      this.#new[objective] = loss;
    }
    return true;
  }

  #removeBeaten(): void {
    const width = this.#width;
    let kept = 0;
    for (let place = 0; place < this.#numbers.length; place++) {
      if (this.#compare(place) > 0) continue;
      this.#losses.copyWithin(kept * width, place * width, (place + 1) * width);
      this.#numbers[kept++] = this.#numbers[place];
    }
    this.#numbers.length = kept;
  }

  /** −1 when the trial at `place` beats the new one, 1 when it is beaten, 0 when neither or when they are equal. */
  #compare(place: number): number {
    const losses = this.#losses;
    const own = this.#new;
    const from = place * own.length;
    let isBetter = false;
    let isWorse = false;
    for (let objective = 0; objective < own.length; objective++) {
      const known = losses[from + objective];
      const loss = own[objective];
      if (known < loss) isBetter = true;
      else if (known > loss) isWorse = true;
      if (isBetter && isWorse) return 0;
    }
    return isBetter ? -1 : isWorse ? 1 : 0;
  }
}
