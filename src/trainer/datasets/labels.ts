import { TuneboardError } from '../../core/errors.ts';
import type { Cell } from './columns.ts';
import type { Dataset } from './dataset.ts';

/**
 * How many classes the labels of a column are: they must be 0 … n − 1 with n ≥ 2. Throws `dataset` in one sentence, with
 * what to do, for other values, for one class and for gaps.
 */
export function classCount(labels: readonly Cell[], column: string): number {
  const distinct = [...new Set(labels.map((label) => (typeof label === 'boolean' ? Number(label) : label)))];
  const wrong = distinct.find((label) => typeof label !== 'number' || !Number.isInteger(label) || label < 0);
  if (wrong !== undefined) {
    throw new TuneboardError(
      'dataset',
      `The label ${JSON.stringify(wrong)} of column ${column} is no class: use whole numbers from 0 on.`,
    );
  }
  const classes = Math.max(...(distinct as number[])) + 1;
  const only = oneClassWarning(labels, column);
  if (only !== null) throw new TuneboardError('dataset', only);
  if (classes > 2 * distinct.length) {
    throw new TuneboardError(
      'dataset',
      `The labels of column ${column} go up to ${classes - 1} but only ${distinct.length} are used: number the classes from 0.`,
    );
  }
  return classes;
}

/** A sentence where all rows have the same label, as the first ones of a sorted file do; null otherwise. */
export function oneClassWarning(labels: readonly Cell[], column: string): string | null {
  const distinct = new Set(labels);
  if (distinct.size !== 1) return null;
  const [only] = distinct;
  return `Column ${column} has one class only, ${JSON.stringify(only)} in all ${labels.length} rows, so there is nothing to learn: shuffle before taking a part of a sorted file, or give rows of two classes or more.`;
}

/** What is to be said of the labels of rows that are to be trained on: nothing, or that they are of one class. */
export function labelWarnings(dataset: Dataset | undefined): readonly string[] {
  const column = ['labels', 'label'].find((name) => dataset?.columnNames.includes(name));
  if (!dataset || column === undefined || dataset.numRows < 2) return [];
  const warning = oneClassWarning(dataset.column(column), column);
  return warning === null ? [] : [warning];
}
