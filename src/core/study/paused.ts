import { PAUSED } from './attributes.ts';
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
