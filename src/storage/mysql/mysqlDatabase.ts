import type { Pool, PoolOptions, ResultSetHeader, SslOptions, TypeCastField } from 'mysql2';
import type { PoolConnection, Pool as PromisePool } from 'mysql2/promise';
import type { Cell } from '../rdb/rowDecoder.ts';
import { loadDrivers } from '../server/loadDrivers.ts';
import {
  type Argument,
  CONNECT_MS,
  CONNECTIONS,
  CommitLost,
  IDLE_MS,
  QUERY_MS,
  type Queries,
  type ServerDatabase,
} from '../server/serverDatabase.ts';
import { remedyFor } from '../server/serverError.ts';
import type { Encryption, ServerUrl } from '../server/serverUrl.ts';
import { mysqlDialect } from './mysqlDialect.ts';

/**
 * A transaction reads what others have committed, as PostgreSQL has it. What does not fit is an error, never cut off, and
 * a backslash escapes: the driver puts arguments into the text of a query so. The time zone stays the server's: Optuna's
 * signs of life are in it.
 */
const SETTLE = [
  "SET SESSION sql_mode = 'STRICT_TRANS_TABLES'",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** A database on a MySQL or MariaDB server, through a pool of connections. Nothing is connected before the first query. */
export class MysqlDatabase implements ServerDatabase {
  readonly dialect = mysqlDialect;
  readonly url: ServerUrl;
  readonly #pool: PromisePool;

  private constructor(url: ServerUrl, pool: Pool) {
    this.url = url;
    // The queries of one connection are sent in the order in which they were asked.
    pool.on('connection', (connection) => {
      for (const sql of SETTLE) connection.query(sql);
    });
    this.#pool = pool.promise();
  }

  /** Throws what the driver says when the server cannot be reached or refuses. */
  static async connect(url: ServerUrl): Promise<MysqlDatabase> {
    const { encryption } = url;
    const first = await MysqlDatabase.#open(url, encryption);
    try {
      await first.rows('SELECT 1');
      return first;
    } catch (error) {
      await first.close();
      const hasNone = (error as { code?: unknown }).code === 'HANDSHAKE_NO_SSL_SUPPORT';
      if (encryption !== 'prefer' || !hasNone) throw error;
      return MysqlDatabase.#open(url, 'off');
    }
  }

  static async #open(url: ServerUrl, encryption: Encryption): Promise<MysqlDatabase> {
    const { createMysqlPool } = await loadDrivers();
    const password = url.password();
    const ssl = sslOptions(encryption);
    const isSocket = url.host?.startsWith('/') === true;
    const options: PoolOptions = {
      ...(isSocket ? { socketPath: url.host as string } : { host: url.host ?? '127.0.0.1', port: url.port ?? 3306 }),
      ...(url.user !== undefined && { user: url.user }),
      ...(password !== undefined && { password }),
      ...(ssl && { ssl }),
      database: url.database,
      connectTimeout: CONNECT_MS,
      connectionLimit: CONNECTIONS,
      maxIdle: 0,
      idleTimeout: IDLE_MS,
      enableKeepAlive: true,
      dateStrings: true,
      rowsAsArray: true,
      typeCast: exactly,
    };
    return new MysqlDatabase(url, createMysqlPool(options));
  }

  async rows(sql: string, args: readonly Argument[] = []): Promise<Cell[][]> {
    return this.#connected((connection) => queriesOf(connection).rows(sql, args));
  }

  async run(sql: string, args: readonly Argument[] = []) {
    return this.#connected((connection) => queriesOf(connection).run(sql, args));
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#connected(async (connection) => {
      const queries = queriesOf(connection);
      const turns = new Turns(queries);
      try {
        await turns.run('BEGIN');
        const result = await work(turns);
        await commit(turns);
        return result;
      } catch (error) {
        await turns.settled();
        if (remedyFor(error) !== 'reconnect') await queries.run('ROLLBACK');
        throw error;
      }
    });
  }

  /** A connection that broke is not given back. */
  async #connected<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection();
    try {
      const result = await work(connection);
      connection.release();
      return result;
    } catch (error) {
      if (remedyFor(error) === 'reconnect') connection.destroy();
      else connection.release();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/**
 * The queries of a transaction, one after the other, and none after one that met a deadlock: that has ended the transaction,
 * and what followed would be committed on its own.
 */
class Turns implements Queries {
  #last: Promise<unknown> = Promise.resolve();
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  rows(sql: string, args?: readonly Argument[]): Promise<Cell[][]> {
    return this.#next(() => this.#queries.rows(sql, args));
  }

  run(sql: string, args?: readonly Argument[]) {
    return this.#next(() => this.#queries.run(sql, args));
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  #next<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(ask);
    this.#last = answer.catch((error: unknown) => {
      if (remedyFor(error) !== 'none') throw error;
    });
    // Whoever asked is told.
    this.#last.catch(() => undefined);
    return answer;
  }
}

async function commit(queries: Queries): Promise<void> {
  try {
    await queries.run('COMMIT');
  } catch (error) {
    throw remedyFor(error) === 'reconnect' ? new CommitLost(error) : error;
  }
}

function queriesOf(connection: PoolConnection): Queries {
  const query = (sql: string, args: readonly Argument[] = []) =>
    answered(connection.query({ sql, values: args.map(escapable) }), connection);
  return {
    rows: async (sql, args) => (await query(sql, args))[0] as unknown as Cell[][],
    run: async (sql, args) => {
      const [{ affectedRows, insertId }] = (await query(sql, args)) as unknown as [ResultSetHeader, unknown];
      return { count: affectedRows, firstId: insertId };
    },
  };
}

/** A server that never answers is one that was lost. (The driver's own limit outlives a connection that breaks.) */
async function answered<T>(answer: Promise<T>, connection: PoolConnection): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      connection.destroy();
      reject(Object.assign(new Error('the server does not answer'), { code: 'ETIMEDOUT' }));
    }, QUERY_MS);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The driver's own parser of floating-point numbers is off by the last bit now and then. */
function exactly(field: TypeCastField, next: () => unknown): unknown {
  if (field.type !== 'DOUBLE' && field.type !== 'FLOAT') return next();
  const text = field.string();
  return text === null ? null : Number(text);
}

/** A number is written as a floating-point literal: without an exponent it would be a decimal one, and minus zero just zero. */
function escapable(argument: Argument | readonly Argument[]): unknown {
  if (Array.isArray(argument)) return argument.map(escapable);
  if (typeof argument !== 'number' || Number.isSafeInteger(argument)) return Object.is(argument, -0) ? '-0' : argument;
  return String(argument);
}

function sslOptions(encryption: Encryption): SslOptions | undefined {
  if (encryption === 'off') return undefined;
  if (encryption === 'prefer') return { rejectUnauthorized: false };
  const { checkServerIdentity, ...options } = encryption;
  return { ...options, verifyIdentity: options.rejectUnauthorized && checkServerIdentity === undefined };
}
