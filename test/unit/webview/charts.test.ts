import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { buildCurves } from '../../../webview/charts/curvesChart.ts';
import { bestSoFar, buildHistory } from '../../../webview/charts/historyChart.ts';
import { buildParameter } from '../../../webview/charts/parameterChart.ts';
import { BY_NUMBER, colouringBy } from '../../../webview/model/colouring.ts';
import { type PlotData, POINT_BUDGET } from '../../../webview/plot/plotData.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { modelOf, type TrialLike } from './panelRows.ts';
import { dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const { complete, pruned, fail, running, waiting } = TrialState;
function numbersOf(data: PlotData, style: string): number[] {
  return data.sets.filter((set) => set.style === style).flatMap(({ points }) => points.map(({ n }) => n));
}

test('every state has its shape; those without a value stand in the lane', () => {
  const trials: TrialLike[] = [
    { state: complete, value: 1 },
    { state: pruned, value: 2 },
    { state: pruned, curve: [[1, 1.5]] },
    { state: fail },
    { state: running },
    { state: waiting },
    { state: complete, value: 3, feasible: false },
    { state: complete, value: Number.NaN },
  ];
  const data = dataOf(buildHistory(modelOf(trials), PLOT_OPTIONS, t));
  assert.deepEqual(numbersOf(data, 'complete'), [0]);
  assert.deepEqual(numbersOf(data, 'pruned'), [1, 2]);
  assert.deepEqual(numbersOf(data, 'failed'), [3, 7]);
  assert.deepEqual(numbersOf(data, 'running'), [4]);
  assert.deepEqual(numbersOf(data, 'infeasible'), [6]);
  assert.equal(data.locate(2)[0]?.y, 1.5, 'a pruned trial without a value stands at its last intermediate value');
  assert.deepEqual(data.locate(5), [], 'a waiting trial has no place');
  for (const number of [3, 4, 7]) assert.ok((data.locate(number)[0]?.y as number) < 1);
  assert.ok(
    data.y.ticks.every((tick) => tick >= 0.8),
    'the lane carries no numbers',
  );
});

test('the axis of trials has place for what is to come, without pressing the first trials together', () => {
  const endOf = (length: number, total: number | null) => {
    const trials = Array.from({ length }, () => ({ state: complete, value: 1 }));
    return Math.round(dataOf(buildHistory(modelOf(trials), { ...PLOT_OPTIONS, total }, t)).x.max / 1.012) + 1;
  };
  assert.deepEqual(
    [1, 16, 20, 21, 60, 170, 350, 400].map((length) => endOf(length, 400)),
    [13, 25, 25, 50, 100, 400, 400, 400],
  );
  assert.deepEqual([endOf(3, 8), endOf(9, 8), endOf(16, null)], [8, 9, 16]);
});

test('the step line only improves, from feasible complete trials alone', () => {
  const trial = fc.record({
    state: fc.constantFrom(complete, pruned, fail, running),
    value: fc.oneof(fc.double({ min: -5, max: 5 }), fc.constant(Number.NaN)),
    feasible: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(trial), fc.constantFrom(Direction.minimize, Direction.maximize), (trials, direction) => {
      const model = modelOf(trials, { directions: [direction] });
      const line = bestSoFar(model, 0, { min: -10, max: 10, log: false });
      const sign = direction === Direction.minimize ? 1 : -1;
      const usable = trials.filter(
        ({ state, value, feasible }) => state === complete && feasible && !Number.isNaN(value),
      );
      assert.equal(line.length > 0, usable.length > 0);
      if (line.length === 0) return;
      assert.equal(sign * (line.at(-1)?.y as number), Math.min(...usable.map(({ value }) => sign * value)));
      assert.equal(line.at(-1)?.x, trials.length - 1);
      for (let index = 1; index < line.length; index++) {
        assert.ok(sign * (line[index]?.y as number) <= sign * (line[index - 1]?.y as number));
      }
    }),
  );
});

test('an exploded trial is drawn at the edge, and the note says so', () => {
  const trials: TrialLike[] = Array.from({ length: 30 }, (_, number) => ({ state: complete, value: 1 + number / 100 }));
  trials[7] = { state: complete, value: 1e9 };
  const content = buildHistory(modelOf(trials), PLOT_OPTIONS, t);
  const data = dataOf(content);
  assert.deepEqual(numbersOf(data, 'above'), [7]);
  assert.equal(content.empty === null && content.note, '1 trial beyond the scale is drawn at its edge');
  assert.equal(data.locate(7)[0]?.y, data.y.max);
});

test('a chart without a number says why in one sentence', () => {
  const sentence = (trials: TrialLike[]) => buildHistory(modelOf(trials), PLOT_OPTIONS, t).empty;
  const nan: TrialLike = { state: complete, value: Number.NaN };
  assert.equal(sentence([]), 'No trial has started yet.');
  assert.equal(sentence([{ state: running }]), 'No trial has finished yet.');
  assert.equal(
    sentence([nan, nan, nan, { state: complete, value: Number.POSITIVE_INFINITY }]),
    'No finite values: 3 NaN, 1 inf.',
  );
  assert.equal(sentence([{ state: fail }, { state: fail }]), 'No finite values: 2 failed.');
  assert.equal(sentence([{ state: pruned }]), 'No finished trial has a value.');
  const one = modelOf([{ state: complete, value: 1 }]);
  assert.equal(buildCurves(one, PLOT_OPTIONS, t).empty, 'This study reports no intermediate values.');
  const once = modelOf([1, 2].map((value): TrialLike => ({ state: complete, value, curve: [[0, value]] })));
  const needed = 'A learning curve needs values of a trial at two steps or more.';
  assert.equal(buildCurves(once, PLOT_OPTIONS, t).empty, needed, 'points above each other are no curves');
  assert.equal(buildParameter(one, 'lr', PLOT_OPTIONS, t).empty, 'No trial with a value has lr.');
  assert.equal(buildParameter(one, null, PLOT_OPTIONS, t).empty, 'No trial has a parameter yet.');
});

test('no chart draws more than its budget, and best, selected and running are always in it', () => {
  const trials: TrialLike[] = Array.from({ length: 30_000 }, (_, number) => ({
    state: number % 997 === 0 ? running : number % 7 === 0 ? fail : number % 5 === 0 ? pruned : complete,
    value: Math.sin(number) + 2,
    params: { lr: 10 ** -(1 + (number % 4)) },
    curve: [
      [1, 1],
      [2, Math.cos(number)],
      [3, 3],
    ],
  }));
  const model = modelOf(trials);
  const options = { ...PLOT_OPTIONS, best: 12_346, selected: 28 };
  const history = dataOf(buildHistory(model, options, t));
  const scatter = dataOf(buildParameter(model, 'lr', options, t));
  const curves = dataOf(buildCurves(model, options, t));
  const count = ({ sets }: PlotData, without: string) =>
    sets.filter(({ style }) => style !== without).reduce((sum, { points }) => sum + points.length, 0);
  assert.ok(count(history, 'bestSoFar') <= POINT_BUDGET, `${count(history, 'bestSoFar')} in the history`);
  assert.ok(count(scatter, '') <= POINT_BUDGET);
  assert.ok(count(curves, 'pruned') <= POINT_BUDGET * 1.05);
  const shown = new Set(history.sets.flatMap(({ points }) => points.map(({ n }) => n)));
  for (const number of [12_346, 28, 29_910]) assert.ok(shown.has(number), `trial ${number}`);
  const drawn = new Set(curves.sets.flatMap(({ points }) => points.map(({ n }) => n)));
  for (const number of [12_346, 28]) assert.ok(drawn.has(number), `curve ${number}`);
});

test('curves of several trials are apart, sorted by step, and a pruned one ends in its mark', () => {
  const trials: TrialLike[] = [
    {
      state: complete,
      value: 1,
      curve: [
        [2, 5],
        [1, 4],
        [3, 6],
      ],
    },
    {
      state: pruned,
      curve: [
        [1, 3],
        [2, 2],
      ],
    },
    { state: complete, value: 1, curve: [[1, 9]] },
  ];
  const data = dataOf(buildCurves(modelOf(trials), PLOT_OPTIONS, t));
  const curve = data.sets.find(({ style }) => style === 'curve')?.points.map(({ x, y }) => [x, y]);
  assert.deepEqual(curve, [
    [1, 4],
    [2, 5],
    [3, 6],
    [3, Number.NaN],
  ]);
  assert.deepEqual(numbersOf(data, 'pruned'), [1]);
  assert.deepEqual(numbersOf(data, 'complete'), [2], 'one point is no line');
});

test('choices stand apart with their names, log parameters on a log axis', () => {
  const trials: TrialLike[] = Array.from({ length: 9 }, (_, number) => ({
    state: complete,
    value: number,
    params: { optim: number % 3, lr: 10 ** -(number % 4), layers: 1 + (number % 8) },
  }));
  const model = modelOf(trials);
  const optim = dataOf(buildParameter(model, 'optim', PLOT_OPTIONS, t));
  assert.deepEqual(optim.x.ticks.map(optim.x.label), ['sgd', 'null', 'true']);
  for (let number = 0; number < 9; number++) {
    assert.ok(Math.abs((optim.locate(number)[0]?.x as number) - (number % 3)) < 0.5, 'jitter stays with its choice');
  }
  assert.equal(dataOf(buildParameter(model, 'lr', PLOT_OPTIONS, t)).x.log, true);
  assert.ok(dataOf(buildParameter(model, 'layers', PLOT_OPTIONS, t)).x.ticks.every(Number.isInteger));
});

test('by time trials stand where they ended, and the step line improves in that order', () => {
  const run = (value: number, startedAt: number, completedAt: number): TrialLike => {
    return { state: complete, value, startedAt: 1000 * startedAt, completedAt: 1000 * completedAt };
  };
  // The first trial takes longest: its value is no improvement any more when it comes.
  const model = modelOf([run(2, 100, 190), run(3, 101, 110), run(1, 110, 130), { state: running, startedAt: 191_000 }]);
  const data = dataOf(buildHistory(model, { ...PLOT_OPTIONS, byTime: true }, t));
  assert.deepEqual(
    [0, 1, 2, 3].map((number) => data.locate(number)[0]?.x),
    [90, 10, 30, 91],
  );
  const line = data.sets.find(({ style }) => style === 'bestSoFar')?.points ?? [];
  assert.deepEqual(
    line.map(({ x, y }) => [x, y]),
    [
      [10, 3],
      [30, 1],
      [91, 1],
    ],
  );
  assert.equal(data.x.label(30), '30 s');
  const without = dataOf(buildHistory(modelOf([{ state: complete, value: 1 }]), { ...PLOT_OPTIONS, byTime: true }, t));
  assert.equal(without.locate(0)[0]?.x, 0, 'by trial where no times are known');
});

test('smoothed curves keep to the reported ones, which stand behind them', () => {
  const curve = Array.from({ length: 60 }, (_, step): [number, number] => [step, step % 2 === 0 ? 1 : 3]);
  const model = modelOf([{ state: complete, value: 2, curve }]);
  const setOf = (smoothing: number, style: string) =>
    dataOf(buildCurves(model, { ...PLOT_OPTIONS, smoothing }, t)).sets.find((set) => set.style === style)?.points ?? [];
  const smooth = setOf(0.9, 'curve');
  assert.equal(smooth[0]?.y, 1, 'the first value is as it was reported');
  assert.ok(smooth.slice(30, 60).every(({ y }) => Math.abs(y - 2) < 0.12));
  assert.deepEqual(setOf(0.9, 'curveRaw'), setOf(0, 'curve'));
  assert.deepEqual(setOf(0, 'curveRaw'), []);
});

test('trials are coloured by a parameter, in equal ratios where it is logarithmic, or by their number', () => {
  const rates = [1e-5, 1e-4, 1e-3, 1e-2, 1];
  const trials = rates.map((lr): TrialLike => ({ state: complete, value: lr, params: { lr } }));
  const model = modelOf([...trials, { state: pruned, value: 1, params: { lr: 1e-5 } }, { state: complete, value: 2 }]);
  const drawn = (name: string) =>
    dataOf(buildHistory(model, { ...PLOT_OPTIONS, colouring: colouringBy(model, name) }, t));
  const { sets, colours } = drawn('lr');
  const styles = new Map(sets.flatMap(({ style, points }) => points.map(({ n }) => [n, style] as const)));
  assert.equal(model.parameters.get('lr')?.log, true);
  const wanted = ['colour0', 'colour1', 'colour2', 'colour3', 'colour4', 'pruned', 'complete'];
  assert.deepEqual(
    wanted.map((_, number) => styles.get(number)),
    wanted,
  );
  assert.deepEqual([colours?.kind, colours?.least, colours?.most], ['colours', '1e-5', '1']);
  assert.equal(colours?.title, 'Coloured by lr');
  const byNumber = drawn(BY_NUMBER);
  assert.ok(byNumber.sets.some(({ style, points }) => style === 'colour0' && points.some(({ n }) => n === 0)));
  assert.equal(colouringBy(model, 'gone'), null);
  for (const values of [
    [0, 1e-3, 1e-2, 0.1, 1],
    [1, 2, 3, 4, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, 1, 2, 3, 4],
    [-1, 1, 10, 100, 1000],
  ]) {
    const odd = modelOf(values.map((lr): TrialLike => ({ state: complete, value: 1, params: { lr } })));
    const { sets: shown } = dataOf(buildHistory(odd, { ...PLOT_OPTIONS, colouring: colouringBy(odd, 'lr') }, t));
    const points = shown.filter(({ style }) => style !== 'bestSoFar').flatMap((set) => set.points);
    assert.equal(points.length, 5, `no trial of ${values.join()} is left out`);
  }
});
