import { Random } from '../../random.ts';
import { TrialState } from '../../study/states.ts';
import { type Rung, valueAt } from '../trialAttrs.ts';
import { bracketSize, type Ladder } from './ladder.ts';
import type { Promotion } from './promotion.ts';
import { type Entrant, hasCompleted, lossOf, type RungBook } from './rungBook.ts';
import { type ProposalOptions, type RungOptions, RungScheduler } from './rungScheduler.ts';

export interface AshaOptions extends RungOptions {
  readonly brackets: number;
}

/**
 * Asynchronous successive halving (Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar: "A system for
 * massively parallel hyperparameter tuning", MLSys 2020): a free worker promotes a trial that is among the best 1/η of its
 * rung, the highest rung first, else it starts a new one. A trial that is among them as it arrives goes on without a
 * pause. Bracket b starts b rungs higher; trials are spread over brackets in Hyperband's proportions. When the budget has
 * no room for new trials and none has got to the top, the best of the highest rung is taken there.
 */
export class AshaScheduler extends RungScheduler {
  readonly name = 'asha';
  readonly #brackets: number;

  constructor(seed: number, options: AshaOptions, promotion: Promotion, proposals: ProposalOptions) {
    super(seed, options, promotion, proposals);
    this.#brackets = options.brackets;
  }

  protected promotable(book: RungBook, ladder: Ladder, mayStart: boolean): Entrant | undefined {
    const isLast = !mayStart && !book.isAnyRunning && !hasReachedTop(book, ladder);
    for (let below = 1; below < ladder.length; below++) {
      for (let bracket = 0; bracket < this.#count(ladder); bracket++) {
        const rung = this.rungsOf(bracket, ladder).length - 1 - below;
        if (rung < 0) continue;
        const done = book.bracket(bracket).filter((entrant) => hasCompleted(entrant, rung));
        const places = Math.floor(done.length / this.options.reductionFactor);
        const free = places > 0 || isLast ? this.#inPlace(book, done, rung, isLast ? done.length : places) : [];
        const found = free.find((entrant) => entrant.isPaused);
        if (found) return found;
      }
    }
    return undefined;
  }

  protected lowestRung(book: RungBook, ladder: Ladder): Rung {
    const count = this.#count(ladder);
    const sizes = Array.from({ length: count }, (_, bracket) =>
      bracketSize(ladder.length, ladder.length - 1 - bracket, this.options.reductionFactor),
    );
    const bracket = count > 1 ? new Random(this.seed, book.history.length, 'bracket').choice(sizes) : 0;
    return { bracket, rung: 0, step: this.rungsOf(bracket, ladder)[0] };
  }

  protected rungsOf(bracket: number, ladder: Ladder): Ladder {
    return ladder.slice(Math.min(bracket, ladder.length - 1));
  }

  /** As long as further trials come, anybody may still be among the best. */
  protected beaten(): number[] {
    return [];
  }

  protected isPromotedAtOnce(book: RungBook, number: number, rung: Rung): boolean {
    const self = book.entrant(number);
    if (!self) return false;
    const loss = lossOf(book.history, valueAt(book.history, number, rung.step ?? 0));
    const arrived: Entrant = { ...self, losses: [...self.losses.slice(0, rung.rung), loss] };
    const others = book.bracket(rung.bracket).filter((other) => other !== self && hasCompleted(other, rung.rung));
    const places = Math.floor((others.length + 1) / this.options.reductionFactor);
    return this.#inPlace(book, [...others, arrived], rung.rung, places).includes(arrived);
  }

  /** The trials that completed a rung and wait for promotion, the most promising first. */
  #inPlace(book: RungBook, done: readonly Entrant[], rung: number, places: number): Entrant[] {
    const isFree = (entrant: Entrant) => entrant.rung.rung === rung;
    if (!this.promotion.countsPromoted) return this.promotion.order(book, done, rung).slice(0, places).filter(isFree);
    const free = done.filter(isFree);
    const left = places - (done.length - free.length);
    return left > 0 ? this.promotion.order(book, free, rung).slice(0, left) : [];
  }

  #count(ladder: Ladder): number {
    return Math.min(this.#brackets, ladder.length);
  }
}

function hasReachedTop(book: RungBook, ladder: Ladder): boolean {
  const top = ladder[ladder.length - 1];
  return book.entrants().some(({ number, rung: { step } }) => {
    return book.history.state(number) === TrialState.complete && (step === null || step >= top);
  });
}
