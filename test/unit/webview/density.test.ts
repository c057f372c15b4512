import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { buildHistory } from '../../../webview/charts/historyChart.ts';
import { buildParameter } from '../../../webview/charts/parameterChart.ts';
import { buildPareto } from '../../../webview/charts/paretoChart.ts';
import type { TrialModel } from '../../../webview/model/model.ts';
import type { BinAxis } from '../../../webview/plot/binAxis.ts';
import {
  byLogarithm,
  type Channels,
  DensityGrid,
  densityPalette,
  densityPixels,
} from '../../../webview/plot/density.ts';
import type { PlotContent, PlotData } from '../../../webview/plot/plotData.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { panelTexts } from '../../support/words.ts';
import { columnsOf, knownTrial, modelOfMany, type Trial } from './manyTrials.ts';
import { headerOf } from './panelRows.ts';
import { dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const { complete, fail, pruned, running, waiting } = TrialState;
/** A chart's area as it is in a panel of 1,240 pixels. */
const SIZE = [837, 133] as const;
const PALETTE = densityPalette([55, 148, 255], [204, 204, 204], 0.18);

function trialsOf(count: number, objectives = 1, seed = 7): Trial[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => knownTrial(random, objectives));
}

interface Drawn {
  readonly data: PlotData;
  readonly grid: DensityGrid;
  /** Trials in each cell as the colours of the picture tell, row by row from the bottom. */
  readonly counts: Float64Array;
}

/** Reads the counts back from the colours, through the scale that the legend explains. */
function drawn(content: PlotContent, [width, height]: readonly [number, number] = SIZE): Drawn {
  const data = dataOf(content);
  assert.ok(data.density, 'the chart shows density');
  const grid = new DensityGrid();
  grid.update(data.density, data, width, height);
  const pixels = densityPixels(grid.counts, grid.columns, PALETTE, grid.most, byLogarithm);
  const levels = new Map(
    Array.from(
      { length: 256 },
      (_, level) => [PALETTE.subarray(4 * level, 4 * level + 4).join(), level / 255] as const,
    ),
  );
  const counts = new Float64Array(grid.counts.length);
  for (let cell = 0; cell < counts.length; cell++) {
    const row = grid.rows - 1 - Math.floor(cell / grid.columns);
    const at = 4 * (row * grid.columns + (cell % grid.columns));
    const level = levels.get(pixels.subarray(at, at + 4).join());
    counts[cell] = level === undefined ? 0 : grid.most ** level;
  }
  return { data, grid, counts };
}

/** The share of what is drawn below a value, taken evenly spread within the cell that the value cuts. */
function drawnShare({ grid, counts }: Drawn, which: 'x' | 'y', value: number, log = false): number {
  const axis: BinAxis = grid[which];
  const forward = (at: number) => (log ? Math.log(at) : at);
  let [below, all] = [0, 0];
  for (let cell = 0; cell < counts.length; cell++) {
    const bin = which === 'x' ? cell % grid.columns : Math.floor(cell / grid.columns);
    const [from, to] = axis.range(bin).map(forward) as [number, number];
    const count = counts[cell] as number;
    all += count;
    below += count * Math.min(1, Math.max(0, (forward(value) - from) / (to - from)));
  }
  return below / all;
}

function assertPoint(actual: number, wanted: number, message: string): void {
  assert.ok(Math.abs(actual - wanted) < 0.01, `${message}: ${actual} drawn, ${wanted} in the data`);
}

test('of 100,000 trials the shares that are drawn are those of the data, on linear and logarithmic axes', () => {
  const trials = trialsOf(100_000);
  const model = modelOfMany(trials);
  const shareBelow = (limit: number) => trials.filter(({ values }) => (values[0] as number) < limit).length / 100_000;
  for (const log of [false, true]) {
    const history = drawn(buildHistory(model, { ...PLOT_OPTIONS, log }, t));
    for (const limit of [0.21, 0.25, 0.3, 0.35, 0.399, 0.6]) {
      assertPoint(drawnShare(history, 'y', limit, log), shareBelow(limit), `history below ${limit}, log ${log}`);
    }
    const above = 1 - drawnShare(history, 'y', 0.6, log);
    assert.ok(above > 0.004 && above < 0.008, `${above} drawn above 0.6`);
    for (const number of [10_000, 50_000, 90_000]) {
      assertPoint(drawnShare(history, 'x', number), number / 100_000, `trials before ${number}`);
    }
    const parameter = drawn(buildParameter(model, 'lr', { ...PLOT_OPTIONS, log }, t));
    for (const [decade, share] of [-4, -3, -2].map((decade, index) => [decade, (index + 1) / 4] as const)) {
      assertPoint(drawnShare(parameter, 'x', 10 ** decade, true), share, `learning rates below 1e${decade}`);
    }
    assertPoint(drawnShare(parameter, 'y', 0.3, log), shareBelow(0.3), `values beside learning rates, log ${log}`);
  }
});

