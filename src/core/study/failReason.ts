import { type Message, readMessage, verbatim } from '../../words/message.ts';
import { FAIL_REASON, FAIL_WORDS, INTERRUPTED, OPTUNA_FAIL_REASON } from './attributes.ts';
import type { JsonValue, TrialChange } from './changes.ts';
import type { History } from './history.ts';
import { TrialState } from './states.ts';

/** In characters: what fits into MySQL's 2,045 with its escapes. */
const LONGEST = 1800;

/** The changes that store why a trial fails. */
export function failReasonChanges(number: number, reason: Message, lastLines: readonly string[] = []): TrialChange[] {
  const value = failText(reason.text, lastLines);
  const words: JsonValue = JSON.parse(JSON.stringify({ key: reason.key, values: reason.values }));
  const changes: TrialChange[] = [{ type: 'userAttr', number, key: FAIL_REASON, value }];
  // Too long for a column: the English text alone.
  const isShort = JSON.stringify(words).length <= LONGEST;
  return reason.key === '' || !isShort
    ? changes
    : [...changes, { type: 'systemAttr', number, key: FAIL_WORDS, value: words }];
}

function failText(reason: string, lastLines: readonly string[]): string {
  const text = [reason, ...lastLines].join('\n');
  if (text.length <= LONGEST) return text;
  return `${reason.slice(0, 600)}\n…${text.slice(-(1190 - Math.min(reason.length, 600) + 600))}`;
}

/** Why a trial failed, as Tuneboard or Optuna recorded it; older trials have the English text alone. */
export function failReasonOf(history: History, number: number): Message | undefined {
  const { [OPTUNA_FAIL_REASON]: optunas, [FAIL_REASON]: logged, [FAIL_WORDS]: words } = history.systemAttrs(number);
  const stored = history.userAttrs(number)[FAIL_REASON] ?? logged ?? optunas;
  if (typeof stored !== 'string') return undefined;
  const text = stored.split('\n', 1)[0] as string;
  return readMessage({ ...(words as object | undefined), text }) ?? verbatim(text);
}

/** Messages of trials that a person or another worker ended. */
const ENDED_FROM_OUTSIDE: ReadonlySet<unknown> = new Set([
  'tuner.trialEndedHand',
  'tuner.studyStoppedWhileTrialRan',
  'core.othersTookTheRest',
]);

/** Whether a trial failed through no fault of its own, so that it counts in no budget: its worker died or it could not begin. */
export function wasInterrupted(history: History, number: number): boolean {
  return history.state(number) === TrialState.fail && history.systemAttrs(number)[INTERRUPTED] !== undefined;
}

/** Whether a trial failed and, as far as is known, would fail again with the same parameters. */
export function isOwnFailure(history: History, number: number): boolean {
  if (history.state(number) !== TrialState.fail || wasInterrupted(history, number)) return false;
  const { [FAIL_WORDS]: words } = history.systemAttrs(number);
  return !ENDED_FROM_OUTSIDE.has((words as { key?: unknown } | undefined)?.key);
}
