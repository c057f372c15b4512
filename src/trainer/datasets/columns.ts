import { TuneboardError } from '../../core/errors.ts';

/** A value of a data set: what JSON has. */
export type Cell = string | number | boolean | null | readonly Cell[] | { readonly [key: string]: Cell };
export type Row = Readonly<Record<string, Cell>>;
/** Several rows, as a list for each column. */
export type Columns = Readonly<Record<string, readonly Cell[]>>;

export function columnsOf(names: readonly string[], rows: readonly Row[]): Columns {
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

/** Throws `dataset` where the lists are of different lengths. */
export function rowsOf(columns: Columns): Row[] {
  const entries = Object.entries(columns);
  const [first] = entries;
  if (!first) return [];
  const other = entries.find(([, cells]) => cells.length !== first[1].length);
  if (other) {
    throw new TuneboardError(
      'dataset',
      `Column ${JSON.stringify(other[0])} has ${other[1].length} values and ${JSON.stringify(first[0])} has ${first[1].length}: give both as many.`,
    );
  }
  return first[1].map((_, index) => Object.fromEntries(entries.map(([name, cells]) => [name, cells[index] ?? null])));
}

/** Throws `dataset`, with the names that there are, for the first of `wanted` that there is not. */
export function checkColumns(names: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.find((name) => !names.includes(name));
  if (missing === undefined) return;
  const known = names.map((one) => JSON.stringify(one)).join(', ') || 'none';
  throw new TuneboardError('dataset', `The data set has no column ${JSON.stringify(missing)}: it has ${known}.`);
}
