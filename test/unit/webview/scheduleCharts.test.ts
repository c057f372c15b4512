import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { ValueFormat } from '../../../src/core/text/numbers.ts';
import { importanceRows } from '../../../webview/board/importanceFigure.ts';
import { buildHistory } from '../../../webview/charts/historyChart.ts';
import { buildGenerations, buildPopulation } from '../../../webview/charts/populationChart.ts';
import { buildRungs } from '../../../webview/charts/rungsChart.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import { type PlotData, POINT_BUDGET } from '../../../webview/plot/plotData.ts';
import { stateKey, tableColumns } from '../../../webview/table/tableModel.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { headerOf, modelOf, rowsOf, type TrialLike } from './panelRows.ts';
import { dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const { complete, pruned, running, waiting } = TrialState;
const pointsOf = ({ sets }: PlotData, style: string) =>
  sets.filter((set) => set.style === style).flatMap(({ points }) => points.map(({ n, x, y }) => [n, x, y]));

/** Two brackets: one begins at step 1, the other at step 9. The promoted ones do not name their first step any more. */
const RUNGS: TrialLike[] = [
  { state: pruned, value: 3, noted: { bracket: 0, rungs: [1] } },
  { state: complete, value: 1, noted: { bracket: 0, rungs: [3, 9, 27] } },
  { state: waiting, noted: { bracket: 0, rungs: [3], paused: true }, curve: [[3, 0.5]] },
  { state: running, noted: { bracket: 1, rungs: [9] } },
  { state: complete, value: 2, noted: { bracket: 1, rungs: [27] } },
  { state: waiting },
];

test('a trial stands on the rung that it was let train to, its stem on the first rung of its bracket', () => {
  const content = buildRungs(modelOf(RUNGS), PLOT_OPTIONS, t);
  const data = dataOf(content);
  assert.deepEqual(data.y.ticks.map(data.y.label), ['1', '3', '9', '27']);
  assert.deepEqual(pointsOf(data, 'pruned'), [[0, 0, 0]]);
  assert.deepEqual(pointsOf(data, 'complete'), [
    [1, 1, 3],
    [4, 4, 3],
  ]);
  assert.deepEqual(pointsOf(data, 'paused'), [[2, 2, 1]]);
  assert.deepEqual(pointsOf(data, 'running'), [[3, 3, 2]]);
  const stems = pointsOf(data, 'stem').filter(([, , y]) => !Number.isNaN(y));
  assert.deepEqual(
    stems.filter(([n]) => n === 1).map(([, , y]) => y),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    stems.filter(([n]) => n === 4).map(([, , y]) => y),
    [2, 3],
  );
  assert.deepEqual(data.trials, [0, 1, 2, 3, 4], 'a trial that has not begun has no rung');
  assert.equal(content.empty === null && content.note, 'trials by step: 1: 3, 3: 2, 9: 3, 27: 2');
});

test('a paused trial is called so, stands at its last value, and is waiting no more', () => {
  const model = modelOf(RUNGS);
  assert.equal(stateKey(model, 2), 'paused');
  assert.equal(stateKey(model, 5), 'waiting');
  const history = dataOf(buildHistory(model, PLOT_OPTIONS, t));
  assert.deepEqual(pointsOf(history, 'paused'), [[2, 2, 0.5]]);
  assert.deepEqual(history.locate(5), []);
  const rung = tableColumns(model, ['loss'], [ValueFormat.of([])], t).find(({ key }) => key === 'rung');
  assert.deepEqual(
    [1, 5].map((number) => rung?.text(number)),
    ['27', '–'],
  );
});

test('a trial that goes on is paused no more, also when nothing else is noted', () => {
  const model = modelOf([{ state: waiting, noted: { paused: true } }]);
  assert.equal(model.isPaused(0), true);
  model.merge(headerOf(), rowsOf([{ state: waiting }]));
  assert.equal(model.isPaused(0), false);
});

test('of many trials those on the top rungs are all drawn', () => {
  const trials = Array.from({ length: 12_000 }, (_, number): TrialLike => {
    const top = number % 1000 === 7 ? [3, 9, 27] : number % 10 === 0 ? [3] : [1];
    return { state: top.length === 3 ? complete : pruned, value: 1, noted: { bracket: 0, rungs: top } };
  });
  const data = dataOf(buildRungs(modelOf(trials), { ...PLOT_OPTIONS, selected: 5 }, t));
  const total = data.sets.reduce((sum, { points }) => sum + points.length, 0);
  assert.ok(total <= POINT_BUDGET * 1.05, `${total} points`);
  assert.equal(pointsOf(data, 'complete').length, 12);
  assert.ok(
    pointsOf(data, 'pruned').some(([n]) => n === 5),
    'the selected one',
  );
});

test('members lie end to end in steps, with a line from where weights were taken over', () => {
  const trials: TrialLike[] = [
    { state: complete, value: 1, noted: { member: 0, generation: 0, trained: [0, 10] } },
    { state: running, noted: { member: 1, generation: 0, trained: [0, 20] } },
    { state: complete, value: 1, noted: { member: 0, generation: 2, parent: 1, trained: [10, 15] } },
    { state: waiting, noted: { member: 0, generation: 3, parent: 2, trained: [15, 20], paused: true } },
  ];
  const content = buildPopulation(modelOf(trials), PLOT_OPTIONS, t);
  const data = dataOf(content);
  assert.deepEqual(pointsOf(data, 'complete'), [
    [0, 10, 0],
    [2, 15, 0],
  ]);
  assert.deepEqual(pointsOf(data, 'paused'), [[3, 20, 0]]);
  const takeovers = pointsOf(data, 'takeover').filter(([, , y]) => !Number.isNaN(y));
  assert.deepEqual(
    takeovers.map(([n, , y]) => [n, y]),
    [
      [2, 1],
      [2, 0],
    ],
  );
  assert.equal(takeovers[0]?.[1], 10);
  assert.equal(content.empty === null && content.note, '1 takeover', 'going on with the own weights is none');
});

test('an evolution shows its objective by generation', () => {
  const trials = Array.from({ length: 40 }, (_, number): TrialLike => {
    return { state: complete, value: number, noted: { generation: Math.floor(number / 10) } };
  });
  const data = dataOf(buildGenerations(modelOf(trials), PLOT_OPTIONS, t));
  for (const [n, x] of pointsOf(data, 'complete')) {
    assert.ok(Math.abs((x as number) - Math.floor((n as number) / 10)) < 0.5, 'spread within the generation');
  }
  assert.deepEqual(data.x.ticks, [0, 1, 2, 3]);
});

test('one generation is none yet', () => {
  const trial = (generation: number): TrialLike => ({ state: complete, value: 1, noted: { generation } });
  assert.equal(modelOf([trial(0), trial(0)]).schedule.hasGenerations, false);
  assert.equal(modelOf([trial(0), trial(1)]).schedule.hasGenerations, true);
});

test('a study without a schedule has none of it, and costs nothing', () => {
  const model = new TrialModel();
  model.load(headerOf({ directions: [Direction.minimize] }), rowsOf([{ state: complete, value: 1 }]));
  const { schedule } = model;
  assert.deepEqual([schedule.hasRungs, schedule.hasGenerations, schedule.hasMembers], [false, false, false]);
  assert.equal(buildRungs(model, PLOT_OPTIONS, t).empty, 'No trial has reached a rung yet.');
  assert.equal(buildPopulation(model, PLOT_OPTIONS, t).empty, 'No trial of the population has finished yet.');
});

test('bars have their interval, and are as long as the longest one lets them be', () => {
  const row = { low: 0, high: 0.05, isNoise: true, trials: 80, isApart: false };
  const rows = importanceRows(
    [
      { ...row, name: 'lr', importance: 0.6, low: 0.5, high: 0.8, isNoise: false },
      { ...row, name: 'optim', importance: 0.399, low: 0.2, high: 0.5, isNoise: false },
      { ...row, name: 'momentum', importance: 0.001, trials: 30 },
      { ...row, name: 'none', importance: 0 },
    ],
    80,
  );
  assert.deepEqual(
    rows.map(({ text, range, trials }) => [text, range, trials]),
    [
      ['60 %', '50–80 %', null],
      ['40 %', '20–50 %', null],
      ['< 1 %', '0–5 %', 30],
      ['0 %', '0–5 %', null],
    ],
  );
  assert.deepEqual(
    rows.map(({ share, low, high }) => [share, low, high].map((part) => Number(part.toFixed(3)))),
    [
      [0.75, 0.625, 1],
      [0.499, 0.25, 0.625],
      [0.001, 0, 0.063],
      [0, 0, 0.063],
    ],
  );
  assert.deepEqual(importanceRows([], 0), []);
});
