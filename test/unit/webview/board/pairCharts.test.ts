import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { CONTOUR, RANK } from '../../../../webview/charts/pairCharts.ts';
import { readChoices } from '../../../../webview/charts/panelState.ts';
import { bestPlaces, buildParameter } from '../../../../webview/charts/parameterChart.ts';
import { PATH } from '../../../../webview/charts/pathChart.ts';
import type { Scene } from '../../../../webview/charts/scene.ts';
import type { TrialModel } from '../../../../webview/model/model.ts';
import type { Field, PlotOptions } from '../../../../webview/plot/plotData.ts';
import { Comparison } from '../../../../webview/studies/comparison.ts';
import { createTranslate } from '../../../../webview/ui/strings.ts';
import { panelTexts } from '../../../support/words.ts';
import { headerOf, modelOf, type TrialLike } from '../panelRows.ts';
import { ALL_TRIALS, dataOf, PLOT_OPTIONS } from '../plots.ts';

const t = createTranslate(panelTexts);
const { complete, fail, pruned } = TrialState;
const KEPT = { volumes: undefined, counts: undefined } as never;

function sceneOf(model: TrialModel, part: Partial<Scene> = {}): Scene {
  return {
    model,
    header: headerOf(),
    choices: readChoices({ parameters: ['lr', 'layers'] }),
    tab: 'parameters',
    objectives: [],
    theme: {} as never,
    answer: null,
    selection: ALL_TRIALS,
    conditions: [],
    columns: [],
    comparison: new Comparison(),
    ...part,
  };
}

function fieldOf(
  trials: readonly TrialLike[],
  options: Partial<PlotOptions> = {},
  direction: Direction = Direction.minimize,
) {
  const model = modelOf(trials, { directions: [direction] });
  const { field } = dataOf(CONTOUR.build(sceneOf(model), { ...PLOT_OPTIONS, ...options }, t, KEPT));
  assert.ok(field);
  return field;
}

/** The shade at a learning rate and a number of layers; NaN where nothing is known. */
function shadeAt({ columns, rows, shades, area: { x, y } }: Field, lr: number, layers: number): number {
  const column = Math.floor((columns * Math.log(lr / x.min)) / Math.log(x.max / x.min));
  const row = Math.floor((rows * (layers - y.min)) / (y.max - y.min));
  return shades[row * columns + column] ?? Number.NaN;
}

const at = (lr: number, layers: number, value: number): TrialLike => ({
  state: complete,
  value,
  params: { lr, layers, optim: 0 },
});

test('a pair is shaded where trials are and nowhere else, the best the strongest', () => {
  const trials = [at(1e-4, 2, 1), at(1e-4, 2, 1), at(1e-1, 7, 3), at(1e-2, 5, 2)];
  const field = fieldOf(trials);
  assert.equal(field.rows, 8, 'a row for each number of layers');
  assert.ok(shadeAt(field, 1e-4, 2) > shadeAt(field, 1e-2, 5));
  assert.ok(shadeAt(field, 1e-2, 5) > shadeAt(field, 1e-1, 7));
  assert.ok(Number.isNaN(shadeAt(field, 1e-4, 7)), 'no trial had these');
  assert.ok(Number.isNaN(shadeAt(field, 1e-4, 3)), 'two layers say nothing of three');
  assert.ok(Number.isNaN(shadeAt(field, 3e-3, 2)), 'far along the range');
  const turned = fieldOf(trials, {}, Direction.maximize);
  assert.ok(shadeAt(turned, 1e-4, 2) < shadeAt(turned, 1e-1, 7));
});

test('a shade is the mean of what the filter leaves', () => {
  const trials = [at(1e-4, 2, 1), at(1e-4, 2, 3), at(1e-1, 7, 2)];
  const both = shadeAt(fieldOf(trials), 1e-4, 2);
  assert.ok(Math.abs(both - shadeAt(fieldOf(trials), 1e-1, 7)) < 1e-9, 'the mean of 1 and 3 is 2');
  const selection = { ...ALL_TRIALS, isOn: true, count: 2, has: (number: number) => number !== 1 };
  assert.ok(shadeAt(fieldOf(trials, { selection }), 1e-4, 2) > both);
});

