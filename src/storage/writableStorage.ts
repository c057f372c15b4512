import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TuneboardError } from '../core/errors.ts';
import type { WritableTrialLog } from '../core/study/studyStore.ts';
import { detectStorage } from './detectStorage.ts';
import { JournalLog } from './journal/journalLog.ts';
import { SqliteStore } from './sqlite/sqliteStore.ts';
import { StorageError } from './storageError.ts';

/** Where a study is to be written. */
export interface StoragePlace {
  readonly kind: 'journal' | 'sqlite';
  /** Absolute. */
  readonly path: string;
}

/** As SQLAlchemy has it: three slashes before a relative path, four before an absolute one. */
const SQLITE_URL = /^sqlite(?:\+\w+)?:\/\/\/(?!:memory:)([^?]+)/i;
const SQLITE_NAME = /\.(db|sqlite3?)$/i;

/**
 * The file that a `storage` setting names: `sqlite:///study.db`, the path of a SQLite database (`.db`, `.sqlite`,
 * `.sqlite3`) or of a journal (any other name), relative to `folder`. Throws `unsupported-storage`.
 */
export function storagePlace(storage: string, folder: string): StoragePlace {
  const database = SQLITE_URL.exec(storage)?.[1];
  if (database !== undefined) return { kind: 'sqlite', path: resolve(folder, database) };
  const path = storage.startsWith('file:') ? fileURLToPath(storage) : storage;
  if (/^[a-z][a-z0-9+]+:\/\//i.test(path)) {
    throw new TuneboardError(
      'unsupported-storage',
      `This version writes studies to journal files and SQLite databases only, not to ${storage.replace(/\/\/[^@/]*@/, '//')}: write the path of one, or sqlite:///study.db.`,
    );
  }
  return { kind: SQLITE_NAME.test(path) ? 'sqlite' : 'journal', path: resolve(folder, path) };
}

/**
 * Opens it for writing, made if missing. What a file holds counts more than its name; one that holds something else is
 * left alone: `not-a-storage`. `beforeJournal` is awaited before a journal is opened.
 */
export async function openWritableStorage(
  place: StoragePlace,
  beforeJournal?: (path: string) => Promise<void>,
): Promise<WritableTrialLog> {
  if ((await kindOf(place)) === 'sqlite') return SqliteStore.open(place.path, { create: true });
  await beforeJournal?.(place.path);
  return JournalLog.open(place.path, { create: true });
}

async function kindOf({ kind, path }: StoragePlace): Promise<StoragePlace['kind']> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.isFile() && (stat.size === 0 || isTornStart(path, stat.size)))) return kind;
  const found = await detectStorage(path);
  if (found !== 'text') return found;
  throw new StorageError(
    'not-a-storage',
    `${path} is neither an Optuna journal nor an Optuna database: name another file under "storage".`,
  );
}

/** A tuner that died in its very first write leaves less than one line: appending cuts that off. */
function isTornStart(path: string, size: number): boolean {
  if (size > 4096) return false;
  const text = readFileSync(path, 'latin1');
  return !text.includes('\n') && '{"op_code":'.startsWith(text.slice(0, 11));
}
