import type { FailureCause } from '../../core/failures/failureCause.ts';
import { causesOf, failureGroups, type SharedCondition } from '../../core/failures/failureGroups.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { formatParam } from '../window/numbers.ts';
import type { Translate } from '../window/words.ts';

/** Causes that a line names; the others are counted together by its number of failures. */
const MOST_CAUSES = 3;

export function causeText({ kind, name }: FailureCause, t: Translate): string {
  switch (kind) {
    case 'error':
    case 'signal':
      return name;
    case 'exit':
      return t('exitCode', { code: name });
    case 'memory':
      return t('outOfMemory');
    case 'nan':
      return 'NaN';
    case 'timeout':
      return t('tookTooLong');
    case 'metric':
      return t('noMetricReported');
    case 'other':
      return t('otherFailure');
    default:
      return kind satisfies never;
  }
}

/** `3 failed (2 ZeroDivisionError, 1 NaN)`, `1 failed` where no cause has a name; null where nothing failed for its parameters. */
export function failuresText(history: History, t: Translate): string | null {
  const groups = [...causesOf(history).values()].sort((a, b) => b.numbers.length - a.numbers.length);
  const count = groups.reduce((sum, { numbers }) => sum + numbers.length, 0);
  if (count === 0) return null;
  if (groups.every(({ cause }) => cause.kind === 'other')) return t('countFailedUnnamed', { count });
  const causes = groups
    .slice(0, MOST_CAUSES)
    .map(({ cause, numbers }) => `${numbers.length} ${causeText(cause, t)}`)
    .join(', ');
  return t('countFailed', { count, causes });
}

/** `All 7 failures with out of memory have batch > 128.`: a sentence for each cause whose failures share something. */
export function sharedTexts(history: History, t: Translate): string[] {
  return failureGroups(history)
    .filter(({ shared }) => shared.length > 0)
    .map(({ cause, numbers, shared }) => {
      const conditions = shared.slice(0, 2).map((condition) => conditionText(condition, history));
      return t('allShare', { count: numbers.length, cause: causeText(cause, t), conditions: conditions.join(', ') });
    });
}

function conditionText({ parameter, operator, value }: SharedCondition, history: History): string {
  return `${parameter} ${operator} ${formatParam(value, lastDistribution(history, parameter))}`;
}

function lastDistribution(history: History, parameter: string) {
  for (let number = history.length - 1; number >= 0; number--) {
    const distribution = history.distribution(number, parameter);
    if (distribution) return distribution;
  }
  return undefined;
}

/** Whether a trial can be run once more: a run of this window has it, with parameters. */
export function canDebug(study: StudyEntry, number: number): boolean {
  const { history, run } = study;
  if (!history || !run || number >= history.length || history.state(number) === TrialState.waiting) return false;
  return /\.(study\.ya?ml|py|ipynb)$/i.test(run.record.source);
}
