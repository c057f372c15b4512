/** Curves of what a trial prints beside its objective. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { curvesOf, metricCurves } from '../../../src/extension/model/metricCurves.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

test('losses and scores of a Trainer are curves by epoch, speeds and rates are not', () => {
  const output = [1, 2, 3]
    .flatMap((epoch) => [
      `{'loss': ${1 / epoch}, 'grad_norm': 2.0, 'learning_rate': 1e-05, 'epoch': ${epoch}.0}`,
      `{'eval_loss': ${2 / epoch}, 'eval_f1': 0.${epoch}, 'eval_runtime': 0.5, 'eval_samples_per_second': 9, 'epoch': ${epoch}.0}`,
    ])
    .join('\n');
  const curves = curvesOf(
    `  Num update steps per epoch = 3\n  Total optimization steps = 9\n${output}\n{'train_loss': 0.5, 'epoch': 3.0}\n`,
  );
  assert.deepEqual(
    curves.map(({ name }) => name),
    ['loss', 'eval_loss', 'eval_f1'],
  );
  assert.deepEqual(curves[2]?.points, [
    [1, 0.1],
    [2, 0.2],
    [3, 0.3],
  ]);
});

test('lines without a step are counted, steps repeated count once, numbers that are none not at all', () => {
  assert.deepEqual(curvesOf('loss=3\nloss=2\nloss=nan\nloss=1\n')[0]?.points, [
    [1, 3],
    [2, 2],
    [4, 1],
  ]);
  assert.deepEqual(curvesOf('{"a": 1, "step": 5}\n{"a": 3, "step": 9}\n{"a": 2, "step": 5}')[0]?.points, [
    [5, 2],
    [9, 3],
  ]);
  assert.deepEqual(curvesOf('a=1 step=1\nnothing here\n'), []);
});

test('a long curve keeps its end, and of a long output the end is read', (context) => {
  const lines = Array.from({ length: 60_000 }, (_, step) => `step=${step} loss=${60_000 - step} and some words`);
  const path = join(temporaryFolder(context), 'output.log');
  writeFileSync(path, `first=1 step=0\nfirst=2 step=1\n${lines.join('\n')}\n`);
  const curves = metricCurves(path);
  assert.deepEqual(
    curves.map(({ name }) => name),
    ['loss'],
  );
  assert.ok((curves[0]?.points.length ?? 0) <= 201);
  assert.deepEqual(curves[0]?.points.at(-1), [59_999, 1]);
  assert.deepEqual(metricCurves(`${path}.none`), []);
});
