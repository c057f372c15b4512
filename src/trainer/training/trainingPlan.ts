import { TuneboardError } from '../../core/errors.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { Row } from '../datasets/columns.ts';
import { rowOrder } from './rowOrder.ts';

/** How often the weights are updated, as Hugging Face counts. */
export interface TrainingPlan {
  readonly batchesPerEpoch: number;
  readonly updatesPerEpoch: number;
  readonly maxSteps: number;
  readonly epochs: number;
  /** Rows that the whole run sees; a little more than that where `max_steps` counts short batches as full. */
  readonly samples: number;
}

/** Throws `dataset` when not even one batch comes together. */
export function planTraining(rows: number, args: TrainingArgumentValues): TrainingPlan {
  const size = args.per_device_train_batch_size;
  const batches = args.dataloader_drop_last ? Math.floor(rows / size) : Math.ceil(rows / size);
  if (batches === 0) {
    throw new TuneboardError(
      'dataset',
      `There is no batch in ${rows} rows: give more data or a smaller per_device_train_batch_size.`,
    );
  }
  const updatesPerEpoch = Math.ceil(batches / args.gradient_accumulation_steps);
  const maxSteps = args.max_steps > 0 ? args.max_steps : Math.ceil(args.num_train_epochs * updatesPerEpoch);
  const samples =
    args.max_steps > 0 ? maxSteps * size * args.gradient_accumulation_steps : rows * args.num_train_epochs;
  const epochs = Math.ceil(args.max_steps > 0 ? maxSteps / updatesPerEpoch : args.num_train_epochs);
  return { batchesPerEpoch: batches, updatesPerEpoch, maxSteps, epochs, samples };
}

/** The rows of each update of an epoch, in batches, in an order of its own. Throws `dataset`. */
export function updatesOf<T extends Row>(rows: readonly T[], args: TrainingArgumentValues, epoch: number): T[][][] {
  const ordered = Array.from(rowOrder(rows, args, epoch), (index) => rows[index] as T);
  const size = args.per_device_train_batch_size;
  const batches = chunks(ordered, size).filter((batch) => !args.dataloader_drop_last || batch.length === size);
  return chunks(batches, args.gradient_accumulation_steps);
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
