/** What tells whether a transaction that was lost on its way back was done. */

import { randomBytes } from 'node:crypto';
import { OWNER, WRITER } from '../../../core/study/attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import type { History } from '../../../core/study/history.ts';
import { TrialState } from '../../../core/study/states.ts';
import { dumpJson } from '../../../core/text/pythonJson.ts';
import { STATE_NAMES, type TrialRow } from '../read/rowDecoder.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import type { SchemaFacts } from '../schemaFacts.ts';
import type { TakenTrial, WrittenTrial } from './serverRequests.ts';
import type { StoredTrial } from './trialLocks.ts';

/** System attributes that only one program writes so. */
const OWNERS = [OWNER, WRITER] as const;

/**
 * A name for one store, random, as a system attribute of its trials: empty where times tell them apart. Databases with whole
 * seconds (MySQL) do not, and a server that crashed may give the same id and number to another program's trial.
 */
export function writerMark({ secondDigits }: SchemaFacts): Readonly<Record<string, JsonValue>> {
  return secondDigits >= 3 ? {} : { [WRITER]: randomBytes(8).toString('hex') };
}

/** Whether system attributes say whose the trial is: nobody else writes the same. */
export function isSigned(systemAttrs: TrialTemplate['systemAttrs'] = {}): boolean {
  return OWNERS.some((key) => Object.hasOwn(systemAttrs, key));
}

/**
 * The number of a new trial that may have been written; undefined where it is not there. A server that crashed gives
 * ids anew: it must be the same otherwise.
 */
export function writtenNumber(study: RdbStudy, template: TrialTemplate, written: WrittenTrial): number | undefined {
  for (let number = written.number; number < study.history.length; number++) {
    if (isWritten(study, number, template, written)) return number;
  }
  return undefined;
}

function isWritten(
  { trialIds, history }: RdbStudy,
  number: number,
  { state, systemAttrs }: TrialTemplate,
  { id, startedAt }: WrittenTrial,
): boolean {
  if (!hasAttrs(history, number, systemAttrs)) return false;
  if (trialIds[number] !== id && !isSigned(systemAttrs)) return false;
  // An enqueued one may run by now.
  return state === TrialState.waiting || Object.is(history.startedAt[number], startedAt);
}

/**
 * Whether a claimed trial runs since the time that the claim wrote: where the database keeps whole seconds, another worker
 * may have claimed it in the same second.
 */
export function isStillTaken(
  { trialIds, history }: RdbStudy,
  { trialId, at }: TakenTrial,
  systemAttrs: Readonly<Record<string, JsonValue>> | undefined,
): boolean {
  const number = trialIds.indexOf(trialId);
  return history.running.has(number) && history.startedAt[number] === at && hasAttrs(history, number, systemAttrs);
}

/** Whether a trial runs as it did: for the same worker, since the same moment. */
export function isSameRun(history: History, number: number, now: TrialRow['template']): boolean {
  const before = history.systemAttrs(number);
  const isSame = (key: string) => dumpJson(before[key] ?? null) === dumpJson(now.systemAttrs[key] ?? null);
  return Object.is(history.startedAt[number], now.startedAt) && OWNERS.every(isSame);
}

/** Whether the change is the end that the trial has. */
export function isItsEnd(change: TrialChange, number: number, stored: StoredTrial): boolean {
  return (
    change.type === 'state' &&
    change.number === number &&
    STATE_NAMES[change.state] === stored.state &&
    change.at === stored.completedAt
  );
}

function hasAttrs(history: History, number: number, wanted: Readonly<Record<string, JsonValue>> = {}): boolean {
  const attrs = history.systemAttrs(number);
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(attrs, key) && dumpJson(attrs[key]) === dumpJson(value),
  );
}
