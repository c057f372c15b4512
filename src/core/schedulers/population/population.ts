import type { History } from '../../study/history.ts';
import { TrialState } from '../../study/states.ts';
import { completedRungs, type Entrant, lossAt, RungBook } from '../rungs/rungBook.ts';
import { breedingOf } from '../trialAttrs.ts';

/** One member of a population now. Its trials are the entrants of the bracket with its index. */
export interface Member {
  readonly index: number;
  /** Its newest trial. */
  readonly trial: Entrant;
  /** Intervals that its weights have been trained; a failed trial counts as through its own. */
  readonly done: number;
  readonly isReady: boolean;
  readonly isDead: boolean;
  /** Whether it may still be trained. */
  readonly isActive: boolean;
}

/** A population, read from the history. */
export class Population {
  readonly book: RungBook;

  constructor(history: History) {
    this.book = new RungBook(history);
  }

  members(): Member[] {
    this.book.update();
    return Array.from({ length: this.book.brackets }, (_, index) => this.#member(index));
  }

  /** The loss of a member at the end of interval `rung`; undefined when it has none. */
  lossOf({ index, trial, isDead }: Member, rung: number): number | undefined {
    const trials = this.book.bracket(index);
    for (let place = trials.length - 1; place >= 0; place--) {
      const loss = lossAt(trials[place], rung);
      if (loss !== undefined) return loss;
    }
    return isDead && trial.rung.rung === rung ? Number.POSITIVE_INFINITY : undefined;
  }

  /** The newest loss; of a trial that has just copied another one's weights, that of the other. */
  latestLoss({ trial, isDead }: Member): number | undefined {
    if (isDead) return Number.POSITIVE_INFINITY;
    return trial.losses.at(-1) ?? this.inheritedLoss(trial);
  }

  /** The loss of the weights that a trial began with. */
  inheritedLoss(trial: Entrant): number | undefined {
    const parent = breedingOf(this.book.history.systemAttrs(trial.number))?.parent ?? null;
    const entrant = parent === null ? undefined : this.book.entrant(parent);
    return entrant && lossAt(entrant, trial.firstRung - 1);
  }

  #member(index: number): Member {
    const trial = this.book.bracket(index).at(-1) as Entrant;
    const isDead = this.book.history.state(trial.number) === TrialState.fail;
    return {
      index,
      trial,
      done: isDead ? trial.rung.rung + 1 : completedRungs(trial),
      isReady: trial.isPaused && completedRungs(trial) > trial.rung.rung,
      isDead,
      isActive: !trial.isFinished,
    };
  }
}
