import { TuneboardError } from '../../core/errors.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { formatOf, loadDataset } from '../datasets/loadDataset.ts';

/** Between the fields of a .csv, as spreadsheets of many countries write it. */
const DELIMITERS = [';', '\t', '|'];

/**
 * The data set of a study, which must have these columns. Where a .csv has them only with semicolons, tabs or bars between its
 * fields, it is read so. Throws `dataset`.
 */
export async function readTable(name: string, columns: readonly string[]): Promise<Dataset> {
  const { format, ...options } = formatOf(name);
  const load = (delimiter?: string) =>
    loadDataset(format, { dataFiles: name, ...options, ...(delimiter !== undefined && { delimiter }) }).catch(
      (error: unknown) => {
        if (error instanceof TuneboardError) return error;
        throw error;
      },
    );
  const hasAll = (read: Dataset | TuneboardError): read is Dataset =>
    !(read instanceof Error) && columns.every((column) => read.columnNames.includes(column));
  const first = await load();
  if (!hasAll(first) && format === 'csv' && options.delimiter === undefined) {
    for (const delimiter of DELIMITERS) {
      const other = await load(delimiter);
      if (hasAll(other)) return other;
    }
  }
  if (first instanceof Error) throw first;
  for (const column of columns) first.column(column);
  return first;
}
