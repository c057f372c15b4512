import type { DatabaseSync } from 'node:sqlite';
import { fromSystemError, StorageError } from '../storageError.ts';

/** How long one query waits for a writer, in milliseconds: it holds the event loop so long. `SqliteLog` tries again. */
const BUSY_TIMEOUT_MS = 15;
/** Optuna's schema since 3.2; 4.x and 5.0 have the same. */
const HEAD_VERSION = 'v3.2.0.a';
const OLDER_VERSIONS = new Set([
  'v0.9.0.a',
  'v1.2.0.a',
  'v1.3.0.a',
  'v2.4.0.a',
  'v2.6.0.a',
  'v3.0.0.a',
  'v3.0.0.b',
  'v3.0.0.c',
  'v3.0.0.d',
]);

/** What is read besides studies and trials. */
const READ_TABLES = [
  'study_directions',
  'study_user_attributes',
  'study_system_attributes',
  'trial_params',
  'trial_values',
  'trial_intermediate_values',
  'trial_user_attributes',
  'trial_system_attributes',
];

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  /** Who created the file, such as `4.1.0`. */
  readonly libraryVersion: string | undefined;
  /** Rustuna's column of hidden trials. */
  readonly hasDiscarded: boolean;
}

/** Opens an Optuna database for reading only, its write-ahead log included, and checks that its schema is today's. */
export async function openDatabase(path: string): Promise<OpenedDatabase> {
  const { DatabaseSync: Database } = await importSqlite();
  let db: DatabaseSync;
  try {
    db = new Database(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw fromSqliteError(error, path);
  }
  try {
    return { db, ...checkSchema(db, path) };
  } catch (error) {
    db.close();
    throw fromSqliteError(error, path);
  }
}

/** `node:sqlite` is loaded when it is needed: an editor's Node may lack it. Its notice of being experimental is kept off stderr. */
async function importSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process;
  try {
    process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
      if (!String(warning).includes('SQLite')) emitWarning.call(process, warning, ...rest);
    }) as typeof process.emitWarning;
    return await import('node:sqlite');
  } catch (cause) {
    throw new StorageError('no-sqlite', 'This Node.js cannot read SQLite. Use version 22.13 or newer.', { cause });
  } finally {
    process.emitWarning = emitWarning;
  }
}

function checkSchema(db: DatabaseSync, path: string): Omit<OpenedDatabase, 'db'> {
  const tables = new Set(
    db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map((row) => row['name']),
  );
  if (!tables.has('studies') || !tables.has('trials')) {
    throw new StorageError(
      'not-a-storage',
      `${path} is a database, but not one of Optuna's. Open a database of studies.`,
    );
  }
  const stamp = tables.has('alembic_version')
    ? db.prepare('SELECT version_num FROM alembic_version').get()?.['version_num']
    : undefined;
  if (typeof stamp === 'string' && stamp !== HEAD_VERSION) throw versionError(stamp, path);
  const info = tables.has('version_info')
    ? db.prepare('SELECT library_version, schema_version FROM version_info').get()
    : undefined;
  if (stamp === undefined && typeof info?.['schema_version'] === 'number' && info['schema_version'] < 12) {
    throw versionError('v0.9.0.a', path);
  }
  const missing = READ_TABLES.find((table) => !tables.has(table));
  if (missing !== undefined) {
    throw new StorageError(
      'not-a-storage',
      `${path} has no table ${missing}: it is not all of an Optuna database. Copy it again.`,
    );
  }
  const columns = db.prepare("SELECT name FROM pragma_table_info('trials')").all();
  const version = info?.['library_version'];
  return {
    libraryVersion: typeof version === 'string' ? version : undefined,
    hasDiscarded: columns.some((column) => column['name'] === 'discarded_at'),
  };
}

function versionError(stamp: string, path: string): StorageError {
  if (OLDER_VERSIONS.has(stamp)) {
    return new StorageError(
      'older-version',
      `${path} was written by an old Optuna (schema ${stamp}). Run: optuna storage upgrade --storage sqlite:///${path}`,
    );
  }
  return new StorageError(
    'newer-version',
    `${path} was written by an Optuna newer than this version knows (schema ${stamp}). Update Tuneboard.`,
  );
}

/** SQLite's primary result codes that a person can do something about. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const CANTOPEN = 14;
const NOT_A_DB = 26;

export function fromSqliteError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  const options = { cause: error };
  switch (code) {
    case BUSY:
    case LOCKED:
      return new StorageError(
        'locked',
        `${path} is locked by another program. Try again when it has finished writing.`,
        options,
      );
    case CORRUPT:
      return new StorageError(
        'truncated',
        `${path} is damaged or cut off in the middle. Copy the whole file again.`,
        options,
      );
    case NOT_A_DB:
      return new StorageError('not-a-storage', `${path} is not a SQLite database, or it is encrypted.`, options);
    case READONLY:
    case CANTOPEN:
      return new StorageError(
        'io',
        `Cannot open ${path}: its folder must be writable while it has a write-ahead log.`,
        options,
      );
    default:
      return fromSystemError(error, 'read', path);
  }
}
