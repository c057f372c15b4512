import { distributionFromJson } from '../../core/space/distributionJson.ts';
import type { Distribution } from '../../core/space/distributions.ts';
import type { JsonValue, StoredParam, TrialTemplate } from '../../core/study/changes.ts';
import { type Direction, MOST_OBJECTIVES, TrialState } from '../../core/study/states.ts';
import { parseJson } from '../../core/text/pythonJson.ts';
import { DatetimeParser } from '../datetimes.ts';
import type { AttrOwner } from '../exactAttrs.ts';
import { JournalOp } from './journalOps.ts';
import type { JournalReplay } from './journalReplay.ts';

export type LineResult = 'ok' | 'bad' | 'unknown-op' | 'discard';

type Fields = Readonly<Record<string, unknown>>;
type Attrs = Readonly<Record<string, JsonValue>>;

const STUDY_OPS: ReadonlySet<number> = new Set([
  JournalOp.deleteStudy,
  JournalOp.setStudyUserAttr,
  JournalOp.setStudySystemAttr,
  JournalOp.createTrial,
]);

const HEAD = '{"op_code":';
const WORKER = ',"worker_id":"';
const WORKER_END = '","trial_id":';
const STUDY_END = '","study_id":';

/**
 * Applies journal lines to a replay. Four of five lines of a journal are parameters and reports in exactly the form
 * that Optuna and Tuneboard write: these are cut out without parsing JSON, and the text of a distribution, which repeats on every
 * trial, is looked up instead of parsed. Every other line goes through the JSON parser.
 */
export class JournalLines {
  readonly #replay: JournalReplay;
  readonly #datetimes = new DatetimeParser('local');
  readonly #byText = new Map<string, Distribution>();
  readonly #byEscapedText = new Map<string, Distribution>();
  readonly #lastEscaped = new Map<string, { readonly text: string; readonly distribution: Distribution }>();

  constructor(replay: JournalReplay) {
    this.#replay = replay;
  }

  /** `text[start, end)` is one line without its line end. Never throws: a line that cannot be applied is `bad`. */
  apply(text: string, start: number, end: number): LineResult {
    if (this.#applyFast(text, start, end)) return 'ok';
    try {
      const line = text.slice(start, end);
      return this.#applyParsed(parseJson(line), line);
    } catch {
      return 'bad';
    }
  }

  #applyFast(text: string, start: number, end: number): boolean {
    if (!text.startsWith(HEAD, start) || !text.startsWith(WORKER, start + 12)) return false;
    if (text.charCodeAt(end - 1) !== 0x7d) return false;
    const workerEnd = text.indexOf('"', start + 26);
    if (workerEnd < 0 || workerEnd > end) return false;
    switch (text.charCodeAt(start + 11)) {
      case 0x34:
        return text.startsWith(STUDY_END, workerEnd) && this.#fastCreate(text, workerEnd + 13, end);
      case 0x35:
        return text.startsWith(WORKER_END, workerEnd) && this.#fastParam(text, workerEnd + 13, end);
      case 0x37:
        return text.startsWith(WORKER_END, workerEnd) && this.#fastReport(text, workerEnd + 13, end);
      default:
        return false;
    }
  }

