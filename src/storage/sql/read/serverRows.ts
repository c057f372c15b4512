import type { OpenedServer } from '../connect/openServer.ts';
import type { Argument, Queries } from '../connect/serverDatabase.ts';
import type { Dialect } from '../dialect.ts';
import { type Cell, type RowDecoder, TRIAL_COLUMNS, TrialDraft, type TrialRow } from './rowDecoder.ts';

/** The parts of a trial, as numbered in the answer of one query. */
const PARAM = 0;
const VALUE = 1;
const REPORT = 2;
const USER_ATTR = 3;
const SYSTEM_ATTR = 4;

/** So many of the next ids are asked for ahead: as many trials as others may begin between two of ours. */
const IDS_AHEAD = 32;
const NO_IDS = [-1];

/** Rows of parts of trials, and of which trials they are all there is. */
export interface PartsAhead {
  readonly rows: Cell[][];
  has(trialId: number): boolean;
}

/** Asks for studies and trials: one query for all that belongs to any number of trials, as each one is a way to the server. */
export class ServerRows {
  readonly studyName: string | undefined;
  readonly noParts = new TrialDraft();
  readonly #decoder: RowDecoder;
  readonly #columns: string;
  readonly #studies: string;
  readonly #parts: string;
  readonly #partsAhead: string;
  readonly #systemAttrs: string;
  readonly #isIn: Dialect['isIn'];

  constructor({ database, facts }: OpenedServer, decoder: RowDecoder, studyName: string | undefined) {
    const { dialect } = database;
    this.studyName = studyName;
    this.#decoder = decoder;
    this.#columns = [...TRIAL_COLUMNS, facts.hasDiscarded ? 'discarded_at' : 'NULL'].join(', ');
    this.#studies = studiesQuery(dialect, studyName !== undefined);
    this.#parts = partsQuery(dialect, dialect.isIn('trial_id'));
    this.#partsAhead = partsQuery(dialect, `((trial_id > ? AND trial_id <= ?) OR ${dialect.isIn('trial_id')})`);
    this.#systemAttrs = attributesQuery(dialect, dialect.isIn('trial_id'), SYSTEM_ATTR, 'system');
    this.#isIn = dialect.isIn;
  }

