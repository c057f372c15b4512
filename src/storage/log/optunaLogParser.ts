import { MOST_OBJECTIVES } from '../../core/study/states.ts';
import { cutLine, LINE_LIMIT } from '../../core/text/lines.ts';
import { DatetimeParser } from '../datetimes.ts';
import { parseMetricLine } from './metricLines.ts';
import { type LiteralKind, type PythonLiteral, parsePythonLiteral } from './pythonLiteral.ts';

/** A parameter as a log prints it. */
export interface LoggedParam {
  readonly name: string;
  readonly value: unknown;
  readonly kind: LiteralKind;
}

/** What a line of a run's printed output says. `at` is epoch milliseconds, NaN when the line has no time. */
export type LogEvent =
  | { readonly type: 'study'; readonly name: string; readonly isNew: boolean; readonly at: number }
  | {
      readonly type: 'finished';
      readonly number: number;
      readonly values: readonly number[];
      readonly metricNames?: readonly string[];
      /** Undefined when the line does not tell this trial's parameters (Optuna 0.x–1.x). */
      readonly params: readonly LoggedParam[] | undefined;
      readonly best?: { readonly number?: number; readonly value: number };
      readonly at: number;
    }
  | { readonly type: 'pruned'; readonly number: number; readonly message: string; readonly at: number }
  | {
      readonly type: 'failed';
      readonly number: number;
      readonly params: readonly LoggedParam[] | undefined;
      readonly message: string;
      readonly at: number;
    }
  | { readonly type: 'metrics'; readonly metrics: Readonly<Record<string, number>> }
  | {
      readonly type: 'bestRun';
      readonly runId: string;
      readonly values: readonly number[];
      readonly params: readonly LoggedParam[];
    };

