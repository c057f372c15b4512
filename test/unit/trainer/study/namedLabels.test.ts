/** A study on labels that are texts: what is said of them, and what config.json of its checkpoint names. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import { runTrialOf } from '../../../../src/trainer/study/studyObjective.ts';
import { CharacterTokenizer } from '../../../../src/trainer/tokenization/characterTokenizer.ts';
import { REVIEW_SIZES, reviewsStudy } from '../../../support/reviewsStudy.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

function namesIn(folder: string, number: number): unknown {
  const config = JSON.parse(
    readFileSync(join(folder, 'models', `run-${number}`, 'checkpoint-3', 'config.json'), 'utf8'),
  );
  return [config.id2label, config.label2id];
}

test('the checkpoint names the labels; a model that has them keeps its order', async (t) => {
  const folder = temporaryFolder(t);
  const backend = await chooseBackend('cpu');
  const lines: string[] = [];
  await runTrialOf(backend, reviewsStudy(folder), { number: 0, params: {} }, (line) => lines.push(line));
  assert.ok(lines.includes('1 row without text or label left out.'), lines.join('\n'));
  assert.ok(
    lines.includes('Labels: 0 = negative, 1 = positive, in sorted order. F1, precision and recall are of positive.'),
  );
  assert.deepEqual(namesIn(folder, 0), [
    { 0: 'negative', 1: 'positive' },
    { negative: 0, positive: 1 },
  ]);

  const model = join(folder, 'model');
  const tokenizer = CharacterTokenizer.fromTexts(['so good too bad']);
  const config = bertConfig({
    ...REVIEW_SIZES,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: 12,
    id2label: { 0: 'POSITIVE', 1: 'NEGATIVE' },
  });
  const other = BertForSequenceClassification.fromConfig(backend.tf, config, 1);
  await other.savePretrained(model);
  await tokenizer.savePretrained(model);
  other.dispose();
  lines.length = 0;
  await runTrialOf(backend, reviewsStudy(folder, { model }), { number: 1, params: {} }, (line) => lines.push(line));
  assert.ok(lines.some((line) => line.startsWith("Labels: 0 = positive, 1 = negative, in the model's order.")));
  assert.deepEqual(namesIn(folder, 1), [
    { 0: 'positive', 1: 'negative' },
    { negative: 1, positive: 0 },
  ]);
});

test('a few rows with many classes, some of one row, are trained on, and it is said how they are parted', async (t) => {
  const folder = temporaryFolder(t);
  const settings = reviewsStudy(folder);
  const rows = Array.from({ length: 20 }, (_, index) => `place ${index % 12},text ${index}`);
  writeFileSync(settings.dataset, ['label,text', ...rows].join('\n'));
  const lines: string[] = [];
  const study = { ...settings, objectives: [{ metric: 'eval_loss', isMinimised: true }] };
  const metrics = await runTrialOf(await chooseBackend('cpu'), study, { number: 0, params: {} }, (line) =>
    lines.push(line),
  );
  assert.ok(Number.isFinite(metrics['eval_loss']) && Number.isFinite(metrics['eval_f1']), JSON.stringify(metrics));
  assert.ok(
    lines.includes(
      'The split is not by class. A value of column label has one row only, so no split by it has it in both parts: leave such rows out.',
    ),
    lines.join('\n'),
  );
  assert.ok(lines.some((line) => line.endsWith('That are 12 classes of 20 rows: is label the column of the labels?')));
});

test('two rows are one to train and one to evaluate, of which no standard error is told', async (t) => {
  const settings = reviewsStudy(temporaryFolder(t));
  writeFileSync(settings.dataset, 'label,text\n0,bad\n1,good\n');
  const lines: string[] = [];
  await runTrialOf(await chooseBackend('cpu'), settings, { number: 0, params: {} }, (line) => lines.push(line));
  assert.ok(lines.some((line) => line.startsWith('1 row to train, 1 to evaluate.')));
  assert.doesNotMatch(lines.join('\n'), /NaN/);
});
