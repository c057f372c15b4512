/** Optuna databases in SQLite files. */
import type { StoragePlace, WritableOptions } from '../../kinds.ts';
import type { FileRules } from '../../regularFile.ts';
import { SqliteLog } from './sqliteLog.ts';
import { SqliteStore } from './sqliteStore.ts';

export function openLog(path: string, rules: FileRules) {
  return SqliteLog.open(path, rules);
}

export function openStore({ path }: StoragePlace, _: WritableOptions) {
  return SqliteStore.open(path, { create: true });
}
