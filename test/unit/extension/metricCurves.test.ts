/** Curves of what a trial prints beside its objective. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricCurves } from '../../../src/extension/panel/outputCurves.ts';
import type { MetricCurve } from '../../../src/protocol/panel.ts';

function curvesOf(output: string): readonly MetricCurve[] {
  const curves = new MetricCurves();
  for (const line of output.split('\n')) curves.add(line);
  return curves.curves;
}

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

test('a curve without end keeps evenly spread points, its first and its last', () => {
  const curves = new MetricCurves();
  for (let step = 0; step < 60_000; step++) curves.add(`step=${step} loss=${60_000 - step}`);
  const points = curves.curves[0]?.points ?? [];
  assert.ok(points.length > 100 && points.length <= 201, String(points.length));
  assert.deepEqual(
    [points[0], points.at(-1)],
    [
      [0, 60_000],
      [59_999, 1],
    ],
  );
  const gaps = points.slice(1, -1).map(([step], index) => step - Number(points[index]?.[0]));
  assert.equal(new Set(gaps).size, 1, `gaps of ${[...new Set(gaps)]}`);
});

test('the lowest and the highest value of a long curve are among its points', () => {
  const curves = new MetricCurves();
  const spikes = new Map([
    [12_345, -7],
    [33_333, 9],
  ]);
  for (let step = 0; step < 60_000; step++) curves.add(`step=${step} loss=${spikes.get(step) ?? Math.sin(step)}`);
  const extremes = () => {
    const values = (curves.curves[0]?.points ?? []).map(([, value]) => value);
    return [Math.min(...values), Math.max(...values)];
  };
  assert.deepEqual(extremes(), [-7, 9]);
  curves.add('step=33333 loss=0');
  const [low, high] = extremes() as [number, number];
  assert.equal(low, -7);
  assert.ok(high > 0.99 && high <= 1, `${high}: a step that came again has its new value alone`);
});

test('names without end are kept as far as they can be shown', () => {
  const curves = new MetricCurves();
  for (let step = 0; step < 5000; step++) curves.add(`step=${step} loss=1 made_up_${step}=1`);
  assert.deepEqual(
    curves.curves.map(({ name, points }) => [name, points.at(-1)]),
    [['loss', [4999, 1]]],
  );
});
