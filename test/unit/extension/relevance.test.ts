import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRelevant } from '../../../src/extension/window/relevance.ts';

const TRAINS = 'LEARNING_RATE = 0.01\nprint(train(LEARNING_RATE))\n';

test('without studies only a study file and a script that tunes start the language server', () => {
  assert.equal(isRelevant('python', '/a/train.py', TRAINS, false), false);
  assert.equal(isRelevant('python', '/a/train.py', 'args = TrainingArguments(learning_rate=1e-5)', false), false);
  assert.equal(isRelevant('yaml', '/a/config.yaml', 'lr: 0.1\n', false), false);
  assert.equal(isRelevant('python', '/a/tune.py', 'import optuna\n', false), true);
  assert.equal(isRelevant('python', '/a/tune.py', 'trainer.hyperparameter_search()\n', false), true);
  assert.equal(isRelevant('yaml', '/a/a.study.yaml', '', false), true);
  assert.equal(isRelevant('yaml', '/a/sweep.yaml', 'method: grid\nparameters:\n  a: {}\n', false), true);
});

test('with studies a file without a value still has nothing to tune', () => {
  assert.equal(isRelevant('python', '/a/train.py', TRAINS, true), true);
  assert.equal(
    isRelevant('python', '/a/util.py', 'import os\n\n\ndef join(a, b):\n    return os.path.join(a, b)\n', true),
    false,
  );
  assert.equal(isRelevant('typescript', '/a/a.ts', 'export const x = { lr: 0.1 };\n', true), true);
  assert.equal(isRelevant('markdown', '/a/a.md', 'lr = 0.1', true), false);
});
