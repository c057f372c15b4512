import * as zlib from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { TuneboardError } from '../../core/errors.ts';
import type { Cell, Row } from './columns.ts';
import { Dataset } from './dataset.ts';

/** Beside those that the library brings: uncompressed and snappy. Node has zstd from 22.15 on. */
const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(zlib.gunzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(zlib.brotliDecompressSync(bytes)),
  ZSTD: (bytes: Uint8Array) => {
    if (!('zstdDecompressSync' in zlib)) throw new Error(`Node ${process.versions.node} cannot read ZSTD, 22.15 can`);
    return new Uint8Array(zlib.zstdDecompressSync(bytes));
  },
};

/** Parquet files, one after another. Times become ISO texts, whole numbers beyond a float's exactness texts. */
export async function readParquet(names: readonly string[]): Promise<Dataset> {
  const rows: Row[] = [];
  for (const name of names) {
    try {
      const file = await asyncBufferFromFile(name);
      for (const row of await parquetReadObjects({ file, compressors })) {
        rows.push(Object.fromEntries(Object.entries(row).map(([column, value]) => [column, cellOf(value)])));
      }
    } catch (error) {
      throw new TuneboardError(
        'dataset',
        `The data set ${name} cannot be read as Parquet: ${(error as Error).message}.`,
        {
          cause: error,
        },
      );
    }
  }
  return Dataset.fromRows(rows);
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
