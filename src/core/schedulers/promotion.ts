import type { History } from '../study/history.ts';
import { type Entrant, lossAt } from './rungBook.ts';

/** Orders trials that have completed a rung, the most promising first. */
export interface Promotion {
  order(history: History, entrants: readonly Entrant[], rung: number): Entrant[];
}

/** By the value at the end of the rung, as in the papers; of equal ones the older first. */
export class RankPromotion implements Promotion {
  order(_history: History, entrants: readonly Entrant[], rung: number): Entrant[] {
    const loss = (entrant: Entrant) => lossAt(entrant, rung) ?? Number.POSITIVE_INFINITY;
    return [...entrants].sort((a, b) => (loss(a) === loss(b) ? a.number - b.number : loss(a) - loss(b)));
  }
}
