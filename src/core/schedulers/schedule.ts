import type { Params } from '../space/distributions.ts';
import type { History } from '../study/history.ts';
import { breedingOf, stepsDone } from './trialAttrs.ts';

/** Parameters that weights were trained with, from one number of steps done to another. */
export interface ScheduleSegment {
  readonly from: number;
  readonly to: number;
  readonly params: Params;
}

/**
 * How the weights of a trial of a population came about: the parameters along its ancestry, oldest first. A trial that
 * copied nobody's weights has one segment.
 */
export function scheduleOf(history: History, number: number): ScheduleSegment[] {
  const segments: ScheduleSegment[] = [];
  let to = stepsDone(history, number);
  for (let trial: number | null = number; trial !== null; ) {
    const breeding: ReturnType<typeof breedingOf> = breedingOf(history.systemAttrs(trial));
    const from = breeding?.step ?? 0;
    if (to > from || segments.length === 0) segments.unshift({ from, to, params: history.params(trial) });
    // A parent is an earlier trial: damaged attributes must not lead round in a circle.
    const parent: number | null = breeding?.parent ?? null;
    trial = parent !== null && parent < trial ? parent : null;
    to = from;
  }
  return segments;
}
