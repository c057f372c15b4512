import type { Rung } from '../trialAttrs.ts';
import { bracketSize, type Ladder } from './ladder.ts';
import { type Entrant, hasCompleted, type RungBook } from './rungBook.ts';
import { RungScheduler } from './rungScheduler.ts';

/**
 * Hyperband (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, JMLR 18, 2018): brackets s = s_max … 0 in turn, each a
 * successive halving of ⌈(s_max + 1) / (s + 1) · η^s⌉ trials from R·η^(−s) steps on. A rung is decided when all its trials
 * are through; workers that would wait begin the next bracket meanwhile. The last bracket of a budget may be smaller; its
 * best trial is trained to the end all the same.
 */
export class HyperbandScheduler extends RungScheduler {
  readonly name: string = 'hyperband';

  protected promotable(book: RungBook, ladder: Ladder, mayStart: boolean): Entrant | undefined {
    for (let bracket = 0; bracket < book.brackets; bracket++) {
      for (const { candidates, rung, free } of this.#decided(book, ladder, bracket, mayStart)) {
        if (free > 0 && candidates.length > 0) return this.promotion.order(book, candidates, rung)[0];
      }
    }
    return undefined;
  }

  protected lowestRung(book: RungBook, ladder: Ladder): Rung {
    let bracket = 0;
    while (book.bracket(bracket).length >= this.#sizeOf(bracket, ladder)) bracket++;
    return { bracket, rung: 0, step: this.rungsOf(bracket, ladder)[0] };
  }

  protected rungsOf(bracket: number, ladder: Ladder): Ladder {
    return ladder.slice(bracket % ladder.length);
  }

  protected beaten(book: RungBook, ladder: Ladder, mayStart: boolean): number[] {
    const numbers: number[] = [];
    for (let bracket = 0; bracket < book.brackets; bracket++) {
      for (const { candidates, free } of this.#decided(book, ladder, bracket, mayStart)) {
        if (free <= 0) numbers.push(...candidates.map(({ number }) => number));
      }
    }
    return numbers;
  }

  protected isPromotedAtOnce(): boolean {
    return false;
  }

  #sizeOf(bracket: number, ladder: Ladder): number {
    return bracketSize(ladder.length, this.rungsOf(bracket, ladder).length - 1, this.options.reductionFactor);
  }

  /** The rungs of a bracket that all their trials are through, and the places above that are still free. */
  *#decided(
    book: RungBook,
    ladder: Ladder,
    bracket: number,
    mayStart: boolean,
  ): Generator<{ rung: number; candidates: Entrant[]; free: number }> {
    const all = book.bracket(bracket);
    const planned = this.#sizeOf(bracket, ladder);
    if (all.length < planned && mayStart) return;
    const size = Math.min(all.length, planned);
    const last = this.rungsOf(bracket, ladder).length - 1;
    for (let rung = 0; rung < last; rung++) {
      const here = all.filter((entrant) => entrant.rung.rung >= rung);
      if (!here.every((entrant) => hasCompleted(entrant, rung) || entrant.isFinished)) return;
      const above = here.filter((entrant) => entrant.rung.rung > rung).length;
      const candidates = here.filter((entrant) => entrant.isPaused && entrant.rung.rung === rung);
      const places = Math.max(1, Math.floor(size / this.options.reductionFactor ** (rung + 1)));
      yield { rung, candidates, free: places - above };
      if (above < places && candidates.length > 0) return;
    }
  }
}

/**
 * BOHB (Falkner, Klein, Hutter: "BOHB: robust and efficient hyperparameter optimization at scale", ICML 2018): Hyperband
 * whose configurations a model proposes (see FidelityViews), except for a share that is drawn uniformly.
 */
export class BohbScheduler extends HyperbandScheduler {
  override readonly name = 'bohb';
}
