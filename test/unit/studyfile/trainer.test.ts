/** Study files whose objective is the trainer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeStudyFile } from '../../../src/studyfile/completions.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

const GOOD = `direction: maximize
metric: eval_f1
objective:
  trainer:
    dataset: reviews.csv
    text: review
    label: label
    model: { hidden_size: 32 }
    args: { num_train_epochs: 2 }
  timeout: 5m
space:
  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }
`;

function problemsOf(text: string): string[] {
  return parseStudyFile(text, 's').problems.map(({ code }) => code);
}

test('the trainer has its defaults', () => {
  const { file, problems } = parseStudyFile(GOOD, 's');
  assert.deepEqual(problems, []);
  assert.deepEqual(file?.objective, {
    kind: 'trainer',
    settings: {
      dataset: 'reviews.csv',
      text: 'review',
      label: 'label',
      test_size: 0.25,
      split_seed: 42,
      max_length: 128,
      model: { hidden_size: 32 },
      args: { num_train_epochs: 2 },
    },
    trialTimeoutMs: 300_000,
  });
});

for (const [what, from, to, code] of [
  ['a metric that it does not report', 'metric: eval_f1', 'metric: f1', 'trainer-metric'],
  ['no metric', 'metric: eval_f1\n', '', 'trainer-metric'],
  ['an F1 that is minimised', 'direction: maximize\n', '', 'trainer-maximize'],
  ['a loss that is maximised', 'metric: eval_f1', 'metric: eval_loss', 'trainer-minimize'],
  ['a misspelt argument in the space', 'learning_rate:', 'learning_rat:', 'misspelt-argument'],
  ['an unknown argument in the space', 'learning_rate:', 'colour:', 'unknown-argument'],
  ['a misspelt argument in args', 'num_train_epochs', 'num_train_epoch', 'misspelt-argument'],
  ['a scheduler', 'space:', 'scheduler: { type: asha, max_resource: 9 }\nspace:', 'trainer-scheduler'],
  ['a key of a command', 'timeout: 5m', 'cwd: sub', 'foreign-key'],
  ['a second objective', 'timeout: 5m', 'command: node a.js', 'two-objectives'],
  ['a column that is missing', '    text: review\n', '', 'missing-key'],
  ['an unknown key', 'label: label', 'label: label\n    lable: x', 'misspelt-key'],
  ['no space', /space:[\s\S]*/, '', 'empty-space'],
] as const) {
  test(`${what} is found`, () => {
    const changed = GOOD.replace(from, to);
    assert.notEqual(changed, GOOD);
    assert.deepEqual(problemsOf(changed), [code]);
  });
}

test('a misspelt argument can be corrected, in Chinese too', () => {
  const [problem] = parseStudyFile(GOOD.replace('learning_rate', 'learning_rat'), 's', 'zh-cn').problems;
  assert.equal(problem?.fix?.newText, 'learning_rate');
  assert.match(problem?.message ?? '', /训练参数/);
});

test('its keys are completed', () => {
  const text = 'objective:\n  trainer:\n    ';
  const labels = completeStudyFile(text, text.length).map(({ label }) => label);
  assert.deepEqual(labels, ['dataset', 'text', 'label', 'test_size', 'split_seed', 'max_length', 'model', 'args']);
});