test('failed and pruned trials stand among the others, and have no rank', () => {
  const trials: TrialLike[] = [
    ...Array.from({ length: 8 }, (_, number) => at(1e-3, 1 + number, number)),
    { state: fail, params: { lr: 1e-1, layers: 4, optim: 0 } },
    { state: pruned, value: -9, params: { lr: 1e-1, layers: 4, optim: 0 } },
  ];
  const data = dataOf(RANK.build(sceneOf(modelOf(trials)), PLOT_OPTIONS, t, KEPT));
  const styles = new Map(data.sets.map(({ style, points }) => [style, points.map(({ n }) => n).sort()]));
  assert.deepEqual(styles.get('failed'), [8]);
  assert.deepEqual(styles.get('pruned'), [9]);
  assert.deepEqual(
    ['rank0', 'rank1', 'rank2', 'rank3'].map((style) => styles.get(style as 'rank0')),
    [
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ],
  );
  assert.equal(data.field, undefined, 'points tell it');
});

test('of more trials than points have room, ranks are shades', () => {
  const trials = Array.from({ length: 300 }, (_, number) =>
    at(10 ** (-5 + (number % 50) / 10), 1 + (number % 8), number),
  );
  const data = dataOf(RANK.build(sceneOf(modelOf(trials)), { ...PLOT_OPTIONS, budget: 100, best: 0 }, t, KEPT));
  assert.deepEqual(
    data.sets.flatMap(({ points }) => points.map(({ n }) => n)),
    [0],
  );
  const shades = [...(data.field?.shades ?? [])].filter((shade) => !Number.isNaN(shade));
  assert.ok(shades.length > 100 && Math.min(...shades) >= 0 && Math.max(...shades) <= 1);
});

const effect = {
  name: 'lr',
  at: Float64Array.from([1e-4, 1e-3, 1e-2, 1e-1]),
  mean: Float64Array.from([3, 1.1, 1, 4]),
  low: Float64Array.from([2, 0.9, 0.8, 3]),
  high: Float64Array.from([4, 1.3, 1.2, 5]),
};

test('what a model expects is a line with a band, and the note says where it is best', () => {
  const model = modelOf([at(1e-4, 2, 1), at(1e-1, 3, 4)]);
  const content = buildParameter(model, 'lr', PLOT_OPTIONS, t, effect);
  assert.ok(content.empty === null);
  assert.equal(content.note, 'best 0.001 … 0.01');
  assert.match(content.label, /middle 80 %: best 0\.001 … 0\.01\.$/);
  assert.deepEqual(content.data.areas?.[0]?.low, [2, 0.9, 0.8, 3]);
  assert.deepEqual(
    content.data.sets.find(({ style }) => style === 'effect')?.points.map(({ x }) => x),
    [1e-4, 1e-3, 1e-2, 1e-1],
  );
  const lr = model.parameters.get('lr');
  assert.ok(lr);
  assert.equal(bestPlaces(effect, lr, false, t), 'best 0.1');
  assert.equal(
    bestPlaces({ ...effect, low: effect.low.map(() => -9), high: effect.high.map(() => 9) }, lr, true, t),
    'changes little here',
  );
});

test('the path has a line a change, and the changes after the eighth are one', () => {
  const model = modelOf([at(1e-4, 2, 1), at(1e-1, 3, 4)]);
  const step = (name: string | null, mean: number) => {
    return { name, from: 0.1, to: 0.001, mean, low: mean - 0.1, high: mean + 0.1 };
  };
  const answerOf = (steps: number) => {
    const path = [step(null, 4), ...Array.from({ length: steps }, (_, at) => step(`p${at}`, 3 - at / 10))];
    return { expected: { effects: [], path } } as never;
  };
  const few = dataOf(PATH.build(sceneOf(model, { answer: answerOf(2) }), PLOT_OPTIONS, t, KEPT));
  assert.deepEqual([2, 1, 0].map(few.y.label), ['Trial 0', 'p0 0.1 → 0.001', 'p1 0.1 → 0.001']);
  const many = dataOf(PATH.build(sceneOf(model, { answer: answerOf(30) }), PLOT_OPTIONS, t, KEPT));
  assert.equal(many.y.ticks.length, 9);
  assert.equal(many.y.label(0), '23 smaller changes');
  assert.equal(PATH.needs(sceneOf(model)), false, 'without an answer there is no tile');
});
