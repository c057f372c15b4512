import type { History } from '../../core/study/history.ts';
import { paretoFront } from '../../core/study/paretoFront.ts';
import { TrialState } from '../../core/study/states.ts';
import { pausedSet } from './trialSchedule.ts';

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

/** Numbers of a group's trials from `from` to `to` − 1, ascending. */
export function membersOf(history: History, group: TrialGroup, from: number, to: number): number[] {
  if (group === 'front') return paretoFront(history).filter((number) => number >= from && number < to);
  const paused = pausedSet(history);
  const state = group === 'paused' ? TrialState.waiting : group;
  const states = history.states.subarray(from, to);
  const numbers: number[] = [];
  for (let at = states.indexOf(state); at >= 0; at = states.indexOf(state, at + 1)) {
    if (state !== TrialState.waiting || paused.has(from + at) === (group === 'paused')) numbers.push(from + at);
  }
  return numbers;
}

/** Whether a group has a trial from `from` to `to` − 1. */
export function isAnyIn(history: History, group: TrialGroup, from: number, to: number): boolean {
  if (group === 'front' || group === 'paused' || group === TrialState.waiting) {
    return membersOf(history, group, from, to).length > 0;
  }
  return history.states.subarray(from, to).includes(group);
}
