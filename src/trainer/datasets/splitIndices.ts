import { TuneboardError } from '../../core/errors.ts';
import type { Cell } from './columns.ts';
import { NumpyRandom } from './numpyRandom.ts';

export interface SplitOptions {
  /** A share below 1, rounded up to rows, or a number of rows; what `trainSize` leaves, or 0.25, by default. */
  readonly testSize?: number;
  /** A share below 1, rounded down, or a number of rows; the rest by default. */
  readonly trainSize?: number;
  /** True by default; otherwise the first rows are for training and the next for testing. */
  readonly shuffle?: boolean;
  /** 42 by default: Hugging Face draws one, and then no run can be repeated. */
  readonly seed?: number;
  /** Keep the shares of this column's values in both parts. */
  readonly stratifyByColumn?: string;
}

export const SPLIT_KEYS: Readonly<Record<keyof SplitOptions, true>> = {
  testSize: true,
  trainSize: true,
  shuffle: true,
  seed: true,
  stratifyByColumn: true,
};

export interface SplitIndices {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** The rows of a split without stratification, those that `datasets` takes for the seed. Throws `dataset`. */
export function splitIndices(count: number, options: SplitOptions): SplitIndices {
  const { train, test } = sizesOf(count, options);
  const rows = Array.from({ length: count }, (_, index) => index);
  if (options.shuffle === false) return { train: rows.slice(0, train), test: rows.slice(train, train + test) };
  const order = new NumpyRandom(seedOf(options)).permutation(rows);
  return { train: order.slice(test, test + train), test: order.slice(0, test) };
}

/**
 * As scikit-learn's StratifiedShuffleSplit, which `datasets` follows: rows of each class in proportion, what rounding leaves
 * to the classes with the largest rests, ties drawn. Throws `dataset` where a part would lack a class.
 */
export function stratifiedIndices(cells: readonly Cell[], column: string, options: SplitOptions): SplitIndices {
  const sizes = sizesOf(cells.length, options);
  // Not Map.groupBy, which Node 20 lacks.
  const groups = new Map<Cell, number[]>();
  for (const [index, cell] of cells.entries()) {
    const rows = groups.get(cell);
    if (rows) rows.push(index);
    else groups.set(cell, [index]);
  }
  const classes = [...groups].sort(([a], [b]) => compare(a, b)).map(([, rows]) => rows);
  const counts = classes.map((rows) => rows.length);
  if (options.shuffle === false) {
    throw new TuneboardError('dataset', 'A split by strata is shuffled: leave out stratifyByColumn or shuffle: false.');
  }
  if (Math.min(...counts) < 2) {
    throw new TuneboardError(
      'dataset',
      `A value of column ${column} has one row only, so no split by it has it in both parts: leave such rows out.`,
    );
  }
  if (Math.min(sizes.train, sizes.test) < classes.length) {
    throw new TuneboardError(
      'dataset',
      `A part of ${Math.min(sizes.train, sizes.test)} rows cannot have all ${classes.length} values of column ${column}: choose another test size.`,
    );
  }
  const random = new NumpyRandom(seedOf(options));
  const trains = shares(counts, sizes.train, random);
  const rest = counts.map((count, index) => count - (trains[index] as number));
  const tests = shares(rest, sizes.test, random);
  const parts = classes.map((rows, index) => {
    const order = random.permutation(rows);
    const from = trains[index] as number;
    return { train: order.slice(0, from), test: order.slice(from, from + (tests[index] as number)) };
  });
  const train = random.permutation(parts.flatMap((part) => part.train));
  return { train, test: random.permutation(parts.flatMap((part) => part.test)) };
}

/** `draws` rows among classes of these counts: scikit-learn's approximate mode of the hypergeometric distribution. */
function shares(counts: readonly number[], draws: number, random: NumpyRandom): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (draws * count) / total);
  const taken = exact.map(Math.floor);
  let missing = draws - taken.reduce((sum, count) => sum + count, 0);
  const rests = exact.map((share) => share - Math.floor(share));
  for (const rest of [...new Set(rests)].sort((a, b) => b - a)) {
    if (missing <= 0) break;
    const ties = [...rests.keys()].filter((index) => rests[index] === rest);
    const chosen = random.choice(ties, Math.min(ties.length, missing));
    for (const index of chosen) taken[index] = (taken[index] as number) + 1;
    missing -= chosen.length;
  }
  return taken;
}

function sizesOf(count: number, { testSize, trainSize }: SplitOptions): { train: number; test: number } {
  const asked = testSize ?? (trainSize === undefined ? 0.25 : undefined);
  const given = trainSize === undefined ? undefined : trainSize < 1 ? Math.floor(trainSize * count) : trainSize;
  const test = asked === undefined ? count - (given as number) : asked < 1 ? Math.ceil(asked * count) : asked;
  const train = given ?? count - test;
  const isWhole = Number.isInteger(test) && Number.isInteger(train);
  if (!isWhole || test < 1 || train < 1 || test + train > count) {
    throw new TuneboardError(
      'dataset',
      `A test part of ${asked ?? test}${trainSize === undefined ? '' : ` and a training part of ${trainSize}`} leaves nothing to train or to test with ${count} rows: choose another test size.`,
    );
  }
  return { train, test };
}

function seedOf({ seed = 42 }: SplitOptions): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new TuneboardError('dataset', `The seed ${seed} is no whole number from 0 on: choose one.`);
}

/** Numbers by size, texts by their characters, as NumPy sorts them. */
export function compare(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
