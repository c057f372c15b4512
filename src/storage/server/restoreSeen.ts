import type { TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { FAIL_REASON } from '../../core/study/study.ts';
import type { TrialRow } from '../rdb/rowDecoder.ts';
import type { RdbStudy } from '../rdb/studyTracker.ts';
import { templateOf } from '../trialTemplate.ts';
import { RowBatch } from './rowBatch.ts';
import { LOST_REASON } from './secondAttempt.ts';
import { compareSeen, type SeenTrial } from './seenTrials.ts';
import { Overtaken, type Transaction } from './serverDatabase.ts';
import type { ServerReader } from './serverReader.ts';
import type { TransactionParts } from './serverTransaction.ts';
import { lockTrials } from './trialLocks.ts';

/** So many trials that were not lost are looked for. */
const WITNESSES = 100;

/**
 * After a server went down: what was read of others and is not in the database any more is put back, so that numbers stay
 * without a gap and the history stays true. An end is written again as it was; a trial that had not ended is put back as
 * failed, as nobody knows of whoever ran it. What somebody else has put back meanwhile is taken over. Throws Overtaken when
 * another trial has such a number by now, or the study itself is another one.
 */
export async function restoreSeen(parts: Pick<TransactionParts, 'database' | 'reader' | 'planner'>): Promise<void> {
  const { database, reader } = parts;
  for (const [study, seen] of reader.seen.byStudy()) {
    if (reader.tracker.study(study.id) !== study) continue;
    const shown = await database.transaction((transaction) => restoreStudy(parts, transaction, study, seen));
    for (const show of shown) show();
  }
  reader.seen.confirm();
}

/** Returns what has to be done once that is durable. */
async function restoreStudy(
  { database, reader, planner }: Pick<TransactionParts, 'database' | 'reader' | 'planner'>,
  transaction: Transaction,
  study: RdbStudy,
  seen: readonly SeenTrial[],
): Promise<(() => void)[]> {
  const { dialect } = database;
  const ids = seen.map(({ id }) => id);
  // As in every transaction: trials in the order of their ids, then their study.
  await lockTrials(transaction, database, reader.decoder, ids);
  if (!(await transaction.lockStudy(study.id))) return [];
  // A server that crashed gives ids anew.
  const [named] = await transaction.rows('SELECT study_name FROM studies WHERE study_id = ?', [study.id]);
  if (named?.[0] !== study.name) return [];
  const { lost, undone } = compareSeen(seen, await reader.states(transaction, ids));
  if (lost.length > 0 && !(await isSameStudy(reader, transaction, study, lost))) {
    throw new Overtaken(`study "${study.name}" was made anew`);
  }
  const batch = new RowBatch();
  for (const { id, number } of undone) {
    for (const change of changesOf(templateOf(study, number, reader.decoder.exact), number)) {
      planner.change(batch, study, { id }, change);
    }
  }
  const show: (() => void)[] = [];
  if (lost.length > 0) {
    const replaced = await reader.numbered(
      transaction,
      study,
      lost.map(({ number }) => number),
    );
    const missing = lost.filter(({ number }) => !replaced.has(number));
    for (const row of replaced.values()) {
      requireSame(study, row);
      show.push(() => reader.tracker.replace(study, row.number as number, row.trialId));
      show.push(() => reader.tracker.update(row));
    }
    const fresh = await dialect.reserveIds?.(transaction, missing.length);
    for (const [index, { number }] of missing.entries()) {
      const template = putBack(templateOf(study, number, reader.decoder.exact));
      const planned = planner.create(batch, study, number, template);
      planned.ref.id = fresh?.[index] ?? -1;
      show.push(() => {
        reader.tracker.replace(study, number, planned.ref.id);
        planned.noteExact();
        for (const change of endOf(template, number)) reader.tracker.apply(study, change);
      });
    }
    // Ids may begin anew below those that were lost.
    const before = Math.min(...lost.map(({ id }) => id)) - 1;
    show.push(() => (reader.tracker.lastTrialId = Math.min(reader.tracker.lastTrialId, before)));
  }
  await batch.write(transaction, dialect);
  return show;
}

/**
 * A study that was deleted and made again may have its id: then nothing of the old one is there. A crash loses the last trials,
 * unless there are no others.
 */
async function isSameStudy(
  reader: ServerReader,
  transaction: Transaction,
  study: RdbStudy,
  lost: readonly SeenTrial[],
): Promise<boolean> {
  const gone = new Set(lost.map(({ id }) => id));
  const known = study.trialIds.flatMap((id, number) => (id < 0 || gone.has(id) ? [] : [{ id, number, study }]));
  const witnesses = known.slice(-WITNESSES);
  if (witnesses.length === 0) return false;
  const now = await reader.states(
    transaction,
    witnesses.map(({ id }) => id),
  );
  return compareSeen(witnesses, now).lost.length < witnesses.length;
}

/** Somebody may have been faster to write the number again: not if it is another trial, or has ended otherwise here. */
function requireSame(study: RdbStudy, { number: cell, template }: TrialRow): void {
  const { history } = study;
  const number = cell as number;
  const names = new Set(template.params.map(({ name }) => name));
  const isSame = history.paramNames(number).every((name) => names.has(name));
  const isSameEnd =
    history.state(number) === template.state &&
    Object.is(history.startedAt[number], template.startedAt) &&
    Object.is(history.completedAt[number], template.completedAt);
  if (isSame && (isSameEnd || !isFinished(history.state(number)))) return;
  throw new Overtaken(`trial ${number} of study "${study.name}" became another one`);
}

function putBack(template: TrialTemplate): TrialTemplate {
  if (isFinished(template.state)) return template;
  const userAttrs = { ...template.userAttrs, [FAIL_REASON]: LOST_REASON };
  return { ...template, state: TrialState.fail, userAttrs, completedAt: Date.now() };
}

/** What the history does not show yet of a trial that is put back; nothing where it had ended. */
function endOf({ state, completedAt }: TrialTemplate, number: number): TrialChange[] {
  return [
    { type: 'userAttr', number, key: FAIL_REASON, value: LOST_REASON },
    { type: 'state', number, state, values: null, at: completedAt as number },
  ];
}

function changesOf(template: TrialTemplate, number: number): TrialChange[] {
  const { params = [], intermediate = [], userAttrs = {}, systemAttrs = {}, state, values = null } = template;
  return [
    ...params.map((param) => ({ type: 'param', number, param }) as const),
    ...intermediate.map(([step, value]) => ({ type: 'intermediate', number, step, value }) as const),
    ...Object.entries(userAttrs).map(([key, value]) => ({ type: 'userAttr', number, key, value }) as const),
    ...Object.entries(systemAttrs).map(([key, value]) => ({ type: 'systemAttr', number, key, value }) as const),
    { type: 'state', number, state, values, at: template.completedAt as number },
  ];
}
