import { storageMessage } from '../../../words/en/storage.ts';
import type { Message } from '../../../words/message.ts';
import type { NaiveZone } from '../../datetimes.ts';
import { StorageError } from '../../storageError.ts';
import { zoneOf } from '../read/studyTracker.ts';
import type { SchemaFacts } from '../schemaFacts.ts';
import { HEAD_VERSION, missingTable, requireKnownVersion } from '../schemaVersion.ts';
import { ALL_TABLES } from '../tables.ts';
import type { Queries, ServerDatabase } from './serverDatabase.ts';
import { fromServerError } from './serverError.ts';
import { type Purpose, ServerGroup } from './serverGroup.ts';
import type { ServerUrl } from './serverUrl.ts';

export interface OpenedServer {
  readonly database: ServerDatabase;
  readonly facts: SchemaFacts;
  /** Who made the tables, such as `4.1.0`. */
  readonly optunaVersion: string | undefined;
  /** Of the naive times in the tables. */
  readonly zone: NaiveZone;
}

/**
 * Connects to a database and checks that Optuna's tables are in it, of today's version; with `create`, makes those that
 * are missing, as Optuna does. Throws one sentence about what is wrong.
 */
export async function openServer(url: ServerUrl, options: { create: boolean }): Promise<OpenedServer> {
  let database: ServerDatabase | undefined;
  try {
    database = await connectServer(url, options.create ? 'writing' : 'reading');
    let facts = await database.dialect.inspect(database);
    await requireVersion(database, facts);
    const missing = new Set(ALL_TABLES.filter((table) => !facts.tables.has(table)));
    if (options.create && missing.size > 0) {
      await createTables(database, missing);
      facts = await database.dialect.inspect(database);
    }
    requireTables(facts, url);
    const optunaVersion = await libraryVersion(database, facts);
    return { database, facts, optunaVersion, zone: zoneOf(optunaVersion, facts.hasDiscarded) };
  } catch (error) {
    await database?.close();
    throw fromServerError(error, url);
  }
}

/** Of several servers, connects to the first one that will do. Throws what the driver throws, or NoServer. */
export function connectServer(url: ServerUrl, purpose: Purpose): Promise<ServerGroup> {
  return ServerGroup.connect(url, purpose, connectToOne);
}

/** Throws what the driver throws. */
export async function connectToOne(url: ServerUrl): Promise<ServerDatabase> {
  if (url.kind === 'mysql') return (await import('../mysql/mysqlDatabase.ts')).MysqlDatabase.connect(url);
  return (await import('../postgres/postgresDatabase.ts')).PostgresDatabase.connect(url);
}

async function createTables(database: ServerDatabase, missing: ReadonlySet<string>): Promise<void> {
  const { url, dialect } = database;
  try {
    await database.transaction((queries) => dialect.createTables(queries, missing));
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === '42501' || code === 'ER_TABLEACCESS_DENIED_ERROR' || code === 'ER_DBACCESS_DENIED_ERROR') {
      throw new StorageError('access-denied', mayMakeNone(url), { cause: error });
    }
    // Somebody else may have been faster: then they are there.
    const facts = await dialect.inspect(database);
    if (ALL_TABLES.some((table) => !facts.tables.has(table))) throw error;
  }
}

export function mayMakeNone(url: ServerUrl): Message {
  return storageMessage('mayMakeNone', { url: String(url), user: storageMessage('theUser', { user: url.user ?? '' }) });
}

/** Throws `older-version` and `newer-version`. */
export async function requireVersion(queries: ServerDatabase, { tables }: SchemaFacts): Promise<void> {
  const stamp = tables.has('alembic_version')
    ? (await queries.rows('SELECT version_num FROM alembic_version'))[0]?.[0]
    : undefined;
  const schemaVersion = tables.has('version_info')
    ? (await queries.rows('SELECT schema_version FROM version_info'))[0]?.[0]
    : undefined;
  requireKnownVersion({ tables, stamp, schemaVersion }, queries.url.location);
}

function requireTables({ tables }: SchemaFacts, url: ServerUrl): void {
  if (!tables.has('studies') || !tables.has('trials')) {
    throw new StorageError(
      'not-a-storage',
      storageMessage('noStudiesOptunasTablesSchema', { url: String(url), headVersion: HEAD_VERSION }),
    );
  }
  const missing = missingTable({ tables, stamp: undefined, schemaVersion: undefined });
  if (missing === undefined) return;
  throw new StorageError('not-a-storage', storageMessage('noTableNotAllOptuna', { url: String(url), missing }));
}

/** Who made the tables, such as `4.1.0`. */
export async function libraryVersion(queries: Queries, { tables }: SchemaFacts): Promise<string | undefined> {
  if (!tables.has('version_info')) return undefined;
  const version = (await queries.rows('SELECT library_version FROM version_info'))[0]?.[0];
  return typeof version === 'string' ? version : undefined;
}
