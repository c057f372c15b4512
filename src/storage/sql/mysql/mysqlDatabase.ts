import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Pool, PoolOptions, ResultSetHeader, SslOptions, TypeCastField } from 'mysql2';
import type { PoolConnection, Pool as PromisePool } from 'mysql2/promise';
import { storageMessage } from '../../../words/en/storage.ts';
import { StorageError } from '../../storageError.ts';
import { openEncrypted, type TlsSettings } from '../connect/encryption.ts';
import { loadDrivers } from '../connect/loadDrivers.ts';
import {
  type Argument,
  CONNECTIONS,
  IDLE_MS,
  type Queries,
  type ServerDatabase,
  type Transaction,
} from '../connect/serverDatabase.ts';
import { remedyFor } from '../connect/serverError.ts';
import type { ServerUrl } from '../connect/serverUrl.ts';
import type { Cell } from '../read/rowDecoder.ts';
import { mysqlDialect } from './mysqlDialect.ts';
import { answered, escapable, MysqlTransaction } from './mysqlTransaction.ts';

/**
 * A transaction reads what others have committed, as PostgreSQL has it, and what is asked outside of one is committed at once.
 * What does not fit is an error, never cut off, nor are answers, however large. A backslash escapes: the driver puts
 * arguments into the text of a query so. That text is UTF-8, also where the server has
 * its own mind about what a client says when it connects: in GBK, an escaping backslash would be half of a letter. The time
 * zone stays the server's: Optuna's signs of life are in it.
 */
const SETTLE = [
  "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, SESSION sql_mode = 'STRICT_TRANS_TABLES', autocommit = 1",
  'SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_safe_updates = 0',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** In bytes. MySQL's own was so large until 5.5, and has been larger since. */
const SMALLEST_PACKET = 1_048_576;

/** A database on a MySQL or MariaDB server, through a pool of connections. Nothing is connected before the first query. */
export class MysqlDatabase implements ServerDatabase {
  readonly dialect = mysqlDialect;
  readonly url: ServerUrl;
  readonly #pool: PromisePool;
  onGone: () => void = () => {};

  private constructor(url: ServerUrl, pool: Pool) {
    this.url = url;
    // The queries of one connection are sent in the order in which they were asked.
    pool.on('connection', (connection) => {
      // The driver does not show its stream, nor tell of every end.
      const { stream } = connection as unknown as { readonly stream: Duplex };
      stream.once('close', () => this.onGone());
      // A connection without these settings may read an argument differently.
      for (const sql of SETTLE) connection.query(sql, (error) => error && connection.destroy());
    });
    this.#pool = pool.promise();
  }

  /** Throws what the driver says when the server cannot be reached or refuses. */
  static async connect(url: ServerUrl): Promise<MysqlDatabase> {
    return openEncrypted(url.encryption(), async (tls) => {
      const database = await MysqlDatabase.#open(url, tls);
      try {
        const [row] = await database.rows('SELECT @@max_allowed_packet');
        requirePacket(url, Number(row?.[0]));
        return database;
      } catch (error) {
        await database.close();
        throw error;
      }
    });
  }

  static async #open(url: ServerUrl, tls: TlsSettings | undefined): Promise<MysqlDatabase> {
    const { createMysqlPool } = await loadDrivers();
    const password = url.password();
    const user = url.login();
    const isSocket = url.host?.startsWith('/') === true;
    const options: PoolOptions = {
      ...(isSocket ? { socketPath: url.host as string } : { host: url.host ?? '127.0.0.1', port: url.port ?? 3306 }),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(tls && { ssl: sslOptions(tls, url) }),
      database: url.database,
      connectTimeout: url.connectMs,
      connectionLimit: CONNECTIONS,
      maxIdle: 0,
      idleTimeout: IDLE_MS,
      enableKeepAlive: true,
      dateStrings: true,
      rowsAsArray: true,
      // A transaction sends what it asks at once in one go.
      multipleStatements: true,
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

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#connected(async (connection) => {
      const transaction = new MysqlTransaction(connection);
      try {
        const result = await work(transaction);
        await transaction.commit();
        return result;
      } catch (error) {
        await transaction.settled();
        if (remedyFor(error) !== 'reconnect') await queriesOf(connection).run('ROLLBACK');
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

/** Attributes and lists of trials have to fit. */
function requirePacket(url: ServerUrl, bytes: number): void {
  if (!(bytes < SMALLEST_PACKET)) return;
  throw new StorageError('unsupported-url', storageMessage('takesNoMoreThanBytes', { url: String(url), bytes }));
}

/** Queries outside of any transaction. */
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

/** The driver's own parser of floating-point numbers is off by the last bit now and then. */
function exactly(field: TypeCastField, next: () => unknown): unknown {
  if (field.type !== 'DOUBLE' && field.type !== 'FLOAT') return next();
  const text = field.string();
  return text === null ? null : Number(text);
}

/** The driver checks names itself; an address it would take for localhost. */
function sslOptions(tls: TlsSettings, url: ServerUrl): SslOptions {
  const { checksName, checkServerIdentity, ...options } = tls;
  if (checksName && isIP(url.host ?? '127.0.0.1') !== 0) {
    throw new StorageError('unsupported-url', storageMessage('namesHostAddressWhichCannot', { url: String(url) }));
  }
  return { ...options, verifyIdentity: checksName === true };
}
