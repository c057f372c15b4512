/** Studies of the built-in trainer, in real processes: the tuner's and one a trial. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FAIL_REASON } from '../../src/core/study/attributes.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { REVIEWS, TrainerFolder } from './trainerStudy.ts';
import { until } from './tunerHarness.ts';

let folder: TrainerFolder;
beforeEach(() => {
  folder = new TrainerFolder();
});
afterEach(() => folder.remove());

test('five trials learn what always naming the commonest class cannot', { timeout: 300_000 }, async () => {
  const source = folder.trainerStudy(
    `${REVIEWS}, model: { hidden_size: 32, intermediate_size: 64 }, args: { num_train_epochs: 4 }`,
    'sampler: { type: random, seed: 4 }\npruner: none\nbudget: { trials: 5 }\n',
  );
  const { code, stdout, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stdout + stderr);
  const { history } = await folder.load();
  assert.equal(history.length, 5);
  const best = history.best as number;
  const output = folder.output(best);
  const baseline =
    /^360 rows to train, 120 to evaluate\. Always saying 1 gives accuracy ([\d.]+) and F1 ([\d.]+);/m.exec(output);
  assert.ok(baseline, output);
  assert.match(output, /^TensorFlow\.js [\d.]+ on (wasm|cpu): the smoke test passed/m);
  assert.ok(history.value(best) > Number(baseline[2]) + 0.08, `${history.value(best)} against ${baseline[2]}`);
  assert.ok(Number(history.userAttrs(best)['eval_accuracy']) > Number(baseline[1]) + 0.12);
  for (let number = 0; number < 5; number++) {
    assert.equal(history.state(number), TrialState.complete);
    // What the training is planned to be is no metric.
    assert.ok(
      !Object.keys(history.userAttrs(number)).some((name) => /^(examples|Epochs|device|steps|parameters)$/.test(name)),
    );
    // An evaluation an epoch; the last one is the trial's value.
    const { steps, values } = history.curve(number);
    assert.deepEqual([...steps], [1, 2, 3, 4]);
    assert.equal(values.at(-1), history.value(number));
  }
});

test('mistakes in the data are a sentence', { timeout: 300_000 }, async () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    [REVIEWS.replace('text: review', 'text: words'), /no column "words": it has "label", "review"/],
    [
      REVIEWS.replace('label: label', 'label: review').replace('text: review', 'text: label'),
      /Column review is no column of labels: \d+ rows have \d+ different texts/,
    ],
    [REVIEWS.replace('reviews.csv', 'none.csv'), /The data set none\.csv cannot be read/],
    [`${REVIEWS}, model: { hidden_size: 10, num_attention_heads: 3 }`, /no multiple of num_attention_heads/],
    [`${REVIEWS}, model: ./none`, /is no folder of a model/],
    [`${REVIEWS}, backend: tensorflow`, /TensorFlow\.js does not run here, no tensorflow: it is not installed/],
  ];
  for (const [index, [trainer, sentence]] of mistakes.entries()) {
    const name = `wrong${index}`;
    const { code } = await folder.run('run', folder.trainerStudy(trainer, 'budget: { trials: 1 }\n', name));
    assert.notEqual(code, 0);
    const { history } = await folder.load(name);
    assert.equal(history.state(0), TrialState.fail);
    const output = folder.output(0, name);
    assert.match(output, sentence);
    assert.ok(!output.includes('    at '), output);
    assert.match(String(history.userAttrs(0)[FAIL_REASON]), /\S/);
  }
});

test('a trial ends at once when the study is stopped', { timeout: 300_000 }, async () => {
  const source = folder.trainerStudy(`${REVIEWS}, args: { num_train_epochs: 500 }`, 'budget: { trials: 1 }\n');
  const { child, ended } = folder.start(['run', source]);
  await until(() => {
    try {
      return folder.output(0).includes("'eval_f1'");
    } catch {
      return false;
    }
  });
  child.kill('SIGTERM');
  await ended;
  assert.equal(folder.record().state, 'stopped');
  const { history } = await folder.load();
  assert.ok((history.curve(0).steps.at(-1) as number) < 500, 'it was not trained to its end');
});
