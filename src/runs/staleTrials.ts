/** What becomes of trials whose worker fell silent: as Optuna's `fail_stale_trials` with its `RetryFailedTrialCallback`. */
import type { JsonValue, StoredParam, TrialTemplate } from '../core/study/changes.ts';
import type { History } from '../core/study/history.ts';
import { INTERRUPTED } from '../core/study/paused.ts';
import { TrialState } from '../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../core/study/studyStore.ts';
import { ERROR, isOvertaken, TrialRuns } from './trialOwner.ts';

export interface StaleOptions {
  /** How old a trial's last sign of life may be. */
  readonly graceSeconds: number;
  /** How often one trial is run again at most; null: as often as it takes. */
  readonly maxRetries: number | null;
}

export interface FailedTrial {
  readonly number: number;
  /** The waiting trial that takes its place; null when it was run again often enough. */
  readonly retry: number | null;
}

/** Attributes of the run that ended: the next one writes its own. */
const OF_ONE_RUN = /^(tuneboard:|completed_rung_|constraints)/;

/**
 * Ends the running trials whose worker has fallen silent, and enqueues each once more with the same parameters, in one
 * transaction: of several workers that find the same trial one does it, and one that dies meanwhile leaves it to the
 * others. The new trial has Optuna's attributes `failed_trial` and `retry_history`. Does nothing where the storage keeps
 * no signs of life.
 */
export async function failStaleTrials(
  log: WritableTrialLog,
  study: StudyRecord,
  options: StaleOptions,
): Promise<FailedTrial[]> {
  const failed: FailedTrial[] = [];
  const runs = new TrialRuns(study.history);
  for (const number of (await log.heartbeats?.staleTrials(study, options.graceSeconds)) ?? []) {
    const retry = retryOf(study.history, number, options.maxRetries);
    let created: Promise<number | undefined> | undefined;
    try {
      await log.commit(
        study,
        [
          { type: 'systemAttr', number, key: INTERRUPTED, value: 'worker-lost' },
          { type: 'userAttr', number, key: ERROR, value: reasonFor(options.graceSeconds, retry !== undefined) },
          { type: 'state', number, state: TrialState.fail },
        ],
        { onApplied: () => (created = retry && log.createTrial(study, retry)), onlyIf: () => runs.isSame(number) },
      );
    } catch (error) {
      created?.catch(() => {});
      // Another worker was faster, or the trial ended after all.
      if (isOvertaken(error)) continue;
      throw error;
    }
    failed.push({ number, retry: (await created) ?? null });
  }
  return failed;
}

function reasonFor(graceSeconds: number, isRetried: boolean): string {
  const then = isRetried ? ': it is run again with the same parameters' : '';
  return `The worker of this trial gave no sign of life for ${graceSeconds} s${then}.`;
}

function retryOf(history: History, number: number, maxRetries: number | null): TrialTemplate | undefined {
  const attrs = history.systemAttrs(number);
  const earlier = Array.isArray(attrs['retry_history']) ? (attrs['retry_history'] as readonly JsonValue[]) : [];
  if (maxRetries !== null && earlier.length >= maxRetries) return undefined;
  return {
    state: TrialState.waiting,
    params: paramsOf(history, number),
    userAttrs: withoutRun(history.userAttrs(number)),
    systemAttrs: {
      ...withoutRun(attrs),
      failed_trial: attrs['failed_trial'] ?? number,
      retry_history: [...earlier, number],
    },
  };
}

function paramsOf(history: History, number: number): StoredParam[] {
  const params: StoredParam[] = [];
  for (const name of history.paramNames(number)) {
    const internal = history.parameters.get(name)?.internalAt(number);
    const distribution = history.distribution(number, name);
    if (internal !== undefined && distribution) params.push({ name, internal, distribution });
  }
  return params;
}

function withoutRun(attrs: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(attrs).filter(([key]) => !OF_ONE_RUN.test(key)));
}
