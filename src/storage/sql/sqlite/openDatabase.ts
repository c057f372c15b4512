import { lstatSync, realpathSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { storageMessage } from '../../../words/en/storage.ts';
import { checkRegularFile, type FileRules } from '../../regularFile.ts';
import { StorageError } from '../../storageError.ts';
import { missingTable, readTables, requireKnownVersion } from '../schemaVersion.ts';
import { createSchema } from './schema.ts';
import { fromSqliteError } from './sqliteError.ts';
import { cut } from './sqliteRows.ts';

/** File systems of other machines, by the numbers that Linux's statfs(2) gives them. FUSE may be anything. */
const REMOTE = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x01021997, // 9P
  0x65735546, // FUSE
  0x00c36400, // Ceph
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x19830326, // BeeGFS
  0x5346414f, // AFS
  0x73757245, // Coda
]);

/** How long one query waits for a writer, in milliseconds: it holds the event loop so long. `SqliteLog` tries again. */
const BUSY_TIMEOUT_MS = 15;

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  /** Who created the file, such as `4.1.0`. */
  readonly optunaVersion: string | undefined;
  /** Rustuna's column of hidden trials. */
  readonly hasDiscarded: boolean;
}

/** Opens an Optuna database for reading only, its write-ahead log included, and checks that its schema is today's. */
export async function openDatabase(path: string, rules: FileRules = {}): Promise<OpenedDatabase> {
  const { DatabaseSync: Database } = await importSqlite();
  checkFiles(path, rules);
  return opened(path, () => new Database(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
}

/** Opens an Optuna database for reading and writing; its journal mode stays what its maker chose. */
export async function openWritable(path: string): Promise<OpenedDatabase> {
  const { DatabaseSync: Database } = await importSqlite();
  checkFiles(path);
  return opened(path, () => {
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: false });
    db.exec('PRAGMA synchronous = FULL');
    return db;
  });
}

/**
 * Makes an empty or missing file a database as Optuna 5 makes it, but with a write-ahead log where the disk is this
 * machine's. A file with tables stays as it is.
 */
export async function createDatabase(path: string): Promise<void> {
  const { DatabaseSync: Database } = await importSqlite();
  if (lstatSync(path, { throwIfNoEntry: false })) checkFiles(path);
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    createSchema(db, isOnThisMachine(path));
  } finally {
    db.close();
  }
}

/** SQLite opens by path, and follows links: the file and its companions, which it looks for beside the real one, are checked before. */
function checkFiles(path: string, rules: FileRules = {}): void {
  const real = checkRegularFile(path, rules);
  for (const suffix of ['-wal', '-shm', '-journal']) {
    try {
      checkRegularFile(real + suffix, { ...rules, noLink: true });
    } catch (error) {
      // Most databases have none, and the last process that closes one takes it away.
      if (!(error instanceof StorageError && error.code === 'not-found')) throw error;
    }
  }
}

function opened(path: string, open: () => DatabaseSync): OpenedDatabase {
  let db: DatabaseSync | undefined;
  try {
    db = open();
    // The schema comes from the file: what it calls must be harmless, and its pages are checked before they are used.
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    return { db, ...checkSchema(db, path) };
  } catch (error) {
    db?.close();
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
    throw new StorageError('no-sqlite', storageMessage('nodeJsCannotReadSqlite'), { cause });
  } finally {
    process.emitWarning = emitWarning;
  }
}

function checkSchema(db: DatabaseSync, path: string): Omit<OpenedDatabase, 'db'> {
  // Views and virtual tables, which run code of their own, have no page.
  const found = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0").all();
  const tables: ReadonlySet<string> = new Set(found.map((row) => String(row['name'])));
  if (!tables.has('studies') || !tables.has('trials')) {
    throw new StorageError('not-a-storage', storageMessage('databaseButNotOneOptunas', { path }));
  }
  const stamp = tables.has('alembic_version')
    ? db.prepare(`SELECT ${cut('version_num')} FROM alembic_version`).get()?.['version_num']
    : undefined;
  const info = tables.has('version_info')
    ? db.prepare(`SELECT ${cut('library_version')}, ${cut('schema_version')} FROM version_info`).get()
    : undefined;
  const schema = { tables, stamp, schemaVersion: info?.['schema_version'] };
  requireKnownVersion(schema, path, `sqlite:///${path}`);
  const missing = missingTable(schema);
  if (missing !== undefined) {
    throw new StorageError('not-a-storage', storageMessage('noTableNotAllOptunaDatabase', { path, missing }));
  }
  for (const table of readTables(schema)) {
    const computed = db.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden > 0 LIMIT 1').get(table);
    if (computed === undefined) continue;
    throw new StorageError('not-a-storage', storageMessage('tableComputedColumnWhichNo', { table, path }));
  }
  const columns = db.prepare("SELECT name FROM pragma_table_info('trials')").all();
  const version = info?.['library_version'];
  return {
    optunaVersion: typeof version === 'string' ? version : undefined,
    hasDiscarded: columns.some((column) => column['name'] === 'discarded_at'),
  };
}

/**
 * Whether the folder of a file is on a disk of this machine, where processes may share memory: SQLite's write-ahead log
 * needs that. What cannot be told is taken for remote.
 */
function isOnThisMachine(path: string): boolean {
  if (process.platform === 'darwin') return !path.startsWith('/Volumes/');
  if (process.platform === 'win32') return /^[A-Za-z]:[\\/]/.test(realpathSync.native(dirname(path)));
  if (process.platform !== 'linux') return false;
  try {
    return !REMOTE.has(statfsSync(dirname(path)).type >>> 0);
  } catch {
    return false;
  }
}
