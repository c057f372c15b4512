import { parse } from 'csv-parse/sync';
import { TuneboardError } from '../../core/errors.ts';
import type { Cell } from './columns.ts';
import { Dataset } from './dataset.ts';
import { requireCells, requireTable } from './limits.ts';
import type { SourceText } from './loadDataset.ts';

export interface CsvOptions {
  /** Read pandas' words for nothing (`NA`, `null`, `None` …) as null; true by default. An empty field is null anyway. */
  readonly keepDefaultNa?: boolean;
  /** Between fields; a comma by default. */
  readonly delimiter?: string;
  /** Of a file without a line of names. */
  readonly columnNames?: readonly string[];
}

/** pandas.read_csv's `na_values`. */
const NULLS = new Set(
  '#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null'.split('|'),
);
const NUMBER = /^\s*[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;
const INFINITE = /^\s*([+-]?)inf(inity)?\s*$/i;
const BOOLEAN = /^(true|True|TRUE|false|False|FALSE)$/;
const WHOLE = /^\s*[+-]?\d+\s*$/;

/** CSV files with the same columns, one after another, typed as pandas does over all of them. Throws `dataset`. */
export function parseCsv(files: readonly SourceText[], options: CsvOptions): Dataset {
  const { keepDefaultNa = true, columnNames = [] } = options;
  const twice = columnNames.find((column, index) => columnNames.indexOf(column) < index);
  if (twice !== undefined) {
    throw new TuneboardError('dataset', `columnNames has ${JSON.stringify(twice)} twice: give each column its own.`);
  }
  let header: readonly string[] | undefined;
  const lines: string[][] = [];
  for (const { name, text } of files) {
    requireCells(name, separatorsOf(text, options.delimiter ?? ','));
    const records = parseFile(name, text, options.delimiter ?? ',');
    const first = options.columnNames ?? records.shift();
    requireTable(name, 0, first?.length ?? 0);
    const own = options.columnNames ?? told(first);
    if (!own) throw new TuneboardError('dataset', `${name} is empty: its first line names the columns.`);
    requireTable(name, lines.length + records.length, own.length);
    checkHeader(name, own, header);
    header ??= own;
    const places = header.map((column) => own.indexOf(column));
    for (const record of records) {
      if (record.length > header.length) {
        throw new TuneboardError(
          'dataset',
          `${name} has a row of ${record.length} fields for ${header.length} columns: quote its text.`,
        );
      }
      lines.push(places.map((place) => record[place] ?? ''));
    }
  }
  const names = header as readonly string[];
  const columns = names.map((_, index) =>
    typed(
      lines.map((line) => {
        const field = line[index] as string;
        return field === '' || (keepDefaultNa && NULLS.has(field)) ? null : field;
      }),
    ),
  );
  const rows = lines.map((_, row) =>
    Object.fromEntries(names.map((column, index) => [column, (columns[index] as Cell[])[row] as Cell])),
  );
  return new Dataset(names, rows);
}

/** Ends of fields and lines, those within quotes left out. */
function separatorsOf(text: string, delimiter: string): number {
  let count = 0;
  let isQuoted = false;
  const code = delimiter.charCodeAt(0);
  for (let at = 0; at < text.length; at++) {
    const one = text.charCodeAt(at);
    if (one === 0x22) isQuoted = !isQuoted;
    else if (!isQuoted && (one === code || one === 0x0a)) count++;
  }
  return count;
}

/** The first line's names as pandas tells them apart: `text`, `text.1`, and `Unnamed: 2` where there is none. */
function told(names: readonly string[] | undefined): string[] | undefined {
  const seen = new Set<string>();
  return names?.map((given, index) => {
    const name = given || `Unnamed: ${index}`;
    let own = name;
    for (let count = 1; seen.has(own) || (own !== name && names.includes(own)); count++) own = `${name}.${count}`;
    seen.add(own);
    return own;
  });
}

function parseFile(name: string, text: string, delimiter: string): string[][] {
  const options = {
    bom: true,
    delimiter,
    skip_empty_lines: true,
    relax_column_count_less: true,
    // A quote within a text that is not quoted is one, as for pandas.
    relax_quotes: true,
  };
  try {
    // Some programs end lines by \r\r\n.
    const lines = text.replace(/(?<!\r)\r{2,}\n/g, '\r\n');
    const records: string[][] = parse(lines, options);
    const isKept = delimiter.length === 1 && records.some(hasQuote);
    const whole = isKept
      ? withoutQuotes(parse(lines, { ...options, raw: true }) as unknown as RawRecord[], delimiter)
      : records;
    return whole.filter((record) => record.length !== 1 || !/^[ \t]+$/.test(record[0] as string));
  } catch (error) {
    throw new TuneboardError('dataset', sentenceOf(name, (error as Error).message), { cause: error });
  }
}

/** A row that is too long is told apart from what is no CSV at all. */
function sentenceOf(name: string, message: string): string {
  const [, columns, fields, line] = /expect (\d+), got (\d+) on line (\d+)/.exec(message) ?? [];
  if (line === undefined) return `${name} is no CSV: ${message}.`;
  return `${name}, line ${line} has ${fields} fields for ${columns} columns: quote its text, or name another delimiter.`;
}

/** What the parser gives with `raw`. */
interface RawRecord {
  readonly raw: string;
  readonly record: string[];
}

function hasQuote(record: readonly string[]): boolean {
  return record.some((field) => field.startsWith('"'));
}

/** A text that goes on after its closing quote loses both quotes, as in pandas: the parser leaves it as it is written. */
function withoutQuotes(parsed: readonly RawRecord[], delimiter: string): string[][] {
  const end = delimiter.replace(/[\\^\]-]/g, '\\$&');
  const field = new RegExp(`(?:"([^"]*(?:""[^"]*)*)")?([^${end}\\r\\n]*)(.?)`, 'suy');
  return parsed.map(({ raw, record }) => {
    if (!hasQuote(record)) return record;
    const fields: string[] = [];
    field.lastIndex = 0;
    for (;;) {
      const [, quoted = '', rest = '', after] = field.exec(raw) as RegExpExecArray;
      fields.push(quoted.replaceAll('""', '"') + rest);
      if (after !== delimiter) return fields;
    }
  });
}

function checkHeader(name: string, own: readonly string[], first: readonly string[] | undefined): void {
  const other = first && [...own, ...first].find((column) => !own.includes(column) || !first.includes(column));
  if (other !== undefined) {
    throw new TuneboardError(
      'dataset',
      `${name} has other columns than the file before it: ${JSON.stringify(other)} is in one of them only.`,
    );
  }
}

/**
 * Numbers where every value of a column is one, likewise true and false; text otherwise. Whole numbers that are not exact
 * in a float, such as long ids, stay text, which pandas would have as int64.
 */
function typed(fields: readonly (string | null)[]): Cell[] {
  const present = fields.filter((field) => field !== null);
  if (present.length === 0) return [...fields];
  if (present.every((field) => NUMBER.test(field) || INFINITE.test(field))) {
    const isExact = present.every((field) => !WHOLE.test(field) || Number.isSafeInteger(Number(field)));
    return isExact ? fields.map((field) => (field === null ? null : numberOf(field))) : [...fields];
  }
  if (present.every((field) => BOOLEAN.test(field))) {
    return fields.map((field) => (field === null ? null : field.toLowerCase() === 'true'));
  }
  return [...fields];
}

function numberOf(field: string): number {
  const infinite = INFINITE.exec(field);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(field);
}
