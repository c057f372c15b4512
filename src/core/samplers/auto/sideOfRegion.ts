import { isFeasible } from '../../study/constraints.ts';
import type { History } from '../../study/history.ts';
import { Direction, isFinished, TrialState } from '../../study/states.ts';
import { TrustRegion } from '../gp/trustRegion.ts';

/** A success improves the best value by so much of the distance from the median to it. */
const SIGNIFICANT = 1e-3;

/**
 * The side of the trust region as trial `number` finds it, for one objective: told the outcomes of the earlier trials that
 * were proposed within it (`isOwn`). A success is a feasible one that beats all before it significantly.
 */
export function sideOfRegion(
  history: History,
  number: number,
  dimensions: number,
  isOwn: (number: number) => boolean,
): number {
  const region = new TrustRegion(dimensions);
  const losses = feasibleLosses(history, number);
  const threshold = SIGNIFICANT * spread(losses);
  let best = Number.POSITIVE_INFINITY;
  for (let one = 0; one < losses.length; one++) {
    const loss = losses[one] as number;
    if (isFinished(history.state(one)) && isOwn(one)) region.tell(loss < best - threshold);
    best = Math.min(best, loss);
  }
  return region.length;
}

/** Losses of the feasible complete trials before `number`, by number; Infinity for others. */
function feasibleLosses(history: History, number: number): Float64Array {
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  return Float64Array.from({ length: Math.min(number, history.length) }, (_, one) => {
    const counts = history.state(one) === TrialState.complete && isFeasible(history.systemAttrs(one));
    return counts ? sign * history.value(one) : Number.POSITIVE_INFINITY;
  });
}

/** Distance from the best to the median; 0 where it is not finite. */
function spread(losses: Float64Array): number {
  const sorted = losses.filter((loss) => loss < Number.POSITIVE_INFINITY).sort();
  const distance = (sorted[sorted.length >> 1] ?? 0) - (sorted[0] ?? 0);
  return Number.isFinite(distance) ? distance : 0;
}
