import { Random } from '../../random.ts';
import { profileOf, suitsProcess } from '../../samplers/auto/router.ts';
import { RandomSampler } from '../../samplers/randomSampler.ts';
import type { Sampler } from '../../samplers/sampler.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import { TrainingModel } from '../fidelity/trainingModel.ts';
import { TrainingSampler } from '../fidelity/trainingSampler.ts';
import { FidelityViews } from '../fidelityViews.ts';
import {
  CONTINUE,
  type Decision,
  DONE,
  type Move,
  type MoveContext,
  type Proposal,
  type Scheduler,
  WAIT,
} from '../scheduler.ts';
import { type Rung, rungOf, stepsDone } from '../trialAttrs.ts';
import { type Ladder, ladderTo } from './ladder.ts';
import type { Promotion } from './promotion.ts';
import { type Entrant, RungBook } from './rungBook.ts';

/** Trials that have come to the lowest step before all fidelities are modelled. */
const LEAST_TRIALS = 10;

export interface RungOptions {
  /** Steps of a full training; null: what the first trial takes. */
  readonly maxResource: number | null;
  /** Steps of the lowest rung. */
  readonly minResource: number;
  /** η: one of so many trials goes on to so many times the steps. */
  readonly reductionFactor: number;
}

/** How configurations are proposed. */
export interface ProposalOptions {
  /** Values at a step before it is modelled, by the number of parameters. */
  readonly enough: (parameters: number) => number;
  /** Share of configurations drawn uniformly whatever the sampler is. */
  readonly randomFraction: number;
  /** Whether a model of all fidelities proposes where the study's sampler allows it (see `Sampler.modelsTraining`). */
  readonly modelsTraining: boolean;
}

/** Between every value of a caches' key a history's: both are dropped with it. */
interface Derived {
  readonly book: RungBook;
  readonly views: FidelityViews;
  /** By space: an objective may change its ranges. */
  readonly models: WeakMap<SearchSpace, TrainingModel>;
}

/** What Hyperband and successive halving have in common: trials climb a ladder of steps, and pause on every rung. */
export abstract class RungScheduler implements Scheduler {
  abstract readonly name: string;
  protected readonly seed: number;
  protected readonly options: RungOptions;
  protected readonly promotion: Promotion;
  readonly #proposals: ProposalOptions;
  readonly #derived = new WeakMap<History, Derived>();

  constructor(seed: number, options: RungOptions, promotion: Promotion, proposals: ProposalOptions) {
    this.seed = seed;
    this.options = options;
    this.promotion = promotion;
    this.#proposals = proposals;
  }

  next({ history, mayStart }: MoveContext): Move {
    const { book } = this.#of(history);
    const cut = book.interrupted;
    if (cut) return { type: 'continue', number: cut.number, rung: cut.rung };
    const ladder = this.#ladder(book);
    if (!ladder) {
      if (mayStart) return { type: 'new', rung: { bracket: -1, rung: 0, step: null } };
      return book.isAnyRunning ? WAIT : DONE;
    }
    const promoted = this.promotable(book, ladder, mayStart);
    if (promoted) return { type: 'continue', number: promoted.number, rung: this.#rungAbove(promoted.rung, ladder) };
    if (mayStart) return { type: 'new', rung: this.#withMax(this.lowestRung(book, ladder), ladder) };
    return book.isAnyRunning ? WAIT : DONE;
  }

  decide(history: History, number: number): Decision {
    const { book } = this.#of(history);
    const rung = rungOf(history.systemAttrs(number));
    const ladder = this.#ladder(book);
    if (!rung || !ladder) return CONTINUE;
    const max = ladder[ladder.length - 1];
    const done = stepsDone(history, number);
    if (done < (rung.step ?? max)) return CONTINUE;
    if (rung.step === null || rung.step >= max) return { type: 'finish' };
    return this.isPromotedAtOnce(book, number, rung)
      ? { type: 'promote', rung: this.#rungAbove(rung, ladder) }
      : { type: 'pause' };
  }

  isLastStep(history: History, step: number): boolean {
    return step >= (this.#ladder(this.#of(history).book)?.at(-1) ?? Number.POSITIVE_INFINITY);
  }

  losers({ history, mayStart }: MoveContext): readonly number[] {
    const { book } = this.#of(history);
    const ladder = this.#ladder(book);
    return ladder ? this.beaten(book, ladder, mayStart) : [];
  }

  proposal(history: History, number: number, space: SearchSpace, own: Sampler): Proposal {
    const { randomFraction, enough, modelsTraining } = this.#proposals;
    if (randomFraction > 0 && new Random(this.seed, number, 'random fraction').uniform() < randomFraction) {
      return { sampler: new RandomSampler(this.seed) };
    }
    const { book, views, models } = this.#of(history);
    const ladder = this.#ladder(book);
    if (!ladder) return {};
    if (modelsTraining && own.modelsTraining && suitsProcess(profileOf(space))) {
      const model = models.get(space) ?? new TrainingModel(book, space);
      models.set(space, model);
      if (model.follow(ladder) && model.trials >= LEAST_TRIALS) {
        return { sampler: new TrainingSampler(this.seed, model, own) };
      }
    }
    return { history: views.at(ladder, enough(space.parameters.length)) };
  }

  /** The paused trial that goes on now. */
  protected abstract promotable(book: RungBook, ladder: Ladder, mayStart: boolean): Entrant | undefined;
  /** Where the next new trial starts. */
  protected abstract lowestRung(book: RungBook, ladder: Ladder): Rung;
  /** The steps of one bracket's rungs. */
  protected abstract rungsOf(bracket: number, ladder: Ladder): Ladder;
  /** Numbers of paused trials without a chance. */
  protected abstract beaten(book: RungBook, ladder: Ladder, mayStart: boolean): number[];
  protected abstract isPromotedAtOnce(book: RungBook, number: number, rung: Rung): boolean;

  #rungAbove({ bracket, rung }: Rung, ladder: Ladder): Rung {
    const steps = this.rungsOf(bracket, ladder);
    const step = steps[rung + 1] ?? ladder[ladder.length - 1];
    return this.#withMax({ bracket, rung: rung + 1, step }, ladder);
  }

  #withMax(rung: Rung, ladder: Ladder): Rung {
    return this.options.maxResource === null ? { ...rung, max: ladder[ladder.length - 1] } : rung;
  }

  #ladder(book: RungBook): Ladder | undefined {
    const max = this.options.maxResource ?? book.learntMax;
    return max === undefined ? undefined : ladderTo(max, this.options);
  }

  #of(history: History): Derived {
    let derived = this.#derived.get(history);
    if (!derived) {
      derived = { book: new RungBook(history), views: new FidelityViews(history), models: new WeakMap() };
      this.#derived.set(history, derived);
    }
    derived.book.update();
    return derived;
  }
}
