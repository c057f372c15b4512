import type { TrialChange } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import type { Outcome } from '../../core/study/outcome.ts';
import { INTERRUPTED } from '../../core/study/paused.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import type { CommitOptions } from '../../core/study/studyStore.ts';
import { ERROR } from '../../runs/trialOwner.ts';
import type { TrialRecorder } from './trialRecorder.ts';
import { errorAttr, type Verdict, type WantedMetrics } from './verdict.ts';

/**
 * Ends a trial in the storage, with the last value of every metric that is not an objective as a user attribute, and its
 * constraints as Optuna keeps them. Called
 * together, the writes are committed together. `onApplied`: the end is visible in the history, but not durable yet. Where
 * `onlyIf` says no by then, nothing is written and `changed-meanwhile` thrown: another worker may run the trial.
 */
export async function recordVerdict(
  study: Study,
  recorder: TrialRecorder,
  { metrics, constraints }: WantedMetrics,
  { state, values, failure, interrupted }: Verdict,
  { onApplied, onlyIf }: CommitOptions,
): Promise<Outcome> {
  const { number } = recorder;
  const attrs: TrialChange[] = [];
  for (const [key, value] of recorder.lastValues) {
    if (constraints.includes(key) && !Number.isNaN(value)) {
      attrs.push({ type: 'systemAttr', number, key: `constraints:${key}`, value });
    }
    if (!metrics.includes(key)) attrs.push({ type: 'userAttr', number, key, value });
  }
  if (failure) {
    attrs.push({ type: 'userAttr', number, key: ERROR, value: errorAttr(failure.reason, failure.lastLines) });
  }
  if (interrupted) attrs.push({ type: 'systemAttr', number, key: INTERRUPTED, value: interrupted });
  const [, outcome] = await Promise.all([
    study.commit(attrs, { onlyIf }),
    study.tell(number, { ...(values && { values }), state, onApplied, onlyIf }),
  ]);
  return outcome;
}

/** A sentence with the newest failure where no trial has a result but some failed. */
export function whyAllFailed(history: History): string | undefined {
  const failed = history.count(TrialState.fail);
  if (failed === 0 || history.informative > 0) return undefined;
  const error = history.userAttrs(history.states.lastIndexOf(TrialState.fail))[ERROR];
  const reason = typeof error === 'string' ? (error.split('\n')[0] as string) : '';
  return `${failed === 1 ? 'The only trial' : `All ${failed} trials`} failed. ${reason}`.trim();
}
