import type { Curve } from '../study/columns/curves.ts';
import { isFeasible } from '../study/constraints.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';
import { finiteTrials, lossOf } from './importance.ts';

/** At most so many of the best trials' curves say how good the best are at a step. */
const MOST_CURVES = 200;
/** A pruned trial must be behind this share of the best trials. */
const BEHIND = 0.9;

/**
 * Numbers of trials that are not among the best `quantile` of a study, whatever their values would have become, ascending:
 * PED-ANOVA needs no more of a trial than that.
 * - Complete trials that violate their constraints: they are never a best.
 * - Pruned trials whose last report is worse than what nine in ten of the best complete trials had reported at the same step,
 *   or is not a number. A trial that was pruned for another reason, or at a step that none of the best reported at, may have
 *   become one of the best: it is left out. This assumes what the pruner assumed, that a trial so far behind does not get to
 *   the front. The last report itself is never taken for a value, so fANOVA, which needs values, can't use these trials.
 *
 * Without `objective`, or with several objectives, where trials can't be pruned, only constraints count.
 */
export function trialsOutside(history: History, objective: number | undefined, quantile = 0.1): number[] {
  const { states } = history;
  const outside: number[] = [];
  const pruned: number[] = [];
  for (let number = 0; number < states.length; number++) {
    if (states[number] === TrialState.pruned) pruned.push(number);
    else if (states[number] === TrialState.complete && !isFeasible(history.systemAttrs(number))) outside.push(number);
  }
  if (pruned.length === 0 || history.directions.length > 1) return outside;
  const unfit = new Set(outside);
  const best = finiteTrials(history, objective ?? 0)
    .filter((number) => !unfit.has(number))
    .sort((a, b) => lossOf(history, a, 0) - lossOf(history, b, 0) || a - b);
  // Of all trials, of which there may be fewer in the end: the bar is only lower then.
  const size = Math.min(best.length, Math.ceil(quantile * (best.length + outside.length + pruned.length)));
  const stride = Math.max(1, size / MOST_CURVES);
  const curves = Array.from({ length: Math.floor(size / stride) }, (_, place) =>
    history.curve(best[Math.floor(place * stride)]),
  );
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const bars = new Map<number, number>();
  for (const number of pruned) {
    const last = history.lastReport(number);
    if (!last) continue;
    const bar = bars.get(last.step) ?? barAt(curves, last.step, sign);
    bars.set(last.step, bar);
    if (Number.isNaN(bar)) continue;
    if (Number.isNaN(last.value) || sign * last.value > bar) outside.push(number);
  }
  return outside.sort((a, b) => a - b);
}

/** The loss that `BEHIND` of the curves are not above at a step; NaN where none has a number there. */
function barAt(curves: readonly Curve[], step: number, sign: number): number {
  const losses: number[] = [];
  for (const { steps, values } of curves) {
    const value = values[steps.indexOf(step)];
    if (value !== undefined && !Number.isNaN(value)) losses.push(sign * value);
  }
  losses.sort((a, b) => a - b);
  return losses[Math.ceil(BEHIND * losses.length) - 1] ?? Number.NaN;
}
