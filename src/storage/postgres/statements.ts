import { createHash } from 'node:crypto';
import type { Argument } from '../server/serverDatabase.ts';
import { isMixedUp } from '../server/serverError.ts';

/** More statements than this are not remembered: what is asked often is asked early. */
const MOST = 200;

/**
 * Writes queries as the driver takes them. A query that comes again is given a name, so that the server reads and plans it
 * once a connection. Poolers of connections (PgBouncer before 1.21) mix up what has a name: then nothing is given one any
 * more. Names are made of the text, so that nobody's name ever stands for another text.
 */
export class Statements {
  readonly #known = new Map<string, { readonly text: string; count: number; name?: string }>();
  #mayName = true;

  /** `sql` has question marks for its arguments. */
  query(sql: string, args: readonly Argument[]) {
    const known = this.#known.get(sql) ?? { text: numbered(sql), count: 0 };
    if (known.count++ === 0 && this.#known.size < MOST) this.#known.set(sql, known);
    if (known.count === 2) known.name = `tb_${createHash('sha256').update(known.text).digest('hex').slice(0, 32)}`;
    const name = this.#mayName ? known.name : undefined;
    return { ...(name !== undefined && { name }), text: known.text, values: [...args], rowMode: 'array' as const };
  }

  noteFailure(error: unknown): void {
    if (isMixedUp(error)) this.#mayName = false;
  }
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}
