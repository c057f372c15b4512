import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINE_LIMIT } from '../../../src/core/text/lines.ts';
import { parseMetricLine } from '../../../src/storage/log/metricLines.ts';
import { WordedMetrics, wordedNames } from '../../../src/tuner/objective/metrics/wordedMetrics.ts';

type Case = readonly [name: string, line: string, value: number | undefined, step?: number];

/** Lines as the programs of the first column print them. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  Keras: [
    [
      'val_loss',
      '10/10 ━━━━━━━━ 1s 9ms/step - accuracy: 0.91 - loss: 0.3100 - val_accuracy: 0.88 - val_loss: 4.2e-01',
      0.42,
    ],
    ['loss', '10/10 ━━━━━━━━ 1s 9ms/step - accuracy: 0.91 - loss: 0.3100 - val_accuracy: 0.88 - val_loss: 0.42', 0.31],
    ['accuracy', '1875/1875 [==============================] - 4s 2ms/step - loss: 0.2954 - accuracy: 0.9136', 0.9136],
  ],
  XGBoost: [['eval-auc', '[20]\ttrain-logloss:0.10125\teval-auc:0.98712', 0.98712, 20]],
  LightGBM: [
    ["valid_0's auc", "[100]\tvalid_0's auc: 0.95\tvalid_0's binary_logloss: 0.21", 0.95, 100],
    ["valid_0's binary_logloss", "[100]\tvalid_0's auc: 0.95\tvalid_0's binary_logloss: 0.21", 0.21, 100],
  ],
  'scikit-learn': [['accuracy', '    accuracy                           0.97       360', 0.97]],
  Lightning: [['test_acc', '│         test_acc          │    0.8899999856948853     │', 0.8899999856948853]],
  "timm and PyTorch's examples": [
    ['Acc@1', 'Test: [  78/78]  Time: 0.2  Loss:  0.9 (0.8)  Acc@1:  78.1 (80.2)  Acc@5:  95 (96)', 80.2],
    ['Acc@1', 'Test: [ 0/79]\tTime  2.1 ( 2.1)\tLoss 9.1e-01 (8.2e-01)\tAcc@1  78.12 ( 80.20)', 80.2],
    ['loss', 'Train: 0 [  50/1251 (  4%)]  Loss: 6.95 (6.94)  Time: 0.366s, 2800/s', 6.94],
    ['acc1', 'Epoch: [3]  [ 10/78]  eta: 0:00:01  loss: 0.5 (0.6)  acc1: 78.1 (80.2)  time: 0.1', 80.2, 3],
    ['acc@1', ' * Acc@1 78.100 (21.900) Acc@5 95.200 (4.800)', 78.1],
    ['acc', 'Fold [1/5] acc: 0.91 (0.02)', 0.91],
    ['acc', 'Epoch [3/10] acc: 0.91 (0.93)', 0.91, 3],
  ],
  CatBoost: [['test', '100:\tlearn: 0.2000\ttest: 0.3000\tbest: 0.2900 (88)\ttotal: 1.2s\tremaining: 3.4s', 0.3]],
  'a log': [
    ['acc', '2026-05-06T07:08:09.123456789Z acc: 0.91\r', 0.91],
    ['reward', 'episode 7 reward 13\tlength 200', 13],
    ['reward', 'reward 13 length 200', 13],
    ['loss', 'loss 5 acc: 0.5', 5],
    ['acc', 'acc: 0.3 (best epoch 2)', 0.3],
    ['loss', '{"level": "info", "metrics": {"loss": 0.3}}', 0.3],
    ['val_acc', "2026-01-02 10:11:12,345 INFO train: {'epoch': 3, 'val_acc': 0.91}", 0.91],
    ['loss', 'Train Epoch: 3 [1280/60000 (2%)]\tLoss: 0.512', 0.512, 3],
    ['test accuracy', 'Epoch [3/10] Test Accuracy: 91.25%', 91.25, 3],
    ['test_accuracy', 'Test accuracy = 0.9', 0.9],
    ['val_loss', 'val_loss 0.123', 0.123],
    ['accuracy', 'Accuracy is .5.', 0.5],
    ['loss', 'train loss: 0.1, val loss: 0.2', 0.2],
    ['loss', 'train loss: 0.1 loss: 0.3 val loss: 0.2', 0.3],
    ['Loss', 'loss: 0.1 Loss: 0.2 loss: 0.3', 0.2],
    ['准确率', '第 3 轮，准确率：0.91', 0.91],
    ['loss', 'step 200 loss: nan', Number.NaN, 200],
    ['elbo', 'ELBO: -inf', Number.NEGATIVE_INFINITY],
    ['r2 (test)', 'R2 (test): 0.5', 0.5],
  ],
  'none of it': [
    ['accuracy', 'Evaluating accuracy: 100%|██████████| 10/10 [00:01<00:00, 9.1it/s]', undefined],
    ['accuracy', 'accuracy 3 times in a row', undefined],
    ['loss', 'Computing loss 3 of 10', undefined],
    ['accuracy', 'accuracy 2026-01-02', undefined],
    ['loss', 'Validation loss: 0.5 --> 0.4, saving', undefined],
    ['accuracy', 'Target accuracy: 0.99, previous best accuracy: 0.9', undefined],
    ['loss', '/usr/lib/python3/x.py:12: UserWarning: loss 0.5 is deprecated', undefined],
    ['loss', "Namespace(loss=3, optim='adam')", undefined],
    ['loss', '{"val": {"loss": 0.3}, "train": {"loss": 0.1}}', undefined],
    ['loss', 'val_loss: 0.3', undefined],
    ['loss', 'test/loss: 0.3', undefined],
    ['loss', 'loss: 1,024.5', undefined],
    ['time', 'time: 12:30:45', undefined],
    ['version', 'version: 1.2.3', undefined],
    ['loss', 'loss: 4abc', undefined],
    ['acc', 'acc: 3/10', undefined],
    ['acc', 'accuracy: 0.9', undefined],
    ['acc', 'the acc of model 3', undefined],
    ['acc', 'acc:', undefined],
    ['acc', `acc: 0.5${' '.repeat(70_000)}`, undefined],
  ],
};

for (const [program, cases] of Object.entries(CASES)) {
  test(`metrics in words: ${program}`, () => {
    for (const [name, line, value, step] of cases) {
      const report = new WordedMetrics([name]).read(line);
      assert.deepEqual(
        report,
        value === undefined ? undefined : { metrics: { [name]: value }, step: step ?? null },
        line,
      );
    }
  });
}

test('only what a terminal would still show of a line counts, without its colours', () => {
  const worded = new WordedMetrics(['acc', 'loss']);
  assert.deepEqual(worded.read('acc: 0.1 loss: 3\r\u001b[32macc: 0.2\u001b[0m loss: 2')?.metrics, {
    acc: 0.2,
    loss: 2,
  });
  assert.equal(worded.read('nothing of interest'), undefined);
});

test('reports the names that lines give to numbers', () => {
  const lines = [
    'Epoch 1/3',
    'Train Loss: 0.3 - Val Loss: 4',
    '[20]\teval-auc:0.98',
    'at 12:30:45',
    'Train Loss: 0.2',
    '',
  ];
  assert.deepEqual(wordedNames(lines), ['Train Loss', 'Val Loss', 'eval-auc']);
});

test('any number that is printed after a name comes back, and no line is too odd', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}([ _-][a-z][a-z0-9]{0,6}){0,2}$/);
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  const between = fc.constantFrom(': ', ' ', ' = ', '：', ' | ', '": ');
  fc.assert(
    fc.property(name, number, between, (name, value, separator) => {
      fc.pre(!/\b(?:inf|nan)/.test(name));
      const line = `${name}${separator}${value}, and more`;
      assert.deepEqual(new WordedMetrics([name]).read(line)?.metrics, { [name]: value });
    }),
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), (odd, line) => {
      new WordedMetrics([odd]).read(`${line}${odd}: 1`);
      wordedNames([`${line}${odd}: 1`]);
    }),
  );
});

test('a long line takes no longer than its length, whatever it is made of', () => {
  const pieces = ['a', 'f(', 'a=', 'acc: 1 (', 'acc: 1%|', 'val acc: 0.3 ', 'acc=1,', 'acc ', 'best_', ' ', '1', '['];
  const lines = pieces.flatMap((piece) => {
    const long = piece.repeat((LINE_LIMIT - 10) / piece.length);
    return [long, `acc: ${long}x`, `acc=${long}x`, `f(${long}`, `${long}==`, `{"acc": "${long.slice(10)}x"}`];
  });
  const before = process.cpuUsage();
  for (const line of lines) {
    parseMetricLine(line);
    new WordedMetrics(['acc']).read(line);
    wordedNames([line]);
  }
  const { user } = process.cpuUsage(before);
  // Half a second; minutes where the time grows with the square of the length.
  assert.ok(user < 10e6, `${user / 1e6} s`);
});
