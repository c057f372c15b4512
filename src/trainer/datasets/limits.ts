import { statSync } from 'node:fs';
import { TuneboardError } from '../../core/errors.ts';

/** Bytes of one file of a data set, packed and unpacked: what a JavaScript string can hold (V8: 2^29 - 24 UTF-16 units). */
export const MOST_BYTES = 2 ** 29 - 24;
/** Rows and cells of one Parquet file: a page that says a value once for each of them takes next to nothing on the disk. */
export const MOST_ROWS = 10_000_000;
export const MOST_CELLS = 50_000_000;

export function tooLarge(name: string, what: string): TuneboardError {
  return new TuneboardError(
    'dataset',
    `The data set ${name} has more than ${what}: split it into several files, or take some of its rows.`,
  );
}

export const MOST_BYTES_TEXT = '512 MB of data when it is unpacked';

/** Throws `dataset` for a file that is not regular (a pipe or a device has no end) or is larger than the limit. */
export function requireReadable(name: string): void {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isFile()) throw new TuneboardError('dataset', `The data set ${name} is no regular file: name a file.`);
  if (stat.size > MOST_BYTES) throw tooLarge(name, '512 MB');
}