test('of two objectives both axes have the shares of the data', () => {
  const trials = trialsOf(100_000, 2);
  const model = modelOfMany(trials, { front: new Uint32Array([3, 4]) });
  const pareto = drawn(buildPareto(model, [0, 1], ['loss', 'ms'], PLOT_OPTIONS, t), [400, 133]);
  assert.equal(pareto.grid.total, 100_000);
  for (const [which, objective, limit] of [
    ['x', 0, 0.25],
    ['x', 0, 0.35],
    ['x', 0, 0.6],
    ['y', 1, 4],
    ['y', 1, 25],
    ['y', 1, 81],
  ] as const) {
    const share = trials.filter(({ values }) => (values[objective] as number) < limit).length / 100_000;
    assertPoint(drawnShare(pareto, which, limit), share, `objective ${objective} below ${limit}`);
  }
});

test('a choice or a whole number has cells of its own with the share of its trials', () => {
  const trials = trialsOf(60_000);
  const model = modelOfMany(trials);
  for (const [name, index, size] of [
    ['optim', 2, 3],
    ['layers', 1, 8],
  ] as const) {
    const { grid, counts } = drawn(buildParameter(model, name, PLOT_OPTIONS, t));
    const shares = new Map<number, number>();
    const all = counts.reduce((sum, count) => sum + count, 0);
    for (let cell = 0; cell < counts.length; cell++) {
      const [from, to] = grid.x.range(cell % grid.columns);
      assert.equal(from, to);
      shares.set(from, (shares.get(from) ?? 0) + (counts[cell] as number) / all);
    }
    const used = [...shares].filter(([, share]) => share > 0);
    assert.equal(used.length, size);
    for (const [value, share] of used) {
      const wanted = trials.filter(({ params }) => params[index] === value).length / trials.length;
      assertPoint(share, wanted, `${name} ${value}`);
    }
    const [, first] = grid.x.place(0);
    const [second] = grid.x.place(1);
    assert.ok(second > first, 'the cells of two choices stand apart');
  }
});

test('up to the budget every trial is a point, beyond it every trial is in a cell, from 100 to a million', () => {
  for (const count of [100, 5000, 5001, 1_000_000]) {
    const model = modelOfMany(trialsOf(count));
    for (const content of [buildHistory(model, PLOT_OPTIONS, t), buildParameter(model, 'lr', PLOT_OPTIONS, t)]) {
      const data = dataOf(content);
      if (count <= 5000) {
        assert.equal(data.density, undefined);
        const points = data.sets.filter(({ style }) => style !== 'bestSoFar').flatMap((set) => set.points);
        assert.equal(new Set(points.map(({ n }) => n)).size, count);
        continue;
      }
      const grid = new DensityGrid();
      grid.update(data.density as NonNullable<PlotData['density']>, data, ...SIZE);
      assert.equal(grid.total, count);
      const title = `density of ${count.toLocaleString('en-US')} trials`;
      assert.ok(content.empty === null && content.note.startsWith(title), 'the figure says so');
      assert.ok(content.empty === null && content.label.includes(title), 'to screen readers too');
    }
  }
});

test('even trial numbers give even columns: no stripes that the data does not have', () => {
  for (const count of [5001, 7777, 100_000]) {
    const { grid } = drawn(buildHistory(modelOfMany(trialsOf(count)), PLOT_OPTIONS, t));
    const columns = new Float64Array(grid.columns);
    grid.counts.forEach((trials, cell) => {
      columns[cell % grid.columns] = (columns[cell % grid.columns] as number) + trials;
    });
    const full = columns.filter((trials) => trials > 0).slice(0, -1);
    assert.equal(new Set(full).size, 1, `${count} trials: ${[...new Set(full)]} in a column`);
  }
});

