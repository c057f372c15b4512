import { TuneboardError } from '../../core/errors.ts';
import { addPythonNames, type EitherCase } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';
import { optionsOf } from '../pythonOptions.ts';
import { classNameOf, classNamesOf } from './classNames.ts';
import { type Cell, type Columns, checkColumns, columnsOf, type Row, rowsOf } from './columns.ts';
import { DatasetDict } from './datasetDict.ts';
import { requireTable } from './limits.ts';
import { NumpyRandom } from './numpyRandom.ts';
import { compare, SPLIT_KEYS, type SplitOptions, splitIndices, stratifiedIndices } from './splitIndices.ts';

export interface MapOptions {
  /** Give the function a list for each column, of `batchSize` rows at a time; false by default. */
  readonly batched?: boolean;
  /** 1000 by default. */
  readonly batchSize?: number;
  /** Columns of the rows before, which the result has only where the function returns them. */
  readonly removeColumns?: string | readonly string[];
}

const MAP_KEYS: Readonly<Record<keyof MapOptions, true>> = { batched: true, batchSize: true, removeColumns: true };

type RowChange = (row: Row, index: number) => Row;
type BatchChange = (columns: Columns, indices: readonly number[]) => Columns;

/** Rows of named columns, never changed: every method gives a new data set. Named as Hugging Face's `datasets`. */
export class Dataset {
  readonly columnNames: readonly string[];
  readonly rows: readonly Row[];
  /** Names of the classes of columns that `classEncodeColumn` has numbered. */
  readonly classNames: ReadonlyMap<string, readonly string[]>;
  declare readonly column_names: Dataset['columnNames'];
  declare readonly num_rows: Dataset['numRows'];
  declare readonly rename_column: Dataset['renameColumn'];
  declare readonly remove_columns: Dataset['removeColumns'];
  declare readonly select_columns: Dataset['selectColumns'];
  declare readonly class_encode_column: Dataset['classEncodeColumn'];
  declare readonly train_test_split: Dataset['trainTestSplit'];

  constructor(
    columnNames: readonly string[],
    rows: readonly Row[],
    classNames: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.columnNames = columnNames;
    this.rows = rows;
    this.classNames = new Map([...classNames].filter(([name]) => columnNames.includes(name)));
  }

