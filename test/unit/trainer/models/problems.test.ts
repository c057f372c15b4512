/** A regression, several labels a text and pairs of texts, learnt through the Trainer. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { DataCollatorWithPadding } from '../../../../src/trainer/datasets/collator.ts';
import type { Cell } from '../../../../src/trainer/datasets/columns.ts';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { argmax } from '../../../../src/trainer/metrics/argmax.ts';
import { accuracy, meanSquaredError } from '../../../../src/trainer/metrics/scores.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { type BertConfig, bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { CharacterTokenizer } from '../../../../src/trainer/tokenization/characterTokenizer.ts';
import { Trainer } from '../../../../src/trainer/training/trainer.ts';
import type { EvalPrediction, Metrics } from '../../../../src/trainer/training/trainerOptions.ts';

let tf: Tf;
before(async () => {
  ({ tf } = await chooseBackend('wasm'));
});

/** Trains on rows of texts (and second texts) with labels, and scores the same rows. */
async function learn(
  rows: readonly { readonly text: string; readonly pair?: string; readonly labels: Cell }[],
  settings: Partial<BertConfig>,
  computeMetrics: (prediction: EvalPrediction) => Metrics,
): Promise<Metrics> {
  const tokenizer = CharacterTokenizer.fromTexts(rows.map(({ text, pair = '' }) => text + pair));
  const dataset = Dataset.fromRows(
    rows.map(({ text, pair, labels }) => ({ ...tokenizer(text, { text_pair: pair ?? null }), labels })),
  );
  const config = bertConfig({
    vocab_size: tokenizer.vocabSize,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 16,
    initializer_range: 0.2,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    ...settings,
  });
  const trainer = new Trainer({
    tf,
    modelInit: () => BertForSequenceClassification.fromConfig(tf, config, 4),
    args: new TrainingArguments({
      num_train_epochs: 70,
      learning_rate: 5e-3,
      per_device_train_batch_size: 16,
      save_strategy: 'no',
    }),
    trainDataset: dataset,
    evalDataset: dataset,
    dataCollator: new DataCollatorWithPadding({ tokenizer }),
    computeMetrics,
    print: () => undefined,
  });
  await trainer.train();
  const metrics = await trainer.evaluate();
  trainer.dispose();
  return metrics;
}

test('a regression learns numbers', async () => {
  const rows = Array.from({ length: 32 }, (_, index) => {
    const count = index % 6;
    return { text: 'a'.repeat(count) + 'b'.repeat(6 - count), labels: count / 2 - 1 };
  });
  const metrics = await learn(rows, { num_labels: 1 }, ({ predictions, labelIds }) => {
    assert.ok(labelIds instanceof Float32Array);
    return {
      mse: meanSquaredError(
        labelIds,
        predictions.map(([value]) => value as number),
      ),
    };
  });
  const mean = rows.reduce((sum, { labels }) => sum + labels, 0) / rows.length;
  const spread = rows.reduce((sum, { labels }) => sum + (labels - mean) ** 2, 0) / rows.length;
  assert.ok((metrics['eval_mse'] as number) < spread / 10, `${metrics['eval_mse']} of ${spread}`);
  assert.ok(Math.abs((metrics['eval_loss'] as number) - (metrics['eval_mse'] as number)) < 1e-5);
});

test('several labels a text are learnt each for itself', async () => {
  const rows = Array.from({ length: 32 }, (_, index) => {
    const has = [index % 2, (index >> 1) % 2, (index >> 2) % 2];
    return { text: `x${has.map((one, at) => (one ? 'abc'[at] : 'd')).join('')}`, labels: has };
  });
  const metrics = await learn(
    rows,
    { num_labels: 3, problem_type: 'multi_label_classification' },
    ({ predictions, labelIds }) => {
      const guesses = predictions.flatMap((logits) => Array.from(logits, (logit) => (logit > 0 ? 1 : 0)));
      return { accuracy: accuracy(labelIds, guesses) };
    },
  );
  assert.equal(metrics['eval_accuracy'], 1);
});

test('which text of a pair a word stands in is learnt', async () => {
  // The same characters in the same places but for the end mark between: token types and it tell the two apart.
  const rows = Array.from({ length: 32 }, (_, index) =>
    index % 2 === 0 ? { text: 'ab', pair: 'c', labels: 0 } : { text: 'a', pair: 'bc', labels: 1 },
  );
  const metrics = await learn(rows, { num_labels: 2 }, ({ predictions, labelIds }) => ({
    accuracy: accuracy(labelIds, argmax(predictions)),
  }));
  assert.equal(metrics['eval_accuracy'], 1);
});

test('labels that do not fit end the training with a sentence', async () => {
  const rows = [
    { text: 'a', labels: 0 },
    { text: 'b', labels: 2 },
  ];
  await assert.rejects(
    learn(rows, { num_labels: 2 }, () => ({})),
    /The label 2 is no class of a model with 2: set num_labels to 3/,
  );
});

test('rows of one class are warned of before anything is trained', () => {
  const lines: string[] = [];
  const trainDataset = Dataset.fromRows([3, 4, 5].map((id) => ({ input_ids: [2, id, 3], labels: 1 })));
  const args = new TrainingArguments({ save_strategy: 'no' });
  const tokenizer = CharacterTokenizer.fromTexts(['a']);
  new Trainer({
    tf,
    args,
    modelInit: () => assert.fail(),
    trainDataset,
    processingClass: tokenizer,
    print: (line) => lines.push(line),
  });
  assert.match(lines.join('\n'), /Column labels has one class only, 1 in all 3 rows/);
});
