import type { Connection, ResultSetHeader } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import { type Argument, CommitLost, QUERY_MS, type Transaction } from '../connect/serverDatabase.ts';
import { remedyFor } from '../connect/serverError.ts';
import { TurnQueue } from '../connect/turnQueue.ts';
import type { Cell } from '../read/rowDecoder.ts';

/** Statements that go to the server in one packet: less than the smallest packet that administrators allow. */
const BYTES_A_PACKET = 500_000;

type Answer = Cell[][] | ResultSetHeader;

interface Asked {
  readonly sql: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Nobody looks at its answer: its failure is the transaction's. */
  readonly isTold: boolean;
}

/**
 * The queries of a transaction. What is asked in one turn goes to the server in one packet, where nothing follows a statement
 * that failed; the next packet goes when that is answered. Nothing follows a deadlock: it has ended the transaction, and the
 * rest would be committed on its own.
 */
export class MysqlTransaction implements Transaction {
  readonly #connection: PoolConnection;
  readonly #asked = new TurnQueue<Asked>((group) => this.#send(group));
  #failure: { readonly error: unknown } | undefined;

  constructor(connection: PoolConnection) {
    this.#connection = connection;
    this.#push('BEGIN', [], false).catch(() => undefined);
  }

  async rows(sql: string, args: readonly Argument[] = []): Promise<Cell[][]> {
    return (await this.#ask(sql, args)) as Cell[][];
  }

  async run(sql: string, args: readonly Argument[] = []) {
    const { affectedRows, insertId } = (await this.#ask(sql, args)) as ResultSetHeader;
    return { count: affectedRows, firstId: insertId };
  }

  tell(sql: string, args: readonly Argument[] = []): void {
    // The next statement, or the commit, reports the error.
    this.#push(sql, args, true).catch(() => undefined);
  }

  /** InnoDB releases the lock before it writes to the disk. */
  async lockStudy(id: number): Promise<boolean> {
    return (await this.rows('SELECT study_id FROM studies WHERE study_id = ? FOR UPDATE', [id])).length > 0;
  }

  async commit(): Promise<void> {
    try {
      await this.#ask('COMMIT', []);
    } catch (error) {
      throw remedyFor(error) === 'reconnect' ? new CommitLost(error) : error;
    }
  }

  /** Resolves when nothing is on its way. */
  settled(): Promise<void> {
    return this.#asked.settled();
  }

  #ask(sql: string, args: readonly Argument[]): Promise<Answer> {
    const answer = this.#push(sql, args, false);
    this.#asked.send();
    return answer;
  }

  #push(sql: string, args: readonly Argument[], isTold: boolean): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#asked.add({ sql: this.#connection.format(sql, args.map(escapable)), resolve, reject, isTold });
    return promise;
  }

  async #send(group: readonly Asked[]): Promise<void> {
    for (const part of packets(group)) {
      try {
        if (this.#failure) throw this.#failure.error;
        const text = part.map(({ sql }) => sql).join(';\n');
        const answer = await answered(ask(this.#connection, text), this.#connection);
        const answers = part.length === 1 ? [answer] : (answer as unknown[]);
        for (const [index, { resolve }] of part.entries()) resolve(answers[index] as Answer);
      } catch (error) {
        if (remedyFor(error) !== 'none' || part.some(({ isTold }) => isTold)) this.#failure ??= { error };
        for (const { reject } of part) reject(error);
      }
    }
  }
}

/** The driver's own promises note where each was asked, which takes as long as asking. */
function ask({ connection }: PoolConnection, text: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // Its type is that of the wrapper, and it is what is wrapped.
    const bare = connection as unknown as Connection;
    bare.query(text, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

/** Of at most `BYTES_A_PACKET`, or of one statement. */
function* packets(group: readonly Asked[]): Generator<readonly Asked[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, { sql }] of group.entries()) {
    if (index > start && bytes + sql.length > BYTES_A_PACKET) {
      yield group.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += sql.length;
  }
  yield group.slice(start);
}

/** A server that never answers is one that was lost. (The driver's own limit outlives a connection that breaks.) */
export async function answered<T>(answer: Promise<T>, connection: PoolConnection): Promise<T> {
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

/** A number is written as a floating-point literal: without an exponent it would be a decimal one, and minus zero just zero. */
export function escapable(argument: Argument | readonly Argument[]): unknown {
  if (Array.isArray(argument)) return argument.map(escapable);
  if (typeof argument !== 'number' || Number.isSafeInteger(argument)) return Object.is(argument, -0) ? '-0' : argument;
  return String(argument);
}
