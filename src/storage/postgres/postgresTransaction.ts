import type { Writable } from 'node:stream';
import type { ClientBase, PoolClient, QueryArrayResult } from 'pg';
import type { Cell } from '../rdb/rowDecoder.ts';
import { type Argument, CommitLost, type Transaction } from '../server/serverDatabase.ts';
import { remedyFor } from '../server/serverError.ts';
import type { Statements } from './statements.ts';

/**
 * PostgreSQL keeps locks until a transaction is on the disk, unless nobody is to wait for that. One that has a study locked
 * does not: it is on the disk with the one behind it, which writes as good as nothing. What is visible earlier is lost only
 * with all that came after it.
 */
const LOCK_STUDY =
  "SELECT study_id, set_config('synchronous_commit', 'off', true) FROM studies WHERE study_id = ? FOR UPDATE";
const LOCK_UNTIL_DURABLE = 'SELECT study_id FROM studies WHERE study_id = ? FOR UPDATE';
const COMMIT_AND_FLUSH = "COMMIT; SELECT pg_logical_emit_message(true, 'tuneboard', '')";
/** Whether the user may call what that takes. */
export const MAY_FLUSH = `SELECT COUNT(*) FROM pg_catalog.pg_proc
  WHERE proname = 'pg_logical_emit_message' AND has_function_privilege(oid, 'EXECUTE')`;

/** What is asked in one turn goes to the server in one go, the end with what was told last. */
export class PostgresTransaction implements Transaction {
  readonly #client: PoolClient;
  readonly #statements: Statements;
  /** Why something that was told failed: what follows it fails too, and says less. */
  #failure: { readonly error: unknown } | undefined;
  readonly #mayFlush: boolean;
  #mustFlush = false;
  #isCorked = false;

  constructor(client: PoolClient, statements: Statements, mayFlush: boolean) {
    this.#client = client;
    this.#statements = statements;
    this.#mayFlush = mayFlush;
    this.tell('BEGIN ISOLATION LEVEL READ COMMITTED');
  }

  async rows(sql: string, args: readonly Argument[] = []): Promise<Cell[][]> {
    return rowsOf(await this.#ask(sql, args));
  }

  async run(sql: string, args: readonly Argument[] = []) {
    return countOf(await this.#ask(sql, args));
  }

  tell(sql: string, args: readonly Argument[] = []): void {
    this.#ask(sql, args).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  async lockStudy(id: number): Promise<boolean> {
    this.#mustFlush = this.#mayFlush;
    return (await this.rows(this.#mayFlush ? LOCK_STUDY : LOCK_UNTIL_DURABLE, [id])).length > 0;
  }

  /** Throws CommitLost, or why it was not done. */
  async commit(): Promise<void> {
    let command: string;
    try {
      command = await this.#sendCommit();
    } catch (error) {
      const failure = this.#failure?.error;
      if (failure !== undefined && remedyFor(failure) !== 'reconnect') throw failure;
      // It may have been committed, and only not been made durable.
      throw this.#mustFlush || remedyFor(error) === 'reconnect' ? new CommitLost(error) : error;
    }
    if (this.#failure) throw this.#failure.error;
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
  }

  async #ask(sql: string, args: readonly Argument[]): Promise<QueryArrayResult> {
    try {
      return await this.#send(sql, args);
    } catch (error) {
      throw this.#failure ? this.#failure.error : error;
    }
  }

  async #sendCommit(): Promise<string> {
    this.#cork();
    const answer: unknown = await this.#client.query(this.#mustFlush ? COMMIT_AND_FLUSH : 'COMMIT');
    return ((Array.isArray(answer) ? answer[0] : answer) as QueryArrayResult).command;
  }

  #send(sql: string, args: readonly Argument[]): Promise<QueryArrayResult> {
    this.#cork();
    return this.#client.query(this.#statements.query(sql, args));
  }

  /** Keeps what is asked in this turn together, so that it takes one packet. */
  #cork(): void {
    if (this.#isCorked) return;
    const stream = streamOf(this.#client);
    this.#isCorked = true;
    stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }
}

/** The connection itself, which the driver does not show. */
export function streamOf(client: ClientBase): Writable {
  return (client as unknown as { readonly connection: { readonly stream: Writable } }).connection.stream;
}

export function rowsOf(result: QueryArrayResult): Cell[][] {
  return result.rows as Cell[][];
}

export function countOf(result: QueryArrayResult) {
  return { count: result.rowCount ?? 0, firstId: 0 };
}
