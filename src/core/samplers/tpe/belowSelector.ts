import { Fronts } from '../../fronts/fronts.ts';
import { hypervolume, largestVolumeSubset } from '../../fronts/hypervolume.ts';
import type { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import { ageWeight } from './ageWeight.ts';
import { NumberSet } from './numberSet.ts';
import { Ranking, violationOf } from './ranking.ts';

/** Chooses the good trials of a history; one for all groups of parameters, as in Optuna. */
export interface BelowSelector {
  /** Whether the number of good trials grows without limit, so that they have to be thinned like the others. */
  readonly isUnlimited: boolean;
  /** Takes in what happened to the history since the last call. */
  update(): void;
  /** Numbers of the good trials; an unlimited selector leaves out those that `keeps` does not keep. */
  below(keeps: (number: number) => boolean): Iterable<number>;
  /** Fills the weights of good trials, given in ascending order. */
  weigh(numbers: Float64Array, weights: Float64Array): void;
}

/** Optuna's default gamma takes no more as good. */
const MOST_BELOW = 25;

/** One objective: the best min(⌈0.1 n⌉, 25), as Optuna's default gamma. */
export class BestRanked implements BelowSelector {
  readonly isUnlimited = false;
  readonly #news: FinishedTrials;
  readonly #ranking: Ranking;

  constructor(history: History) {
    this.#news = new FinishedTrials(history);
    this.#ranking = new Ranking(history);
  }

  update(): void {
    this.#ranking.add(this.#news.take());
  }

  below(): Iterable<number> {
    return this.#ranking.order.subarray(0, Math.min(Math.ceil(0.1 * this.#ranking.count), MOST_BELOW));
  }

  weigh(numbers: Float64Array, weights: Float64Array): void {
    for (let index = 0; index < numbers.length; index++) weights[index] = ageWeight(index, numbers.length);
  }
}

/** Optuna's smallest weight. */
const LEAST_WEIGHT = 1e-12;
/** A front that is cut is cut by volume up to this size, beyond it evenly along the first objective. */
const LARGEST_EXACT_CUT = 128;

/**
 * Several objectives, as Optuna 5: ⌈0.1 n⌉ trials by non-domination rank, the last front cut to the subset with the largest
 * hypervolume (Ozaki et al. 2022, MOTPE); feasible complete trials first, then pruned ones, then infeasible ones. As Optuna
 * 4: no more than 25, and each weighs as much as the hypervolume that it alone dominates, relative to the largest such.
 */
export class BestFronts implements BelowSelector {
  readonly isUnlimited: boolean;
  readonly #history: History;
  /** Relative hypervolume contributions of the good trials; none: all weigh the same. */
  readonly #contributions = new Map<number, number>();
  readonly #news: FinishedTrials;
  readonly #fronts: Fronts;
  readonly #others: Ranking;

  constructor(history: History, { asOptuna4 }: { asOptuna4: boolean }) {
    this.isUnlimited = !asOptuna4;
    this.#history = history;
    this.#news = new FinishedTrials(history);
    this.#fronts = new Fronts(history.directions.length);
    this.#others = new Ranking(history);
  }

  update(): void {
    const others: number[] = [];
    for (const number of this.#news.take()) {
      if (this.#history.state(number) !== TrialState.complete || violationOf(this.#history, number) > 0) {
        others.push(number);
        continue;
      }
      this.#fronts.insert(number, this.#lossesOf(number));
    }
    this.#others.add(others);
  }

  below(keeps: (number: number) => boolean): number[] {
    const chosen: number[] = [];
    const takes = this.isUnlimited ? keeps : () => true;
    const share = Math.ceil(0.1 * (this.#fronts.count + this.#others.count));
    let room = this.isUnlimited ? share : Math.min(share, MOST_BELOW);
    for (const front of this.#fronts.fronts) {
      if (room <= 0) break;
      const taken = front.length <= room ? front : this.#cut(front, room);
      for (const number of taken) if (takes(number)) chosen.push(number);
      room -= taken.length;
    }
    if (!this.isUnlimited) this.#measure(chosen);
    for (const number of this.#others.order.subarray(0, Math.max(0, room))) if (takes(number)) chosen.push(number);
    return chosen;
  }

  weigh(numbers: Float64Array, weights: Float64Array): void {
    for (let index = 0; index < numbers.length; index++) {
      weights[index] = this.isUnlimited ? 1 : (this.#contributions.get(numbers[index]) ?? LEAST_WEIGHT);
    }
  }

  /** Feasible good trials' weights; where the volume is infinite, or there is one trial, all weigh 1. */
  #measure(chosen: readonly number[]): void {
    this.#contributions.clear();
    const points = chosen.map((number) => this.#fronts.losses(number));
    if (points.length === 0) return;
    const reference = referencePoint(points);
    const volume = hypervolume(points, reference);
    const areTold = points.length > 1 && Number.isFinite(volume);
    const alone = points.map((_, place) =>
      areTold
        ? volume -
          hypervolume(
            points.filter((_, other) => other !== place),
            reference,
          )
        : 1,
    );
    const largest = Math.max(LEAST_WEIGHT, ...alone);
    for (const [place, number] of chosen.entries()) {
      this.#contributions.set(number, Math.max(alone[place] / largest, LEAST_WEIGHT));
    }
  }

  #lossesOf(number: number): Float64Array {
    const { directions } = this.#history;
    return Float64Array.from(directions, (direction, objective) => {
      const value = this.#history.value(number, objective);
      return direction === Direction.maximize ? -value : value;
    });
  }

  #cut(front: readonly number[], size: number): number[] {
    const points = front.map((number) => this.#fronts.losses(number));
    const areFinite = points.every((point) => point.every(Number.isFinite));
    if (!areFinite || front.length > LARGEST_EXACT_CUT) {
      const along = [...front].sort((a, b) => this.#fronts.losses(a)[0] - this.#fronts.losses(b)[0] || a - b);
      return Array.from({ length: size }, (_, place) => along[Math.floor((place * along.length) / size)]);
    }
    return largestVolumeSubset(points, referencePoint(points), size).map((place) => front[place]);
  }
}

/** Optuna's: a tenth worse than the worst of the front in every objective. */
function referencePoint(points: readonly Float64Array[]): Float64Array {
  const reference = new Float64Array(points[0].length).fill(Number.NEGATIVE_INFINITY);
  for (const point of points) {
    for (let objective = 0; objective < point.length; objective++) {
      reference[objective] = Math.max(reference[objective], point[objective]);
    }
  }
  return reference.map((worst) => Math.max(1.1 * worst, 0.9 * worst) || 1e-12);
}

/** The complete and pruned trials of a history, each handed out once. */
class FinishedTrials {
  readonly #history: History;
  readonly #taken = new NumberSet();
  #revision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  take(): number[] {
    const fresh: number[] = [];
    for (const number of this.#history.changedSince(this.#revision)) {
      const state = this.#history.state(number);
      if ((state === TrialState.complete || state === TrialState.pruned) && this.#taken.add(number)) fresh.push(number);
    }
    this.#revision = this.#history.revision;
    return fresh;
  }
}
