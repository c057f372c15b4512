import { TuneboardError } from '../../core/errors.ts';
import type { EncodedBatch } from '../models/encodedBatch.ts';
import type { Row } from './dataset.ts';

export interface LabelledBatch extends EncodedBatch {
  readonly labels: Int32Array;
}

/** Pads the rows of a batch to the longest of them. Rows have `input_ids`, `attention_mask` and `label` or `labels`. */
export class DataCollatorWithPadding {
  readonly #padTokenId: number;

  constructor({ tokenizer }: { readonly tokenizer: { readonly padTokenId: number } }) {
    this.#padTokenId = tokenizer.padTokenId;
  }

  collate(rows: readonly Row[]): LabelledBatch {
    const ids = rows.map((row) => numbersOf(row, 'input_ids'));
    const length = Math.max(...ids.map((one) => one.length));
    const size = rows.length;
    const inputIds = new Int32Array(size * length).fill(this.#padTokenId);
    const attentionMask = new Int32Array(size * length);
    const labels = new Int32Array(size);
    for (const [index, row] of rows.entries()) {
      inputIds.set(ids[index] as readonly number[], index * length);
      attentionMask.set(numbersOf(row, 'attention_mask'), index * length);
      labels[index] = labelOf(row);
    }
    return { inputIds, attentionMask, labels, size, length };
  }
}

function numbersOf(row: Row, name: string): readonly number[] {
  const cell = row[name];
  if (Array.isArray(cell)) return cell as readonly number[];
  throw new TuneboardError('dataset', `A row has no ${name}: tokenize the data set first.`);
}

function labelOf(row: Row): number {
  const label = row['labels'] ?? row['label'];
  const number = typeof label === 'boolean' ? Number(label) : label;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
  throw new TuneboardError(
    'dataset',
    `The label ${JSON.stringify(label ?? null)} is no class: use whole numbers from 0 on.`,
  );
}
