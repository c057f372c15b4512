/** Learning curves: intermediate values by step, one line a trial. */
import { TrialState } from '../src/core/study/states.ts';
import { thin } from './decimate.ts';
import type { TrialModel } from './model.ts';
import { keepSet, valueAxis } from './objectiveAxis.ts';
import type { PlotContent, PlotOptions, PlotPoint, PlotStyle } from './plotData.ts';
import { type AxisRange, clampTo, ticks, type ValueRange, valueRange } from './scales.ts';
import type { Translate } from './strings.ts';

/** Points that one line may have: more than a narrow chart has pixels is not seen. */
const LONGEST_CURVE = 200;
/** Best, selected and this many running ones at most are drawn whatever the budget says. */
const KEPT_CURVES = 20;
/** Values that the axis looks at; beyond, every k-th. */
const RANGE_SAMPLE = 50_000;

export function buildCurves(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { curves } = model;
  const trials: number[] = [];
  let pruned = 0;
  let longest = 0;
  for (let number = 0; number < model.length; number++) {
    const points = curves.length(number);
    if (points === 0) continue;
    trials.push(number);
    longest = Math.max(longest, points);
    if (model.state(number) === TrialState.pruned) pruned++;
  }
  if (trials.length === 0) return { empty: model.length === 0 ? t('noTrials') : t('noCurves') };
  if (longest === 1) return { empty: t('noLongCurves') };
  const found = curvesRange(model, trials, options.log);
  if (!found) return { empty: t('noFiniteCurves') };
  const { range, steps } = found;
  const line = (number: number) => curvePoints(model, number, range);
  const drawn = chosenCurves(model, trials, keepSet(model, options), options.budget);
  const note = [
    options.objective === 0 ? t('curvesNote', options.objectiveName) : '',
    drawn.length < trials.length ? t('curvesOf', drawn.length, trials.length) : '',
    pruned > 0 ? t('prunedCount', pruned) : '',
    range.clipped > 0 ? clippedValues(range.clipped, t) : '',
  ];
  return {
    empty: null,
    data: {
      x: stepAxis(steps),
      y: valueAxis(range, range.min),
      sets: curveSets(model, drawn, line),
      isCurves: true,
      locate: (number) => (number < model.length && curves.length(number) > 0 ? line(number) : []),
      trials,
    },
    note: note.filter((part) => part !== '').join(' · '),
    label: t('curvesLabel', trials.length, pruned),
  };
}

function clippedValues(count: number, t: Translate): string {
  return count === 1 ? t('clippedValuesOne') : t('clippedValuesMany', count);
}

/** The value axis is logarithmic where the objective's is and every intermediate value is positive. */
function curvesRange(
  model: TrialModel,
  trials: readonly number[],
  wantsLog: boolean,
): { range: ValueRange; steps: AxisRange } | null {
  const { curves } = model;
  const stride = Math.max(1, Math.ceil(curves.points / RANGE_SAMPLE));
  const values: number[] = [];
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let seen = 0;
  let isPositive = true;
  for (const number of trials) {
    for (let index = 0; index < curves.length(number); index++) {
      const value = curves.value(number, index);
      if (seen++ % stride === 0) values.push(value);
      if (value <= 0) isPositive = false;
      const step = curves.step(number, index);
      if (step < min) min = step;
      if (step > max) max = step;
    }
  }
  const range = valueRange(values, { log: wantsLog && isPositive, better: 'none' });
  return range && { range, steps: { min, max, log: false } };
}

function stepAxis({ min, max }: AxisRange) {
  const margin = min === max ? 1 : (max - min) * 0.01;
  const axis = { min: min - margin, max: max + margin, log: false };
  return { ...axis, ticks: ticks(axis, 6).filter(Number.isInteger), label: String };
}

/** Which curves fit into the budget: the ones to keep, then an even choice of all others. */
function chosenCurves(
  model: TrialModel,
  trials: readonly number[],
  keep: ReadonlySet<number>,
  budget: number,
): number[] {
  const points = Math.min(LONGEST_CURVE, model.curves.points / trials.length);
  const lines = Math.max(1, Math.floor(budget / (points + 1)));
  const chosen = new Set([...thin(trials, lines), ...[...keep].slice(0, KEPT_CURVES)]);
  return trials.filter((number) => chosen.has(number));
}

function curvePoints(model: TrialModel, number: number, range: ValueRange): PlotPoint[] {
  const { curves } = model;
  const indices = Array.from({ length: curves.length(number) }, (_, index) => index);
  const points: PlotPoint[] = [];
  for (const index of thin(indices, LONGEST_CURVE)) {
    const value = curves.value(number, index);
    points.push({ x: curves.step(number, index), y: clampTo(range, value), n: number });
  }
  return points.sort((one, other) => one.x - other.x);
}

/**
 * One set a style; a point without a y between two curves lifts the pen. A pruned curve ends in the mark of a pruned
 * trial, and a curve of one point is that point.
 */
function curveSets(model: TrialModel, drawn: readonly number[], line: (number: number) => PlotPoint[]) {
  const styles = ['curve', 'curveRunning', 'curvePruned', 'complete', 'pruned', 'running'] as const;
  const groups = new Map<PlotStyle, PlotPoint[]>(styles.map((style) => [style, []]));
  for (const number of drawn) {
    const points = line(number);
    const last = points.at(-1);
    if (!last) continue;
    const [lineStyle, pointStyle] = curveStyles(model.state(number));
    if (points.length > 1) groups.get(lineStyle)?.push(...points, { ...last, y: Number.NaN });
    if (points.length === 1 || pointStyle === 'pruned') groups.get(pointStyle)?.push(last);
  }
  return [...groups].filter(([, points]) => points.length > 0).map(([style, points]) => ({ style, points }));
}

function curveStyles(state: TrialState): [PlotStyle, PlotStyle] {
  if (state === TrialState.pruned) return ['curvePruned', 'pruned'];
  return state === TrialState.running ? ['curveRunning', 'running'] : ['curve', 'complete'];
}
