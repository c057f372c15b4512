import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import { buildEdf } from '../../../webview/charts/edfChart.ts';
import { buildTimeline } from '../../../webview/charts/timelineChart.ts';
import { conditionText } from '../../../webview/filter/condition.ts';
import { type AxisBrush, rangeCondition, rangesOf } from '../../../webview/plot/brush.ts';
import { divided } from '../../../webview/plot/plotData.ts';
import { moved, WHOLE, zoomed } from '../../../webview/plot/zoom.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { modelOf } from './panelRows.ts';
import { ALL_TRIALS, dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const LOSS: AxisBrush = { name: 'loss', choices: null, isWhole: false, range: { min: 0, max: 10, log: false } };
const OPTIM: AxisBrush = {
  name: 'optim',
  choices: ['sgd', 'adam', null],
  isWhole: true,
  range: { min: 0, max: 2, log: false },
};

function text(brush: AxisBrush, from: number, to: number): string | null {
  const condition = rangeCondition(brush, from, to);
  return condition && conditionText(condition);
}

test('a range of an axis is a condition, with no bound where it reaches an end', () => {
  assert.equal(text(LOSS, 2, 4), '2 <= loss <= 4');
  assert.equal(text(LOSS, 4, 2), '2 <= loss <= 4', 'in either direction');
  assert.equal(text(LOSS, 2.00001, 11), 'loss >= 2');
  assert.equal(text(LOSS, -1, 4), 'loss <= 4');
  assert.equal(text(LOSS, -1, 11), null, 'it leaves nothing out');
  assert.equal(text(LOSS, -3, -1), 'loss == nan', 'the lane of trials without a value');
  assert.equal(text({ ...LOSS, isWhole: true }, 1.2, 3.9), '2 <= loss <= 3');
  assert.equal(text(OPTIM, 0.8, 2.2), 'optim in ("adam", null)');
  assert.equal(text(OPTIM, 0.4, 0.45), 'optim in ("sgd")', 'the nearest choice');
  assert.equal(text(OPTIM, -1, 3), null);
});

test('a condition is shown where it was brushed', () => {
  const place = fc.double({ min: 0.01, max: 9.99, noNaN: true });
  fc.assert(
    fc.property(place, place, (one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      fc.pre(high - low > 1e-3);
      const condition = rangeCondition(LOSS, one, other);
      assert.ok(condition);
      const [[from, to] = [0, 0]] = rangesOf(LOSS, condition);
      assert.ok(Math.abs(from - low) <= 0.01 * (high - low) && Math.abs(to - high) <= 0.01 * (high - low));
      assert.deepEqual(rangesOf({ ...LOSS, name: 'other' }, condition), []);
    }),
  );
});

test('zooming keeps the place under the pointer and never leaves the axis', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(share, fc.double({ min: 0.2, max: 5, noNaN: true }), share)), (steps) => {
      let range = WHOLE.x;
      for (const [at, factor, by] of steps) {
        range = moved(zoomed(range, at, factor), by - 0.5);
        assert.ok(range.from >= 0 && range.to <= 1 + 1e-12 && range.to > range.from);
      }
    }),
  );
  const { from, to } = zoomed({ from: 0, to: 1 }, 0.25, 0.5);
  assert.equal(from + 0.25 * (to - from), 0.25);
});

test('a filter divides a chart into grey and colour, and leaves guides whole', () => {
  const points = [0, 1, 2, 3].map((n) => ({ x: n, y: n, n }));
  const selection = { ...ALL_TRIALS, isOn: true, count: 2, has: (number: number) => number < 2 };
  const sets = divided(
    {
      sets: [
        { style: 'bestSoFar', points },
        { style: 'complete', points },
      ],
    },
    selection,
  );
  assert.deepEqual(
    sets.map(({ style, points: own, isOut }) => [style, own.map(({ n }) => n), isOut === true]),
    [
      ['complete', [2, 3], true],
      ['bestSoFar', [0, 1, 2, 3], false],
      ['complete', [0, 1], false],
    ],
  );
});

test('the distribution of values ends at all trials, in the order of their values', () => {
  const { complete, pruned } = TrialState;
  const model = modelOf([
    { state: complete, value: 3 },
    { state: pruned, value: 0 },
    { state: complete, value: 1 },
    { state: complete, value: Number.NaN },
    { state: complete, value: 2 },
  ]);
  const data = dataOf(buildEdf(model, PLOT_OPTIONS, t));
  const points = data.sets.find(({ style }) => style === 'complete')?.points ?? [];
  assert.deepEqual(
    points.map(({ n, y }) => [n, y]),
    [
      [2, 1 / 3],
      [4, 2 / 3],
      [0, 1],
    ],
  );
  assert.equal(buildEdf(modelOf([]), PLOT_OPTIONS, t).empty, 'No trial has started yet.');
});

test('trials that run at once have a lane each, and a lane is used again', () => {
  const run = (startedAt: number, completedAt: number) => {
    return { state: TrialState.complete, value: 1, startedAt: 1000 * startedAt, completedAt: 1000 * completedAt };
  };
  const content = buildTimeline(modelOf([run(0, 10), run(2, 6), run(6, 9), run(12, 20)]), PLOT_OPTIONS, t);
  const data = dataOf(content);
  const lanes = [0, 1, 2, 3].map((number) => data.locate(number)[0]?.y);
  assert.deepEqual(lanes, [1, 0, 0, 1]);
  assert.ok(content.empty === null);
  assert.equal(content.note, '63 % of 2 lanes busy', '25 of 40 seconds');
});
