import type { History } from '../../study/history.ts';
import { Ranking } from './ranking.ts';

/** Chooses the good trials among those with all parameters of a group. */
export interface BelowSelector {
  /** Whether newer good trials weigh more than older ones. */
  readonly weighsByAge: boolean;
  has(number: number): boolean;
  /** Takes in trials that are complete or pruned. */
  add(numbers: readonly number[]): void;
  /** Numbers of the good trials. */
  below(): Iterable<number>;
  clear(): void;
}

/** One objective: the best min(⌈0.1 n⌉, 25), as Optuna's default gamma. */
export class BestRanked implements BelowSelector {
  readonly weighsByAge = true;
  readonly #history: History;
  #ranking: Ranking;

  constructor(history: History) {
    this.#history = history;
    this.#ranking = new Ranking(history);
  }

  has(number: number): boolean {
    return this.#ranking.has(number);
  }

  add(numbers: readonly number[]): void {
    this.#ranking.add(numbers);
  }

  below(): Iterable<number> {
    return this.#ranking.order.subarray(0, Math.min(Math.ceil(0.1 * this.#ranking.count), 25));
  }

  clear(): void {
    this.#ranking = new Ranking(this.#history);
  }
}
