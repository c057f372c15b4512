import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import { type CurveBands, CurveCounts, QUANTILES } from '../../../webview/charts/curveBands.ts';
import { buildCurves } from '../../../webview/charts/curvesChart.ts';
import type { TrialModel } from '../../../webview/model/model.ts';
import type { PlotData } from '../../../webview/plot/plotData.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { panelTexts } from '../../support/words.ts';
import { columnsOf, modelOfCurves } from './manyTrials.ts';
import { headerOf } from './panelRows.ts';
import { dataOf, PLOT_OPTIONS } from './plots.ts';

const t = createTranslate(panelTexts);
const { complete, pruned, running } = TrialState;
type Curve = [step: number, value: number][];

interface Study {
  readonly curves: Curve[];
  readonly states: TrialState[];
}

/** Curves of up to 40 steps; the worse ones were pruned, at any step; the best is a single one. */
function studyOf(count: number, seed = 3, best = Math.floor(count / 3) + 1): Study {
  const random = seededRandom(seed);
  const curves: Curve[] = [];
  const states: TrialState[] = [];
  for (let number = 0; number < count; number++) {
    const end = number === best ? 0.05 : 0.2 + 0.3 * random() ** 2;
    const isPruned = end > 0.25 && random() < 0.9;
    const length = isPruned ? 2 + Math.floor(30 * random()) : 40;
    curves.push(Array.from({ length }, (_, step) => [step + 1, end + 0.8 / (step + 1.5)]));
    states.push(isPruned ? pruned : complete);
  }
  return { curves, states };
}

function countsOf(model: TrialModel, log = false): CurveCounts {
  const counts = new CurveCounts();
  counts.advance(model, log, () => false);
  return counts;
}

/** Quantiles by sorting, of the curves that reach each step; between its steps a curve is a straight line. */
function assertExact(bands: CurveBands, curves: readonly Curve[], height: number): void {
  for (const [at, step] of bands.steps.entries()) {
    const values = curves
      .flatMap((curve) => {
        const sorted = [...curve].sort(([one], [other]) => one - other);
        const next = sorted.findIndex(([known]) => known >= step);
        const [to, from] = [sorted[next], sorted[next - 1]];
        if (!to || (to[0] > step && !from)) return [];
        if (to[0] === step || !from) return [to[1]];
        return [from[1] + ((to[1] - from[1]) * (step - from[0])) / (to[0] - from[0])];
      })
      .filter((value) => !Number.isNaN(value))
      .sort((one, other) => one - other);
    assert.equal(bands.reached[at], values.length, `curves at step ${step}`);
    for (const [index, share] of QUANTILES.entries()) {
      const wanted = values[Math.max(0, Math.ceil(share * values.length) - 1)] as number;
      const drawn = bands.quantiles[index]?.[at] as number;
      assert.ok(Math.abs(drawn - wanted) <= 0.003 * height, `${share} at step ${step}: ${drawn}, ${wanted}`);
    }
  }
}

test('bands are the quantiles of all curves that reach a step', () => {
  const { curves, states } = studyOf(3000);
  const bands = countsOf(modelOfCurves(curves, states)).bands(modelOfCurves(curves, states));
  assert.ok(bands);
  assert.equal(bands.steps.length, 40);
  assertExact(bands, curves, 1.1);
});

test('curves that report at other steps, out of order or with NaN are measured between their steps', () => {
  const random = seededRandom(4);
  const curves = Array.from({ length: 600 }, (_, number): Curve => {
    const every = 1 + (number % 7);
    const points = Array.from({ length: 40 }, (__, index): [number, number] => [index * every, random()]);
    if (number % 5 === 0) points.reverse();
    return points;
  });
  (curves[10] as Curve)[3] = [9, Number.NaN];
  const model = modelOfCurves(
    curves,
    curves.map(() => complete),
  );
  const bands = countsOf(model).bands(model);
  assert.ok(bands && bands.steps.length <= 128);
  assert.deepEqual([bands.steps[0], bands.steps.at(-1)], [0, 273]);
  const without = curves.filter((_, number) => number !== 10);
  const others = modelOfCurves(
    without,
    without.map(() => complete),
  );
  assertExact(countsOf(others).bands(others) as CurveBands, without, 1.1);
});

