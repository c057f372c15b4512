import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { ValueFormat } from '../../../src/core/text/numbers.ts';
import { readChoices } from '../../../webview/charts/panelState.ts';
import { buildPareto, stepLine } from '../../../webview/charts/paretoChart.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import { type PlotContent, type PlotData, type PlotOptions, POINT_BUDGET } from '../../../webview/plot/plotData.ts';
import { tableColumns } from '../../../webview/table/tableModel.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { headerOf, rowsOf, type TrialLike } from './panelRows.ts';
import { PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const { complete, running, fail } = TrialState;
const { minimize, maximize } = Direction;
const OPTIONS: PlotOptions = { ...PLOT_OPTIONS, objectiveName: 'f1' };

function modelOf(trials: readonly TrialLike[], directions: readonly Direction[], front: readonly number[]): TrialModel {
  const model = new TrialModel();
  model.load(headerOf({ directions, front: Uint32Array.from(front) }), rowsOf(trials));
  return model;
}

function dataOf(content: PlotContent): PlotData {
  assert.ok(content.empty === null, content.empty ?? '');
  return content.data;
}

const numbersOf = ({ sets }: PlotData, style: string) =>
  sets.filter((set) => set.style === style).flatMap(({ points }) => points.map(({ n }) => n));

test('front, dominated and infeasible trials differ in shape; others have no place', () => {
  const trials: TrialLike[] = [
    { state: complete, values: [0.9, 10] },
    { state: complete, values: [0.5, 5] },
    { state: complete, values: [0.4, 12] },
    { state: complete, values: [0.95, 1], feasible: false },
    { state: running, values: [Number.NaN, Number.NaN] },
    { state: fail, values: [Number.NaN, Number.NaN] },
    { state: complete, values: [0.6, Number.NaN] },
  ];
  const content = buildPareto(modelOf(trials, [maximize, minimize], [0, 1]), [0, 1], ['f1', 'ms'], OPTIONS, t);
  const data = dataOf(content);
  assert.deepEqual(numbersOf(data, 'front').sort(), [0, 1]);
  assert.deepEqual(numbersOf(data, 'dominated'), [2]);
  assert.deepEqual(numbersOf(data, 'infeasible'), [3]);
  assert.deepEqual(data.trials, [0, 1, 2, 3]);
  for (const number of [4, 5, 6, 7]) assert.deepEqual(data.locate(number), []);
  assert.equal(content.empty === null && content.note, 'ms ↓ by f1 ↑');
});

test('the line runs around what the front dominates, in every combination of directions', () => {
  const direction = fc.constantFrom(minimize, maximize);
  const points = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 1 });
  fc.assert(
    fc.property(points, direction, direction, (values, xDirection, yDirection) => {
      const model = modelOf([], [xDirection, yDirection], []);
      const [xSign, ySign] = [xDirection === minimize ? 1 : -1, yDirection === minimize ? 1 : -1];
      const line = stepLine(
        model,
        [0, 1],
        values.map(([x, y], n) => ({ x, y, n })),
      );
      for (let at = 1; at < line.length; at++) {
        const [from, to] = [line[at - 1] as (typeof line)[0], line[at] as (typeof line)[0]];
        assert.ok(from.x === to.x || from.y === to.y, 'only horizontal and vertical pieces');
        assert.ok(from.x <= to.x, 'from left to right');
      }
      // Every corner and point of the line is weakly dominated by a trial, and none is strictly inside the dominated part.
      for (const { x, y } of line) {
        assert.ok(values.some(([a, b]) => xSign * a <= xSign * x && ySign * b <= ySign * y));
        assert.ok(!values.some(([a, b]) => xSign * a < xSign * x && ySign * b < ySign * y));
      }
    }),
  );
});

test('of 20,000 trials the budget is kept, with the front and the selected one in it', () => {
  const trials: TrialLike[] = Array.from({ length: 20_000 }, (_, number) => ({
    state: complete,
    values: [Math.sin(number * 12.9), Math.cos(number * 78.2)],
  }));
  const front = [17, 4000, 19_999];
  const model = modelOf(trials, [minimize, minimize], front);
  const data = dataOf(buildPareto(model, [0, 1], ['a', 'b'], { ...OPTIONS, selected: 12_345 }, t));
  const drawn = data.sets.filter(({ style }) => style !== 'frontLine').flatMap(({ points }) => points);
  assert.ok(drawn.length <= POINT_BUDGET, `${drawn.length} points`);
  for (const number of [...front, 12_345])
    assert.ok(
      drawn.some(({ n }) => n === number),
      `trial ${number}`,
    );
});

test('an exploded value is drawn at the edge', () => {
  const trials: TrialLike[] = Array.from({ length: 30 }, (_, number) => ({
    state: complete,
    values: number === 3 ? [1e12, 0.5] : [1 + number / 100, number / 30],
  }));
  const content = buildPareto(modelOf(trials, [minimize, minimize], [0]), [0, 1], ['a', 'b'], OPTIONS, t);
  const data = dataOf(content);
  assert.equal(data.locate(3)[0]?.x, data.x.max);
  assert.match((content.empty === null && content.note) || '', /1 trial beyond the scale/);
});

test('the table marks the trials of the front and sorts them first', () => {
  const trials: TrialLike[] = [0, 1, 2].map((number) => ({ state: complete, values: [number, number] }));
  const columns = tableColumns(
    modelOf(trials, [minimize, minimize], [0]),
    ['a', 'b'],
    [ValueFormat.of([]), ValueFormat.of([])],
    t,
  );
  const front = columns.find(({ key }) => key === 'front');
  assert.deepEqual(
    [0, 1, 2].map((number) => front?.text(number)),
    ['on the front', '', ''],
  );
  assert.ok((front?.sortValue(0) as number) < (front?.sortValue(1) as number));
});

test('kept axes are two different objectives, or the first two', () => {
  assert.deepEqual(readChoices({ pair: [2, 0] }).pair, [2, 0]);
  for (const pair of [[1, 1], [0], [0, -1], 'ab', null, [0, 1.5]]) assert.deepEqual(readChoices({ pair }).pair, [0, 1]);
  assert.equal(readChoices({ evaluator: 'fanova' }).evaluator, 'fanova');
  assert.equal(readChoices({ evaluator: 'x' }).evaluator, 'pedAnova');
});
