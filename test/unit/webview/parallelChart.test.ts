import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { buildParallel } from '../../../webview/charts/parallelChart.ts';
import { type PlotData, POINT_BUDGET } from '../../../webview/plot/plotData.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { modelOf, type TrialLike } from './panelRows.ts';
import { dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const { complete, fail, running } = TrialState;
const numbersOf = ({ sets }: PlotData, style: string) =>
  new Set(sets.filter((set) => set.style === style).flatMap(({ points }) => points.map(({ n }) => n)));

test('every parameter has an axis, the objective the last; a trial without one goes straight on', () => {
  const trials: TrialLike[] = [
    { state: complete, value: 2, params: { lr: 1e-5, layers: 1, optim: 0 } },
    { state: complete, value: 1, params: { lr: 1, optim: 2 } },
    { state: running, params: { lr: 1 } },
  ];
  const data = dataOf(buildParallel(modelOf(trials), PLOT_OPTIONS, t));
  assert.deepEqual(data.x.ticks.map(data.x.label), [
    ['lr', '1e-5 … 1'],
    ['layers', '1 … 8'],
    ['optim', 'sgd … true'],
    ['loss', '1 … 2'],
  ]);
  const places = data.locate(0).map(({ x, y }) => [x, Math.round(10 * y)]);
  assert.deepEqual(
    places.map(([x]) => x),
    [0, 1, 2, 3],
  );
  assert.deepEqual([places[0]?.[1], places[1]?.[1]], [0, 0], 'the lowest is at the bottom, on a log axis too');
  assert.deepEqual(
    data.locate(1).map(({ x }) => x),
    [0, 2, 3],
  );
  assert.deepEqual(data.locate(2), []);
  assert.deepEqual([...numbersOf(data, 'curve')], [1], 'the best');
  assert.deepEqual([...numbersOf(data, 'otherLine')], [0]);
});

test('the best tenth is that of the feasible trials, in the direction of the objective', () => {
  const trials = Array.from({ length: 40 }, (_, number): TrialLike => {
    return { state: complete, value: number, params: { lr: 0.1 }, feasible: number < 30 };
  });
  const model = modelOf(trials, { directions: [Direction.maximize] });
  assert.deepEqual([...numbersOf(dataOf(buildParallel(model, PLOT_OPTIONS, t)), 'curve')].sort(), [27, 28, 29]);
});

test('of many trials the budget is kept, with the selected one', () => {
  const trials = Array.from({ length: 20_000 }, (_, number): TrialLike => {
    return {
      state: complete,
      value: Math.sin(number),
      params: { lr: 0.1, layers: 1 + (number % 8), optim: number % 3 },
    };
  });
  const data = dataOf(buildParallel(modelOf(trials), { ...PLOT_OPTIONS, selected: 7 }, t));
  const count = data.sets.reduce((sum, { points }) => sum + points.length, 0);
  assert.ok(count <= POINT_BUDGET + 10, `${count} points`);
  assert.ok(numbersOf(data, 'otherLine').has(7) || numbersOf(data, 'curve').has(7));
});

test('without a value or a parameter there is a sentence', () => {
  assert.equal(buildParallel(modelOf([]), PLOT_OPTIONS, t).empty, 'No trial has started yet.');
  const running1: TrialLike[] = [{ state: running, params: { lr: 1 } }];
  assert.equal(buildParallel(modelOf(running1), PLOT_OPTIONS, t).empty, 'No trial has finished yet.');
});

test('trials that failed end in a lane below the objective, and are none of the best', () => {
  const trials: TrialLike[] = [
    { state: complete, value: 1, params: { lr: 0.1, layers: 1, optim: 0 } },
    { state: fail, params: { lr: 1e-4, layers: 8, optim: 1 } },
    { state: complete, value: Number.NaN, params: { lr: 1e-3, layers: 2, optim: 2 } },
  ];
  const data = dataOf(buildParallel(modelOf(trials), PLOT_OPTIONS, t));
  assert.deepEqual([...numbersOf(data, 'lineFailed')], [1, 2]);
  assert.deepEqual([...numbersOf(data, 'curve')], [0]);
  const [lane] = data.y.lanes ?? [];
  assert.ok(lane);
  assert.equal(data.locate(1).at(-1)?.y, lane.at);
  assert.ok(lane.at < 0 && lane.at > data.y.min);
  assert.equal(dataOf(buildParallel(modelOf(trials.slice(0, 1)), PLOT_OPTIONS, t)).y.lanes, undefined);
});

test('axes stand in the order that is asked for, as many as a narrow chart has room for', () => {
  const trials: TrialLike[] = [{ state: complete, value: 1, params: { lr: 0.1, layers: 1, optim: 0 } }];
  const names = ['optim', 'lr', 'layers'];
  const axesOf = (budget: number, wanted: readonly string[]) => {
    const { x } = dataOf(buildParallel(modelOf(trials), { ...PLOT_OPTIONS, budget }, t, wanted));
    return x.ticks.map((tick) => x.label(tick)[0]);
  };
  assert.deepEqual(axesOf(5000, names), ['optim', 'lr', 'layers', 'loss']);
  assert.equal(axesOf(1000, [...names, ...names]).length, 5, 'four and the objective');
});