test('infinite, NaN and failed trials are counted and named, and none is left out', () => {
  const trials = trialsOf(8000);
  const change = (from: number, to: number, part: Partial<Trial>) => {
    for (let number = from; number < to; number++) Object.assign(trials[number] as Trial, part);
  };
  change(100, 400, { state: fail, values: [Number.NaN] });
  change(500, 520, { values: [Number.NaN] });
  change(600, 607, { values: [Number.POSITIVE_INFINITY] });
  change(700, 740, { values: [1e6] });
  change(800, 850, { state: pruned, values: [Number.NaN] });
  change(7998, 8000, { state: running, values: [Number.NaN] });
  change(900, 910, { state: waiting, values: [Number.NaN] });
  const content = buildHistory(modelOfMany(trials), PLOT_OPTIONS, t);
  const { grid, data } = drawn(content);
  assert.equal(grid.total, 7990, 'all but those that have not begun');
  const note = content.empty === null ? content.note : '';
  assert.match(note, /, 7 of them infinite/);
  assert.match(note, /in the lane below: 300 failed, 20 NaN, 50 pruned without a value, 2 running$/);
  const edge = Number(note.match(/(\d+) trials beyond the scale/)?.[1]);
  assert.ok(edge >= 47, `${edge} beyond the scale`);
  const inLane = (label: string) => {
    const lane = data.y.lanes?.find((one) => one.label.startsWith(label));
    assert.ok(lane);
    const row = grid.y.bin(lane.at);
    return grid.counts.slice(row * grid.columns, (row + 1) * grid.columns).reduce((sum, count) => sum + count, 0);
  };
  assert.equal(inLane('no value'), 372);
  assert.equal(inLane('>'), edge, 'those beyond the scale stand apart, so that they make no ridge at its end');
  const pair = trials.map(({ values, ...trial }) => ({ ...trial, values: [...values, 1] }));
  const pareto = buildPareto(modelOfMany(pair), [0, 1], ['a', 'b'], PLOT_OPTIONS, t);
  assert.match((pareto.empty === null && pareto.note) || '', /not drawn: 300 failed, 20 NaN, 50 pruned/);
});

test('best, its forerunners, the front, the selected and running trials are drawn on top', () => {
  const trials = trialsOf(20_000);
  for (const number of [19_000, 19_999])
    Object.assign(trials[number] as Trial, { state: running, values: [Number.NaN] });
  (trials[15_000] as Trial).values = [0.01];
  const model = modelOfMany(trials);
  const options = { ...PLOT_OPTIONS, best: 15_000, selected: 77 };
  const data = dataOf(buildHistory(model, options, t));
  const steps = data.sets.find(({ style }) => style === 'bestSoFar')?.points.map(({ n }) => n) ?? [];
  assert.ok(steps.length > 3 && steps.includes(15_000));
  const points = new Set(
    data.sets.filter(({ style }) => style !== 'bestSoFar').flatMap((set) => set.points.map(({ n }) => n)),
  );
  assert.deepEqual(
    [...points].sort((a, b) => a - b),
    [...new Set([...steps, 77, 19_000, 19_999])].sort((a, b) => a - b),
  );
  const front = Uint32Array.from({ length: 1200 }, (_, index) => 3 * index);
  const pair = trials.map(({ values, ...trial }) => ({ ...trial, values: [...values, 1] }));
  const pareto = dataOf(buildPareto(modelOfMany(pair, { front }), [0, 1], ['a', 'b'], options, t));
  const drawnFront = pareto.sets
    .filter(({ style }) => style === 'front')
    .flatMap((set) => set.points.map(({ n }) => n));
  assert.deepEqual(
    drawnFront.sort((a, b) => a - b),
    [...front],
    'no point of the front is left out',
  );
});

/** What a grid and a new one of the same data hold. */
function compareToFresh(grid: DensityGrid, data: PlotData): number {
  const fresh = new DensityGrid();
  const density = data.density as NonNullable<PlotData['density']>;
  const looked = grid.update(density, data, ...SIZE);
  fresh.update(density, data, ...SIZE);
  assert.deepEqual(grid.counts, fresh.counts);
  assert.deepEqual([grid.most, grid.total], [fresh.most, fresh.total]);
  const fullest = grid.counts.indexOf(grid.most);
  assert.deepEqual(grid.itemsIn(fullest), fresh.itemsIn(fullest));
  return looked;
}

