import type { History } from './history.ts';
import { TrialState } from './states.ts';

/**
 * System attribute of a trial that waits for its promotion: `{ step }`, the steps that it has done. It stays when the trial
 * runs again; only a waiting trial with it is paused. Optuna takes such a trial for an enqueued one and runs it anew.
 */
export const PAUSED = 'tuneboard:paused';

/**
 * System attribute of a failed trial whose failure says nothing of its parameters: `tuner-died`, `worker-lost`, `script-died`,
 * `server-lost`, `stopped` or `not-recorded`. It does not count in a budget.
 */
export const INTERRUPTED = 'tuneboard:interrupted';

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
