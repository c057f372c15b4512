import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { failReasonOf } from '../../core/study/failReason.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StopRules } from '../../core/study/stopRules.ts';
import type { StartCause } from '../../protocol/runRecord.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';

import type { Budget } from './budget.ts';

/** How a run ended, whatever ran its trials. */
export interface RunOutcome {
  /** `finished`: it came to its end. `stopped`: ended because of a stop. `failed`: see `message`. */
  readonly state: 'finished' | 'stopped' | 'failed';
  /** One sentence (failed: what went wrong and what to do). */
  readonly message?: Message;
  /** Stable, where the failure is a known one: `no-python`, `old-python`, `no-optuna`, `not-found`, `all-failed`, … */
  readonly code?: string;
  /** What kept the program from beginning its work. */
  readonly cause?: StartCause;
}

/** Ends a study whose program cannot begin its work. */
export class StartFailure extends TuneboardError {
  readonly start: StartCause;

  /** `code`: where it is known by another one than its cause's. */
  constructor(start: StartCause, words: Message, code: string = start.code) {
    super(code, words);
    this.start = start;
  }
}

/** How a run ended that threw. */
export function failureOf(error: unknown): RunOutcome {
  return {
    state: 'failed',
    message: wordsOf(error),
    ...(error instanceof TuneboardError ? { code: error.code } : {}),
    ...(error instanceof StartFailure ? { cause: error.start } : {}),
  };
}

/** How a run ended whose trials are all done: `finished`, unless not one of them has a result. */
export function outcomeOf(history: History, { limits, stoppedBy }: Pick<Budget, 'limits' | 'stoppedBy'>): RunOutcome {
  const message = whyAllFailed(history);
  if (message !== undefined) return { state: 'failed', code: 'all-failed', message };
  if (stoppedBy === undefined) return { state: 'finished' };
  return { state: 'finished', message: earlyEnd(limits.stopWhen ?? {}, stoppedBy) };
}

function earlyEnd({ target = 0, plateau = 0 }: StopRules, rule: keyof StopRules): Message {
  return rule === 'target' ? tunerMessage('targetReached', { target }) : tunerMessage('plateauReached', { plateau });
}

/** A sentence with the newest failure where no trial has a result but some failed. */
export function whyAllFailed(history: History): Message | undefined {
  const failed = history.count(TrialState.fail);
  if (failed === 0 || history.informative > 0) return undefined;
  const reason = failReasonOf(history, history.states.lastIndexOf(TrialState.fail));
  if (reason)
    return failed === 1
      ? tunerMessage('onlyTrialFailed', { reason })
      : tunerMessage('allTrialsFailed', { failed, reason });
  return failed === 1 ? tunerMessage('onlyTrialFailedTitle') : tunerMessage('allTrialsFailedTitle', { failed });
}
