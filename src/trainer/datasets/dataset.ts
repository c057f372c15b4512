import { TuneboardError } from '../../core/errors.ts';
import { Random, shuffle } from '../../core/random.ts';

export type Cell = string | number | boolean | null | readonly number[];
export type Row = Readonly<Record<string, Cell>>;

export interface MapOptions {
  readonly removeColumns?: readonly string[];
}

export interface SplitOptions {
  /** A share below 1, rounded up to rows, or a number of rows; 0.25 by default. */
  readonly testSize?: number;
  /** 42 by default: Hugging Face draws one, and then no run can be repeated. */
  readonly seed?: number;
  /** Keep the shares of this column's values in both parts. */
  readonly stratifyByColumn?: string;
}

/** Rows of named columns, never changed: every method gives a new data set. Named as Hugging Face's `datasets`. */
export class Dataset {
  readonly columnNames: readonly string[];
  readonly rows: readonly Row[];

  constructor(columnNames: readonly string[], rows: readonly Row[]) {
    this.columnNames = columnNames;
    this.rows = rows;
  }

  /** Throws `dataset` when there is no such column. */
  column(name: string): readonly Cell[] {
    if (!this.columnNames.includes(name)) {
      const known = this.columnNames.map((one) => JSON.stringify(one)).join(', ');
      throw new TuneboardError('dataset', `The data set has no column ${JSON.stringify(name)}: it has ${known}.`);
    }
    return this.rows.map((row) => row[name] ?? null);
  }

  filter(keep: (row: Row) => boolean): Dataset {
    return new Dataset(this.columnNames, this.rows.filter(keep));
  }

  /** Adds to each row what `change` returns for it; `removeColumns` are those of the rows before. */
  map(change: (row: Row) => Row, { removeColumns = [] }: MapOptions = {}): Dataset {
    const left = this.columnNames.filter((name) => !removeColumns.includes(name));
    const rows = this.rows.map((row) => {
      const kept = Object.fromEntries(left.map((name) => [name, row[name] ?? null]));
      return { ...kept, ...change(row) };
    });
    return new Dataset(rows[0] ? Object.keys(rows[0]) : left, rows);
  }

  /** Shuffles and parts the rows. Throws `dataset` when a part would be empty. */
  trainTestSplit({ testSize = 0.25, seed = 42, stratifyByColumn }: SplitOptions = {}): {
    train: Dataset;
    test: Dataset;
  } {
    const count = this.rows.length;
    const tests = testSize < 1 ? Math.ceil(testSize * count) : testSize;
    if (!Number.isInteger(tests) || tests < 1 || tests >= count) {
      throw new TuneboardError(
        'dataset',
        `A test part of ${testSize} leaves nothing to train or to test with ${count} rows: choose another test size.`,
      );
    }
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    shuffle(order, new Random(seed, 0, 'train_test_split'));
    const chosen =
      stratifyByColumn === undefined ? [...order.subarray(0, tests)] : this.#stratified(order, tests, stratifyByColumn);
    const inTest = new Set(chosen);
    const pick = (indices: readonly number[]) => indices.map((index) => this.rows[index] as Row);
    return {
      train: new Dataset(this.columnNames, pick([...order].filter((index) => !inTest.has(index)))),
      test: new Dataset(this.columnNames, pick(chosen)),
    };
  }

  /** The first rows of each value in this order, as many as its share; what rounding leaves goes to the largest rests. */
  #stratified(order: Uint32Array, tests: number, column: string): number[] {
    const cells = this.column(column);
    const groups = Map.groupBy(order, (index) => cells[index] ?? null);
    const parts = [...groups.values()].map((rows) => {
      const exact = (rows.length * tests) / order.length;
      return { rows, exact, count: Math.floor(exact) };
    });
    let rest = tests - parts.reduce((sum, part) => sum + part.count, 0);
    for (const part of parts.toSorted((a, b) => b.exact - b.count - (a.exact - a.count))) {
      if (rest-- > 0) part.count++;
    }
    const chosen = new Set(parts.flatMap(({ rows, count }) => rows.slice(0, count)));
    return [...order].filter((index) => chosen.has(index));
  }
}
