import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setOwn } from '../../core/ownProperty.ts';
import { distributionFromJson } from '../../core/space/distributionJson.ts';
import type { Distribution } from '../../core/space/distributions.ts';
import type { JsonValue, StoredParam, TrialTemplate } from '../../core/study/changes.ts';
import { TrialState } from '../../core/study/states.ts';
import { parseJson } from '../../core/text/pythonJson.ts';
import { DatetimeParser, type NaiveZone } from '../datetimes.ts';
import { type AttrOwner, ExactAttrs } from '../exactAttrs.ts';

/** One trial as its rows tell it. `number` is null for a moment while Optuna creates the trial. */
export interface TrialRow {
  readonly trialId: number;
  readonly number: number | null;
  readonly studyId: number;
  readonly isDiscarded: boolean;
  readonly template: Required<Omit<TrialTemplate, 'values' | 'params'>> & {
    readonly values: readonly number[] | null;
    readonly params: readonly StoredParam[];
  };
}

interface Draft {
  readonly params: StoredParam[];
  readonly values: [objective: number, value: number][];
  readonly intermediate: [step: number, value: number][];
  readonly userAttrs: Record<string, JsonValue>;
  readonly systemAttrs: Record<string, JsonValue>;
}

type Cell = string | number | bigint | null | Uint8Array;

/** By the numbers of TrialState. */
export const STATE_NAMES = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'] as const;

/** Reads trials with everything that belongs to them, six queries for any number of trials. Columns are read by name. */
export class TrialRows {
  readonly #db: DatabaseSync;
  readonly #datetimes: DatetimeParser;
  readonly #distributions = new Map<string, Distribution>();
  readonly #trialColumns: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #warn: (warning: string) => void;
  readonly exact = new ExactAttrs();
  /** While the caller's own transaction is open: it is the moment that all queries see. */
  isInTransaction = false;

  constructor(db: DatabaseSync, options: { zone: NaiveZone; hasDiscarded: boolean; warn: (warning: string) => void }) {
    this.#db = db;
    this.#datetimes = new DatetimeParser(options.zone);
    this.#trialColumns = `trial_id, number, study_id, state, datetime_start, datetime_complete, ${options.hasDiscarded ? 'discarded_at' : 'NULL'}`;
    this.#warn = options.warn;
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
    const rows = this.#all(`SELECT study_id, "key", value_json FROM ${table} ORDER BY ${table.slice(0, -1)}_id`);
    const kind = table === 'study_user_attributes' ? 'user' : 'system';
    return rows.map(([id, key, json]) => [
      Number(id),
      String(key),
      this.#json(`study ${Number(id)} ${kind}`, key, json),
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

  #complete(rows: readonly Cell[][], where: string, args: readonly Cell[]): TrialRow[] {
    const drafts = new Map<number, Draft>();
    for (const row of rows) {
      drafts.set(Number(row[0]), { params: [], values: [], intermediate: [], userAttrs: {}, systemAttrs: {} });
    }
    const read = (columns: string, table: string, order: string, add: (draft: Draft, row: Cell[]) => void): void => {
      for (const row of this.#all(
        `SELECT trial_id, ${columns} FROM ${table} WHERE ${where} ORDER BY ${order}`,
        ...args,
      )) {
        const draft = drafts.get(Number(row[0]));
        if (draft) add(draft, row);
      }
    };
    read(
      'param_name, param_value, distribution_json',
      'trial_params',
      'param_id',
      ({ params }, [, name, value, json]) => {
        const distribution = this.distribution(json);
        if (distribution) params.push({ name: String(name), internal: Number(value), distribution });
      },
    );
    read(
      'objective, value, value_type',
      'trial_values',
      'trial_id, objective',
      ({ values }, [, objective, value, type]) => {
        values.push([Number(objective), storedFloat(value, type)]);
      },
    );
    read(
      'step, intermediate_value, intermediate_value_type',
      'trial_intermediate_values',
      'trial_id, step',
      ({ intermediate }, [, step, value, type]) => intermediate.push([Number(step), storedFloat(value, type)]),
    );
    read('"key", value_json', 'trial_user_attributes', 'trial_id, "key"', ({ userAttrs }, [id, key, json]) => {
      setOwn(userAttrs, String(key), this.#json(`trial ${Number(id)} user`, key, json));
    });
    read('"key", value_json', 'trial_system_attributes', 'trial_id, "key"', ({ systemAttrs }, [id, key, json]) => {
      setOwn(systemAttrs, String(key), this.#json(`trial ${Number(id)} system`, key, json));
    });
    return rows.map((row) => this.#row(row, drafts.get(Number(row[0])) as Draft));
  }

  #row([trialId, number, studyId, state, start, complete, discarded]: Cell[], draft: Draft): TrialRow {
    const { params, values, intermediate, userAttrs, systemAttrs } = draft;
    return {
      trialId: Number(trialId),
      number: number === null || number === undefined ? null : Number(number),
      studyId: Number(studyId),
      isDiscarded: discarded !== null,
      template: {
        state: stateNamed(String(state)),
        params,
        values: values.length > 0 ? values.map(([, value]) => value) : null,
        intermediate,
        userAttrs,
        systemAttrs,
        startedAt: typeof start === 'string' ? this.#datetimes.parse(start) : Number.NaN,
        completedAt: typeof complete === 'string' ? this.#datetimes.parse(complete) : Number.NaN,
      },
    };
  }

  /** As JSON tells it; undefined, with a warning, when it cannot be read. */
  distribution(json: Cell | undefined): Distribution | undefined {
    const text = String(json);
    const known = this.#distributions.get(text);
    if (known) return known;
    try {
      const distribution = distributionFromJson(text);
      this.#distributions.set(text, distribution);
      return distribution;
    } catch (error) {
      this.#warn((error as Error).message);
      return undefined;
    }
  }

  #json(owner: AttrOwner, key: Cell | undefined, json: Cell | undefined): JsonValue {
    if (json === null || json === undefined) return null;
    try {
      const value = parseJson(String(json)) as JsonValue;
      this.exact.note(owner, [String(key)], String(json), (parsed) => ({ [String(key)]: parsed }));
      return value;
    } catch {
      return String(json);
    }
  }

  #all(sql: string, ...args: Cell[]): Cell[][] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement.all(...args) as unknown as Cell[][];
  }
}

function stateNamed(name: string): TrialState {
  const state = STATE_NAMES.indexOf(name as never);
  return state < 0 ? TrialState.fail : (state as TrialState);
}

function storedFloat(value: Cell | undefined, type: Cell | undefined): number {
  switch (type) {
    case 'INF_POS':
      return Number.POSITIVE_INFINITY;
    case 'INF_NEG':
      return Number.NEGATIVE_INFINITY;
    case 'NAN':
      return Number.NaN;
    default:
      return value === null || value === undefined ? Number.NaN : Number(value);
  }
}
