import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { TuneboardError } from '../../core/errors.ts';
import type { EitherCase } from '../../core/text/pythonNames.ts';
import { optionsOf } from '../pythonOptions.ts';
import { type CsvOptions, parseCsv } from './csv.ts';
import type { Dataset } from './dataset.ts';
import { DatasetDict } from './datasetDict.ts';
import { parseJsonFiles } from './json.ts';
import { MOST_BYTES, MOST_BYTES_TEXT, requireReadable, tooLarge } from './limits.ts';
import { readParquet } from './parquet.ts';

export type DataFiles = string | readonly string[];

export interface LoadOptions extends CsvOptions {
  /** A file, several that are read one after another, or such by the names of splits. */
  readonly dataFiles: DataFiles | Readonly<Record<string, DataFiles>>;
  /** Of text files, a name that the Encoding Standard knows, such as `gb18030`; UTF-8 by default. */
  readonly encoding?: string;
  /** Of JSON: where in each file the list of rows is. */
  readonly field?: string;
  /** The one to give, of several by name; `train` of files without. */
  readonly split?: string;
}

const KEYS: Readonly<Record<keyof LoadOptions, true>> = {
  dataFiles: true,
  encoding: true,
  field: true,
  split: true,
  keepDefaultNa: true,
  delimiter: true,
  columnNames: true,
};

/** Names of pandas' options, which `datasets` hands on. */
const PANDAS: Readonly<Record<string, string>> = { sep: 'delimiter', names: 'columnNames' };

type Given<Files> = EitherCase<Omit<LoadOptions, 'dataFiles'>> &
  ({ readonly dataFiles: Files } | { readonly data_files: Files });

/** A file's text with its name, for messages. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/**
 * A data set from files of a format, as Hugging Face's `load_dataset`: `csv` as pandas reads it, `json` (an object a line,
 * or a list of them), both also packed with gzip, `parquet`. A file has 512 MB at most, packed and unpacked, and 50
 * million cells (of JSON: values); of Parquet also 10 million rows. Splits by name give a `DatasetDict`. Throws `dataset` in one sentence.
 */
export async function loadDataset(format: string, options: Given<DataFiles>): Promise<Dataset>;
export async function loadDataset(
  format: string,
  options: Given<Readonly<Record<string, DataFiles>>> & { readonly split: string },
): Promise<Dataset>;
export async function loadDataset(
  format: string,
  options: Given<Readonly<Record<string, DataFiles>>>,
): Promise<DatasetDict>;
export async function loadDataset(
  format: string,
  given: Given<LoadOptions['dataFiles']>,
): Promise<Dataset | DatasetDict> {
  const pandas = (name: string) => PANDAS[name] ?? name;
  const options = optionsOf<LoadOptions>(given as EitherCase<LoadOptions>, KEYS, 'loadDataset', pandas);
  const { dataFiles: files = [], split } = options;
  if (typeof files === 'string' || isList(files)) {
    if (split !== undefined && split !== 'train') throw noSplit(split, ['train']);
    return loadFiles(format, files, options);
  }
  if (split !== undefined) {
    const part = Object.hasOwn(files, split) ? files[split] : undefined;
    if (part === undefined) throw noSplit(split, Object.keys(files));
    return loadFiles(format, part, options);
  }
  const splits: Record<string, Dataset> = {};
  for (const [name, part] of Object.entries(files)) splits[name] = await loadFiles(format, part, options);
  return new DatasetDict(splits);
}

function noSplit(split: string, known: readonly string[]): TuneboardError {
  return new TuneboardError(
    'dataset',
    `There is no split ${JSON.stringify(split)}: there is ${known.join(', ')}, and select takes some of its rows.`,
  );
}

async function loadFiles(format: string, files: DataFiles, options: LoadOptions): Promise<Dataset> {
  const names = typeof files === 'string' ? [files] : files;
  if (names.length === 0) throw new TuneboardError('dataset', 'No data file is named: give one or more.');
  if (format === 'parquet') return readParquet(names);
  if (format !== 'csv' && format !== 'json') {
    throw new TuneboardError('dataset', `Data sets of the format ${format} cannot be read: give csv, json or parquet.`);
  }
  const texts: SourceText[] = [];
  for (const name of names) texts.push({ name, text: await readText(name, options.encoding ?? 'utf-8') });
  return format === 'csv' ? parseCsv(texts, options) : parseJsonFiles(texts, options.field);
}

/** The format that a file's name ends with: csv, tsv, json, jsonl, ndjson, also with .gz, or parquet. Throws `dataset` for others. */
export function formatOf(name: string): { readonly format: 'csv' | 'json' | 'parquet'; readonly delimiter?: string } {
  const ending = /\.([a-z]+)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'csv' || ending === 'txt') return { format: 'csv' };
  if (ending === 'tsv') return { format: 'csv', delimiter: '\t' };
  if (ending === 'json' || ending === 'jsonl' || ending === 'ndjson') return { format: 'json' };
  if (ending === 'parquet') return { format: 'parquet' };
  throw new TuneboardError(
    'dataset',
    `${name} is no data set by its name: give a .csv, .tsv, .json, .jsonl (or one of these with .gz) or .parquet file.`,
  );
}

async function readText(name: string, encoding: string): Promise<string> {
  requireReadable(name);
  const stored = await readFile(name).catch((error: unknown) => {
    throw new TuneboardError('dataset', `The data set ${name} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  });
  const bytes = isGzip(stored) ? unpacked(name, stored) : stored;
  try {
    new TextDecoder(encoding);
  } catch (error) {
    const advice = 'use utf-8, gb18030 or another one';
    throw new TuneboardError('dataset', `The encoding ${encoding} is not known: ${advice}.`, { cause: error });
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TuneboardError(
      'dataset',
      `${name} is not written in ${encoding}: save it so, or give loadDataset its encoding, such as 'gb18030'.`,
      { cause: error },
    );
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpacked(name: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, MOST_BYTES_TEXT);
    throw new TuneboardError(
      'dataset',
      `The data set ${name} cannot be unpacked: ${(error as Error).message}. Fetch it again.`,
      { cause: error },
    );
  }
}

function isList(files: LoadOptions['dataFiles']): files is readonly string[] {
  return Array.isArray(files);
}
