/** A study on labels that are texts: what is said of them, and what config.json of its checkpoint names. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import { runTrialOf } from '../../../../src/trainer/studyObjective.ts';
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
