import type { PoolClient } from 'pg';
import { type Argument, CommitLost, type Transaction } from '../connect/serverDatabase.ts';
import { remedyFor } from '../connect/serverError.ts';
import { TurnQueue } from '../connect/turnQueue.ts';
import type { Cell } from '../read/rowDecoder.ts';
import { type Asked, countOf, inOneRound, type Result } from './round.ts';
import type { Statements } from './statements.ts';

/**
 * PostgreSQL keeps locks until a transaction is on the disk, unless nobody is to wait for that. One that has a study locked
 * does not: it is on the disk with the one behind it, which writes as good as nothing. What is visible earlier is lost only
 * with all that came after it.
 */
const LOCK_STUDY =
  "SELECT study_id, set_config('synchronous_commit', 'off', true) FROM studies WHERE study_id = ? FOR UPDATE";
const LOCK_UNTIL_DURABLE = 'SELECT study_id FROM studies WHERE study_id = ? FOR UPDATE';
const FLUSH = "SELECT pg_logical_emit_message(true, 'tuneboard', '')";
/** Whether the user may call what that takes. */
export const MAY_FLUSH = `SELECT COUNT(*) FROM pg_catalog.pg_proc
  WHERE proname = 'pg_logical_emit_message' AND has_function_privilege(oid, 'EXECUTE')`;

/** The statements of one turn go to the server in one round, the commit with the last ones. */
export class PostgresTransaction implements Transaction {
  readonly #client: PoolClient;
  readonly #statements: Statements;
  readonly #mayFlush: boolean;
  readonly #asked = new TurnQueue<Asked>((asked) => this.#send(asked));
  /** Why something failed: what follows it would fail too, and say less. */
  #failure: { readonly error: unknown } | undefined;
  #mustFlush = false;

  constructor(client: PoolClient, statements: Statements, mayFlush: boolean) {
    this.#client = client;
    this.#statements = statements;
    this.#mayFlush = mayFlush;
    this.tell('BEGIN ISOLATION LEVEL READ COMMITTED');
  }

  async rows(sql: string, args: readonly Argument[] = []): Promise<Cell[][]> {
    return (await this.#ask(sql, args)).rows;
  }

  async run(sql: string, args: readonly Argument[] = []) {
    return countOf(await this.#ask(sql, args));
  }

  tell(sql: string, args: readonly Argument[] = []): void {
    // The next statement, or the commit, reports the error.
    this.#push(sql, args).catch(() => undefined);
  }

  async lockStudy(id: number): Promise<boolean> {
    this.#mustFlush = this.#mayFlush;
    return (await this.rows(this.#mayFlush ? LOCK_STUDY : LOCK_UNTIL_DURABLE, [id])).length > 0;
  }

  /** Throws CommitLost, or why it was not done. */
  async commit(): Promise<void> {
    const wasSound = this.#failure === undefined;
    const [committed, flushed] = await Promise.allSettled([
      this.#ask('COMMIT'),
      this.#mustFlush ? this.#ask(FLUSH) : undefined,
    ]);
    if (committed.status === 'rejected') {
      const { reason } = committed;
      throw wasSound && remedyFor(reason) === 'reconnect' ? new CommitLost(reason) : reason;
    }
    if (committed.value.command !== 'COMMIT') throw new Error('the transaction was rolled back');
    // It is committed, and may only not be durable.
    if (flushed.status === 'rejected') throw new CommitLost(flushed.reason);
    // What is flushed is on the disk only where the round ended, which is behind its last answer.
    await this.settled();
    if (this.#failure) throw new CommitLost(this.#failure.error);
  }

  /** Resolves when nothing is on its way. */
  settled(): Promise<void> {
    return this.#asked.settled();
  }

  #ask(sql: string, args: readonly Argument[] = []): Promise<Result> {
    const answer = this.#push(sql, args);
    this.#asked.send();
    return answer;
  }

  #push(sql: string, args: readonly Argument[]): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#asked.add({ statement: this.#statements.statement(sql), args, resolve, reject });
    return promise;
  }

  async #send(asked: readonly Asked[]): Promise<void> {
    if (!this.#failure) {
      try {
        return await inOneRound(this.#client, this.#statements, asked);
      } catch (error) {
        this.#failure = { error };
      }
    }
    for (const { reject } of asked) reject(this.#failure.error);
  }
}
