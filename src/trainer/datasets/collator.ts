import { TuneboardError } from '../../core/errors.ts';
import type { EitherCase } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';
import type { EncodedBatch } from '../models/encodedBatch.ts';
import { optionsOf } from '../pythonOptions.ts';
import type { Row } from './columns.ts';

export interface LabelledBatch extends EncodedBatch {
  /** One whole number a text; otherwise float32, one or as many a text as the model has labels. */
  readonly labels: Int32Array | Float32Array;
}

export interface CollatorOptions {
  readonly tokenizer: { readonly padTokenId: number; readonly paddingSide?: 'left' | 'right' };
  /** Lengths become multiples of this; 1 by default. */
  readonly padToMultipleOf?: number;
}

const KEYS: Readonly<Record<keyof CollatorOptions, true>> = { tokenizer: true, padToMultipleOf: true };

/**
 * Pads the rows of a batch to the longest of them. Rows have `input_ids`, `label` or `labels`, `attention_mask` where tokens are
 * to be left out, and `token_type_ids` where there are pairs.
 */
export class DataCollatorWithPadding {
  readonly #padTokenId: number;
  readonly #isLeft: boolean;
  readonly #multiple: number;

  constructor(given: EitherCase<CollatorOptions>) {
    const { tokenizer, padToMultipleOf = 1 } = optionsOf<CollatorOptions>(given, KEYS, 'DataCollatorWithPadding');
    if (!(Number.isSafeInteger(padToMultipleOf) && padToMultipleOf > 0)) {
      throw new TuneboardError('dataset', `padToMultipleOf is ${padToMultipleOf}: use a whole number from 1 on.`);
    }
    this.#padTokenId = tokenizer.padTokenId;
    this.#isLeft = tokenizer.paddingSide === 'left';
    this.#multiple = padToMultipleOf;
  }

  /** Throws `dataset` in one sentence for rows that are not tokenized and for labels that are no numbers. */
  collate(rows: readonly Row[]): LabelledBatch {
    const ids = rows.map((row) => numbersOf(row, 'input_ids'));
    const beside = (name: string, usual: number | null) =>
      rows.map((row, at) => numbersBeside(row, name, ids[at] as readonly number[], usual));
    const longest = ids.reduce((most, one) => Math.max(most, one.length), 1);
    const length = Math.ceil(longest / this.#multiple) * this.#multiple;
    const size = rows.length;
    const table = (values: readonly (readonly number[])[], padding: number) => {
      const flat = new Int32Array(size * length).fill(padding);
      for (const [row, one] of values.entries()) flat.set(one, row * length + (this.#isLeft ? length - one.length : 0));
      return flat;
    };
    const hasTypes = rows.some((row) => (row['token_type_ids'] ?? null) !== null);
    return {
      inputIds: table(ids, this.#padTokenId),
      attentionMask: table(beside('attention_mask', 1), 0),
      ...(hasTypes && { tokenTypeIds: table(beside('token_type_ids', null), 0) }),
      labels: labelsOf(rows),
      size,
      length,
    };
  }
}

function numbersOf(row: Row, name: string): readonly number[] {
  const cell = row[name];
  if (!Array.isArray(cell)) {
    throw new TuneboardError('dataset', `A row has no ${name}: tokenize the data set first.`);
  }
  const wrong = cell.findIndex((one) => !Number.isSafeInteger(one));
  if (wrong < 0) return cell as readonly number[];
  throw new TuneboardError(
    'dataset',
    `A row's ${name} have ${shown(cell[wrong])}: give whole numbers, as a tokenizer does.`,
  );
}

/** One number an id; `usual` everywhere where the row has none. */
function numbersBeside(row: Row, name: string, ids: readonly number[], usual: number | null): readonly number[] {
  if (usual !== null && (row[name] ?? null) === null) return ids.map(() => usual);
  const numbers = numbersOf(row, name);
  if (numbers.length === ids.length) return numbers;
  throw new TuneboardError(
    'dataset',
    `A row has ${ids.length} input_ids and ${numbers.length} ${name}: give as many of each.`,
  );
}

/** What the model makes of them is for its loss to check: it knows whether they are classes. */
function labelsOf(rows: readonly Row[]): Int32Array | Float32Array {
  const cells = rows.map((row) => {
    const label = row['labels'] ?? row['label'] ?? null;
    return Array.isArray(label) ? label : [label];
  });
  const numbers = cells.flat().map((cell) => (typeof cell === 'boolean' ? Number(cell) : cell));
  const wrong = numbers.find((one) => typeof one !== 'number' || !Number.isFinite(one));
  if (wrong !== undefined) {
    throw new TuneboardError(
      'dataset',
      `The label ${shown(wrong)} is no number: number the classes from 0, for example with classEncodeColumn.`,
    );
  }
  if (cells.some((cell) => cell.length !== cells[0]?.length)) {
    throw new TuneboardError('dataset', 'Some rows have more labels than others: give each as many as the model has.');
  }
  const isWhole = cells[0]?.length === 1 && numbers.every((one) => Number.isInteger(one));
  return isWhole ? Int32Array.from(numbers as number[]) : Float32Array.from(numbers as number[]);
}
