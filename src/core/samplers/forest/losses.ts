import { Random } from '../../random.ts';
import { normalQuantile } from '../../stats/normalQuantile.ts';
import type { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import { violationOf } from '../tpe/ranking.ts';

/** Share of the sum of all objectives in the augmented Chebyshev scalarisation (Knowles 2006, ParEGO). */
const AUGMENTATION = 0.05;
/** What a running trial counts as until it ends: the upper quartile of the scores. */
export const LIAR_SCORE = normalQuantile(0.75);

/**
 * Targets of the surrogate: a trial's rank among `rows` as a normal score Φ⁻¹((rank + ½) / n), which no monotone change of
 * the objective, outlier or infinity alters. Feasible trials come first, by loss; a pruned one counts with its last report
 * but never as better than the median, a failed one as the worst; then infeasible ones, by what they violate (Deb 2000).
 * Several objectives: the augmented Chebyshev loss for weights that are drawn for the trial `number` (ParEGO), each
 * objective scaled to [0, 1] over `rows`.
 */
export class Losses {
  readonly #history: History;
  readonly #weights: Float64Array | null;
  readonly #lows: Float64Array;
  readonly #spans: Float64Array;
  #median = Number.NEGATIVE_INFINITY;
  /** Of the rows, ascending: losses of the feasible ones, then violations of the infeasible ones. */
  readonly #feasible: Float64Array;
  readonly #infeasible: Float64Array;

  constructor(history: History, rows: readonly number[], seed: number, number: number) {
    this.#history = history;
    const objectives = history.directions.length;
    this.#weights = objectives > 1 ? drawWeights(objectives, new Random(seed, number, 'weights')) : null;
    this.#lows = new Float64Array(objectives).fill(Number.POSITIVE_INFINITY);
    this.#spans = new Float64Array(objectives).fill(1);
    if (this.#weights) this.#measure(rows);
    const complete = rows.filter(
      (row) => history.state(row) === TrialState.complete && violationOf(history, row) === 0,
    );
    const losses = Float64Array.from(complete, (row) => this.#loss(row)).sort();
    this.#median = losses[losses.length >> 1] ?? Number.NEGATIVE_INFINITY;
    const isInfeasible = rows.map((row) => violationOf(history, row) > 0);
    const feasible = rows.filter((_, index) => !isInfeasible[index]);
    this.#feasible = Float64Array.from(feasible, (row) => this.#loss(row)).sort();
    this.#infeasible = Float64Array.from(
      rows.filter((_, index) => isInfeasible[index]),
      (row) => violationOf(history, row),
    ).sort();
  }

  /** The target of a finished trial, which need not be one of the rows. */
  score(number: number): number {
    const violation = violationOf(this.#history, number);
    const among = violation > 0 ? this.#infeasible : this.#feasible;
    const loss = violation > 0 ? violation : this.#loss(number);
    const from = lowerBound(among, loss, false);
    const to = lowerBound(among, loss, true);
    const count = this.#feasible.length + this.#infeasible.length;
    const rank = (violation > 0 ? this.#feasible.length : 0) + (from + to) / 2;
    return normalQuantile(Math.min(Math.max(rank, 0.25), count - 0.25) / count);
  }

  #loss(number: number): number {
    const history = this.#history;
    if (history.state(number) === TrialState.complete)
      return this.#weights ? this.#chebyshev(this.#weights, number) : this.#one(number, 0);
    const last = history.state(number) === TrialState.pruned ? history.lastReport(number)?.value : undefined;
    if (last === undefined || Number.isNaN(last)) return Number.POSITIVE_INFINITY;
    return Math.max(history.directions[0] === Direction.maximize ? -last : last, this.#median);
  }

  #chebyshev(weights: Float64Array, number: number): number {
    let worst = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let objective = 0; objective < weights.length; objective++) {
      const place = (this.#one(number, objective) - this.#lows[objective]) / this.#spans[objective];
      const share = weights[objective] * Math.min(Math.max(place, -1), 2);
      worst = Math.max(worst, share);
      sum += share;
    }
    return worst + AUGMENTATION * sum;
  }

  #one(number: number, objective: number): number {
    const value = this.#history.value(number, objective);
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    return this.#history.directions[objective] === Direction.maximize ? -value : value;
  }

  /** Ranges of the objectives over complete trials, infinities left out. */
  #measure(rows: readonly number[]): void {
    for (let objective = 0; objective < this.#lows.length; objective++) {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const row of rows) {
        const loss = this.#history.state(row) === TrialState.complete ? this.#one(row, objective) : Number.NaN;
        if (!Number.isFinite(loss)) continue;
        low = Math.min(low, loss);
        high = Math.max(high, loss);
      }
      this.#lows[objective] = low <= high ? low : 0;
      this.#spans[objective] = high > low ? high - low : 1;
    }
  }
}

/** Uniform on the simplex. */
function drawWeights(count: number, random: Random): Float64Array {
  const weights = Float64Array.from({ length: count }, () => -Math.log(1 - random.uniform()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Place of the first element that is not below (or, with `after`, that is above) `value`. */
function lowerBound(sorted: Float64Array, value: number, after: boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = sorted[middle];
    if (other < value || (after && other === value)) from = middle + 1;
    else to = middle;
  }
  return from;
}
