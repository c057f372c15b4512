/**
 * The search of sentiment.study.yaml as a program of one's own, in the terms of Hugging Face's Trainer: trains once, then
 * searches. `npm run build`, then `node examples/sentiment/program.mjs`; a few minutes on a CPU. With a folder `rbt3` beside it
 * (config.json, vocab.txt, model.safetensors or pytorch_model.bin) that model is fine-tuned; otherwise a small one learns
 * from scratch.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  accuracy,
  BertForSequenceClassification,
  bertConfig,
  CharacterTokenizer,
  chooseBackend,
  drawSeed,
  f1,
  loadDataset,
  Trainer,
  TrainingArguments,
} from 'tuneboard/trainer';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const pretrained = here('rbt3');
const isPretrained = existsSync(pretrained);
const maxLength = isPretrained ? 128 : 48;

const dataset = await loadDataset('csv', { dataFiles: here('reviews.csv') });
const datasets = dataset.filter((row) => row.review !== null).trainTestSplit({ testSize: 0.2, seed: 7 });
const tokenizer = isPretrained
  ? await AutoTokenizer.fromPretrained(pretrained)
  : CharacterTokenizer.fromTexts(datasets.train.column('review'));
const tokenize = (rows) => ({
  ...tokenizer(rows.review, { max_length: maxLength, truncation: true }),
  labels: rows.label,
});
const tokenized = datasets.map(tokenize, { batched: true, removeColumns: ['label', 'review'] });

const { tf, name, why } = await chooseBackend();
console.log(`TensorFlow.js on ${name}: ${why}.`);
const small = {
  vocab_size: tokenizer.vocabSize,
  max_position_embeddings: maxLength,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 256,
};
const modelInit = () =>
  isPretrained
    ? AutoModelForSequenceClassification.fromPretrained(pretrained, { tf })
    : BertForSequenceClassification.fromConfig(tf, bertConfig(small), drawSeed());

const trainer = new Trainer({
  tf,
  modelInit,
  args: new TrainingArguments({
    output_dir: here('.tuneboard/program'),
    per_device_train_batch_size: 32,
    num_train_epochs: 3,
    learning_rate: isPretrained ? 2e-5 : 2e-3,
    weight_decay: 0.01,
    eval_strategy: 'epoch',
    save_strategy: 'epoch',
    save_total_limit: 2,
    load_best_model_at_end: true,
    metric_for_best_model: 'f1',
  }),
  trainDataset: tokenized.train,
  evalDataset: tokenized.test,
  processingClass: tokenizer,
  computeMetrics: ({ predictions, labelIds }) => {
    const chosen = predictions.map((logits) => logits.indexOf(Math.max(...logits)));
    return { accuracy: accuracy(labelIds, chosen), f1: f1(labelIds, chosen) };
  },
});

await trainer.train();
const [low, high] = isPretrained ? [1e-6, 1e-4] : [5e-4, 4e-3];
const best = await trainer.hyperparameterSearch({
  hpSpace: (trial) => ({
    learning_rate: trial.suggestFloat('learning_rate', low, high, { log: true }),
    num_train_epochs: trial.suggestInt('num_train_epochs', 2, 4),
    per_device_train_batch_size: trial.suggestCategorical('per_device_train_batch_size', [16, 32]),
  }),
  computeObjective: (metrics) => metrics.eval_f1,
  direction: 'maximize',
  nTrials: 5,
  keepBestRunOnly: true,
});
console.log(String(best));
