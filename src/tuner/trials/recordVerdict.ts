import { CONSTRAINT, INTERRUPTED } from '../../core/study/attributes.ts';
import type { TrialChange } from '../../core/study/changes.ts';
import { failReasonChanges, failReasonOf } from '../../core/study/failReason.ts';
import type { History } from '../../core/study/history.ts';
import type { Outcome } from '../../core/study/outcome.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import type { CommitOptions } from '../../core/study/studyStore.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import type { TrialRecorder } from './trialRecorder.ts';
import type { Verdict, WantedMetrics } from './verdict.ts';

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
      attrs.push({ type: 'systemAttr', number, key: `${CONSTRAINT}${key}`, value });
    }
    if (!metrics.includes(key)) attrs.push({ type: 'userAttr', number, key, value });
  }
  if (failure) {
    attrs.push(...failReasonChanges(number, failure.reason, failure.lastLines));
  }
  if (interrupted) attrs.push({ type: 'systemAttr', number, key: INTERRUPTED, value: interrupted });
  const [, outcome] = await Promise.all([
    study.commit(attrs, { onlyIf }),
    study.tell(number, { ...(values && { values }), state, onApplied, onlyIf }),
  ]);
  return outcome;
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
