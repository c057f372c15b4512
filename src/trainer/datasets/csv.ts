import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { TuneboardError } from '../../core/errors.ts';
import { type Cell, Dataset } from './dataset.ts';

export interface LoadOptions {
  readonly dataFiles: string;
  /** Read pandas' words for nothing (`NA`, `null`, `None` …) as null; true by default. An empty field is null anyway. */
  readonly keepDefaultNa?: boolean;
}

/** pandas.read_csv's `na_values`. */
const NULLS = new Set(
  '#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null'.split('|'),
);
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const BOOLEAN = /^(true|True|TRUE|false|False|FALSE)$/;

/** A data set from a file, read as Hugging Face's `load_dataset('csv')` does, which is as pandas reads it. */
export async function loadDataset(format: string, { dataFiles, keepDefaultNa = true }: LoadOptions): Promise<Dataset> {
  if (format !== 'csv') {
    throw new TuneboardError('dataset', `Data sets of the format ${format} cannot be read: give a csv file.`);
  }
  const text = await readFile(dataFiles, 'utf8').catch((error: unknown) => {
    throw new TuneboardError('dataset', `The data set ${dataFiles} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  });
  return parseCsv(text, dataFiles, keepDefaultNa);
}

function parseCsv(text: string, name: string, keepDefaultNa: boolean): Dataset {
  let records: string[][];
  try {
    records = parse(text, { bom: true, skip_empty_lines: true, relax_column_count_less: true });
  } catch (error) {
    throw new TuneboardError('dataset', `${name} is no CSV: ${(error as Error).message}.`, { cause: error });
  }
  const [header, ...lines] = records;
  if (!header) throw new TuneboardError('dataset', `${name} is empty: its first line names the columns.`);
  const twice = header.find((column, index) => header.indexOf(column) < index);
  if (twice !== undefined) {
    throw new TuneboardError('dataset', `${name} has two columns ${JSON.stringify(twice)}: rename one of them.`);
  }
  const columns = header.map((_, index) =>
    typed(
      lines.map((line) => {
        const field = line[index] ?? '';
        return field === '' || (keepDefaultNa && NULLS.has(field)) ? null : field;
      }),
    ),
  );
  const rows = lines.map((_, row) =>
    Object.fromEntries(header.map((column, index) => [column, (columns[index] as Cell[])[row] as Cell])),
  );
  return new Dataset(header, rows);
}

/** Numbers where every value of a column is one, likewise true and false; text otherwise. */
function typed(fields: readonly (string | null)[]): Cell[] {
  const present = fields.filter((field) => field !== null);
  if (present.length === 0) return [...fields];
  if (present.every((field) => NUMBER.test(field)))
    return fields.map((field) => (field === null ? null : Number(field)));
  if (present.every((field) => BOOLEAN.test(field))) {
    return fields.map((field) => (field === null ? null : field.toLowerCase() === 'true'));
  }
  return [...fields];
}