const RECORD =
  /Trial (?<number>\d+) (?:(?<finished>finished with values?: )|(?<pruned>pruned\.)|(?<failed>failed\b))|(?<old>Finished trial#(?<oldNumber>\d+) resulted in value: )|Setting status of trial#(?<setNumber>\d+) as TrialState\.(?<state>PRUNED|FAIL)|(?<created>A new study created (?:in \w+ )?with name: )|(?<existing>Using an existing study with (?:name|`study_name=)\s*)|(?<bestRun>BestRun\()/g;
const HEADER = /\[[DIWEC] (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3})\]/g;
const NEXT_RECORD = /\[[DIWEC] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one.
const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;
const WARNING_LINE = /:\d+: \w*Warning: /;
const PROGRESS_BAR = /\d%\|/;
/** A record that is not complete after this many lines or characters is given up. */
const PENDING_LINES = 200;
const PENDING_CHARS = 1 << 18;
/** How often the whole of a record that goes on over several lines is read again, at most, on average. */
const MOST_READINGS = 4;
/** Records of one line beyond which the rest of it is no record. */
const MOST_RECORDS = 500;

/**
 * Finds Optuna's own lines, `BestRun(…)` and metric lines in whatever a run prints, piece by piece. A line is taken when
 * its line end arrived; `end()` takes the last one as it is. Takes time in proportion to the text; lines are cut at
 * `LINE_LIMIT`, and where a progress bar has overwritten a longer one, each piece counts as a line.
 */
export class OptunaLogParser {
  readonly #datetimes = new DatetimeParser('local');
  #rest = '';
  /** Text from a record's head on whose literals are not complete yet. */
  #pending = '';
  #pendingLines = 0;
  /** Characters of it that were read so far, again and again. */
  #pendingWork = 0;
  readonly #wasted = { left: 0 };
  /** Whether what comes up to the next line end belongs to a line that was cut. */
  #isCut = false;
  #isInTraceback = false;
  #isAfterWarning = false;

  push(chunk: string): LogEvent[] {
    const events: LogEvent[] = [];
    const end = this.#isCut ? chunk.search(/[\r\n]/) : 0;
    if (end < 0) return events;
    this.#isCut = false;
    const text = this.#rest + chunk.slice(end);
    let start = 0;
    for (let end = text.indexOf('\n', this.#rest.length); end >= 0; end = text.indexOf('\n', start)) {
      this.#whole(text.slice(start, end), events);
      start = end + 1;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > LINE_LIMIT) {
      const last = this.#rest.lastIndexOf('\r');
      if (last > 0) this.#whole(this.#rest.slice(0, last), events);
      const shown = this.#rest.slice(last + 1);
      this.#isCut = shown.length > LINE_LIMIT;
      this.#rest = cutLine(shown);
    }
    return events;
  }

  #whole(line: string, events: LogEvent[]): void {
    if (line.length <= LINE_LIMIT) this.#line(line, events);
    else for (const part of line.split('\r')) this.#line(cutLine(part), events);
  }

  /** Trials whose line is there but for its line end, as at the end of a log that was cut. They come again by `push`. */
  peek(): LogEvent[] {
    if (this.#rest === '' || this.#pending !== '') return [];
    const other = new OptunaLogParser();
    return other.push(`${this.#rest}\n`).filter((event) => event.type !== 'metrics' && event.type !== 'study');
  }

  end(): LogEvent[] {
    const events: LogEvent[] = [];
    if (this.#rest !== '') this.#line(this.#rest, events);
    this.#rest = '';
    if (this.#pending !== '') this.#records(this.#pending, events, true);
    this.#pending = '';
    return events;
  }

  #line(raw: string, events: LogEvent[]): void {
    const line = raw.includes('\u001b') ? raw.replace(ANSI, '') : raw;
    if (this.#pending !== '') {
      if (this.#continue(line, events)) return;
    }
    const text = line.includes('\r') ? line.replaceAll('\r', '\n') : line;
    this.#pendingLines = 0;
    this.#pendingWork = 0;
    if (this.#records(text, events, false)) {
      this.#isInTraceback = false;
      this.#isAfterWarning = false;
      return;
    }
    this.#otherLine(line, events);
  }

  /** Returns false when the line begins something else and must be looked at by itself. */
  #continue(line: string, events: LogEvent[]): boolean {
    HEADER.lastIndex = 0;
    RECORD.lastIndex = 0;
    const startsAnew = HEADER.test(line) || (RECORD.test(line) && !line.includes('BestRun('));
    const isTooLong = ++this.#pendingLines > PENDING_LINES || this.#pending.length > PENDING_CHARS;
    const pending = this.#pending;
    this.#pending = '';
    if (startsAnew || isTooLong) {
      this.#records(pending, events, true);
      return false;
    }
    const text = `${pending}\n${line.replaceAll('\r', '')}`;
    // A record ends with a bracket. Reading all of it again with every line would take the square of its length.
    if (/[})]/.test(line) && this.#pendingWork < MOST_READINGS * text.length) {
      this.#pendingWork += text.length;
      this.#records(text, events, false);
    } else this.#pending = text;
    return true;
  }

  /** Takes every record in the text. Returns whether there was one, or the beginning of one. */
  #records(text: string, events: LogEvent[], isLast: boolean): boolean {
    if (!/[Tt]rial|study|BestRun/.test(text)) return false;
    let from = 0;
    let found = false;
    this.#wasted.left = text.length + 4096;
    for (let count = 0; count < MOST_RECORDS && this.#wasted.left >= 0; count++) {
      RECORD.lastIndex = from;
      const match = RECORD.exec(text);
      if (!match) return found;
      found = true;
      const result = this.#record(text, match, from, events);
      if (result === 'incomplete') {
        if (!isLast) {
          this.#pending = text.slice(this.#headerStart(text, match.index));
          return true;
        }
        from = match.index + match[0].length;
      } else from = result;
    }
    return found;
  }

  /** Returns where the record ends, or that its end has not arrived. */
  #record(text: string, match: RegExpExecArray, from: number, events: LogEvent[]): number | 'incomplete' {
    const groups = match.groups as Record<string, string | undefined>;
    const start = match.index + match[0].length;
    const at = this.#timeBefore(text, from, match.index);
    if (groups['finished']) return this.#finished(text, start, Number(groups['number']), at, events);
    if (groups['failed']) return this.#failed(text, start, Number(groups['number']), at, events);
    if (groups['old']) return this.#oldFinished(text, start, Number(groups['oldNumber']), at, events);
    if (groups['bestRun']) return this.#bestRun(text, start, events);
    const lineEnd = endOfLine(text, start);
    const rest = text.slice(start, lineEnd).trim();
    if (groups['pruned']) events.push({ type: 'pruned', number: Number(groups['number']), message: rest, at });
    else if (groups['created']) events.push({ type: 'study', name: rest, isNew: true, at });
    else if (groups['existing']) {
      const name = /^(['"])(.*?)\1/.exec(rest)?.[2];
      if (name !== undefined) events.push({ type: 'study', name, isNew: false, at });
    } else {
      const number = Number(groups['setNumber']);
      const message = rest.replace(/^(?:because of the following error:|\.)\s*/, '');
      if (groups['state'] === 'PRUNED') events.push({ type: 'pruned', number, message, at });
      else events.push({ type: 'failed', number, params: undefined, message, at });
    }
    return lineEnd;
  }

  #finished(text: string, start: number, number: number, at: number, events: LogEvent[]): number | 'incomplete' {
    const value = parsePythonLiteral(text, start, this.#wasted);
    const values = value && valuesOf(value.value);
    if (!values) return isClosed(text, start) ? start : 'incomplete';
    const words = /^\s+(?:and|with)\s+parameters:\s*/.exec(text.slice(value.end, value.end + 64));
    if (!words) return isBlankFrom(text, value.end) ? 'incomplete' : value.end;
    const paramsStart = value.end + words[0].length;
    const literal = parsePythonLiteral(text, paramsStart, this.#wasted);
    const params = literal && paramsOf(literal);
    if (!params) return text[paramsStart] === '{' || paramsStart >= text.length ? 'incomplete' : paramsStart;
    const tail = /^\.?\s+Best is trial (\d+) with value: ([-+\w.]+?)\.?(?=\s|$|[^\w.+-])/.exec(
      text.slice(literal.end, literal.end + 200),
    );
    const names = value.kind === 'dict' ? Object.keys(value.value as object) : undefined;
    events.push({
      type: 'finished',
      number,
      values: values.numbers,
      ...(names && { metricNames: names }),
      params,
      ...(tail && { best: { number: Number(tail[1]), value: pythonNumber(tail[2] as string) } }),
      at,
    });
    return literal.end + (tail?.[0].length ?? 0);
  }

  /** `with parameters: {…} because of the following error: …`, `with value None.`, or 2.x's `because …`. */
  #failed(text: string, start: number, number: number, at: number, events: LogEvent[]): number | 'incomplete' {
    const words = ' with parameters: ';
    let from = start;
    let params: LoggedParam[] | undefined;
    if (text.startsWith(words, start)) {
      const literal = parsePythonLiteral(text, start + words.length, this.#wasted);
      params = literal && paramsOf(literal);
      if (!literal || !params) return text[start + words.length] === '{' ? 'incomplete' : start;
      from = literal.end;
    }
    const lineEnd = endOfLine(text, from);
    const message = text.slice(from, lineEnd).replace(/^,? because (?:of the following error: )?/, '');
    const isFollowUp = text.startsWith(' with value', start);
    events.push({ type: 'failed', number, params, message: isFollowUp ? '' : message.trim(), at });
    return lineEnd;
  }

  /** Optuna 0.x and 1.x print the best trial's parameters, not this trial's: they are its own when it is the best. */
  #oldFinished(text: string, start: number, number: number, at: number, events: LogEvent[]): number | 'incomplete' {
    const words = /^(\S+)\.\s+Current best value is (\S+) with parameters: /.exec(text.slice(start, start + 200));
    const value = pythonNumber(words?.[1] ?? text.slice(start, endOfLine(text, start)).replace(/\.\s*$/, ''));
    if (!words) {
      if (!Number.isNaN(value)) events.push({ type: 'finished', number, values: [value], params: undefined, at });
      return endOfLine(text, start);
    }
    const literal = parsePythonLiteral(text, start + words[0].length, this.#wasted);
    const params = literal && paramsOf(literal);
    if (!literal || !params) return text[start + words[0].length] === '{' ? 'incomplete' : start;
    const best = pythonNumber(words[2] as string);
    events.push({
      type: 'finished',
      number,
      values: [value],
      params: best === value ? params : undefined,
      best: { value: best },
      at,
    });
    return literal.end;
  }

  #bestRun(text: string, start: number, events: LogEvent[]): number | 'incomplete' {
    const fields = new Map<string, unknown>();
    let params: LoggedParam[] = [];
    let at = start;
    for (;;) {
      const name = /^\s*(\w+)\s*=\s*/.exec(text.slice(at, at + 200));
      if (!name) break;
      const literal = parsePythonLiteral(text, at + name[0].length, this.#wasted);
      if (!literal) return 'incomplete';
      fields.set(name[1] as string, literal.value);
      if (name[1] === 'hyperparameters') params = paramsOf(literal) ?? [];
      at = literal.end;
      const comma = /^\s*,/.exec(text.slice(at, at + 200));
      if (!comma) break;
      at += comma[0].length;
    }
    const close = /^\s*\)/.exec(text.slice(at, at + 200));
    if (!close) return isBlankFrom(text, at) ? 'incomplete' : start;
    const values = valuesOf(fields.get('objective'));
    const runId = fields.get('run_id');
    if (values && runId !== undefined)
      events.push({ type: 'bestRun', runId: String(runId), values: values.numbers, params });
    return at + close[0].length;
  }

  #otherLine(line: string, events: LogEvent[]): void {
    if (this.#isInTraceback) {
      if (/^\s/.test(line) || line === '') return;
      // The exception itself: the traceback's last line.
      this.#isInTraceback = line.startsWith('Traceback (');
      return;
    }
    if (line.includes('Traceback (most recent call last)')) {
      this.#isInTraceback = true;
      return;
    }
    const isEcho = this.#isAfterWarning && /^\s/.test(line);
    this.#isAfterWarning = WARNING_LINE.test(line);
    if (isEcho || this.#isAfterWarning || PROGRESS_BAR.test(line.slice(line.lastIndexOf('\r') + 1))) return;
    const metrics = parseMetricLine(line);
    if (metrics) events.push({ type: 'metrics', metrics });
  }

  #headerStart(text: string, before: number): number {
    let start = before;
    for (const header of text.slice(0, before).matchAll(HEADER)) start = header.index;
    return start;
  }

  #timeBefore(text: string, from: number, before: number): number {
    let time = '';
    for (const header of text.slice(from, before).matchAll(HEADER)) time = header[1] as string;
    return time === '' ? Number.NaN : this.#datetimes.parse(time);
  }
}

