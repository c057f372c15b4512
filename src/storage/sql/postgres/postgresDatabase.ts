import type { Writable } from 'node:stream';
import type { ClientBase, Pool, PoolClient, PoolConfig } from 'pg';
import type { ConnectionParameters } from 'pgpass';
import { openEncrypted, type TlsSettings } from '../connect/encryption.ts';
import { loadDrivers } from '../connect/loadDrivers.ts';
import {
  type Argument,
  CONNECTIONS,
  CommitLost,
  IDLE_MS,
  QUERY_MS,
  type ServerDatabase,
  type Transaction,
} from '../connect/serverDatabase.ts';
import { remedyFor } from '../connect/serverError.ts';
import type { ServerUrl } from '../connect/serverUrl.ts';
import type { Cell } from '../read/rowDecoder.ts';
import { createPostgresDialect } from './postgresDialect.ts';
import { hostOf, passwordOf } from './postgresLogin.ts';
import { MAY_FLUSH, PostgresTransaction } from './postgresTransaction.ts';
import { countOf, inOneRound, type Result } from './round.ts';
import { Statements } from './statements.ts';

/** What the driver takes beyond its types. */
interface Config extends Omit<PoolConfig, 'password'> {
  password(place: ConnectionParameters): Promise<string | undefined>;
  onConnect(client: ClientBase): Promise<void>;
}

/** A database on a PostgreSQL server, through a pool of connections. Nothing is connected before the first query. */
export class PostgresDatabase implements ServerDatabase {
  readonly dialect = createPostgresDialect();
  readonly url: ServerUrl;
  readonly #pool: Pool;
  readonly #statements: Statements;
  #mayFlush = false;
  onGone: () => void = () => {};

  private constructor(url: ServerUrl, pool: Pool, statements: Statements) {
    this.url = url;
    this.#pool = pool;
    this.#statements = statements;
    // An idle connection that breaks is replaced by the next query, which tells what is wrong.
    pool.on('error', () => {});
    pool.on('connect', (client) => streamOf(client).once('close', () => this.onGone()));
  }

  /** Throws what the driver says when the server cannot be reached or refuses. */
  static async connect(url: ServerUrl): Promise<PostgresDatabase> {
    return openEncrypted(url.encryption(), (tls) => PostgresDatabase.#open(url, tls));
  }

  static async #open(url: ServerUrl, tls: TlsSettings | undefined): Promise<PostgresDatabase> {
    const { PostgresPool, serialize } = await loadDrivers();
    const config: Config = {
      host: hostOf(url),
      port: url.port,
      user: url.login(),
      password: (place: ConnectionParameters) => passwordOf(url, place),
      database: url.database,
      ssl: tls ?? false,
      application_name: 'tuneboard',
      ...(url.sessionOptions !== undefined && { options: url.sessionOptions }),
      keepAlive: true,
      max: CONNECTIONS,
      connectionTimeoutMillis: url.connectMs,
      idleTimeoutMillis: IDLE_MS,
      query_timeout: QUERY_MS,
      allowExitOnIdle: true,
      onConnect: settle,
    };
    const pool = new PostgresPool(config as unknown as PoolConfig);
    const database = new PostgresDatabase(url, pool, new Statements(serialize));
    try {
      database.#mayFlush = Number((await database.rows(MAY_FLUSH))[0]?.[0]) > 0;
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async rows(sql: string, args: readonly Argument[] = []): Promise<Cell[][]> {
    return (await this.#ask(sql, args)).rows;
  }

  async run(sql: string, args: readonly Argument[] = []) {
    return countOf(await this.#ask(sql, args));
  }

  #ask(sql: string, args: readonly Argument[]): Promise<Result> {
    return this.#onConnection(async (client) => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const statement = this.#statements.statement(sql);
      await Promise.all([promise, inOneRound(client, this.#statements, [{ statement, args, resolve, reject }])]);
      return promise;
    });
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#onConnection(async (client, drop) => {
      const transaction = new PostgresTransaction(client, this.#statements, this.#mayFlush);
      try {
        const result = await work(transaction);
        await transaction.commit();
        return result;
      } catch (error) {
        // A server that knows how to flush by name only, or does not let us any more: the next attempt commits as usual.
        if (error instanceof CommitLost && remedyFor(error.cause) === 'none') this.#mayFlush = false;
        await transaction.settled();
        if (remedyFor(error) !== 'reconnect') await client.query('ROLLBACK').catch(drop);
        throw error;
      }
    });
  }

  /** `drop` keeps the connection from being used again. */
  async #onConnection<T>(work: (client: PoolClient, drop: () => void) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    // A connection that breaks between two queries tells nobody else.
    const onError = () => {};
    client.on('error', onError);
    let isLost = false;
    try {
      return await work(client, () => {
        isLost = true;
      });
    } catch (error) {
      isLost ||= remedyFor(error) === 'reconnect';
      throw error;
    } finally {
      client.off('error', onError);
      client.release(isLost);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/**
 * A plan is made once a connection, often while the tables are still empty: it would read them from end to end for hours. All
 * that is asked here has an index. Nor is any of it long enough to be compiled.
 */
const PLANNING =
  "SELECT set_config(name, 'off', false) FROM pg_catalog.pg_settings WHERE name IN ('enable_seqscan', 'jit')";

/** The session's time zone stays the server's: Optuna's signs of life are in it, and what `PGTZ` says, as libpq has it. */
async function settle(client: ClientBase): Promise<void> {
  await client.query(`SET datestyle = ISO; SET extra_float_digits = 3; ${PLANNING}`);
  const zone = process.env['PGTZ'];
  if (zone) await client.query("SELECT set_config('timezone', $1, false)", [zone]);
}

/** The connection itself, which the driver does not show. */
function streamOf(client: ClientBase): Writable {
  return (client as unknown as { readonly connection: { readonly stream: Writable } }).connection.stream;
}
