import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setOwn } from '../../../core/ownProperty.ts';
import { PAUSED } from '../../../core/study/attributes.ts';
import type { JsonValue, StoredParam, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import { type Direction, TrialState } from '../../../core/study/states.ts';
import type { ClaimOptions, CommitOptions, CreateOptions } from '../../../core/study/studyStore.ts';
import type { AttrOwner } from '../../exactAttrs.ts';
import { changedMeanwhile } from '../../storageError.ts';
import { directionName, STATE_NAMES, writtenFloat } from '../read/rowDecoder.ts';
import type { RdbStudy, StudyTracker } from '../read/studyTracker.ts';
import { duplicateStudy, requireWritable } from '../rules.ts';
import { CHILD_TABLES } from '../tables.ts';
import { storableValues, TrialEncoder } from '../write/trialEncoder.ts';
import type { OpenedReader } from './sqliteReader.ts';

const INSERT_TRIAL =
  'INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES (?, ?, ?, ?, ?)';
const CLAIM = "UPDATE trials SET state = 'RUNNING', datetime_start = ? WHERE trial_id = ? AND state = 'WAITING'";
const UPSERT_PARAM = upsert('trial_params', ['trial_id', 'param_name'], ['param_value', 'distribution_json']);
const UPSERT_VALUE = upsert('trial_values', ['trial_id', 'objective'], ['value', 'value_type']);
/** A finished trial gives none any more. */
const HEARTBEAT = `INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, CURRENT_TIMESTAMP FROM trials
  WHERE trial_id = ? AND state = 'RUNNING' ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat`;
const LAST_HEARTBEATS = `SELECT number, julianday(heartbeat) AS heartbeat FROM trials JOIN trial_heartbeats USING (trial_id)
  WHERE study_id = ? AND state = 'RUNNING'`;
const UPSERT_REPORT = upsert(
  'trial_intermediate_values',
  ['trial_id', 'step'],
  ['intermediate_value', 'intermediate_value_type'],
);

/**
 * Writes into an Optuna database what the methods of WritableTrialLog ask for, and into the reader's histories what reading
 * it again would show. For the holder of the write lock, inside its transaction, after a sync. A method that refuses
 * throws a StorageError before it has written anything.
 */
export class SqliteWriter {
  readonly opened: OpenedReader;
  readonly #path: string;
  readonly #tracker: StudyTracker;
  readonly #db: DatabaseSync;
  readonly #encoder: TrialEncoder;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, tracker: StudyTracker, opened: OpenedReader) {
    this.opened = opened;
    this.#path = path;
    this.#tracker = tracker;
    this.#db = opened.db;
    this.#encoder = new TrialEncoder(opened.rows.decoder, opened.zone);
  }

  createStudy(name: string, directions: readonly Direction[]): void {
    if (this.#tracker.studies.some((study) => study.name === name)) {
      throw duplicateStudy(this.#path, name);
    }
    const id = this.#insert('INSERT INTO studies (study_name) VALUES (?)', name);
    for (const [objective, direction] of directions.entries()) {
      const insert = 'INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)';
      this.#run(insert, directionName(direction), id, objective);
    }
    this.#tracker.addStudy(id, name, [...directions]);
  }

  /** Optuna's tables have no cascades of their own: what belongs to the trials goes first. */
  deleteStudy(study: RdbStudy): void {
    for (const table of [...Object.keys(CHILD_TABLES), 'trial_heartbeats']) {
      if (table.startsWith('study_')) this.#run(`DELETE FROM ${table} WHERE study_id = ?`, study.id);
      else
        this.#run(`DELETE FROM ${table} WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?)`, study.id);
    }
    this.#run('DELETE FROM trials WHERE study_id = ?', study.id);
    this.#run('DELETE FROM studies WHERE study_id = ?', study.id);
    this.#tracker.removeStudy(study);
  }

  setStudyAttr(study: RdbStudy, kind: 'user' | 'system', key: string, value: JsonValue): void {
    const read = this.#attr('study', study.id, kind, key, value);
    setOwn(kind === 'user' ? study.userAttrs : study.systemAttrs, key, read);
  }

  /** The new trial's number, or undefined when it would not be `ifNumber`. */
  createTrial(study: RdbStudy, template: TrialTemplate, { ifNumber, beats }: CreateOptions): number | undefined {
    const number = study.history.length;
    if (ifNumber !== undefined && ifNumber !== number) return undefined;
    const { state } = template;
    const start = this.#encoder.time(template.startedAt ?? (state === TrialState.waiting ? Number.NaN : Date.now()));
    const complete = this.#encoder.time(template.completedAt ?? Number.NaN);
    const id = this.#insert(INSERT_TRIAL, number, study.id, STATE_NAMES[state], start.text, complete.text);
    const params = template.params?.map((param) => this.#param(id, param)) ?? [];
    for (const [step, value] of template.intermediate ?? []) this.#report(id, step, value);
    this.#tracker.addOwn(study, id, {
      state,
      params,
      values: this.#values(id, template.values),
      intermediate: template.intermediate ?? [],
      userAttrs: this.#attrs(id, 'user', template.userAttrs),
      systemAttrs: this.#attrs(id, 'system', template.systemAttrs),
      startedAt: start.millis,
      completedAt: complete.millis,
    });
    if (beats) this.heartbeat(study, [number]);
    return number;
  }

  /** Takes one waiting trial (see WritableTrialLog) and signs it in the same transaction. */
  claimWaiting(study: RdbStudy, { number: wanted, systemAttrs = {}, beats, onlyIf }: ClaimOptions): number | undefined {
    const { history } = study;
    if (onlyIf?.() === false) return undefined;
    const number = wanted ?? history.firstWaiting;
    if (number === undefined || !history.waiting.has(number)) return undefined;
    if (wanted === undefined && history.systemAttrs(number)[PAUSED] !== undefined) return undefined;
    const trialId = study.trialIds[number] as number;
    const { text, millis } = this.#encoder.time(Date.now());
    if (this.#run(CLAIM, text, trialId) !== 1) return undefined;
    this.#tracker.apply(study, { type: 'state', number, state: TrialState.running, at: millis });
    for (const [key, value] of Object.entries(systemAttrs)) {
      this.#change(study, { type: 'systemAttr', number, key, value });
    }
    if (beats) this.heartbeat(study, [number]);
    return number;
  }

  heartbeat(study: RdbStudy, numbers: readonly number[]): void {
    for (const number of numbers) this.#run(HEARTBEAT, study.trialIds[number] ?? -1);
  }

  lastHeartbeats(study: RdbStudy): Map<number, number> {
    const rows = this.#statement(LAST_HEARTBEATS).all(study.id);
    return new Map(rows.map((row) => [Number(row['number']), Number(row['heartbeat'])]));
  }

  commit(study: RdbStudy, changes: readonly TrialChange[], onlyIf?: CommitOptions['onlyIf']): void {
    requireWritable(this.#path, study, changes);
    if (onlyIf?.() === false) throw changedMeanwhile(this.#path, study, changes);
    for (const change of changes) this.#change(study, change);
  }

  #change(study: RdbStudy, change: TrialChange): void {
    const read = this.#changed(study, study.trialIds[change.number] as number, change);
    if (read) this.#tracker.apply(study, read);
  }

  /** Writes one change and returns it as it is read again; undefined when it has no effect. */
  #changed(study: RdbStudy, trialId: number, change: TrialChange): TrialChange | undefined {
    switch (change.type) {
      case 'param':
        return { ...change, param: this.#param(trialId, change.param) };
      case 'intermediate':
        this.#report(trialId, change.step, change.value);
        return change;
      case 'userAttr':
      case 'systemAttr': {
        const kind = change.type === 'userAttr' ? 'user' : 'system';
        return { ...change, value: this.#attr('trial', trialId, kind, change.key, change.value) };
      }
      case 'state':
        return this.#state(study, trialId, change);
      default:
        return change satisfies never;
    }
  }

  #state(study: RdbStudy, trialId: number, change: TrialChange & { type: 'state' }): TrialChange | undefined {
    const { state } = change;
    // As in the history: a trial that runs already keeps its start.
    if (state === TrialState.running && study.history.state(change.number) !== TrialState.waiting) return undefined;
    const { text, millis } = this.#encoder.time(change.at ?? Date.now());
    if (state === TrialState.waiting) {
      this.#run('UPDATE trials SET state = ? WHERE trial_id = ?', 'WAITING', trialId);
      // The heartbeats of its last worker are not those of the next one, which may give none.
      this.#run('DELETE FROM trial_heartbeats WHERE trial_id = ?', trialId);
    } else {
      const column = state === TrialState.running ? 'datetime_start' : 'datetime_complete';
      this.#run(`UPDATE trials SET state = ?, ${column} = ? WHERE trial_id = ?`, STATE_NAMES[state], text, trialId);
    }
    return { ...change, values: this.#values(trialId, change.values), at: millis };
  }

  #values(trialId: number, values: readonly number[] | null | undefined): readonly number[] | null {
    const stored = storableValues(values);
    for (const [objective, value] of stored?.entries() ?? []) {
      this.#run(UPSERT_VALUE, trialId, objective, ...writtenFloat(value));
    }
    return stored;
  }

  #report(trialId: number, step: number, value: number): void {
    this.#run(UPSERT_REPORT, trialId, step, ...writtenFloat(value));
  }

  #param(trialId: number, param: StoredParam): StoredParam {
    const { text, read } = this.#encoder.param(param);
    this.#run(UPSERT_PARAM, trialId, param.name, param.internal, text);
    return read;
  }

  #attrs(trialId: number, kind: 'user' | 'system', attrs: TrialTemplate['userAttrs']): Record<string, JsonValue> {
    const read: Record<string, JsonValue> = {};
    for (const [key, value] of Object.entries(attrs ?? {})) {
      setOwn(read, key, this.#attr('trial', trialId, kind, key, value));
    }
    return read;
  }

  /** Returns the value as it is read again. */
  #attr(owner: 'study' | 'trial', id: number, kind: 'user' | 'system', key: string, value: JsonValue): JsonValue {
    const { text, read } = this.#encoder.attr(value);
    this.#run(upsert(`${owner}_${kind}_attributes`, [`${owner}_id`, '"key"'], ['value_json']), id, key, text);
    const whose: AttrOwner = `${owner} ${id} ${kind}`;
    this.opened.rows.decoder.exact.note(whose, [key], text, (parsed) => ({ [key]: parsed }));
    return read;
  }

  #insert(sql: string, ...args: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...args).lastInsertRowid);
  }

  #run(sql: string, ...args: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...args).changes);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function upsert(table: string, keys: readonly string[], values: readonly string[]): string {
  const columns = [...keys, ...values];
  const updates = values.map((value) => `${value} = excluded.${value}`).join(', ');
  const marks = columns.map(() => '?').join(', ');
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${updates}`;
}
