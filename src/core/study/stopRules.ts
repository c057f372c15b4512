import { paretoFront } from '../fronts/paretoFront.ts';
import type { History } from './history.ts';
import { Direction, TrialState } from './states.ts';

/** When a study has found enough, whatever its budget. */
export interface StopRules {
  /** The study ends once a feasible trial has this value or a better one. One objective only. */
  readonly target?: number | undefined;
  /**
   * The study ends after so many finished trials (complete, pruned or failed) since the best value, or with several
   * objectives the Pareto front, was last improved. Whole, at least 1.
   */
  readonly plateau?: number | undefined;
}

/** Follows a growing history; a check costs no more than a comparison while the best trial stays the same. */
export class StopWatch {
  readonly history: History;
  #newest: number | undefined;
  /** Trials that had finished when the newest improvement did. */
  #finishedThen = 0;

  constructor(history: History) {
    this.history = history;
  }

  /** The rule that is met. */
  met({ target, plateau }: StopRules): keyof StopRules | undefined {
    const { best, directions } = this.history;
    if (target !== undefined && best !== undefined && directions.length === 1) {
      const value = this.history.value(best);
      if (directions[0] === Direction.maximize ? value >= target : value <= target) return 'target';
    }
    return plateau !== undefined && this.#sinceImprovement() >= plateau ? 'plateau' : undefined;
  }

  #sinceImprovement(): number {
    const newest = this.#newestImprovement();
    if (newest === undefined) return 0;
    const finished = finishedIn(this.history);
    if (newest !== this.#newest) {
      this.#newest = newest;
      this.#finishedThen = finished - finishedAfter(this.history, newest);
    }
    return finished - this.#finishedThen;
  }

  #newestImprovement(): number | undefined {
    const { best, completedAt, directions } = this.history;
    if (directions.length === 1) return best;
    let newest: number | undefined;
    for (const number of paretoFront(this.history))
      if (newest === undefined || completedAt[number] > completedAt[newest]) newest = number;
    return newest;
  }
}

function finishedIn(history: History): number {
  return history.count(TrialState.complete) + history.count(TrialState.pruned) + history.count(TrialState.fail);
}

function finishedAfter(history: History, best: number): number {
  const { completedAt } = history;
  let after = 0;
  for (let number = 0; number < history.length; number++) {
    const state = history.state(number);
    if (state === TrialState.running || state === TrialState.waiting || number === best) continue;
    if (completedAt[number] > completedAt[best] || (completedAt[number] === completedAt[best] && number > best))
      after++;
  }
  return after;
}