test('a growing study has the same bands as one that is counted anew, whatever the slices', () => {
  const { curves, states } = studyOf(6000);
  const first = 5000;
  const model = modelOfCurves(curves.slice(0, first), states.slice(0, first));
  const counts = new CurveCounts();
  let slices = 0;
  let looks = 0;
  // Always late: as little as possible is done at once.
  for (counts.advance(model, false, () => true); counts.isUnfinished; slices++)
    counts.advance(model, false, () => ++looks % 3 === 0);
  assert.ok(slices > 20, `${slices} slices`);
  const grown = (number: number, length: number, state: TrialState) => {
    const points = (curves[number] as Curve).slice(0, length);
    model.merge(headerOf(), {
      ...columnsOf([{ state, values: [1], params: [1, 1, 1] }], Uint32Array.of(number)),
      curveOffsets: Uint32Array.of(0, points.length),
      curveSteps: Float64Array.from(points, ([step]) => step),
      curveValues: Float64Array.from(points, ([, value]) => value),
    });
  };
  for (let number = first; number < 5200; number++) {
    for (const length of [1, 5]) grown(number, length, running);
    grown(number, 40, states[number] as TrialState);
    counts.advance(model, false, () => false);
  }
  grown(5200, 7, running);
  counts.advance(model, false, () => false);
  assertExact(counts.bands(model) as CurveBands, [...curves.slice(0, 5200), (curves[5200] as Curve).slice(0, 7)], 1.1);
  grown(3, 20, complete);
  counts.advance(model, false, () => false);
  const changed = curves.slice(0, 5200).map((curve, number) => (number === 3 ? curve.slice(0, 20) : curve));
  assertExact(counts.bands(model) as CurveBands, [...changed, (curves[5200] as Curve).slice(0, 7)], 1.1);
});

test('what shows while a study is looked at again is the last known, then the new', () => {
  const { curves, states } = studyOf(4000);
  const model = modelOfCurves(curves, states);
  const counts = countsOf(model);
  const before = counts.bands(model)?.quantiles[2]?.[39];
  counts.advance(model, true, () => true);
  assert.ok(counts.isUnfinished && counts.isKnown);
  assert.equal(counts.bands(model)?.quantiles[2]?.[39], before);
  assert.equal(counts.summary(model)?.range.log, false);
  while (counts.isUnfinished) counts.advance(model, true, () => false);
  assert.equal(counts.summary(model)?.range.log, true);
  assertExact(counts.bands(model) as CurveBands, curves, 1.1);
});

function linesIn(data: PlotData): Set<number> {
  return new Set(
    data.sets.filter(({ style }) => style.startsWith('curve')).flatMap(({ points }) => points.map(({ n }) => n)),
  );
}

test('fewer than 500 curves are all drawn, each with its lowest and highest value', () => {
  const { curves, states } = studyOf(499);
  curves[7] = Array.from({ length: 1000 }, (_, step) => [step + 1, step === 501 ? 0.9 : 0.3]);
  const data = dataOf(buildCurves(modelOfCurves(curves, states), PLOT_OPTIONS, t));
  assert.equal(data.bands, undefined);
  assert.equal(linesIn(data).size, 499);
  const spiked = data.sets.flatMap(({ points }) => points).filter(({ n }) => n === 7);
  assert.ok(
    spiked.some(({ y }) => y === 0.9),
    'the spike',
  );
});

test('of 10,000 curves there are bands, and the best, the selected and the running ones as lines', () => {
  const { curves, states } = studyOf(10_000);
  for (const number of [9998, 9999]) {
    curves[number] = (curves[number] as Curve).slice(0, 2);
    states[number] = running;
  }
  const options = { ...PLOT_OPTIONS, best: 3334, selected: 20 };
  const content = buildCurves(modelOfCurves(curves, states), options, t);
  const data = dataOf(content);
  assert.deepEqual(
    [...linesIn(data)].sort((one, other) => one - other),
    [20, 3334, 9998, 9999],
  );
  assert.equal(data.bands?.curves, 10_000);
  const last = curves.filter((curve) => curve.length === 40).length;
  const told = content.empty === null ? [content.note, content.label] : [];
  assert.match(
    told[0] ?? '',
    /^10,000 curves: median, middle 50 % and 90 % · later steps: only of trials that got there/,
  );
  assert.match(told[1] ?? '', new RegExp(`10,000 curves at step 1, ${last.toLocaleString('en-US')} at step 40$`));
});

test('the few that go on beyond all others are lines, where quantiles would say nothing', () => {
  const { curves, states } = studyOf(2000);
  for (const number of [100, 200]) {
    curves[number] = Array.from({ length: 90 }, (_, step) => [step + 1, 0.3]);
    states[number] = complete;
  }
  const { bands, ...data } = dataOf(buildCurves(modelOfCurves(curves, states), PLOT_OPTIONS, t));
  assert.deepEqual([...linesIn(data as PlotData)], [100, 200]);
  assert.equal(bands?.least, 10);
  assert.equal(bands?.reached.at(-1), 2);
});

test('exploded and infinite values are drawn at the edge and counted, all of them', () => {
  const { curves, states } = studyOf(800);
  for (let number = 0; number < 30; number++)
    (curves[number] as Curve)[1] = [2, number < 5 ? Number.POSITIVE_INFINITY : 1e9];
  const content = buildCurves(modelOfCurves(curves, states), PLOT_OPTIONS, t);
  const { y } = dataOf(content);
  assert.ok(y.max < 2, `${y.max}`);
  assert.match(
    content.empty === null ? content.note : '',
    /30 values beyond the scale are drawn at its edge, 5 of them infinite$/,
  );
});
