/** Journal files. */
import type { StoragePlace, WritableOptions } from '../kinds.ts';
import type { FileRules } from '../regularFile.ts';
import { READER_PATIENCE_MS, WRITER_PATIENCE_MS } from '../retry.ts';
import { JournalLog } from './journalLog.ts';

export function openLog(path: string, rules: FileRules) {
  return JournalLog.open(path, { ...rules, patienceMs: READER_PATIENCE_MS });
}

export async function openStore({ path }: StoragePlace, { beforeJournal, onWaiting }: WritableOptions) {
  await beforeJournal?.(path);
  return JournalLog.open(path, { create: true, patienceMs: WRITER_PATIENCE_MS, onWaiting });
}
