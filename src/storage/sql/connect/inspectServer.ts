import { randomUUID } from 'node:crypto';
import { StorageError } from '../../storageError.ts';
import type { SchemaFacts } from '../schemaFacts.ts';
import { ALL_TABLES } from '../tables.ts';
import { connectServer, connectToOne, libraryVersion, mayMakeNone, requireVersion } from './openServer.ts';
import type { Queries, ServerDatabase } from './serverDatabase.ts';
import { fromServerError, shortReason } from './serverError.ts';
import { placeOf, roleOf, type ServerGroup } from './serverGroup.ts';
import type { ServerUrl } from './serverUrl.ts';

/** What a database on a server is like. */
export interface ServerState {
  /** Such as `PostgreSQL 15.3`, or of several servers `MariaDB 10.11.6 at db2:3306; db1:3306: no server listens there`. */
  readonly server: string;
  /** Null: there are no tables of Optuna yet, and they may be made. */
  readonly tables: { readonly optunaVersion: string | undefined; readonly studies: number } | null;
}

/** Ends a transaction without a trace. */
class Undone extends Error {}

/**
 * Looks whether studies can be kept in a database: it answers, its tables are of a version that is known or may be made, and
 * they may be written; what is tried is undone. Throws one sentence about what is wrong, without the password.
 */
export async function inspectServer(url: ServerUrl): Promise<ServerState> {
  let database: ServerGroup | undefined;
  try {
    database = await connectServer(url, 'writing');
    const facts = await database.dialect.inspect(database);
    await requireVersion(database, facts);
    const missing = new Set<string>(ALL_TABLES.filter((table) => !facts.tables.has(table)));
    if (missing.size > 0) await requireCreatable(database, missing);
    const isThere = facts.tables.has('studies') && facts.tables.has('trials');
    if (isThere) await requireWritable(database);
    const server = `${await versionOf(database)}${await placesOf(database)}`;
    return { server, tables: isThere ? await tablesOf(database, facts) : null };
  } catch (error) {
    throw fromServerError(error, url);
  } finally {
    await database?.close();
  }
}

async function versionOf(database: ServerDatabase): Promise<string> {
  if (database.url.kind === 'postgresql') {
    const [row] = await database.rows("SELECT current_setting('server_version')");
    return `PostgreSQL ${String(row?.[0]).split(' ')[0]}`;
  }
  const [row] = await database.rows('SELECT VERSION()');
  const [version = ''] = String(row?.[0]).split('-');
  return `${/mariadb/i.test(String(row?.[0])) ? 'MariaDB' : 'MySQL'} ${version}`;
}

/** Of several servers which one it is, and what the others are to it. */
async function placesOf(database: ServerGroup): Promise<string> {
  const others = database.url.servers().filter((url) => placeOf(url) !== database.place);
  if (others.length === 0) return '';
  const found = await Promise.all(others.map(async (url) => `${placeOf(url)}: ${await stateOf(url)}`));
  return ` at ${database.place}; ${found.join('; ')}`;
}

async function stateOf(url: ServerUrl): Promise<string> {
  let database: ServerDatabase | undefined;
  try {
    database = await connectToOne(url);
    const { isStandby, takesWrites } = await roleOf(database);
    return isStandby ? 'a standby' : takesWrites ? 'takes writes too' : 'read-only';
  } catch (error) {
    return shortReason(error, url);
  } finally {
    await database?.close();
  }
}

async function tablesOf(database: ServerDatabase, facts: SchemaFacts): Promise<ServerState['tables']> {
  const [row] = await database.rows('SELECT COUNT(*) FROM studies');
  return { optunaVersion: await libraryVersion(database, facts), studies: Number(row?.[0]) };
}

async function requireWritable(database: ServerDatabase): Promise<void> {
  const name = `tuneboard doctor ${randomUUID()}`;
  const own = 'SELECT study_id FROM studies WHERE study_name = ?';
  await undone(database, async (queries) => {
    await queries.run('INSERT INTO studies (study_name) VALUES (?)', [name]);
    await queries.run(`INSERT INTO trials (number, study_id, state) SELECT 0, study_id, 'WAITING' FROM (${own}) own`, [
      name,
    ]);
    await queries.run(`UPDATE trials SET state = 'FAIL' WHERE study_id = (${own})`, [name]);
  });
}

/** MySQL commits each table that is made: there the grants tell. */
async function requireCreatable(database: ServerDatabase, missing: ReadonlySet<string>): Promise<void> {
  if (database.url.kind === 'postgresql') {
    return undone(database, (queries) => database.dialect.createTables(queries, missing)).catch((cause: unknown) => {
      throw (cause as { code?: unknown }).code === '42501'
        ? new StorageError('access-denied', mayMakeNone(database.url), { cause })
        : cause;
    });
  }
  const [row] = await database.rows(`SELECT COUNT(*) FROM (
    SELECT privilege_type FROM information_schema.user_privileges UNION ALL
    SELECT privilege_type FROM information_schema.schema_privileges WHERE DATABASE() LIKE table_schema) granted
    WHERE privilege_type = 'CREATE'`);
  if (Number(row?.[0]) > 0) return;
  throw new StorageError('access-denied', mayMakeNone(database.url));
}

async function undone(database: ServerDatabase, work: (queries: Queries) => Promise<void>): Promise<void> {
  try {
    await database.transaction(async (queries) => {
      await work(queries);
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
}
