import { PAUSED } from '../study/attributes.ts';
import type { History } from '../study/history.ts';
import { breedingOf, rungOf, stepsDone } from './trialAttrs.ts';

/** How far a population is. */
export interface PopulationProgress {
  readonly members: number;
  /** The most steps that one of them has been trained. */
  readonly step: number;
}

/** Whether a scheduler trains the trials in parts: they end in bursts then, and their ends tell no pace. */
export function isInParts(history: History): boolean {
  const noted = (number: number) => rungOf(history.systemAttrs(number)) !== undefined;
  return history.length > 0 && (noted(0) || noted(history.length - 1));
}

/** Trials that have been trained for a part and may go on: paused ones, and those that run again. */
export function partlyTrained(history: History): number {
  if (!isInParts(history)) return 0;
  let count = 0;
  for (const open of [history.waiting, history.running]) {
    for (const number of open) if (history.systemAttrs(number)[PAUSED] !== undefined) count++;
  }
  return count;
}

interface Known {
  revision: number;
  members: number;
  step: number;
}

const populations = new WeakMap<History, Known>();

/**
 * How far the population of a study is; null where there is none. Its trials are stretches of its members' trainings, of
 * which nobody knows beforehand how many there will be. Costs what has changed since the last call.
 */
export function populationProgress(history: History): PopulationProgress | null {
  if (history.length === 0 || !breedingOf(history.systemAttrs(0))) return null;
  const known = populations.get(history) ?? { revision: 0, members: 0, step: 0 };
  populations.set(history, known);
  for (const number of history.changedSince(known.revision)) {
    const breeding = breedingOf(history.systemAttrs(number));
    if (!breeding) continue;
    known.members = Math.max(known.members, breeding.member + 1);
    known.step = Math.max(known.step, breeding.step, stepsDone(history, number));
  }
  known.revision = history.revision;
  return { members: known.members, step: known.step };
}
