import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { JsonValue } from '../../../core/study/changes.ts';
import type { NaiveZone } from '../../datetimes.ts';
import { type Cell, LONGEST_JSON, RowDecoder, TRIAL_COLUMNS, TrialDraft, type TrialRow } from '../read/rowDecoder.ts';

/** Most characters that are read of a field: of a name or a time, and of JSON. */
const NAME_LENGTH = 4096;

/**
 * A column as an expression under its own name, cut to a length. A database that a stranger made may hold a text or a blob
 * of any size in any column, and integers that a JavaScript number can't hold exactly, at which the driver gives up.
 */
export function cut(column: string, length = NAME_LENGTH): string {
  const { MAX_SAFE_INTEGER: most } = Number;
  return `CASE typeof(${column}) WHEN 'text' THEN substr(${column}, 1, ${length}) WHEN 'blob' THEN NULL WHEN 'integer' THEN CASE WHEN ${column} BETWEEN -${most} AND ${most} THEN ${column} ELSE CAST(${column} AS REAL) END ELSE ${column} END AS ${column}`;
}

const cutAll = (...columns: readonly string[]): string => columns.map((column) => cut(column)).join(', ');
/** One character more than is taken shows that there are more. */
const JSON_COLUMN = cut('value_json', LONGEST_JSON + 1);

/** Reads trials with everything that belongs to them, six queries for any number of trials. Columns are read by name. */
export class TrialRows {
  readonly #db: DatabaseSync;
  readonly #trialColumns: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly decoder: RowDecoder;
  /** While the caller's own transaction is open: it is the moment that all queries see. */
  isInTransaction = false;

  constructor(db: DatabaseSync, options: { zone: NaiveZone; hasDiscarded: boolean; warn: (warning: string) => void }) {
    this.#db = db;
    this.decoder = new RowDecoder(options.zone, options.warn);
    this.#trialColumns = `${cutAll(...TRIAL_COLUMNS)}, ${options.hasDiscarded ? cut('discarded_at') : 'NULL'}`;
  }

  /** Up to `limit` trials with a larger id, by id. */
  after(trialId: number, limit: number): TrialRow[] {
    return this.#snapshot(() => {
      const where = 'WHERE trial_id > ? ORDER BY trial_id LIMIT ?';
      const rows = this.#all(`SELECT ${this.#trialColumns} FROM trials ${where}`, trialId, limit);
      const first = rows[0]?.[0];
      const last = rows.at(-1)?.[0];
      if (first === undefined || last === undefined) return [];
      return this.#complete(rows, 'trial_id BETWEEN ? AND ?', [first, last]);
    });
  }

  /** The trials with these ids that still exist. */
  withIds(ids: readonly number[]): TrialRow[] {
    return this.#snapshot(() => {
      const where = 'trial_id IN (SELECT value FROM json_each(?))';
      const list = JSON.stringify(ids);
      const rows = this.#all(`SELECT ${this.#trialColumns} FROM trials WHERE ${where} ORDER BY trial_id`, list);
      return this.#complete(rows, where, [list]);
    });
  }

  attributes(table: 'study_user_attributes' | 'study_system_attributes'): [studyId: number, key: string, JsonValue][] {
    const rows = this.#all(
      `SELECT ${cutAll('study_id', '"key"')}, ${JSON_COLUMN} FROM ${table} ORDER BY ${table.slice(0, -1)}_id`,
    );
    const kind = table === 'study_user_attributes' ? 'user' : 'system';
    return rows.map(([id, key, json]) => [
      Number(id),
      String(key),
      this.decoder.json(`study ${Number(id)} ${kind}`, key, json),
    ]);
  }

  /** All queries see the same moment. */
  #snapshot<T>(read: () => T): T {
    if (this.isInTransaction) return read();
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  #complete(rows: readonly Cell[][], where: string, args: readonly Exclude<Cell, undefined>[]): TrialRow[] {
    const { decoder } = this;
    const drafts = new Map<number, TrialDraft>();
    for (const row of rows) drafts.set(Number(row[0]), new TrialDraft());
    const read = (columns: string, table: string, order: string, add: (draft: TrialDraft, row: Cell[]) => void) => {
      const sql = `SELECT ${cut('trial_id')}, ${columns} FROM ${table} WHERE ${where} ORDER BY ${order}`;
      for (const row of this.#all(sql, ...args)) {
        const draft = drafts.get(Number(row[0]));
        if (draft) add(draft, row);
      }
    };
    const paramColumns = `${cutAll('param_name', 'param_value')}, ${cut('distribution_json', LONGEST_JSON + 1)}`;
    read(paramColumns, 'trial_params', 'param_id', (draft, [, name, value, json]) =>
      decoder.addParam(draft, name, value, json),
    );
    read(cutAll('value', 'value_type'), 'trial_values', 'trial_id, objective', (draft, [, value, type]) =>
      decoder.addValue(draft, value, type),
    );
    read(
      cutAll('step', 'intermediate_value', 'intermediate_value_type'),
      'trial_intermediate_values',
      'trial_id, step',
      (draft, [, step, value, type]) => decoder.addReport(draft, step, value, type),
    );
    for (const kind of ['user', 'system'] as const) {
      const table = `trial_${kind}_attributes`;
      read(`${cut('"key"')}, ${JSON_COLUMN}`, table, 'trial_id, "key"', (draft, [id, key, json]) =>
        decoder.addAttr(draft, kind, id, key, json),
      );
    }
    return rows.map((row) => decoder.row(row, drafts.get(Number(row[0])) as TrialDraft));
  }

  #all(sql: string, ...args: Exclude<Cell, undefined>[]): Cell[][] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement.all(...args) as unknown as Cell[][];
  }
}
