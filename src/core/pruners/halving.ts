import { completedRung } from '../study/attributes.ts';
import type { JsonValue } from '../study/changes.ts';
import { Direction } from '../study/states.ts';
import { GO_ON, type PruneContext, type PruneDecision } from './pruner.ts';
import { currentRung, type Rungs } from './rungs.ts';

export interface HalvingRules {
  /** The step of the lowest rung, before `minEarlyStoppingRate`. */
  readonly minResource: number;
  readonly reductionFactor: number;
  /** Rungs that are left out at the bottom. */
  readonly minEarlyStoppingRate: number;
  /** A rung with no more values than this, the trial's own included, ends the trial. */
  readonly bootstrapCount: number;
}

/**
 * Asynchronous successive halving as Optuna does it (Li et al., "A system for massively parallel hyperparameter tuning", 2020):
 * a trial that has reached step minResource · η^(s + rung) goes on if its value is among the best ⌊n / η⌋ of the n that the
 * group has there, its own included, or the best when that is none; maybe through several rungs at once. NaN ends it.
 */
export function halve(
  { history, number }: PruneContext,
  { minResource, reductionFactor, minEarlyStoppingRate, bootstrapCount }: HalvingRules,
  rungs: Rungs,
  group: number,
): PruneDecision {
  const report = history.lastReport(number);
  if (!report) return GO_ON;
  const { step, value } = report;
  const systemAttrs: Record<string, JsonValue> = {};
  for (let rung = currentRung(history.systemAttrs(number)); ; rung++) {
    if (step < minResource * reductionFactor ** (minEarlyStoppingRate + rung)) return { prune: false, systemAttrs };
    if (Number.isNaN(value)) return { prune: true, systemAttrs };
    systemAttrs[completedRung(rung)] = value;
    const others = rungs.values(group, rung);
    const competing = (others?.length ?? 0) + 1;
    if (competing <= bootstrapCount) return { prune: true, systemAttrs };
    const kept = Math.max(1, Math.floor(competing / reductionFactor));
    const maximize = history.directions[0] === Direction.maximize;
    const better = others ? (maximize ? others.length - others.countUpTo(value) : others.countBelow(value)) : 0;
    if (better >= kept) return { prune: true, systemAttrs };
  }
}
