import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlotData, PlotPoint } from '../../../webview/plot/plotData.ts';
import { PlotTargets } from '../../../webview/plot/plotTargets.ts';

const axis = { min: 0, max: 100, log: false, ticks: [], label: String, name: '' };

function targetsOf(points: PlotPoint[], isCurves: boolean): PlotTargets {
  const data: PlotData = {
    x: axis,
    y: axis,
    sets: [
      { style: 'bestSoFar', points: [{ x: 50, y: 50, n: 99 }] },
      { style: 'complete', points },
    ],
    isCurves,
    locate: () => [],
    trials: [],
  };
  const targets = new PlotTargets();
  targets.rebuild(
    data,
    (x) => x * 2,
    (y) => 200 - y * 2,
  );
  return targets;
}

test('the nearest trial within reach answers; the step line does not', () => {
  const targets = targetsOf(
    [
      { x: 10, y: 10, n: 1 },
      { x: 14, y: 10, n: 2 },
    ],
    false,
  );
  assert.equal(targets.nearest(21, 180, 14), 1);
  assert.equal(targets.nearest(26, 180, 14), 2);
  assert.equal(targets.nearest(100, 100, 14), null);
});

test('a curve is met between its points, but never between two curves', () => {
  const points = [
    { x: 0, y: 0, n: 1 },
    { x: 50, y: 50, n: 1 },
    { x: 50, y: Number.NaN, n: 1 },
    { x: 0, y: 100, n: 2 },
    { x: 50, y: 100, n: 2 },
  ];
  const targets = targetsOf(points, true);
  assert.equal(targets.nearest(50, 150, 5), 1, 'the middle of the first curve');
  assert.equal(targets.nearest(50, 4, 5), 2, 'the middle of the second curve');
  assert.equal(targets.nearest(60, 60, 5), null, 'the gap');
});
