import { TuneboardError } from '../../core/errors.ts';
import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { EitherCase, WithPythonNames } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';
import { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { CallbackClass, TrainerCallback } from '../callbacks/trainerCallback.ts';
import type { Savable } from '../checkpoints/writeCheckpoint.ts';
import { DataCollatorWithPadding, type LabelledBatch } from '../datasets/collator.ts';
import type { Row } from '../datasets/columns.ts';
import { Dataset } from '../datasets/dataset.ts';
import { labelWarnings } from '../datasets/labels.ts';
import { optionsOf } from '../pythonOptions.ts';
import type { Tf } from '../tf.ts';
import type { TrainableModel } from './trainableModel.ts';

export type Metrics = Record<string, number>;

/** What `computeMetrics` gets: a row of logits and a label a text, or num_labels a text of several. */
export interface EvalPrediction {
  readonly predictions: readonly Float32Array[];
  readonly labelIds: Int32Array | Float32Array;
}

/** Pads and packs rows: a `DataCollatorWithPadding`, or your own. */
export interface DataCollator {
  collate(rows: readonly Row[]): LabelledBatch;
}

/** A tokenizer: saved with each checkpoint where it can be, and the default collator's. */
export interface ProcessingClass extends Partial<Savable> {
  readonly padTokenId: number;
}

/** Makes the model anew for every training run, from the trial of a search or null. Its weights follow from `drawSeed()`. */
export type ModelInit = (trial: Trial | null) => TrainableModel | Promise<TrainableModel>;

export interface TrainerOptions {
  /** TensorFlow.js; `defaultTf()` by default. */
  readonly tf?: Tf;
  readonly modelInit?: ModelInit;
  /** In place of `modelInit`: trained as it is, and further with each `train()`. */
  readonly model?: TrainableModel;
  readonly args?: TrainingArguments;
  readonly trainDataset?: Dataset;
  /** One data set, or several by name: their metrics are then called `eval_{name}_…`. */
  readonly evalDataset?: Dataset | Readonly<Record<string, Dataset>>;
  /** Pads with `processingClass` by default. A function will do. */
  readonly dataCollator?: DataCollator | DataCollator['collate'];
  readonly processingClass?: ProcessingClass;
  readonly computeMetrics?: (prediction: WithPythonNames<EvalPrediction>) => Metrics | Promise<Metrics>;
  readonly callbacks?: readonly (TrainerCallback | CallbackClass)[];
  /** Gets every line that Hugging Face's Trainer prints, warnings and the plan of the run too; `console.log` by default. */
  readonly print?: (line: string) => void;
  /** Print numbers in full in place of four digits: see `PrinterCallback`. */
  readonly printsExactly?: boolean;
  /**
   * Rows that go through the model at once at the most; by default as many as memory is enough for, by an estimate, and with
   * `auto_find_batch_size` a whole batch. Halved when memory runs out all the same.
   */
  readonly microBatchSize?: number;
  /**
   * Hyperparameters that a training is differentiated by, for `Trainer.hypergradient`: all together as long as the training once
   * more, and the gradients of all its updates in memory; where these would be more than 1 GiB, each as long as the training once more.
   */
  readonly differentiate?: readonly Hyperparameter[];
  /** Leave that out for a training whose last evaluation had no lower loss than this; never by default. */
  readonly differentiateBelow?: number;
}

/** What a Trainer may be given: the options, in Python's names too. */
export type GivenTrainerOptions = EitherCase<TrainerOptions> & {
  /** @deprecated It is called `processingClass` today. */
  readonly tokenizer?: ProcessingClass;
};

const KEYS: Readonly<Record<keyof TrainerOptions, true>> = {
  tf: true,
  modelInit: true,
  model: true,
  args: true,
  trainDataset: true,
  evalDataset: true,
  dataCollator: true,
  processingClass: true,
  computeMetrics: true,
  callbacks: true,
  print: true,
  printsExactly: true,
  microBatchSize: true,
  differentiate: true,
  differentiateBelow: true,
};

/**
 * Options under their names here: Python's (`model_init`) are taken too, and `tokenizer` with a warning. Throws
 * `invalid-option` for what there is not, and for a Trainer without a model.
 */
export function trainerOptions(given: GivenTrainerOptions): { options: TrainerOptions; warnings: string[] } {
  const warnings: string[] = [];
  const options = optionsOf<TrainerOptions>(given, KEYS, 'The Trainer', (name) => {
    if (name !== 'tokenizer') return name;
    warnings.push('Trainer(tokenizer=) is called processing_class today.');
    return 'processingClass';
  });
  if ((options.model === undefined) === (options.modelInit === undefined)) {
    const both = options.model === undefined ? '' : ', but not both';
    throw new TuneboardError(
      'invalid-option',
      `\`Trainer\` requires either a \`model\` or \`model_init\` argument${both}.`,
    );
  }
  if (options.args !== undefined && !(options.args instanceof TrainingArguments)) {
    throw new TuneboardError('invalid-option', 'The Trainer takes args: new TrainingArguments({ … }).');
  }
  const wrong = (options.callbacks ?? []).find((one) => typeof one !== 'object' && typeof one !== 'function');
  if (wrong !== undefined) {
    throw new TuneboardError(
      'invalid-option',
      `callbacks has ${shown(wrong)}: give objects or classes with methods such as onLog; curves are in the history panel.`,
    );
  }
  return { options, warnings };
}

/** Throws `invalid-option`, in Hugging Face's words, where there is nothing to evaluate on. */
export function requireEvaluation(
  { eval_strategy: strategy }: TrainingArguments,
  { evalDataset }: TrainerOptions,
): void {
  if (strategy === 'no' || evalDataset !== undefined) return;
  throw new TuneboardError(
    'invalid-option',
    `You have set \`args.eval_strategy\` to ${strategy} but you didn't pass an \`eval_dataset\` to \`Trainer\`. Either set \`args.eval_strategy\` to \`no\` or pass an \`eval_dataset\`.`,
  );
}

/** Throws `invalid-option`. */
export function collatorOf({ dataCollator, processingClass }: TrainerOptions): DataCollator {
  if (typeof dataCollator === 'function') return { collate: dataCollator };
  if (dataCollator) return dataCollator;
  if (processingClass) return new DataCollatorWithPadding({ tokenizer: processingClass });
  throw new TuneboardError(
    'invalid-option',
    'Rows need padding: give the Trainer a dataCollator or a processingClass.',
  );
}

/** Whether the rows have labels, as far as is known: a collator of somebody else's may make them of anything. */
export function hasLabels({ columnNames }: Dataset, options: TrainerOptions): boolean {
  if (!(collatorOf(options) instanceof DataCollatorWithPadding)) return true;
  return columnNames.includes('labels') || columnNames.includes('label');
}

/** The rows that a training is differentiated on. */
export function validationRows({ evalDataset }: TrainerOptions): readonly Row[] {
  if (evalDataset instanceof Dataset && evalDataset.rows.length > 0) return evalDataset.rows;
  throw new TuneboardError('invalid-option', 'Trainer: differentiate requires one eval_dataset that has rows.');
}

/** What is saved with each checkpoint; null where it cannot be. */
export function tokenizerOf({ processingClass }: TrainerOptions): Savable | null {
  return processingClass?.savePretrained ? (processingClass as Savable) : null;
}

/** What is to be said of the data sets: rows of one class, and rows that transformers leaves out of evaluations too. */
export function dataWarnings(
  { dataloader_drop_last: drops, per_device_eval_batch_size: size }: TrainingArguments,
  { trainDataset, evalDataset }: TrainerOptions,
): string[] {
  const warnings = [...labelWarnings(trainDataset)];
  const count = evalDataset instanceof Dataset ? evalDataset.numRows : 0;
  if (!drops || count < size || count % size === 0) return warnings;
  const rows = `${count % size} of ${count} rows`;
  return [
    ...warnings,
    `dataloader_drop_last leaves ${rows} out of the evaluation too, as in transformers: set it to false to score all.`,
  ];
}
