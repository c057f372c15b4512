import type { ClientBase, Pool, PoolConfig, QueryArrayResult } from 'pg';
import type { ConnectionParameters } from 'pgpass';
import type { Cell } from '../rdb/rowDecoder.ts';
import { openEncrypted, type TlsSettings } from '../server/encryption.ts';
import { loadDrivers } from '../server/loadDrivers.ts';
import {
  type Argument,
  CONNECT_MS,
  CONNECTIONS,
  CommitLost,
  IDLE_MS,
  QUERY_MS,
  type ServerDatabase,
  type Transaction,
} from '../server/serverDatabase.ts';
import { remedyFor } from '../server/serverError.ts';
import type { ServerUrl } from '../server/serverUrl.ts';
import { createPostgresDialect } from './postgresDialect.ts';
import { hostOf, passwordOf } from './postgresLogin.ts';
import { countOf, MAY_FLUSH, PostgresTransaction, rowsOf, streamOf } from './postgresTransaction.ts';
import { Statements } from './statements.ts';

/** int4, int8, oid and float8: everything else is taken as the text that the server sends. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);
const types = {
  getTypeParser: (oid: number) => (NUMBERS.has(oid) ? Number : (text: string) => text),
};

/** What the driver takes beyond its types. */
interface Config extends Omit<PoolConfig, 'password'> {
  readonly pipeline: true;
  password(place: ConnectionParameters): Promise<string | undefined>;
  onConnect(client: ClientBase): Promise<void>;
}

/** A database on a PostgreSQL server, through a pool of connections. Nothing is connected before the first query. */
export class PostgresDatabase implements ServerDatabase {
  readonly dialect = createPostgresDialect();
  readonly url: ServerUrl;
  readonly #pool: Pool;
  readonly #statements = new Statements();
  #mayFlush = false;
  onGone: () => void = () => {};

  private constructor(url: ServerUrl, pool: Pool) {
    this.url = url;
    this.#pool = pool;
    // An idle connection that breaks is replaced by the next query, which tells what is wrong.
    pool.on('error', () => {});
    pool.on('connect', (client) => streamOf(client).once('close', () => this.onGone()));
  }

  /** Throws what the driver says when the server cannot be reached or refuses. */
  static async connect(url: ServerUrl): Promise<PostgresDatabase> {
    return openEncrypted(url.encryption(), (tls) => PostgresDatabase.#open(url, tls));
  }

  static async #open(url: ServerUrl, tls: TlsSettings | undefined): Promise<PostgresDatabase> {
    const { PostgresPool } = await loadDrivers();
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
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: IDLE_MS,
      query_timeout: QUERY_MS,
      // What is asked without waiting for an answer goes to the server in one go.
      pipeline: true,
      allowExitOnIdle: true,
      types: types as NonNullable<PoolConfig['types']>,
      onConnect: settle,
    };
    const database = new PostgresDatabase(url, new PostgresPool(config as unknown as PoolConfig));
    try {
      database.#mayFlush = Number((await database.rows(MAY_FLUSH))[0]?.[0]) > 0;
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async rows(sql: string, args: readonly Argument[] = []): Promise<Cell[][]> {
    return rowsOf(await this.#ask(sql, args));
  }

  async run(sql: string, args: readonly Argument[] = []) {
    return countOf(await this.#ask(sql, args));
  }

  async #ask(sql: string, args: readonly Argument[]): Promise<QueryArrayResult> {
    try {
      return await this.#pool.query(this.#statements.query(sql, args));
    } catch (error) {
      this.#statements.noteFailure(error);
      throw error;
    }
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    // A connection that breaks between two queries tells nobody else.
    const onError = () => {};
    client.on('error', onError);
    let failure: unknown;
    try {
      const transaction = new PostgresTransaction(client, this.#statements, this.#mayFlush);
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      failure = error;
      this.#statements.noteFailure(error);
      // A server that knows how to flush by name only, or does not let us any more: the next attempt commits as usual.
      if (error instanceof CommitLost && remedyFor(error.cause) === 'none') this.#mayFlush = false;
      if (remedyFor(error) !== 'reconnect') await client.query('ROLLBACK').catch((cause) => (failure = cause));
      throw error;
    } finally {
      client.off('error', onError);
      client.release(failure !== undefined && remedyFor(failure) === 'reconnect');
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** The session's time zone stays the server's: Optuna's signs of life are in it, and what `PGTZ` says, as libpq has it. */
async function settle(client: ClientBase): Promise<void> {
  await client.query('SET datestyle = ISO; SET extra_float_digits = 3');
  const zone = process.env['PGTZ'];
  if (zone) await client.query("SELECT set_config('timezone', $1, false)", [zone]);
}