  /** Rows that may have different columns: what a row lacks is null. */
  static fromRows(rows: readonly Row[], source = 'of these rows'): Dataset {
    const seen = new Set<string>();
    for (const row of rows) for (const name of Object.keys(row)) seen.add(name);
    const names = [...seen];
    requireTable(source, rows.length, names.length);
    return new Dataset(
      names,
      rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]))),
    );
  }

  /** A list of values a column. Throws `dataset` where they are of different lengths. */
  static fromColumns(columns: Columns): Dataset {
    return new Dataset(Object.keys(columns), rowsOf(columns));
  }

  get numRows(): number {
    return this.rows.length;
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.rows[Symbol.iterator]();
  }

  /** Throws `dataset` when there is no such column. */
  column(name: string): readonly Cell[] {
    checkColumns(this.columnNames, [name]);
    return this.rows.map((row) => row[name] ?? null);
  }

  /** The different values of a column, in the order of their first rows. */
  unique(name: string): readonly Cell[] {
    return [...new Set(this.column(name))];
  }

  filter(keep: (row: Row, index: number) => boolean): Dataset {
    return this.#with(this.rows.filter((row, index) => keep(row, index)));
  }

  /** Adds to each row, or to each batch of rows, what the function returns for it; a batch may become more or fewer rows. */
  map(change: BatchChange, options: EitherCase<MapOptions & { readonly batched: true }>): Dataset;
  map(change: RowChange, options?: EitherCase<MapOptions & { readonly batched?: false }>): Dataset;
  map(change: RowChange | BatchChange, options: EitherCase<MapOptions> = {}): Dataset {
    const given = optionsOf<MapOptions>(options, MAP_KEYS, 'map');
    const { batched = false, batchSize = 1000 } = given;
    const removeColumns = [given.removeColumns ?? []].flat();
    checkColumns(this.columnNames, removeColumns);
    const left = this.columnNames.filter((name) => !removeColumns.includes(name));
    if (!batched) {
      const rows = this.rows.map((row, index) => ({ ...pick(row, left), ...(change as RowChange)(row, index) }));
      return new Dataset(rows[0] ? Object.keys(rows[0]) : left, rows, this.classNames);
    }
    const rows: Row[] = [];
    let names: readonly string[] = left;
    for (let start = 0; start < this.rows.length; start += batchSize) {
      const batch = this.rows.slice(start, start + batchSize);
      const indices = batch.map((_, index) => start + index);
      const columns = {
        ...columnsOf(left, batch),
        ...(change as BatchChange)(columnsOf(this.columnNames, batch), indices),
      };
      names = Object.keys(columns);
      for (const row of rowsOf(columns)) rows.push(row);
    }
    return new Dataset(names, rows, this.classNames);
  }

  /** The rows with these numbers, in this order. Throws `dataset` for one that there is not. */
  select(indices: Iterable<number>): Dataset {
    const rows = Array.from(indices, (index) => {
      const row = this.rows[index];
      if (row) return row;
      throw new TuneboardError('dataset', `There is no row ${index}: the data set has ${this.rows.length}, from 0 on.`);
    });
    return this.#with(rows);
  }

  /** In the order that `datasets` gives for the seed; 42 by default. */
  shuffle({ seed = 42 }: { readonly seed?: number } = {}): Dataset {
    return this.#with(new NumpyRandom(seed).permutation(this.rows));
  }

  /** By one column: numbers by size, texts by their characters, nulls last; rows that are alike stay in their order. */
  sort(name: string, { reverse = false }: { readonly reverse?: boolean } = {}): Dataset {
    checkColumns(this.columnNames, [name]);
    const sign = reverse ? -1 : 1;
    const rank = (row: Row) => ((row[name] ?? null) === null ? 1 : 0);
    return this.#with(
      this.rows.toSorted((a, b) => rank(a) - rank(b) || sign * compare(a[name] ?? null, b[name] ?? null)),
    );
  }

  renameColumn(from: string, to: string): Dataset {
    checkColumns(this.columnNames, [from]);
    if (this.columnNames.includes(to)) {
      throw new TuneboardError('dataset', `There is a column ${JSON.stringify(to)} already: choose another name.`);
    }
    const renamed = (name: string) => (name === from ? to : name);
    return new Dataset(
      this.columnNames.map(renamed),
      this.rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [renamed(name), cell]))),
      new Map([...this.classNames].map(([name, classes]) => [renamed(name), classes])),
    );
  }

  removeColumns(names: string | readonly string[]): Dataset {
    const removed = [names].flat();
    checkColumns(this.columnNames, removed);
    return this.selectColumns(this.columnNames.filter((name) => !removed.includes(name)));
  }

  selectColumns(names: string | readonly string[]): Dataset {
    const selected = [names].flat();
    checkColumns(this.columnNames, selected);
    return new Dataset(
      selected,
      this.rows.map((row) => pick(row, selected)),
      this.classNames,
    );
  }

  /** Numbers the values of a column from 0 in the order of their texts; `classNames` keeps these. Nulls stay. */
  classEncodeColumn(name: string): Dataset {
    return this.encodeClasses(name, classNamesOf(this.column(name)));
  }

  /** Numbers the values of a column by their places among `names`. Throws `dataset` for a value that is not there. */
  encodeClasses(name: string, names: readonly string[]): Dataset {
    const numbers = new Map(names.map((one, index) => [one, index]));
    const rows = this.rows.map((row) => {
      const cell = row[name] ?? null;
      const number = cell === null ? null : numbers.get(classNameOf(cell));
      if (number !== undefined) return { ...row, [name]: number };
      throw new TuneboardError(
        'dataset',
        `Column ${name} has ${shown(cell)}, which is none of ${names.join(', ')}: name it too.`,
      );
    });
    return new Dataset(this.columnNames, rows, new Map([...this.classNames, [name, names]]));
  }

  /** Parts the rows into `train` and `test`, those that `datasets` takes for the seed. Throws `dataset` when one would be empty. */
  trainTestSplit(given: EitherCase<SplitOptions> = {}): DatasetDict {
    const options = optionsOf<SplitOptions>(given, SPLIT_KEYS, 'trainTestSplit');
    const { stratifyByColumn: column } = options;
    const { train, test } =
      column === undefined
        ? splitIndices(this.rows.length, options)
        : stratifiedIndices(this.column(column), column, options);
    return new DatasetDict({ train: this.select(train), test: this.select(test) });
  }

  #with(rows: readonly Row[]): Dataset {
    return new Dataset(this.columnNames, rows, this.classNames);
  }
}

addPythonNames(Dataset.prototype, ['columnNames', 'classNames']);

/** One after another. Throws `dataset` where their columns differ. */
export function concatenateDatasets(datasets: readonly Dataset[]): Dataset {
  const [first] = datasets;
  if (!first) throw new TuneboardError('dataset', 'There is no data set to put together.');
  for (const { columnNames } of datasets) {
    checkColumns(columnNames, first.columnNames);
    checkColumns(first.columnNames, columnNames);
  }
  return new Dataset(
    first.columnNames,
    datasets.flatMap(({ rows }) => rows),
    first.classNames,
  );
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}