  /** `0,"datetime_start":"2026-11-24T06:38:21.024411"}` */
  #fastCreate(text: string, at: number, end: number): boolean {
    const comma = text.indexOf(',', at);
    if (!text.startsWith(',"datetime_start":"', comma) || text.charCodeAt(end - 2) !== 0x22) return false;
    const studyId = wholeNumber(text, at, comma);
    const startedAt = this.#datetimes.parse(text.slice(comma + 19, end - 2));
    if (studyId < 0 || Number.isNaN(startedAt)) return false;
    this.#replay.createTrial(studyId, { state: TrialState.running, startedAt });
    return true;
  }

  /** `0,"param_name":"x","param_value_internal":0.5,"distribution":"{…}"}` */
  #fastParam(text: string, at: number, end: number): boolean {
    const comma = text.indexOf(',', at);
    if (!text.startsWith(',"param_name":"', comma)) return false;
    const trialId = wholeNumber(text, at, comma);
    const nameStart = comma + 15;
    const nameEnd = text.indexOf('"', nameStart);
    if (trialId < 0 || !text.startsWith('","param_value_internal":', nameEnd)) return false;
    const name = text.slice(nameStart, nameEnd);
    const valueEnd = text.indexOf(',', nameEnd + 25);
    if (name.includes('\\') || !text.startsWith(',"distribution":"', valueEnd)) return false;
    const internal = looseNumber(text, nameEnd + 25, valueEnd);
    if (internal === undefined || !text.startsWith('"}', end - 2)) return false;
    const distribution = this.#escaped(name, text, valueEnd + 17, end - 2);
    if (!distribution) return false;
    const number = this.#replay.numberOf(trialId);
    if (number >= 0) this.#replay.apply(trialId, { type: 'param', number, param: { name, internal, distribution } });
    return true;
  }

  /** `0,"step":3,"intermediate_value":0.5}` */
  #fastReport(text: string, at: number, end: number): boolean {
    const comma = text.indexOf(',', at);
    if (!text.startsWith(',"step":', comma)) return false;
    const trialId = wholeNumber(text, at, comma);
    const stepEnd = text.indexOf(',', comma + 8);
    if (trialId < 0 || !text.startsWith(',"intermediate_value":', stepEnd)) return false;
    const step = wholeNumber(text, comma + 8, stepEnd);
    const value = looseNumber(text, stepEnd + 22, end - 1);
    if (step < 0 || value === undefined) return false;
    const number = this.#replay.numberOf(trialId);
    if (number >= 0) this.#replay.apply(trialId, { type: 'intermediate', number, step, value });
    return true;
  }

  #escaped(name: string, text: string, start: number, end: number): Distribution | undefined {
    const last = this.#lastEscaped.get(name);
    if (last && last.text.length === end - start && text.startsWith(last.text, start)) return last.distribution;
    const escaped = text.slice(start, end);
    let distribution = this.#byEscapedText.get(escaped);
    if (!distribution) {
      try {
        distribution = this.#distribution(JSON.parse(`"${escaped}"`) as string);
      } catch {
        return undefined;
      }
      this.#byEscapedText.set(escaped, distribution);
    }
    this.#lastEscaped.set(name, { text: escaped, distribution });
    return distribution;
  }

  #distribution(json: unknown): Distribution {
    const text = textOf(json);
    let distribution = this.#byText.get(text);
    if (!distribution) {
      distribution = distributionFromJson(text);
      this.#byText.set(text, distribution);
    }
    return distribution;
  }

  #applyParsed(parsed: unknown, line: string): LineResult {
    if (typeof parsed !== 'object' || parsed === null) return 'bad';
    const fields = parsed as Fields;
    const op = fields['op_code'];
    if (typeof op !== 'number') return 'bad';
    if (STUDY_OPS.has(op) && !isId(fields['study_id'])) return 'bad';
    switch (op) {
      case JournalOp.createStudy: {
        if (!areDirections(fields['directions']) || typeof fields['study_name'] !== 'string') return 'bad';
        this.#replay.createStudy(fields['study_name'], fields['directions']);
        return 'ok';
      }
      case JournalOp.deleteStudy:
        this.#replay.deleteStudy(fields['study_id'] as number);
        return 'ok';
      case JournalOp.setStudyUserAttr:
        this.#replay.setStudyAttr('user', fields['study_id'] as number, objectOf(fields['user_attr']));
        this.#noteExact(`study ${fields['study_id'] as number} user`, keysOf(fields['user_attr']), line, 'user_attr');
        return 'ok';
      case JournalOp.setStudySystemAttr:
        this.#replay.setStudyAttr('system', fields['study_id'] as number, objectOf(fields['system_attr']));
        this.#noteExact(
          `study ${fields['study_id'] as number} system`,
          keysOf(fields['system_attr']),
          line,
          'system_attr',
        );
        return 'ok';
      case JournalOp.createTrial:
        this.#replay.createTrial(fields['study_id'] as number, this.#template(fields));
        if (fields['user_attrs'] !== undefined) this.#noteTemplate(this.#replay.nextTrialId - 1, fields, line);
        return 'ok';
      case JournalOp.discardTrials:
        return 'discard';
      default:
        return this.#applyTrialOp(op, fields, line);
    }
  }

  #applyTrialOp(op: number, fields: Fields, line: string): LineResult {
    if (!Number.isInteger(op) || op < JournalOp.setTrialParam || op > JournalOp.setTrialSystemAttr) return 'unknown-op';
    const trialId = fields['trial_id'] as number;
    if (!isId(trialId)) return 'bad';
    const number = this.#replay.numberOf(trialId);
    if (number < 0) return 'ok';
    switch (op) {
      case JournalOp.setTrialParam: {
        const param: StoredParam = {
          name: textOf(fields['param_name']),
          internal: numberOf(fields['param_value_internal']),
          distribution: this.#distribution(fields['distribution']),
        };
        this.#replay.apply(trialId, { type: 'param', number, param });
        return 'ok';
      }
      case JournalOp.setTrialStateValues:
        return this.#applyState(trialId, fields);
      case JournalOp.setTrialIntermediateValue: {
        const value = numberOf(fields['intermediate_value']);
        this.#replay.apply(trialId, { type: 'intermediate', number, step: numberOf(fields['step']), value });
        return 'ok';
      }
      default: {
        const type = op === JournalOp.setTrialUserAttr ? 'userAttr' : 'systemAttr';
        const [kind, field] =
          type === 'userAttr' ? (['user', 'user_attr'] as const) : (['system', 'system_attr'] as const);
        const attrs = objectOf(fields[field]);
        const applied = Object.keys(attrs).filter((key) =>
          this.#replay.apply(trialId, { type, number, key, value: attrs[key] as JsonValue }),
        );
        if (applied.length > 0) this.#noteExact(`trial ${trialId} ${kind}`, applied, line, field);
        return 'ok';
      }
    }
  }

  #noteExact(owner: AttrOwner, keys: readonly string[], line: string, field: string): void {
    // The attribute's own part of the line: ids and worker names are long numbers too.
    const text = line.slice(line.indexOf(`"${field}"`) + field.length + 3);
    const isLast = text.endsWith('}}');
    const pick = (parsed: unknown): Attrs => objectOf(isLast ? parsed : (parsed as Fields)[field]);
    this.#replay.exact.note(owner, keys, isLast ? text.slice(0, -1) : line, pick);
  }

  /** Between its distributions and its reports, both full of floats, a template holds its attributes. */
  #noteTemplate(trialId: number, fields: Fields, line: string): void {
    const start = line.indexOf('"user_attrs":');
    const end = line.lastIndexOf('"intermediate_values":');
    if (start < 0 || end < start) return;
    // On Redis, Optuna writes blanks behind commas and colons.
    const text = `{${line.slice(start, line.lastIndexOf(',', end))}}`;
    const { exact } = this.#replay;
    exact.note(`trial ${trialId} user`, keysOf(fields['user_attrs']), text, (parsed) =>
      objectOf((parsed as Fields)['user_attrs']),
    );
    exact.note(`trial ${trialId} system`, keysOf(fields['system_attrs']), text, (parsed) =>
      objectOf((parsed as Fields)['system_attrs']),
    );
  }

  #applyState(trialId: number, fields: Fields): LineResult {
    const state = stateOf(fields['state']);
    const values = fields['values'] ?? null;
    if (state === undefined || !areValues(values)) return 'bad';
    const time = fields[state === TrialState.running ? 'datetime_start' : 'datetime_complete'];
    this.#replay.setState(trialId, state, values, this.#time(time));
    return 'ok';
  }

  #template(fields: Fields): TrialTemplate {
    const state = fields['state'] === undefined ? TrialState.running : stateOf(fields['state']);
    if (state === undefined) throw new SyntaxError('Unknown trial state');
    const distributions = objectOf(fields['distributions']);
    const internals = objectOf(fields['params']);
    const params: StoredParam[] = [];
    for (const name of Object.keys(distributions)) {
      const internal = internals[name];
      if (internal === undefined) continue;
      const distribution = this.#distribution(distributions[name]);
      params.push({ name, internal: numberOf(internal), distribution });
    }
    const { value } = fields;
    const values = fields['values'] ?? (typeof value === 'number' ? [value] : null);
    if (!areValues(values)) throw new SyntaxError('Not values');
    const reports = objectOf(fields['intermediate_values']);
    return {
      state,
      params,
      values,
      intermediate: Object.keys(reports).map((step) => [Number(step), numberOf(reports[step])] as const),
      userAttrs: objectOf(fields['user_attrs']),
      systemAttrs: objectOf(fields['system_attrs']),
      startedAt: this.#time(fields['datetime_start']),
      completedAt: this.#time(fields['datetime_complete']),
    };
  }

  #time(text: unknown): number {
    return typeof text === 'string' ? this.#datetimes.parse(text) : Number.NaN;
  }
}

