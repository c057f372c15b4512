import { constraintsOf } from '../../../study/constraints.ts';
import { isOwnFailure } from '../../../study/failReason.ts';
import type { History } from '../../../study/history.ts';
import { Direction, TrialState } from '../../../study/states.ts';

/** Losses (smaller is better) of trials in one objective, NaN for those that have none. */
export function objectiveLosses(history: History, numbers: ArrayLike<number>, objective: number): Float64Array {
  const sign = history.directions[objective] === Direction.maximize ? -1 : 1;
  const losses = new Float64Array(numbers.length).fill(Number.NaN);
  const complete: number[] = [];
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row];
    if (history.state(number) !== TrialState.complete) continue;
    losses[row] = sign * history.value(number, objective);
    complete.push(losses[row]);
  }
  if (history.directions.length > 1) return losses;
  const middle = median(complete);
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row];
    if (history.state(number) === TrialState.pruned) losses[row] = prunedLoss(sign * history.value(number), middle);
  }
  return losses;
}

/** A pruned trial counts with its last value, but as no better than the median of the complete ones: it was stopped for a reason. */
function prunedLoss(last: number, middle: number): number {
  if (Number.isNaN(middle)) return last;
  return Number.isNaN(last) ? middle : Math.max(last, middle);
}

/** Names of all constraints that any of the trials has, sorted. */
export function constraintNames(history: History, numbers: ArrayLike<number>): string[] {
  const names = new Set<string>();
  for (let row = 0; row < numbers.length; row++) {
    for (const name of constraintsOf(history.systemAttrs(numbers[row])).keys()) names.add(name);
  }
  return [...names].sort();
}

/** One constraint's values (feasible: ≤ 0), NaN for trials without it; a value that is no number counts as violated. */
export function constraintValues(history: History, numbers: ArrayLike<number>, name: string): Float64Array {
  const values = new Float64Array(numbers.length);
  for (let row = 0; row < numbers.length; row++) {
    const value = constraintsOf(history.systemAttrs(numbers[row])).get(name);
    values[row] = value === undefined ? Number.NaN : Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  }
  return values;
}

/** 1 for a trial that failed by itself, −1 for any other: a constraint like the others once one has failed. */
export function failures(history: History, numbers: ArrayLike<number>): Float64Array {
  return Float64Array.from(numbers, (number) => (isOwnFailure(history, number) ? 1 : -1));
}

/** How far a constraint's value counts, in medians of its magnitude. */
const CONSTRAINT_CUT = 3;

/** Constraint values over their root mean square, outliers cut: the boundary stays at 0. */
export function scaledConstraint(values: Float64Array): Float64Array {
  const magnitudes = values.map(Math.abs).sort();
  const middle = magnitudes[magnitudes.length >> 1];
  const unit = middle > 0 && Number.isFinite(middle) ? middle : 1;
  const cut = values.map((value) => Math.max(-CONSTRAINT_CUT, Math.min(CONSTRAINT_CUT, value / unit)));
  let squares = 0;
  for (const value of cut) squares += value * value;
  const scale = Math.sqrt(squares / cut.length);
  return scale > 0 ? cut.map((value) => value / scale) : cut;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1];
}
