import { Overtaken, type Transaction } from '../connect/serverDatabase.ts';
import type { TrialNow } from '../read/seenTrials.ts';
import { compareSeen, type SeenTrial } from '../read/seenTrials.ts';
import type { ServerReader } from '../read/serverReader.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import type { TransactionParts } from './serverTransaction.ts';
import { StudyRestorer } from './studyRestorer.ts';
import { lockTrials } from './trialLocks.ts';

type RestoreParts = Pick<TransactionParts, 'database' | 'reader' | 'planner'>;

/** So many trials that were not lost are looked for. */
const WITNESSES = 100;

/**
 * After a server went down, or another one has taken over: what was read or written lately and is not in the database any more
 * is put back, so that numbers stay without a gap and the history stays true. What somebody else has put back meanwhile is
 * taken over; so each study is done in one transaction, and done again where that is lost. Throws Overtaken when a study itself
 * is another one, once all others are done.
 */
export async function restoreSeen(parts: RestoreParts): Promise<void> {
  const { database, reader } = parts;
  let overtaken: Overtaken | undefined;
  for (const [study, seen] of reader.seen.byStudy()) {
    if (reader.tracker.study(study.id) !== study) continue;
    try {
      const shown = await database.transaction((transaction) => restoreStudy(parts, transaction, study, seen));
      for (const show of shown) show();
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      overtaken ??= error;
    }
  }
  if (overtaken) throw overtaken;
}

/** Returns what has to be done once that is durable. */
async function restoreStudy(
  parts: RestoreParts,
  transaction: Transaction,
  study: RdbStudy,
  seen: readonly SeenTrial[],
): Promise<(() => void)[]> {
  const { database, reader } = parts;
  const ids = seen.map(({ id }) => id);
  // As in every transaction: trials in the order of their ids, then their study.
  await lockTrials(transaction, database, reader.decoder, ids);
  if (!(await transaction.lockStudy(study.id))) return [];
  // A server that crashed gives ids anew.
  const [named] = await transaction.rows('SELECT study_name FROM studies WHERE study_id = ?', [study.id]);
  if (named?.[0] !== study.name) return [];
  const now = await reader.states(transaction, ids);
  const { lost, undone } = compareSeen(seen, now, reader);
  if (lost.length + undone.length === 0) return [];
  if (!(await isSameStudy(reader, transaction, study, seen, now))) {
    throw new Overtaken(`study "${study.name}" was made anew`);
  }
  const restorer = new StudyRestorer(parts, study);
  // Where times are whole seconds, what looks undone may be another trial.
  const numbers = [...lost, ...undone].map(({ number }) => number).sort((a, b) => a - b);
  const first = Math.min(...numbers.map((number) => reader.tracker.storedNumber(study, number)));
  await restorer.restore(transaction, numbers, await reader.numberedFrom(transaction, study, first), first);
  return restorer.write(transaction);
}

/**
 * A study that was deleted and made again may have its id, and its trials those of the old ones: but not the moments in which
 * these began. A crash loses the last trials, unless there are no others.
 */
async function isSameStudy(
  reader: ServerReader,
  transaction: Transaction,
  study: RdbStudy,
  seen: readonly SeenTrial[],
  now: ReadonlyMap<number, TrialNow>,
): Promise<boolean> {
  const { startedAt } = study.history;
  const isWitness = (id: number, number: number, { studyId, startedAt: at }: TrialNow) =>
    id === study.trialIds[number] && studyId === study.id && startedAt[number] === at;
  if (seen.some(({ id, number }) => now.has(id) && isWitness(id, number, now.get(id) as TrialNow))) return true;
  const asked = new Set(seen.map(({ id }) => id));
  const others = study.trialIds.flatMap((id, number) => (id < 0 || asked.has(id) ? [] : [[id, number] as const]));
  const witnesses = new Map(others.slice(-WITNESSES));
  if (witnesses.size === 0) return false;
  const found = await reader.states(transaction, [...witnesses.keys()]);
  return [...found].some(([id, trial]) => isWitness(id, witnesses.get(id) as number, trial));
}
