import { HEARTBEAT, OWNER, PAUSED } from './attributes.ts';
import type { TrialChange } from './changes.ts';
import type { History } from './history.ts';
import { TrialState } from './states.ts';

export function isPaused(history: History, number: number): boolean {
  return history.state(number) === TrialState.waiting && history.systemAttrs(number)[PAUSED] !== undefined;
}

/** Numbers of the paused trials, ascending. */
export function pausedTrials(history: History): number[] {
  return [...history.waiting].filter((number) => isPaused(history, number)).sort((a, b) => a - b);
}

/** Steps that a trial had done at its last pause; 0 where it had none. */
export function pausedStep(history: History, number: number): number {
  const paused = history.systemAttrs(number)[PAUSED] as { step?: unknown } | null | undefined;
  return typeof paused?.step === 'number' ? paused.step : 0;
}

/** Makes a running trial wait for the next program to run it, which may neither sign it nor give heartbeats. */
export function letWait(history: History, number: number): TrialChange[] {
  const attrs = history.systemAttrs(number);
  const changes: TrialChange[] = [];
  for (const key of [OWNER, HEARTBEAT]) {
    if (attrs[key] != null) changes.push({ type: 'systemAttr', number, key, value: null });
  }
  changes.push({ type: 'state', number, state: TrialState.waiting });
  return changes;
}
