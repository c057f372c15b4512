import { TrialState } from '../../core/study/states.ts';
import type { StartCause } from '../../protocol/runRecord.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import { wordedNames } from '../objective/metrics/wordedMetrics.ts';
import type { ObjectiveOutcome } from '../objective/objective.ts';

/** How a trial is recorded. */
export interface Verdict {
  readonly state: TrialState;
  readonly values: readonly number[] | null;
  /** For a failed trial. `code` is stable; trials that fail for the same cause share it. */
  readonly failure?: {
    readonly code: string;
    readonly reason: Message;
    readonly lastLines: readonly string[];
    readonly isFatal: boolean;
    readonly cause?: StartCause;
  };
  /** Set when the failure is not an outcome of the parameters. */
  readonly interrupted?: 'stopped' | 'start';
}

/** What a trial must have reported when it ends well. */
export interface WantedMetrics {
  readonly metrics: readonly string[];
  /** Satisfied when ≤ 0. */
  readonly constraints: readonly string[];
}

/** Whether a trial of a scheduler waits to go on: it was stopped on the way, or is through with its part. */
export function isToPause(outcome: ObjectiveOutcome, isThrough: () => boolean): boolean {
  if (outcome.type === 'ended') return outcome.cause === 'stopped' || outcome.cause === 'paused';
  return outcome.type === 'done' && isThrough();
}

/** What an objective's outcome and its last reported metrics mean for the trial. */
export function judge(
  outcome: ObjectiveOutcome,
  wanted: WantedMetrics,
  lastValues: ReadonlyMap<string, number>,
): Verdict {
  switch (outcome.type) {
    case 'failed':
      return failed(outcome.code, outcome.reason, outcome.lastLines, outcome.isFatal, outcome.cause);
    case 'ended':
      if (outcome.cause === 'pruned') return { state: TrialState.pruned, values: null };
      if (outcome.cause === 'finished') return judgeValues(wanted, lastValues, []);
      if (outcome.cause === 'killed') return failed('killed', tunerMessage('trialEndedHand'), []);
      return { ...failed('stopped', tunerMessage('studyStoppedWhileTrialRan'), []), interrupted: 'stopped' };
    case 'done':
      return judgeValues(wanted, lastValues, outcome.lastLines);
    default:
      return outcome satisfies never;
  }
}

function judgeValues(
  { metrics, constraints }: WantedMetrics,
  lastValues: ReadonlyMap<string, number>,
  lastLines: readonly string[],
): Verdict {
  const all = [...metrics, ...constraints];
  const missing = all.filter((metric) => !lastValues.has(metric));
  if (missing.length > 0) return failed('no-metric', missingMetric(missing, lastValues, lastLines), lastLines);
  const values = metrics.map((metric) => lastValues.get(metric) as number);
  const nan = all.find((metric) => Number.isNaN(lastValues.get(metric)));
  if (nan !== undefined) {
    return failed('nan', tunerMessage('lastValueNanWhichCant', { nan }), lastLines);
  }
  return { state: TrialState.complete, values };
}

function missingMetric(
  missing: readonly string[],
  reported: ReadonlyMap<string, number>,
  lastLines: readonly string[],
): Message {
  const names = missing.join(' and ');
  const others = reported.size > 0 ? [...reported.keys()] : wordedNames(lastLines);
  if (others.length > 0) {
    const seen = others.slice(0, 12).join(', ');
    return tunerMessage('programNeverReportedOnlyCorrect', { names, seen });
  }
  const metric = missing[0] ?? '';
  return lastLines.length === 0
    ? tunerMessage('programPrintedNothingLetPrint', { metric })
    : tunerMessage('programPrintedNoMetricLet', { metric });
}

function failed(
  code: string,
  reason: Message,
  lastLines: readonly string[],
  isFatal = false,
  cause?: StartCause,
): Verdict {
  const failure = { code, reason, lastLines, isFatal, ...(cause && { cause }) };
  return { state: TrialState.fail, values: null, failure };
}
