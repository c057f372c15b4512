import { type Entrant, lossAt, type RungBook } from './rungBook.ts';

/** Decides which trials that have completed a rung go on. */
export interface Promotion {
  /** The most promising first. */
  order(book: RungBook, entrants: readonly Entrant[], rung: number): Entrant[];
  /**
   * Whether those promoted before count among an asynchronous rung's places whatever they have come to, as a promise is
   * no standing among the others.
   */
  readonly countsPromoted: boolean;
}

/** By the value at the end of the rung, as in the papers; of equal ones the older first. */
export class RankPromotion implements Promotion {
  readonly countsPromoted = false;

  order(_book: RungBook, entrants: readonly Entrant[], rung: number): Entrant[] {
    const loss = (entrant: Entrant) => lossAt(entrant, rung) ?? Number.POSITIVE_INFINITY;
    return [...entrants].sort((a, b) => (loss(a) === loss(b) ? a.number - b.number : loss(a) - loss(b)));
  }
}
