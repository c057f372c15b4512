import type { JsonValue } from '../../core/study/changes.ts';
import { TrialState } from '../../core/study/states.ts';
import { wordedNames } from '../objective/metrics/wordedMetrics.ts';
import type { ObjectiveOutcome } from '../objective/objective.ts';

/** How a trial is recorded. */
export interface Verdict {
  readonly state: TrialState;
  readonly values: readonly number[] | null;
  /** For a failed trial. `code` is stable; trials that fail for the same cause share it. */
  readonly failure?: {
    readonly code: string;
    readonly reason: string;
    readonly lastLines: readonly string[];
    readonly isFatal: boolean;
  };
  /** Set when the failure is not an outcome of the parameters. */
  readonly interrupted?: 'stopped';
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
      return failed(outcome.code, outcome.reason, outcome.lastLines, outcome.isFatal);
    case 'ended':
      if (outcome.cause === 'pruned') return { state: TrialState.pruned, values: null };
      if (outcome.cause === 'finished') return judgeValues(wanted, lastValues, []);
      if (outcome.cause === 'killed') return failed('killed', 'The trial was ended by hand.', []);
      return { ...failed('stopped', 'The study was stopped while this trial ran.', []), interrupted: 'stopped' };
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
    return failed('nan', `The last value of ${nan} was NaN, which can't be compared with other trials.`, lastLines);
  }
  return { state: TrialState.complete, values };
}

function missingMetric(
  missing: readonly string[],
  seen: ReadonlyMap<string, number>,
  lastLines: readonly string[],
): string {
  const names = missing.join(' and ');
  const others = seen.size > 0 ? [...seen.keys()] : wordedNames(lastLines);
  if (others.length > 0) {
    return `The program never reported ${names}, only ${others.slice(0, 12).join(', ')}: correct "metric" in the study file or what the program prints.`;
  }
  const what = lastLines.length === 0 ? 'The program printed nothing' : 'The program printed no metric';
  return `${what}: let it print a line like ${missing[0]}=0.5.`;
}

function failed(code: string, reason: string, lastLines: readonly string[], isFatal = false): Verdict {
  return { state: TrialState.fail, values: null, failure: { code, reason, lastLines, isFatal } };
}

/** The user attribute `tuneboard:error`: the reason, then the program's last lines. Short enough for MySQL's 2,045. */
export function errorAttr(reason: string, lastLines: readonly string[]): JsonValue {
  const text = [reason, ...lastLines].join('\n');
  return text.length <= 1800
    ? text
    : `${reason.slice(0, 600)}\n…${text.slice(-(1190 - Math.min(reason.length, 600) + 600))}`;
}