  /** Rows of part (0 study, 1 direction, 2 user and 3 system attribute), study id, place, name, value. */
  async studies(queries: Queries): Promise<Cell[][]> {
    const name = this.studyName;
    const rows = await queries.rows(this.#studies, name === undefined ? [] : [name, name, name, name]);
    return rows.map(([part, ...rest]) => [Number(part), ...rest]);
  }

  async trials(queries: Queries, ids: readonly number[]): Promise<Cell[][]> {
    // MySQL has no empty list.
    if (ids.length === 0) return [];
    return queries.rows(`SELECT ${this.#columns} FROM trials WHERE ${this.#isIn('trial_id')} ORDER BY trial_id`, [ids]);
  }

  /** Trials with a larger id, and those of `others` that have come. */
  after(queries: Queries, id: number, others: readonly number[], limit: number): Promise<Cell[][]> {
    const args: Argument[] = [id];
    let where = 'trial_id > ?';
    if (others.length > 0) {
      where = `(${where} OR ${this.#isIn('trial_id')})`;
      args.push(others);
    }
    if (this.studyName !== undefined) {
      where += ' AND study_id = (SELECT study_id FROM studies WHERE study_name = ?)';
      args.push(this.studyName);
    }
    args.push(limit);
    return queries.rows(`SELECT ${this.#columns} FROM trials WHERE ${where} ORDER BY trial_id LIMIT ?`, args);
  }

  /** Trials of one study with a larger id, and those of `others`. */
  ofStudy(queries: Queries, studyId: number, id: number, others: readonly number[], limit: number): Promise<Cell[][]> {
    if (others.length === 0) return this.afterOf(queries, studyId, id, undefined, limit);
    return queries.rows(
      `SELECT ${this.#columns} FROM trials WHERE ${isOfStudy(id)} AND (trial_id > ? OR ${this.#isIn('trial_id')})
       ORDER BY trial_id LIMIT ?`,
      [studyId, id, others, limit],
    );
  }

  /** Trials of one study with a larger id, below another one. */
  afterOf(queries: Queries, studyId: number, id: number, below: number | undefined, limit: number): Promise<Cell[][]> {
    const until = below === undefined ? '' : 'AND trial_id < ?';
    return queries.rows(
      `SELECT ${this.#columns} FROM trials WHERE ${isOfStudy(id)} AND trial_id > ? ${until} ORDER BY trial_id LIMIT ?`,
      below === undefined ? [studyId, id, limit] : [studyId, id, below, limit],
    );
  }

  /** What belongs to some trials and to those of the next ids, whatever study they are of: asked before they are known. */
  async partsAhead(queries: Queries, id: number, others: readonly number[]): Promise<PartsAhead> {
    const until = id + IDS_AHEAD;
    const args = [id, until, others.length > 0 ? others : NO_IDS];
    const rows = await queries.rows(this.#partsAhead, [...args, ...args, ...args, ...args, ...args]);
    const asked = new Set(others);
    return { rows, has: (trialId) => (trialId > id && trialId <= until) || asked.has(trialId) };
  }

  /** The system attributes of these trials, in place of all that belongs to them. */
  async systemAttrs(queries: Queries, ids: readonly number[]): Promise<PartsAhead> {
    return { rows: await queries.rows(this.#systemAttrs, [ids]), has: () => true };
  }

  /** Reads what belongs to these trials, unless `ahead` has it. `parts` tells how many rows that took. */
  async complete(
    queries: Queries,
    rows: readonly Cell[][],
    ahead?: PartsAhead,
  ): Promise<{ trials: TrialRow[]; parts: number }> {
    if (rows.length === 0) return { trials: [], parts: 0 };
    const drafts = new Map(rows.map(([id]) => [Number(id), new TrialDraft()]));
    const ids = [...drafts.keys()];
    const found =
      ahead && ids.every(ahead.has) ? ahead.rows : await queries.rows(this.#parts, [ids, ids, ids, ids, ids]);
    for (const row of found) this.#addPart(row, drafts.get(Number(row[1])));
    const trials = rows.map((row) => this.#decoder.row(row, drafts.get(Number(row[0])) as TrialDraft));
    return { trials, parts: found.length };
  }

  #addPart([part, id, place, name, number, text]: Cell[], draft: TrialDraft | undefined): void {
    if (!draft) return;
    switch (Number(part)) {
      case PARAM:
        this.#decoder.addParam(draft, name, number, text);
        break;
      case VALUE:
        this.#decoder.addValue(draft, number, text);
        break;
      case REPORT:
        this.#decoder.addReport(draft, place, number, text);
        break;
      case USER_ATTR:
        this.#decoder.addAttr(draft, 'user', id, name, text);
        break;
      default:
        this.#decoder.addAttr(draft, 'system', id, name, text);
    }
  }
}

/**
 * Trials behind the first page are few, whatever else their study has: they are not to be looked for among all of its trials.
 * In a sum, the study's id has no index.
 */
function isOfStudy(afterId: number): string {
  return afterId === 0 ? 'study_id = ?' : 'study_id + 0 = ?';
}

function studiesQuery({ quote, asText, noText }: Dialect, isOne: boolean): string {
  const ofOne = isOne ? 'WHERE study_id = (SELECT study_id FROM studies WHERE study_name = ?)' : '';
  const attributes = (part: number, kind: 'user' | 'system') =>
    `SELECT ${part}, study_id, study_${kind}_attribute_id, ${asText(quote('key'))}, ${asText('value_json')} FROM study_${kind}_attributes ${ofOne}`;
  return [
    `SELECT 0, study_id, 0, ${asText('study_name')}, ${noText} FROM studies ${isOne ? 'WHERE study_name = ?' : ''}`,
    `SELECT 1, study_id, objective, ${noText}, ${asText('direction')} FROM study_directions ${ofOne}`,
    attributes(2, 'user'),
    `${attributes(3, 'system')} ORDER BY 1, 2, 3`,
  ].join(' UNION ALL ');
}

function partsQuery(dialect: Dialect, where: string): string {
  const { asText, noText } = dialect;
  const select = (part: number, columns: readonly string[], table: string) =>
    `SELECT ${part}, trial_id, ${columns.join(', ')} FROM ${table} WHERE ${where}`;
  const report = ['step', noText, 'intermediate_value', asText('intermediate_value_type')];
  return [
    select(PARAM, ['param_id', asText('param_name'), 'param_value', asText('distribution_json')], 'trial_params'),
    select(VALUE, ['objective', noText, 'value', asText('value_type')], 'trial_values'),
    select(REPORT, report, 'trial_intermediate_values'),
    attributesQuery(dialect, where, USER_ATTR, 'user'),
    `${attributesQuery(dialect, where, SYSTEM_ATTR, 'system')} ORDER BY 1, 2, 3`,
  ].join(' UNION ALL ');
}

function attributesQuery(dialect: Dialect, where: string, part: number, kind: 'user' | 'system'): string {
  const { quote, asText, noNumber } = dialect;
  const columns = [`trial_${kind}_attribute_id`, asText(quote('key')), noNumber, asText('value_json')];
  return `SELECT ${part}, trial_id, ${columns.join(', ')} FROM trial_${kind}_attributes WHERE ${where}`;
}
