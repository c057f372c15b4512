import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildParallel } from '../../../webview/charts/parallelChart.ts';
import { type LineCloud, LineDensity } from '../../../webview/plot/lineDensity.ts';
import type { PlotData } from '../../../webview/plot/plotData.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { panelTexts } from '../../support/words.ts';
import { columnsOf, knownTrial, modelOfMany } from './manyTrials.ts';
import { headerOf } from './panelRows.ts';
import { dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const SIZE = [840, 150] as const;

function trialsOf(count: number, seed = 5) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => knownTrial(random));
}

function linesOf(data: PlotData): LineCloud {
  assert.ok(data.lines);
  return data.lines;
}

test('beside every axis the lines lie as the values on it do', () => {
  const trials = trialsOf(50_000);
  const data = dataOf(buildParallel(modelOfMany(trials), PLOT_OPTIONS, t));
  const density = new LineDensity();
  density.update(linesOf(data), data, ...SIZE);
  const { columns, rows, counts } = density;
  const shareBelow = (axis: number, height: number) => {
    const column = Math.ceil(((axis - data.x.min) / (data.x.max - data.x.min)) * columns);
    const limit = ((height - data.y.min) / (data.y.max - data.y.min)) * rows;
    let [below, all] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const here = (counts[0][row * columns + column] as number) + (counts[1][row * columns + column] as number);
      all += here;
      below += here * Math.min(1, Math.max(0, limit - row));
    }
    assert.equal(all, 50_000, 'in a column every line counts once');
    return below / all;
  };
  for (const decade of [1, 2, 3]) {
    // From 1e-5 to 1 in five decades, of which the last is empty.
    assert.ok(Math.abs(shareBelow(0, decade / 5) - decade / 4) < 0.01, `learning rates: ${shareBelow(0, decade / 5)}`);
  }
  assert.ok(Math.abs(shareBelow(2, 0.5) - 0.375) < 0.13, 'choices');
});

test('the best tenth and the others add up, and a change moves its lines alone', () => {
  const random = seededRandom(11);
  const trials = trialsOf(4000);
  const model = modelOfMany(trials);
  const density = new LineDensity();
  let [key, alone] = ['', 0];
  for (let round = 0; round < 25; round++) {
    const data = dataOf(buildParallel(model, PLOT_OPTIONS, t));
    const looked = density.update(linesOf(data), data, ...SIZE);
    const fresh = new LineDensity();
    fresh.update(linesOf(data), data, ...SIZE);
    assert.deepEqual(density.counts, fresh.counts, `round ${round}`);
    assert.deepEqual(density.most, fresh.most);
    // Where the largest value is another trial's the axis is another one.
    if (linesOf(data).key === key) {
      alone++;
      assert.ok(looked < 10, `${looked} lines for two trials`);
    }
    key = linesOf(data).key;
    const column = Math.floor(density.columns / 2);
    const sum = (counts: Uint32Array) =>
      counts.filter((_, cell) => cell % density.columns === column).reduce((a, b) => a + b);
    const best = sum(density.counts[1]) / (sum(density.counts[0]) + sum(density.counts[1]));
    assert.ok(Math.abs(best - 0.1) < 0.001, `${best} in colour`);
    const changed = Math.floor(random() * 4000);
    const moved = { ...knownTrial(random), values: [0.25 + 0.1 * random()] };
    model.merge(headerOf(), columnsOf([moved, { ...moved, values: [0.22] }], Uint32Array.of(changed, 4000 + round)));
  }
  assert.ok(alone > 15, `${alone} of 25 rounds`);
});

test('a few lines are drawn one by one, and where they are many the chart says so', () => {
  const few = buildParallel(modelOfMany(trialsOf(1500)), PLOT_OPTIONS, t);
  assert.equal(dataOf(few).lines, undefined);
  assert.equal(new Set(dataOf(few).sets.flatMap(({ points }) => points.map(({ n }) => n))).size, 1500);
  const many = buildParallel(modelOfMany(trialsOf(1501)), { ...PLOT_OPTIONS, best: 3, selected: 9 }, t);
  assert.ok(many.empty === null && many.note.startsWith('density of 1,501 trials'));
  assert.deepEqual(new Set(dataOf(many).sets.flatMap(({ points }) => points.map(({ n }) => n))), new Set([3, 9]));
});
