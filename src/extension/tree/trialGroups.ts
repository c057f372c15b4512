import { paretoFront } from '../../core/fronts/paretoFront.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { pausedSet } from '../studies/trialSchedule.ts';

/**
 * How the tree groups trials: by state, with the paused ones, which the storage calls waiting, apart from those that have
 * not begun; and the Pareto front, whose trials are complete ones.
 */
export type TrialGroup = TrialState | 'paused' | 'front';

/** Groups that every trial is in exactly one of, in the order shown. */
export const STATE_GROUPS = [
  TrialState.running,
  TrialState.complete,
  TrialState.pruned,
  TrialState.fail,
  'paused',
  TrialState.waiting,
] as const satisfies readonly TrialGroup[];

/** The state group of a trial. */
export function groupOf(history: History, number: number): Exclude<TrialGroup, 'front'> {
  return pausedSet(history).has(number) ? 'paused' : history.state(number);
}

export function countOf(history: History, group: TrialGroup): number {
  if (group === 'front') return paretoFront(history).length;
  if (group === 'paused') return pausedSet(history).size;
  const count = history.count(group);
  return group === TrialState.waiting ? count - pausedSet(history).size : count;
}

/** Numbers of a group's trials, ascending. */
export function membersOf(history: History, group: TrialGroup): readonly number[] {
  if (group === 'front') return [...paretoFront(history)];
  const paused = pausedSet(history);
  if (group === 'paused') return [...paused].sort((one, other) => one - other);
  const { states } = history;
  const numbers: number[] = [];
  for (let number = states.indexOf(group); number >= 0; number = states.indexOf(group, number + 1)) {
    if (group !== TrialState.waiting || !paused.has(number)) numbers.push(number);
  }
  return numbers;
}
