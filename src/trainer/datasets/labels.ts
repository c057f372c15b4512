import { TuneboardError } from '../../core/errors.ts';
import { shown } from '../../core/text/shown.ts';
import { classNamesOf } from './classNames.ts';
import type { Cell } from './columns.ts';
import type { Dataset } from './dataset.ts';

/** Classes that have names. */
export interface LabelNames {
  /** By number. */
  readonly names: readonly string[];
  /** What a person should know: which number is which, and of which class a score is. */
  readonly sentence: string;
}

/**
 * The names of the classes where a column has texts: in the order of `preferred`, a model's, where it has the same names in
 * whatever case, else sorted; null for a column of numbers, whose classes are numbers. Throws `dataset`, in one sentence, where
 * the texts can be no classes: some of them numbers, or nearly each row another one.
 */
export function labelNames(
  labels: readonly Cell[],
  column: string,
  preferred: readonly string[] | null,
): LabelNames | null {
  if (!labels.some((label) => typeof label === 'string')) return null;
  const sorted = classNamesOf(labels);
  requireNames(sorted, labels.length, column);
  const doubt = manyClasses(sorted.length, labels.length, column);
  const lower = new Map(sorted.map((name) => [name.toLowerCase(), name]));
  const names = preferred?.flatMap((name) => lower.get(name.toLowerCase()) ?? []) ?? [];
  const isModels = preferred?.length === sorted.length && new Set(names).size === sorted.length;
  return isModels
    ? { names, sentence: labelSentence(names, "the model's") + doubt }
    : { names: sorted, sentence: labelSentence(sorted, 'sorted') + doubt };
}

/** Of the rows: where more are of a class of their own, the column is something else. */
const MOST_CLASSES = 0.9;

/** What to say where the classes are so many that they may be none. */
function manyClasses(classes: number, rows: number, column: string): string {
  if (classes <= 2 || classes <= rows / 2) return '';
  return ` That are ${classes} classes of ${rows} rows: is ${column} the column of the labels?`;
}

function requireNames(names: readonly string[], rows: number, column: string): void {
  const isNumber = (name: string) => name.trim() !== '' && Number.isFinite(Number(name));
  const [number, word] = [names.find(isNumber), names.find((name) => !isNumber(name))];
  if (number !== undefined && word !== undefined) {
    throw new TuneboardError(
      'dataset',
      `The label ${JSON.stringify(word)} of column ${column} is no number and ${JSON.stringify(number)} is one: use whole numbers from 0 on, or names, for all rows.`,
    );
  }
  if (names.length <= 2 || names.length <= MOST_CLASSES * rows) return;
  throw new TuneboardError(
    'dataset',
    `Column ${column} is no column of labels: ${rows} rows have ${names.length} different texts. Name the column that has a class for each text.`,
  );
}

function labelSentence(names: readonly string[], order: string): string {
  const numbered = names.slice(0, 20).map((name, number) => `${number} = ${name}`);
  const more = names.length > 20 ? ` … ${names.length - 1} = ${names.at(-1)}` : '';
  const positive = names.length === 2 ? ` F1, precision and recall are of ${names[1]}.` : '';
  const twin = names.find((name, index) => names.some((other, at) => at < index && isAlike(other, name)));
  const doubt = twin === undefined ? '' : ` ${JSON.stringify(twin)} differs from another one in case or blanks alone.`;
  return `Labels: ${numbered.join(', ')}${more}, in ${order} order.${positive}${doubt}`;
}

function isAlike(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

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
      `The label ${shown(wrong)} of column ${column} is no class: use whole numbers from 0 on, or names.`,
    );
  }
  const classes = Math.max(...(distinct as number[])) + 1;
  requireSeveral(labels, column, classes);
  if (classes > 2 * distinct.length) {
    throw new TuneboardError(
      'dataset',
      `The labels of column ${column} go up to ${classes - 1} but only ${distinct.length} are used: number the classes from 0.`,
    );
  }
  return classes;
}

/** Returns the number of classes. Throws `dataset` where all rows have the same label. */
export function requireSeveral(labels: readonly Cell[], column: string, classes: number): number {
  const only = oneClassWarning(labels, column);
  if (only !== null) throw new TuneboardError('dataset', only);
  return classes;
}

/** A sentence where all rows have the same label, as the first ones of a sorted file do; null otherwise. */
export function oneClassWarning(labels: readonly Cell[], column: string): string | null {
  const distinct = new Set(labels);
  if (distinct.size !== 1) return null;
  const [only] = distinct;
  return `Column ${column} has one class only, ${shown(only)} in all ${labels.length} rows, so there is nothing to learn: shuffle before taking a part of a sorted file, or give rows of two classes or more.`;
}

/** What is to be said of the labels of rows that are to be trained on: nothing, or that they are of one class. */
export function labelWarnings(dataset: Dataset | undefined): readonly string[] {
  const column = ['labels', 'label'].find((name) => dataset?.columnNames.includes(name));
  if (!dataset || column === undefined || dataset.numRows < 2) return [];
  const warning = oneClassWarning(dataset.column(column), column);
  return warning === null ? [] : [warning];
}
