/** Optuna databases in SQLite files. */
import type { StoragePlace, WritableOptions } from '../../kinds.ts';
import type { FileRules } from '../../regularFile.ts';
import { WRITER_PATIENCE_MS } from '../../retry.ts';
import { SqliteLog } from './sqliteLog.ts';
import { SqliteStore } from './sqliteStore.ts';

export function openLog(path: string, rules: FileRules) {
  return SqliteLog.open(path, rules);
}

export function openStore({ path }: StoragePlace, { onWaiting }: WritableOptions) {
  return SqliteStore.open(path, { create: true, patienceMs: WRITER_PATIENCE_MS, onWaiting });
}
