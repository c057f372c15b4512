import { isInParts } from '../../core/schedulers/progress.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';

export interface EtaInput {
  readonly history: History;
  /** When this run of the study began, epoch milliseconds: earlier trials were other runs, with pauses between. */
  readonly startedAt: number;
  readonly total: number | null;
  readonly finished: number;
  readonly parallel: number;
  /** The running time that ends the study, whatever is left. */
  readonly timeoutMs: number | null;
  readonly now: number;
}

/** The newest this many ends of trials are looked at: enough for a mean, few enough to follow a change of pace. */
const WINDOW = 30;

/**
 * How many milliseconds a study has left, or null while nothing can be said.
 *
 * Measured as throughput, not as trial length: the time between the ends of the newest trials holds everything there is
 * to it (parallel trials, pruned ones, what happens between trials) without a model of any. The wait since the newest
 * end counts against the first remaining trial, so the estimate falls while a long trial runs and never below zero.
 */
export function etaMs(input: EtaInput): number | null {
  const byTimeout = input.timeoutMs === null ? null : Math.max(0, input.startedAt + input.timeoutMs - input.now);
  const byTrials = etaByTrials(input);
  if (byTrials === null) return byTimeout;
  return byTimeout === null ? byTrials : Math.min(byTrials, byTimeout);
}

function etaByTrials({ history, startedAt, total, finished, parallel, now }: EtaInput): number | null {
  if (total === null) return null;
  const remaining = total - finished;
  if (remaining <= 0) return 0;
  if (isInParts(history)) return null;
  const window = Math.max(WINDOW, 3 * parallel);
  const ends = newestEnds(history, startedAt, window + 1);
  // A round of parallel trials must have ended, else the first end says nothing about the others.
  if (ends.length < Math.max(2, parallel)) return null;
  const newest = ends.at(-1) as number;
  const since = ends.length > window ? (ends[0] as number) : startedAt;
  const count = ends.length > window ? ends.length - 1 : ends.length;
  const gap = (newest - since) / count;
  if (!(gap >= 0)) return null;
  return Math.max(0, remaining * gap - Math.min(Math.max(0, now - newest), gap));
}

/** The newest ends of trials since `from`, ascending. */
function newestEnds(history: History, from: number, count: number): number[] {
  const { completedAt, states } = history;
  const ends: number[] = [];
  for (let number = history.length - 1; number >= 0 && ends.length < 2 * count; number--) {
    if (states[number] === TrialState.running || states[number] === TrialState.waiting) continue;
    const end = completedAt[number] as number;
    if (end >= from) ends.push(end);
  }
  return ends.sort((a, b) => a - b).slice(-count);
}
