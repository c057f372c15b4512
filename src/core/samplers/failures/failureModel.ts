import { Random } from '../../random.ts';
import { isOwnFailure } from '../../study/failReason.ts';
import type { History } from '../../study/history.ts';
import { isFinished, TrialState } from '../../study/states.ts';
import { FastRandom } from '../forest/fastRandom.ts';
import { RegressionForest } from '../forest/regressionForest.ts';
import type { UnitSpace } from '../forest/unitSpace.ts';

/** Trials of either kind that the model sees at most: the newest. */
const MOST_ROWS = 64;
/** Finished trials that `recentShare` looks back on. */
const RECENT = 8;

/** The trials that a model is made of, the newest first. */
interface Ends {
  readonly good: readonly number[];
  readonly failed: readonly number[];
  readonly recentShare: number;
}

/**
 * Where the trials of one history fail: a forest of extremely randomised trees (Geurts, Ernst, Wehenkel 2006) over the newest
 * finished trials, whose target is 1 for one that failed by itself and 0 for the others. Between a failed and a good
 * neighbour the chance rises about linearly, along the parameters that part the two kinds.
 */
export class FailureModel {
  /** `width` coordinates a trial that did not fail, the newest first. */
  readonly good: Float64Array;
  /** Share of failed ones among the newest 8 finished trials. */
  readonly recentShare: number;
  readonly #forest = new RegressionForest();

  private constructor(space: UnitSpace, history: History, { good, failed, recentShare }: Ends, random: Random) {
    this.recentShare = recentShare;
    const columns = space.columns(history);
    const numbers = [...good, ...failed];
    const points = new Float64Array(numbers.length * space.width);
    for (const [row, number] of numbers.entries()) space.read(columns, number, points, row * space.width);
    this.good = points.subarray(0, good.length * space.width);
    const targets = Float64Array.from(numbers, (_, row) => (row < good.length ? 0 : 1));
    const rows = Int32Array.from(numbers, (_, row) => row);
    this.#forest.grow({ points, targets, rows, choices: space.choices }, new FastRandom(random));
  }

  /** As trial `number` finds it; undefined while no trial has failed by itself, or all have. */
  static of(space: UnitSpace, history: History, number: number, seed: number): FailureModel | undefined {
    if (history.count(TrialState.fail) === 0) return undefined;
    const ends = endsBefore(history, number);
    if (ends.good.length === 0 || ends.failed.length === 0) return undefined;
    return new FailureModel(space, history, ends, new Random(seed, number, 'failures'));
  }

  /** The chance from 0 to 1 that a trial fails at the point from `offset` on. */
  chance(points: Float64Array, offset: number): number {
    this.#forest.predict(points, offset);
    return this.#forest.mean;
  }
}

function endsBefore(history: History, number: number): Ends {
  const good: number[] = [];
  const failed: number[] = [];
  let recent = 0;
  let seen = 0;
  for (let one = Math.min(number, history.length) - 1; one >= 0; one--) {
    if (!isFinished(history.state(one))) continue;
    const isFailure = isOwnFailure(history, one);
    if (!isFailure && history.state(one) === TrialState.fail) continue;
    if (seen++ < RECENT && isFailure) recent++;
    const kind = isFailure ? failed : good;
    if (kind.length < MOST_ROWS) kind.push(one);
    else if (good.length === failed.length) break;
  }
  return { good, failed, recentShare: recent / Math.max(1, Math.min(seen, RECENT)) };
}
