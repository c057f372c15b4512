import { nonDominatedRanks } from '../../fronts/fronts.ts';
import type { History } from '../../study/history.ts';
import { Direction } from '../../study/states.ts';
import { violationOf } from '../tpe/ranking.ts';

/** What selection knows of some complete trials, one row each. */
export interface Scores {
  readonly numbers: readonly number[];
  /** Objectives a row; smaller is better in `losses`. */
  readonly width: number;
  readonly losses: Float64Array;
  /** By objective: 1 where smaller values are better, −1 where larger ones are. */
  readonly signs: readonly number[];
  /** Sum of what a row violates, 0 when feasible. */
  readonly violations: Float64Array;
}

export function scoresOf(history: History, numbers: readonly number[]): Scores {
  const width = history.directions.length;
  const losses = new Float64Array(numbers.length * width);
  const violations = new Float64Array(numbers.length);
  const signs = history.directions.map((direction) => (direction === Direction.maximize ? -1 : 1));
  for (const [row, number] of numbers.entries()) {
    violations[row] = violationOf(history, number);
    for (let objective = 0; objective < width; objective++) {
      losses[row * width + objective] = (signs[objective] as number) * history.value(number, objective);
    }
  }
  return { numbers, width, losses, signs, violations };
}

/** Whether row `a` is better by constrained dominance (Deb et al. 2002): feasible, or violating less, or dominating. */
export function dominates({ width, losses, violations }: Scores, a: number, b: number): boolean {
  const violation = violations[a];
  const other = violations[b];
  if (violation > 0 || other > 0) return violation < other;
  let differs = false;
  for (let objective = 0; objective < width; objective++) {
    const own = losses[a * width + objective];
    const against = losses[b * width + objective];
    if (own > against) return false;
    if (own < against) differs = true;
  }
  return differs;
}

/** Rows by front, the best first; infeasible rows come after all feasible ones, by what they violate. */
export function frontsOf(scores: Scores): number[][] {
  const { width, losses, violations } = scores;
  const feasible: number[] = [];
  const infeasible: number[] = [];
  for (const [row, violation] of violations.entries()) (violation > 0 ? infeasible : feasible).push(row);
  const kept = new Float64Array(feasible.length * width);
  for (const [place, row] of feasible.entries())
    kept.set(losses.subarray(row * width, (row + 1) * width), place * width);
  const fronts: number[][] = [];
  for (const [place, rank] of nonDominatedRanks(kept, width).entries()) {
    while (fronts.length <= rank) fronts.push([]);
    fronts[rank].push(feasible[place]);
  }
  let last = Number.NaN;
  for (const row of infeasible.sort((a, b) => ascending(violations[a], violations[b]) || a - b)) {
    if (violations[row] === last) fronts[fronts.length - 1].push(row);
    else fronts.push([row]);
    last = violations[row];
  }
  return fronts;
}

/**
 * Rows of a front, the loneliest first: by crowding distance (Deb et al. 2002), the sum over the objectives of the gap
 * between a row's two neighbours, in shares of the range of finite values; the ends of each objective are infinitely
 * lonely, an objective that is equal for all does not count. Equals come as in Optuna: each sort keeps the order of the
 * one before, and the last is turned round.
 */
export function byCrowding({ width, losses, signs }: Scores, front: readonly number[]): number[] {
  const distances = new Map<number, number>(front.map((row) => [row, 0]));
  const sorted = [...front];
  for (let objective = 0; objective < width; objective++) {
    const at = (row: number) => signs[objective] * losses[row * width + objective];
    sorted.sort((a, b) => ascending(at(a), at(b)));
    if (at(sorted[0]) === at(sorted[sorted.length - 1])) continue;
    const range = finiteRange(sorted.map(at));
    for (const [place, row] of sorted.entries()) {
      const below = place > 0 ? at(sorted[place - 1]) : Number.NEGATIVE_INFINITY;
      const above = place + 1 < sorted.length ? at(sorted[place + 1]) : Number.POSITIVE_INFINITY;
      const gap = below === above ? 0 : (above - below) / range;
      distances.set(row, (distances.get(row) as number) + gap);
    }
  }
  return sorted.sort((a, b) => ascending(distances.get(a) as number, distances.get(b) as number)).reverse();
}

/** Trials from the best to the worst: by front, within a front the loneliest first. */
export function bestFirst(scores: Scores): number[] {
  return frontsOf(scores).flatMap((front) => byCrowding(scores, front));
}

function finiteRange(sorted: readonly number[]): number {
  const finite = sorted.filter(Number.isFinite);
  const range = (finite.at(-1) ?? 0) - (finite[0] ?? 0);
  return range > 0 && Number.isFinite(range) ? range : 1;
}

/** Ascending, equal infinities equal. */
function ascending(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
