import * as zlib from 'node:zlib';
import {
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  snappyUncompress,
} from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { TuneboardError } from '../../core/errors.ts';
import type { Cell, Row } from './columns.ts';
import { Dataset } from './dataset.ts';
import { MOST_BYTES, MOST_BYTES_TEXT, MOST_ROWS, requireCells, requireReadable, tooLarge } from './limits.ts';
import { checkPages } from './parquetPages.ts';

/** Node has zstd from 22.15 on. */
const unpackers = {
  GZIP: zlib.gunzipSync,
  BROTLI: zlib.brotliDecompressSync,
  ZSTD: (bytes: Uint8Array, options: { maxOutputLength: number }) => {
    if (!('zstdDecompressSync' in zlib)) throw new Error(`Node ${process.versions.node} cannot read ZSTD, 22.15 can`);
    return zlib.zstdDecompressSync(bytes, options);
  },
};

/** Unpacks the pages of one file while its budget lasts. A page may be no longer than its header says. */
function compressorsOf(name: string): Compressors {
  let left = MOST_BYTES;
  const spend = (length: number) => {
    if (!(length <= left)) throw tooLarge(name, MOST_BYTES_TEXT);
    left -= length;
  };
  const of = (unpack: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) => {
    return (bytes: Uint8Array, length: number) => {
      spend(length);
      return new Uint8Array(unpack(bytes, { maxOutputLength: Math.max(1, length) }));
    };
  };
  return {
    GZIP: of(unpackers.GZIP),
    BROTLI: of(unpackers.BROTLI),
    ZSTD: of(unpackers.ZSTD),
    SNAPPY: (bytes, length) => {
      spend(length);
      const output = new Uint8Array(length);
      snappyUncompress(bytes, output);
      return output;
    },
  };
}

/** Before a page is read: what the file says that it holds. */
function requireSize(name: string, { row_groups: groups }: FileMetaData): void {
  let rows = 0;
  let cells = 0;
  let bytes = 0;
  for (const group of groups) {
    rows += Number(group.num_rows);
    for (const { meta_data: column } of group.columns) {
      // Each level of a nested column may be a list of its own.
      cells += Number(column?.num_values ?? 0) * Math.ceil((column?.path_in_schema.length ?? 1) / 4);
      bytes += Number(column?.total_uncompressed_size ?? 0);
    }
  }
  if (!(rows <= MOST_ROWS)) throw tooLarge(name, `${MOST_ROWS / 1e6} million rows`);
  requireCells(name, cells);
  if (!(bytes <= MOST_BYTES)) throw tooLarge(name, MOST_BYTES_TEXT);
}

/** Parquet files, one after another. Times become ISO texts, whole numbers beyond a float's exactness texts. */
export async function readParquet(names: readonly string[]): Promise<Dataset> {
  const rows: Row[] = [];
  for (const name of names) {
    try {
      requireReadable(name);
      const file = await asyncBufferFromFile(name);
      const metadata = await parquetMetadataAsync(file);
      requireSize(name, metadata);
      await checkPages(name, file, metadata, compressorsOf(name));
      for (const row of await parquetReadObjects({ file, metadata, compressors: compressorsOf(name) })) {
        for (const column of Object.keys(row)) row[column] = cellOf(row[column]);
        rows.push(row as Row);
      }
    } catch (error) {
      if (error instanceof TuneboardError) throw error;
      throw new TuneboardError(
        'dataset',
        `The data set ${name} cannot be read as Parquet: ${(error as Error).message}.`,
        {
          cause: error,
        },
      );
    }
  }
  return Dataset.fromRows(rows, names.join(', '));
}

function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, cellOf);
  if (Array.isArray(value)) return value.map(cellOf);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cellOf(one)]));
  }
  return value as string | number | boolean;
}
