import { FAIL_REASON, FIXED_PARAMS } from '../../../core/study/attributes.ts';
import { isFinished, TrialState } from '../../../core/study/states.ts';
import type { TrialRow } from '../read/rowDecoder.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import { haveOneOwner, isPutBack, LOST_REASON } from './secondAttempt.ts';

/** A trial of the history as it is to be found again. */
export interface Sought {
  readonly study: RdbStudy;
  readonly number: number;
  /** Its number in the database, as it was. */
  readonly stored: number;
  /** It runs here: nobody else can have ended it or begun it again. */
  readonly isOwn: boolean;
}

/**
 * Whether a row is a trial as it was read or written, or as that has gone on since, whichever number it has by now: its
 * parameters, its start and who wrote it are the same, and so is its end, if both have ended.
 */
export function isSameTrial(sought: Sought, row: TrialRow): boolean {
  const { study, number, isOwn } = sought;
  const { history } = study;
  const { template } = row;
  if (!hasParams(study, number, row)) return false;
  if (history.state(number) === TrialState.waiting) return isSameWaiting(sought, row);
  // One that was begun here may wait again.
  if (isOwn && template.state === TrialState.waiting)
    return study.trialIds[number] === row.trialId && isSameWaiting(sought, row);
  if (!Object.is(history.startedAt[number], template.startedAt)) return !isOwn && hasGoneOn(sought, row);
  if (!haveOneOwner(history.systemAttrs(number), template.systemAttrs)) return false;
  const isRowPutBack = template.userAttrs[FAIL_REASON] === LOST_REASON;
  if (!isFinished(history.state(number))) return !(isOwn && isRowPutBack);
  if (isPutBack(history, number) || !isFinished(template.state)) return true;
  return template.state === history.state(number) && Object.is(template.completedAt, history.completedAt[number]);
}

/**
 * One of others that had not ended may have paused and been begun by another worker. Or whoever was to run it never heard that
 * it was written, and has written it again.
 */
function hasGoneOn({ study, number, stored }: Sought, { trialId, number: place, template }: TrialRow): boolean {
  const { history, trialIds } = study;
  if (place !== stored || isFinished(history.state(number))) return false;
  const isThere = trialIds[number] === trialId && template.params.length > 0;
  return isThere || haveOneOwner(history.systemAttrs(number), template.systemAttrs);
}

function hasParams({ history }: RdbStudy, number: number, { template }: TrialRow): boolean {
  const internals = new Map(template.params.map(({ name, internal }) => [name, internal]));
  return history
    .paramNames(number)
    .every((name) => internals.get(name) === history.parameters.get(name)?.internalAt(number));
}

/** One that waits may have been begun since. One of which nothing is known that makes it what it is can only be told by its place. */
function isSameWaiting({ study, number, stored }: Sought, { number: place, template }: TrialRow): boolean {
  const { history } = study;
  const before = history.systemAttrs(number)[FIXED_PARAMS];
  if (JSON.stringify(before) !== JSON.stringify(template.systemAttrs[FIXED_PARAMS])) return false;
  return place === stored || before !== undefined || history.paramNames(number).length > 0;
}
