/** Learning curves: intermediate values by step, one line a trial, or quantiles of many. */
import { TrialState } from '../../src/core/study/states.ts';
import { decimateLine, thin } from '../model/decimate.ts';
import type { TrialModel } from '../model/model.ts';
import type { AxisBrush } from '../plot/brush.ts';
import type { PlotAxis, PlotContent, PlotOptions, PlotPoint, PlotSet, PlotStyle } from '../plot/plotData.ts';
import { type AxisRange, clampTo, ticks, withLane } from '../plot/scales.ts';
import { formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { type CurveBands, CurveCounts, type CurveSummary } from './curveBands.ts';
import { type Clipped, joined, valueAxis } from './objectiveAxis.ts';
import { notableTrials, trialsWhere } from './objectiveScatter.ts';

/** Curves that are drawn as lines; of this many or more quantiles are. */
export const MOST_CURVES = 500;
/** Points that one line may have: more than a narrow chart has pixels is not seen. */
const LONGEST_CURVE = 200;
/** Points of all lines together, as far as each can keep its shape. */
const MOST_POINTS = 20_000;
const SHORTEST_CURVE = 40;
/** Share of the axis below the bands that tells how many curves there are at a step. */
const STRIP = 0.26;

/** Whether a trial has a line to draw: finite values at two steps or more. */
export function hasCurves({ curves, length }: TrialModel): boolean {
  if (curves.points === 0) return false;
  for (let number = 0; number < length; number++) {
    const points = curves.length(number);
    for (let index = 0; points > 1 && index < points; index++)
      if (Number.isFinite(curves.value(number, index))) return true;
  }
  return false;
}

/** `counts`: of these curves; where it hasn't seen all of them yet, the chart says that it is being read. */
export function buildCurves(
  model: TrialModel,
  options: PlotOptions,
  t: Translate,
  counts = countedCurves(model, options.log),
): PlotContent {
  const { curves } = model;
  const hasCurve = (number: number) => number < model.length && curves.length(number) > 0;
  const trials = trialsWhere(model, hasCurve);
  let [count, pruned, longest] = [0, 0, 0];
  for (let number = 0; number < model.length; number++) {
    const points = curves.length(number);
    if (points === 0) continue;
    count++;
    if (points > longest) longest = points;
    if (model.state(number) === TrialState.pruned) pruned++;
  }
  if (count === 0) return { empty: model.length === 0 ? t('noTrials') : t('noCurves') };
  if (longest === 1) return { empty: t('noLongCurves') };
  if (!counts.isKnown) return { empty: t('readingCurves', { count: formatCount(count) }) };
  const summary = counts.summary(model);
  if (!summary) return { empty: t('noFiniteCurves') };
  const { range } = summary;
  const bands = count < MOST_CURVES ? null : counts.bands(model);
  const { selection } = options;
  const left = bands && selection.isOn ? trials().filter(selection.has) : [];
  const drawn = bands ? [...new Set([...linesOverBands(model, options, bands), ...thin(left, MOST_CURVES)])] : trials();
  const room = Math.max(SHORTEST_CURVE, Math.min(LONGEST_CURVE, Math.floor(MOST_POINTS / drawn.length)));
  const raw = (number: number) => curvePoints(model, number, range, room, 0);
  const line = (number: number) => curvePoints(model, number, range, room, options.smoothing);
  const survivors = bands ? survivorsSentence(bands, t) : '';
  const said = joined([
    bands ? t('bandsNote', { curves: formatCount(bands.curves) }) : '',
    survivors === '' ? '' : t('survivorsNote'),
    left.length > MOST_CURVES
      ? t('someCurvesOf', { drawn: formatCount(MOST_CURVES), curves: formatCount(left.length) })
      : '',
    pruned > 0 ? t('prunedCount', { pruned: formatCount(pruned) }) : '',
    clippedValues(summary, t),
  ]);
  return {
    empty: null,
    data: {
      x: { ...stepAxis(t('columnBudget'), summary), brush: stepBrush(options, summary) },
      y: valueAxis(options.objectiveName, bands ? withLane(range, STRIP) : range, range),
      sets: [...(options.smoothing > 0 ? rawSet(drawn, raw) : []), ...curveSets(model, drawn, line)],
      bands: bands ?? undefined,
      bandsAreContext: selection.isOn,
      isCurves: true,
      locate: (number) => (hasCurve(number) ? line(number) : []),
      get trials() {
        return trials();
      },
    },
    note: joined([
      options.objective === 0 && !bands ? t('curvesNote', { objective: options.objectiveName }) : '',
      said,
    ]),
    label: joined([t('curvesLabel', { count: formatCount(count), pruned: formatCount(pruned) }), said, survivors], ' '),
  };
}

function countedCurves(model: TrialModel, log: boolean): CurveCounts {
  const counts = new CurveCounts();
  counts.advance(model, log, () => false);
  return counts;
}

/** What bands hide: they hold at each step only the curves that came so far, which pruning has chosen. */
function survivorsSentence({ steps, reached, least }: CurveBands, t: Translate): string {
  const last = reached.findLastIndex((count) => count >= least);
  const first = reached.findIndex((count) => count >= least);
  if (reached[last] === reached[first]) return '';
  const count = (index: number) => formatCount(reached[index] as number);
  const step = (index: number) => formatSignificant(steps[index] as number, 6);
  return t('survivorsCount', { first: count(first), firstStep: step(first), last: count(last), lastStep: step(last) });
}

/** Best, selected and running trials, and the few that went on where they are too few for quantiles. */
function linesOverBands(model: TrialModel, options: PlotOptions, bands: CurveBands): number[] {
  const { curves } = model;
  const drawn = notableTrials(model, options);
  const last = bands.steps[bands.reached.findLastIndex((count) => count >= bands.least)] ?? Number.POSITIVE_INFINITY;
  for (let number = 0; number < model.length; number++) {
    const length = curves.length(number);
    if (length > 0 && curves.step(number, length - 1) > last) drawn.add(number);
  }
  return [...drawn].filter((number) => curves.length(number) > 0).sort((one, other) => one - other);
}

function clippedValues({ clipped, infinite }: Clipped, t: Translate): string {
  if (clipped === 0) return '';
  const sentence = clipped === 1 ? t('clippedValuesOne') : t('clippedValuesMany', { clipped: formatCount(clipped) });
  return infinite === 0 ? sentence : t('infiniteAmong', { sentence, infinite: formatCount(infinite) });
}

/** A range of steps selects the trials whose last report is in it. */
function stepBrush({ filterName }: PlotOptions, { first: min, last: max }: CurveSummary): AxisBrush {
  return { name: filterName('trial.step'), choices: null, isWhole: true, range: { min, max, log: false } };
}

function stepAxis(name: string, { first: min, last: max }: CurveSummary): PlotAxis {
  const margin = min === max ? 1 : (max - min) * 0.01;
  const axis = { min: min - margin, max: max + margin, log: false };
  return { ...axis, ticks: ticks(axis, 6).filter(Number.isInteger), label: String, name };
}

/** Smoothed curves have the reported ones behind them. */
function rawSet(drawn: readonly number[], raw: (number: number) => readonly PlotPoint[]): PlotSet[] {
  const points = drawn.flatMap((number) => {
    const line = raw(number);
    const last = line.at(-1);
    return last && line.length > 1 ? [...line, { ...last, y: Number.NaN }] : [];
  });
  return points.length > 0 ? [{ style: 'curveRaw', points }] : [];
}

/**
 * The points of a curve in the order of steps, `room` at most. `smoothing`: the share that an exponential moving average keeps
 * of what was before, freed from its start at 0 as Adam's moments are.
 */
function curvePoints(
  { curves }: TrialModel,
  number: number,
  range: AxisRange,
  room: number,
  smoothing: number,
): readonly PlotPoint[] {
  const points: { x: number; y: number; readonly n: number }[] = [];
  let isSorted = true;
  for (let index = 0; index < curves.length(number); index++) {
    const x = curves.step(number, index);
    if (index > 0 && x < curves.step(number, index - 1)) isSorted = false;
    points.push({ x, y: curves.value(number, index), n: number });
  }
  if (!isSorted) points.sort((one, other) => one.x - other.x);
  let [mean, weight] = [0, 0];
  for (const point of points) {
    // A value that is none leaves a gap, and the mean as it was.
    if (smoothing > 0 && Number.isFinite(point.y)) {
      mean = smoothing * mean + (1 - smoothing) * point.y;
      weight = smoothing * weight + (1 - smoothing);
      point.y = mean / weight;
    }
    point.y = clampTo(range, point.y);
  }
  return decimateLine(points, room);
}

/**
 * One set a style; a point without a y between two curves lifts the pen. A pruned curve ends in the mark of a pruned
 * trial, and a curve of one point is that point.
 */
function curveSets(model: TrialModel, drawn: readonly number[], line: (number: number) => readonly PlotPoint[]) {
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