test('a trial that comes or changes moves itself alone while the axes stay', () => {
  const random = seededRandom(3);
  const trials = trialsOf(20_000);
  const model = modelOfMany(trials);
  const merge = (changes: readonly (readonly [number, Trial])[]) =>
    model.merge(
      headerOf(),
      columnsOf(
        changes.map(([, trial]) => trial),
        Uint32Array.from(changes, ([number]) => number),
      ),
    );
  const grids = { history: new DensityGrid(), lr: new DensityGrid() };
  const check = (): number[] => [
    compareToFresh(grids.history, dataOf(buildHistory(model, { ...PLOT_OPTIONS, total: 40_000 }, t))),
    compareToFresh(grids.lr, dataOf(buildParameter(model, 'lr', PLOT_OPTIONS, t))),
  ];
  check();
  let length = trials.length;
  for (let round = 0; round < 40; round++) {
    const looked: number[] = [];
    const begun = { ...knownTrial(random), state: running, values: [Number.NaN] };
    if (round === 0) merge([[length, begun]]);
    else {
      const ended = { ...knownTrial(random), values: [0.25 + 0.1 * random()] };
      const changed = Math.floor(random() * 20_000);
      merge([
        [length++, ended],
        [length, begun],
        [changed, { ...(trials[changed] as Trial), state: round % 3 === 0 ? fail : complete, values: [0.3] }],
      ]);
    }
    looked.push(...check());
    // The first running trial opens a lane: the axis is another one.
    if (round > 0) assert.deepEqual(looked, [3, 3], `round ${round}`);
  }
  const other = modelOfMany(trialsOf(9000, 1, 8));
  compareToFresh(grids.history, dataOf(buildHistory(other, PLOT_OPTIONS, t)));
});

test('what came while a chart was out of sight for long is in it when it is seen again', () => {
  const random = seededRandom(5);
  const model: TrialModel = modelOfMany(trialsOf(6000));
  const grid = new DensityGrid();
  const look = () => compareToFresh(grid, dataOf(buildParameter(model, 'lr', PLOT_OPTIONS, t)));
  look();
  for (let number = 6000; number < 6300; number++) {
    model.merge(headerOf(), columnsOf([{ ...knownTrial(random), values: [0.3] }], Uint32Array.of(number)));
  }
  look();
  assert.equal(grid.total, 6300);
});

test('an axis of trials without an end grows in steps, so that a density is seldom counted anew', () => {
  const random = seededRandom(9);
  const model = modelOfMany(trialsOf(100_000));
  const ends = new Set<number>();
  for (let number = 100_000; number < 100_200; number++) {
    model.merge(headerOf(), columnsOf([{ ...knownTrial(random), values: [0.3] }], Uint32Array.of(number)));
    ends.add(dataOf(buildHistory(model, PLOT_OPTIONS, t)).x.max);
  }
  assert.ok(ends.size <= 2, `${ends.size} axes for 200 trials`);
});

test('a fuller cell is never drawn fainter, and a single trial is seen, in every theme', () => {
  const luminance = (color: readonly number[]) => {
    const [red, green, blue] = color.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: number, other: number) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const themes: readonly [name: string, accent: Channels, foreground: Channels, background: Channels, faint: number][] =
    [
      ['dark', [55, 148, 255], [204, 204, 204], [31, 31, 31], 0.18],
      ['light', [26, 133, 255], [59, 59, 59], [255, 255, 255], 0.18],
      ['high contrast', [55, 148, 255], [255, 255, 255], [0, 0, 0], 0.4],
      ['high contrast light', [26, 133, 255], [41, 41, 41], [255, 255, 255], 0.4],
    ];
  for (const [name, accent, foreground, background, faint] of themes) {
    const palette = densityPalette(accent, foreground, faint);
    const seen = Array.from({ length: 256 }, (_, level) => {
      const [red, green, blue, alpha] = palette.subarray(4 * level, 4 * level + 4) as unknown as number[];
      const over = [red, green, blue].map((value, channel) => {
        const share = (alpha as number) / 255;
        return share * (value as number) + (1 - share) * (background[channel] as number);
      });
      return contrast(luminance(over), luminance(background));
    });
    for (let level = 1; level < 256; level++) {
      assert.ok((seen[level] as number) >= (seen[level - 1] as number) - 0.02, `${name}: level ${level}`);
    }
    assert.ok((seen[0] as number) > 1.15, `${name}: a single trial at ${seen[0]}`);
    assert.ok((seen[255] as number) / (seen[0] as number) > 3.5, `${name}: from ${seen[0]} to ${seen[255]}`);
  }
});

test('more than one direction: a density of a study that maximizes has its lane for bad values at the bottom', () => {
  const trials = trialsOf(7000).map((trial) => ({ ...trial, values: [-(trial.values[0] as number)] }));
  (trials[5] as Trial).values = [-1e9];
  const { data, grid } = drawn(
    buildHistory(modelOfMany(trials, { directions: [Direction.maximize] }), PLOT_OPTIONS, t),
  );
  const lane = data.y.lanes?.find(({ label }) => label.startsWith('<'));
  assert.ok(lane && lane.at < 0);
  assert.equal(data.locate(5)[0]?.y, lane.at);
  assert.equal(grid.total, 7000);
});
