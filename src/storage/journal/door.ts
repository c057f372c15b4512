/** Journal files. */
import type { StoragePlace, WritableOptions } from '../kinds.ts';
import type { FileRules } from '../regularFile.ts';
import { JournalLog } from './journalLog.ts';

export function openLog(path: string, rules: FileRules) {
  return JournalLog.open(path, rules);
}

export async function openStore({ path }: StoragePlace, { beforeJournal }: WritableOptions) {
  await beforeJournal?.(path);
  return JournalLog.open(path, { create: true });
}
