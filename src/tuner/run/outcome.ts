import { TuneboardError } from '../../core/errors.ts';
import { FAIL_REASON } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';

/** How a run ended, whatever ran its trials. */
export interface RunOutcome {
  /** `finished`: it came to its end. `stopped`: ended because of a stop. `failed`: see `message`. */
  readonly state: 'finished' | 'stopped' | 'failed';
  /** One sentence (failed: what went wrong and what to do). */
  readonly message?: string;
  /** Stable, where the failure is a known one: `no-python`, `old-python`, `no-optuna`, `not-found`, `all-failed`, … */
  readonly code?: string;
}

/** How a run ended that threw. */
export function failureOf(error: unknown): RunOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return { state: 'failed', message, ...(error instanceof TuneboardError ? { code: error.code } : {}) };
}

/** How a run ended whose trials are all done: `finished`, unless not one of them has a result. */
export function outcomeOf(history: History): RunOutcome {
  const message = whyAllFailed(history);
  return message === undefined ? { state: 'finished' } : { state: 'failed', code: 'all-failed', message };
}

/** A sentence with the newest failure where no trial has a result but some failed. */
export function whyAllFailed(history: History): string | undefined {
  const failed = history.count(TrialState.fail);
  if (failed === 0 || history.informative > 0) return undefined;
  const error = history.userAttrs(history.states.lastIndexOf(TrialState.fail))[FAIL_REASON];
  const reason = typeof error === 'string' ? (error.split('\n')[0] as string) : '';
  return `${failed === 1 ? 'The only trial' : `All ${failed} trials`} failed. ${reason}`.trim();
}
