import { createHash } from 'node:crypto';
import type { Connection } from 'pg';
import type { serialize } from 'pg-protocol';
import type { Argument } from '../connect/serverDatabase.ts';

/** More statements than this are not remembered: what is asked often is asked early. */
const MOST = 200;

/** A statement as it was asked before. */
export interface Statement {
  /** With PostgreSQL's `$1` for its arguments. */
  readonly text: string;
  count: number;
  /** Given to one that comes again. */
  name?: string;
  /** Which columns of its rows are numbers; undefined before the first answer. */
  isNumber?: readonly boolean[];
}

/** A statement to be sent, and what its arguments are. */
export interface Call {
  readonly statement: Statement;
  readonly args: readonly Argument[];
}

/**
 * Writes statements as they go to the server. One that comes again is given a name, so that the server reads and plans it once
 * a connection, and tells of its columns once. Names are made of the text, so that a name never stands for another text.
 */
export class Statements {
  readonly #serialize: typeof serialize;
  readonly #known = new Map<string, Statement>();
  /** Names that the server knows, by connection. */
  readonly #prepared = new WeakMap<Connection, Set<string>>();

  constructor(serializer: typeof serialize) {
    this.#serialize = serializer;
  }

  /** `sql` has question marks for its arguments. */
  statement(sql: string): Statement {
    const known = this.#known.get(sql) ?? { text: numbered(sql), count: 0 };
    if (known.count++ === 0 && this.#known.size < MOST) this.#known.set(sql, known);
    if (known.count === 2) known.name = nameFor(known.text);
    return known;
  }

  /** All that the server needs to do these, and the names that it knows once it has. */
  packet(connection: Connection, calls: readonly Call[]): { readonly bytes: Buffer; readonly names: string[] } {
    const { parse, bind, describe, execute, close, sync } = this.#serialize;
    const known = this.#preparedOn(connection);
    const names: string[] = [];
    const messages: Buffer[] = [];
    for (const { statement, args } of calls) {
      const { text, isNumber, name = '' } = statement;
      const isPrepared = known.has(name) || names.includes(name);
      if (!isPrepared) {
        // Of a round that failed nobody knows what was prepared. Closing what is not there is none of its mistakes.
        if (name) {
          names.push(name);
          messages.push(close({ type: 'S', name }));
        }
        messages.push(parse({ name, text }));
      }
      messages.push(bind({ statement: name, values: args.map(written) }));
      if (!(isPrepared && isNumber)) messages.push(describe({ type: 'P' }));
      messages.push(execute());
    }
    messages.push(sync());
    return { bytes: Buffer.concat(messages), names };
  }

  notePrepared(connection: Connection, names: readonly string[]): void {
    const known = this.#preparedOn(connection);
    for (const name of names) known.add(name);
  }

  #preparedOn(connection: Connection): Set<string> {
    const known = this.#prepared.get(connection) ?? new Set();
    this.#prepared.set(connection, known);
    return known;
  }
}

/** Tells in the server's own lists whose it is and what it does, within the 63 bytes of a name. */
function nameFor(text: string): string {
  const [verb = ''] = text.split(/\W/, 1);
  return `tb_${verb.toLowerCase()}_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}

/** An argument as PostgreSQL reads it. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function written(argument: Argument): string | null {
  if (argument === null || typeof argument === 'string') return argument;
  if (typeof argument === 'number') return String(argument);
  return `{${argument.map(element).join(',')}}`;
}

function element(cell: string | number | null): string {
  if (cell === null) return 'NULL';
  return typeof cell === 'number' ? String(cell) : `"${cell.replaceAll(/["\\]/g, '\\$&')}"`;
}
