import { TuneboardError } from '../../core/errors.ts';
import { Random, shuffle } from '../../core/random.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { Row } from '../datasets/columns.ts';

/** Batches whose rows are sorted together, at the most: Hugging Face's `mega_batch_mult`. */
const MOST_BATCHES = 50;

type Arguments = Pick<
  TrainingArgumentValues,
  | 'train_sampling_strategy'
  | 'length_column_name'
  | 'per_device_train_batch_size'
  | 'gradient_accumulation_steps'
  | 'data_seed'
  | 'seed'
>;

/**
 * The indices of the rows in the order in which an epoch takes them, as `train_sampling_strategy` has it: a function of the
 * seed and the epoch. Throws `dataset` where rows are to be grouped and have no length.
 */
export function rowOrder(rows: readonly Row[], args: Arguments, epoch: number): Uint32Array {
  const order = Uint32Array.from(rows, (_, index) => index);
  if (args.train_sampling_strategy === 'sequential') return order;
  shuffle(order, new Random(args.data_seed ?? args.seed, epoch, 'rows'));
  if (args.train_sampling_strategy === 'random') return order;
  const lengths = Float64Array.from(rows, (row) => lengthOf(row, args.length_column_name));
  return groupedByLength(order, lengths, args.per_device_train_batch_size * args.gradient_accumulation_steps);
}

/**
 * A random order so changed that each `batchSize` indices in a row are of about the same length: parts of up to 50 batches are
 * sorted from long to short, and the longest row of all comes first, so that memory runs out at once if it does (Hugging
 * Face's `get_length_grouped_indices`).
 */
export function groupedByLength(order: Uint32Array, lengths: Float64Array, batchSize: number): Uint32Array {
  const batches = Math.max(1, Math.min(Math.floor(order.length / (batchSize * 4)), MOST_BATCHES));
  const size = batches * batchSize;
  const grouped = new Uint32Array(order.length);
  const at = (index: number) => lengths[index] as number;
  let longest = 0;
  for (let start = 0; start < order.length; start += size) {
    // Array's sort keeps the order of equals, as Python's does.
    grouped.set(
      [...order.subarray(start, start + size)].sort((a, b) => at(b) - at(a)),
      start,
    );
    if (at(grouped[start] as number) > at(grouped[longest] as number)) longest = start;
  }
  const [first, other] = [grouped[0], grouped[longest]];
  if (first === undefined || other === undefined) return grouped;
  grouped[0] = other;
  grouped[longest] = first;
  return grouped;
}

function lengthOf(row: Row, column: string): number {
  const { [column]: given, input_ids: ids } = row;
  if (typeof given === 'number') return given;
  if (Array.isArray(ids)) return ids.length;
  throw new TuneboardError(
    'dataset',
    `Rows have neither a column ${column} with their lengths nor input_ids: give them one, or set train_sampling_strategy to random.`,
  );
}