/** Where a free text ends: at its line's end, or where another record is glued to it. */
function endOfLine(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  const end = found < 0 ? text.length : found;
  const next = text.slice(from, end).search(NEXT_RECORD);
  return next < 0 ? end : from + next;
}

/** Whether what was read so far can never become a literal: its brackets are closed, or it has none. */
function isClosed(text: string, start: number): boolean {
  return !/^\s*[[{]/.test(text.slice(start, start + 8)) && !isBlankFrom(text, start);
}

const NOT_BLANK = /\S/g;

function isBlankFrom(text: string, start: number): boolean {
  NOT_BLANK.lastIndex = start;
  return !NOT_BLANK.test(text);
}

function valuesOf(value: unknown): { numbers: number[] } | undefined {
  const list =
    typeof value === 'number' ? [value] : typeof value === 'object' && value !== null ? Object.values(value) : [];
  return list.length > 0 && list.length <= MOST_OBJECTIVES && list.every((item) => typeof item === 'number')
    ? { numbers: list as number[] }
    : undefined;
}

function paramsOf({ value, kind, kinds }: PythonLiteral): LoggedParam[] | undefined {
  if (kind !== 'dict' || !kinds) return undefined;
  const params: LoggedParam[] = [];
  for (const [name, kindOfValue] of kinds) {
    params.push({ name, value: (value as Record<string, unknown>)[name], kind: kindOfValue });
  }
  return params;
}

function pythonNumber(text: string): number {
  const number = parsePythonLiteral(text, 0);
  return typeof number?.value === 'number' ? number.value : Number.NaN;
}
