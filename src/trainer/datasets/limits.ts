import { statSync } from 'node:fs';
import { TuneboardError } from '../../core/errors.ts';

/** Bytes of one file of a data set, packed and unpacked: what a JavaScript string can hold (V8: 2^29 - 24 UTF-16 units). */
export const MOST_BYTES = 2 ** 29 - 24;
/** Of a table, as in spreadsheets. */
const MOST_COLUMNS = 16_384;
/** Rows of one Parquet file, cells of any: a page that says a value once for each of them takes next to nothing on the disk. */
export const MOST_ROWS = 10_000_000;
export const MOST_CELLS = 50_000_000;

export function tooLarge(name: string, what: string): TuneboardError {
  return new TuneboardError(
    'dataset',
    `The data set ${name} has more than ${what}: split it into several files, or take some of its rows.`,
  );
}

/** A short row, or an object with a key of its own, is filled up to the columns of all. `name`: the file, if it is known. */
export function requireTable(name: string, rows: number, columns: number): void {
  if (columns > MOST_COLUMNS) {
    throw new TuneboardError(
      'dataset',
      `The data set ${name} has ${columns} columns, and ${MOST_COLUMNS} at most are read: leave some out.`,
    );
  }
  requireCells(name, rows * columns);
}

export function requireCells(name: string, cells: number): void {
  if (!(cells <= MOST_CELLS)) throw tooLarge(name, `${MOST_CELLS / 1e6} million cells`);
}

export const MOST_BYTES_TEXT = '512 MB of data when it is unpacked';

/** Throws `dataset` for a file that is not regular (a pipe or a device has no end) or is larger than the limit. */
export function requireReadable(name: string): void {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isFile()) throw new TuneboardError('dataset', `The data set ${name} is no regular file: name a file.`);
  if (stat.size > MOST_BYTES) throw tooLarge(name, '512 MB');
}
