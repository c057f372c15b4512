import type { ClientBase, Connection, Submittable } from 'pg';
import type { Cell } from '../read/rowDecoder.ts';
import type { Call, Statements } from './statements.ts';

/** What a statement gave. */
export interface Result {
  readonly rows: Cell[][];
  /** `SELECT`, `COMMIT`, … */
  readonly command: string;
  /** How many rows it found or made. */
  readonly count: number;
}

/** A statement and its pending answer. */
export interface Asked extends Call {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Does these on one connection. Resolves when the server is done with them; throws why it was not done with one. */
export function inOneRound(client: ClientBase, statements: Statements, asked: readonly Asked[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const round = new Round(statements, asked);
    round.callback = (error) => (error === undefined ? resolve() : reject(error));
    client.query(round);
  });
}

/** As transactions tell it. PostgreSQL gives no ids that were not asked for. */
export function countOf({ count }: Result) {
  return { count, firstId: 0 };
}

/** int8, int2, int4, oid, float4, float8 and numeric: everything else is taken as the text that the server sends. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);

/**
 * Statements that go to the server in one packet and are answered in one. After a failed statement the rest are not done
 * and are rejected with its error. (In the driver's own pipelines the server answers once for each statement.)
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
class Round implements Submittable {
  readonly #statements: Statements;
  readonly #asked: readonly Asked[];
  readonly #results: Result[] = [];
  #rows: Cell[][] = [];
  #names: readonly string[] = [];
  #isOver = false;
  /** The driver's: it waits for a round as long as for a query. */
  callback: (error?: unknown) => void = () => {};

  constructor(statements: Statements, asked: readonly Asked[]) {
    this.#statements = statements;
    this.#asked = asked;
  }

  submit(connection: Connection): void {
    const { bytes, names } = this.#statements.packet(connection, this.#asked);
    this.#names = names;
    if (connection.stream.writable) connection.stream.write(bytes);
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    const { statement } = this.#current ?? {};
    if (statement) statement.isNumber = fields.map(({ dataTypeID }) => NUMBERS.has(dataTypeID));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const isNumber = this.#current?.statement.isNumber;
    this.#rows.push(fields.map((text, column) => (text !== null && isNumber?.[column] ? Number(text) : text)));
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const { statement } = this.#current ?? {};
    if (statement) statement.isNumber ??= [];
    const [command = ''] = text.split(' ', 1);
    this.#results.push({ rows: this.#rows, command, count: Number(/(?<!\d)\d+$/.exec(text)?.[0] ?? 0) });
    this.#rows = [];
  }

  handleError(error: Error, connection: Connection): void {
    // The driver gave up waiting, and would take the answer for that of what is asked next.
    if (/read timeout/i.test(error.message)) connection.stream.destroy();
    this.#end(error);
  }

  handleReadyForQuery(connection: Connection): void {
    this.#statements.notePrepared(connection, this.#names);
    this.#end();
  }

  #end(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const failure = error ?? this.#mismatch();
    const isMixed = this.#results.length > this.#asked.length;
    for (const [index, { resolve, reject }] of this.#asked.entries()) {
      const result = this.#results[index];
      if (result && !isMixed) resolve(result);
      else reject(failure);
    }
    this.callback(failure);
  }

  /** Something that only speaks PostgreSQL's language may be through without having answered, or answer others here. */
  #mismatch(): Error | undefined {
    const missing = this.#asked.length - this.#results.length;
    if (missing === 0) return undefined;
    return new Error(missing > 0 ? 'a statement was left unanswered' : 'more was answered than was asked');
  }

  /** The statement that is answered next; undefined where all are. */
  get #current(): Asked | undefined {
    return this.#asked[this.#results.length];
  }
}
