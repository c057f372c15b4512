import { TuneboardError } from '../core/errors.ts';
import { TrainingArguments } from './arguments/trainingArguments.ts';
import { DataCollatorWithPadding } from './datasets/collator.ts';
import type { Cell } from './datasets/columns.ts';
import { Dataset } from './datasets/dataset.ts';
import { accuracy, f1 } from './metrics/scores.ts';
import { majorityBaseline } from './metrics/uncertainty.ts';
import { BertForSequenceClassification } from './models/bert.ts';
import { type BertConfig, bertConfig, SMALL_MODEL } from './models/bertConfig.ts';
import { drawSeed } from './seed.ts';
import type { Tf } from './tf.ts';
import { CharacterTokenizer } from './tokenization/characterTokenizer.ts';
import type { Tokenizer } from './tokenization/tokenizer.ts';
import { Trainer } from './trainer.ts';
import type { EvalPrediction, Metrics } from './trainerOptions.ts';

/** `objective: { trainer: … }` of a study file, complete. */
export interface TrainerSettings {
  readonly dataset: string;
  readonly text: string;
  readonly label: string;
  readonly test_size: number;
  readonly split_seed: number;
  readonly max_length: number;
  readonly model: Readonly<Record<string, unknown>>;
  /** Training arguments that are the same in every trial. */
  readonly args: Readonly<Record<string, unknown>>;
}

interface Prepared {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly tokenizer: Tokenizer;
  readonly config: BertConfig;
}

/** Trains and scores one trial of a study: a character BERT from scratch on a part of the data set, stratified by label. */
export async function runTrialOf(
  tf: Tf,
  settings: TrainerSettings,
  dataset: Dataset,
  params: Readonly<Record<string, unknown>>,
  print: (line: string) => void,
): Promise<Metrics> {
  // Evaluations by epoch, so that trials with different batch sizes can be compared by a pruner.
  const byEpoch = { eval_strategy: 'epoch', logging_strategy: 'epoch', save_strategy: 'no' };
  const args = new TrainingArguments({ ...byEpoch, ...settings.args, ...params });
  const { train, test, tokenizer, config } = prepare(dataset, settings);
  print(describeBaseline(train, test));
  let last: Metrics | undefined;
  const trainer = new Trainer({
    tf,
    modelInit: () => BertForSequenceClassification.fromConfig(tf, config, drawSeed()),
    args,
    trainDataset: train,
    evalDataset: test,
    dataCollator: new DataCollatorWithPadding({ tokenizer }),
    computeMetrics: config.num_labels > 2 ? macroMetrics : binaryMetrics,
    callbacks: [
      {
        onEvaluate: ({ metrics }) => {
          last = metrics;
        },
      },
    ],
    print,
    printsExactly: true,
  });
  await trainer.train();
  last ??= await trainer.evaluate();
  trainer.dispose();
  return last;
}

/** Rows without text or label are left out, as `filter` would; the vocabulary is the training part's. */
function prepare(dataset: Dataset, settings: TrainerSettings): Prepared {
  const { text, label, max_length: maxLength } = settings;
  for (const name of [text, label]) dataset.column(name);
  const rows = dataset.filter((row) => row[text] !== null && row[label] !== null);
  const classes = classesOf(rows.column(label), label);
  const parts = rows.trainTestSplit({
    testSize: settings.test_size,
    seed: settings.split_seed,
    stratifyByColumn: label,
  });
  const tokenizer = CharacterTokenizer.fromTexts(parts.train.column(text).map(String));
  const encode = (part: Dataset) =>
    new Dataset([...part.columnNames], [...part.rows]).map(
      (row) => ({
        ...tokenizer(String(row[text]), { max_length: maxLength, truncation: true }),
        labels: Number(row[label]),
      }),
      { removeColumns: part.columnNames },
    );
  const config = bertConfig({
    ...SMALL_MODEL,
    ...settings.model,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: maxLength,
    num_labels: classes,
  });
  return { train: encode(parts.train), test: encode(parts.test), tokenizer, config };
}

/** Throws where the labels are not the classes 0 … n − 1 with n ≥ 2. */
function classesOf(labels: readonly Cell[], name: string): number {
  const distinct = [...new Set(labels.map((label) => (typeof label === 'boolean' ? Number(label) : label)))];
  const wrong = distinct.find((label) => typeof label !== 'number' || !Number.isInteger(label) || label < 0);
  if (wrong !== undefined) {
    throw new TuneboardError(
      'dataset',
      `The label ${JSON.stringify(wrong)} of column ${name} is no class: use whole numbers from 0 on.`,
    );
  }
  const classes = Math.max(...(distinct as number[])) + 1;
  if (distinct.length < 2) {
    throw new TuneboardError(
      'dataset',
      `Column ${name} has one class only, so there is nothing to learn: give rows of two or more.`,
    );
  }
  if (classes > 2 * distinct.length) {
    throw new TuneboardError(
      'dataset',
      `The labels of column ${name} go up to ${classes - 1} but only ${distinct.length} are used: number the classes from 0.`,
    );
  }
  return classes;
}

function binaryMetrics({ predictions, labelIds }: EvalPrediction): Metrics {
  const chosen = predictions.map(argmax);
  return { accuracy: accuracy(labelIds, chosen), f1: f1(labelIds, chosen) };
}

function macroMetrics({ predictions, labelIds }: EvalPrediction): Metrics {
  const chosen = predictions.map(argmax);
  return { accuracy: accuracy(labelIds, chosen), f1: f1(labelIds, chosen, 'macro') };
}

function argmax(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

/** Nobody should choose by noise: what always saying one label scores, and how far chance moves an accuracy. */
function describeBaseline(train: Dataset, test: Dataset): string {
  const evaluated = test.column('labels').map(Number);
  const baseline = majorityBaseline(train.column('labels').map(Number), evaluated);
  const error = Math.sqrt((baseline.accuracy * (1 - baseline.accuracy)) / evaluated.length);
  const [score, f1Score, spread] = [baseline.accuracy, baseline.f1, error].map((value) => value.toFixed(3));
  return (
    `${train.rows.length} rows to train, ${evaluated.length} to evaluate. Always saying ${baseline.label} gives accuracy ` +
    `${score} and F1 ${f1Score}; the standard error of an accuracy on so few rows is about ${spread}. Model: not pretrained.`
  );
}