function objectOf(value: unknown): Attrs {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError('Not an object');
  return value as Attrs;
}

function keysOf(value: unknown): string[] {
  return Object.keys(objectOf(value));
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new SyntaxError('Not a number');
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new SyntaxError('Not a text');
  return value;
}

/** Ids are places in lists: anything else could be the name of a member. */
function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areDirections(value: unknown): value is Direction[] {
  return Array.isArray(value) && value.length <= MOST_OBJECTIVES && value.every((direction) => isId(direction));
}

function areValues(value: unknown): value is number[] | null {
  if (value === null) return true;
  return Array.isArray(value) && value.length <= MOST_OBJECTIVES && value.every((item) => typeof item === 'number');
}

function stateOf(value: unknown): TrialState | undefined {
  return value === 0 || value === 1 || value === 2 || value === 3 || value === 4 ? value : undefined;
}

/** A whole number ≥ 0 in decimal digits, or -1. */
function wholeNumber(text: string, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** A number in the form that Python's JSON writes, or undefined. */
function looseNumber(text: string, start: number, end: number): number | undefined {
  const part = text.slice(start, end);
  const value = Number(part);
  if (Number.isNaN(value)) return part === 'NaN' ? value : undefined;
  const last = part.charCodeAt(part.length - 1);
  return (last >= 48 && last <= 57) || last === 0x79 ? value : undefined;
}
