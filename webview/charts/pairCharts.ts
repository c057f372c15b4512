/** Two parameters against each other, and how good the trials are there: by their values, and by their ranks. */
import { TrialState } from '../../src/core/study/states.ts';
import type { TrialModel } from '../model/model.ts';
import type { Field, PlotAxis, PlotContent, PlotOptions, PlotPoint, PlotStyle } from '../plot/plotData.ts';
import { type AxisRange, clampTo, jitter } from '../plot/scales.ts';
import { formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { ChartDefinition } from './charts.ts';
import { joined, noValueSentence, objectiveRange, shownValues } from './objectiveAxis.ts';
import { notableTrials, setsOf } from './objectiveScatter.ts';
import { parameterAxis, spreadOf } from './parameterChart.ts';
import { hasComplete, parametersOf, type Scene } from './scene.ts';

/** Cells along a range, and how far a trial shades around it: the deviation of a normal distribution in cells. */
const CELLS = 48;
const REACH = 1.6;
/** A cell has a shade where a trial lies within this many deviations. */
const FARTHEST = 1.75;

const hasPair = (scene: Scene) => hasComplete(scene) && parametersOf(scene) !== null;

export const CONTOUR: ChartDefinition = {
  id: 'contour',
  title: (t) => t('contour'),
  needs: hasPair,
  build: (scene, options, t) => buildPair(scene, options, t, false),
  tabs: ['parameters'],
  span: 6,
};

export const RANK: ChartDefinition = {
  id: 'rank',
  title: (t) => t('rank'),
  needs: hasPair,
  build: (scene, options, t) => buildPair(scene, options, t, true),
  tabs: ['parameters'],
  span: 6,
};

function buildPair(scene: Scene, options: PlotOptions, t: Translate, byRank: boolean): PlotContent {
  const { model } = scene;
  const [xName, yName] = parametersOf(scene) ?? [];
  const [across, up] = [xName, yName].map((name) => (name === undefined ? undefined : model.parameters.get(name)));
  const values = shownValues(model, options.objective);
  const range = objectiveRange(model, values, options);
  if (!across || !up || !range) return { empty: noValueSentence(model, values, t) };
  const isPlaced = (number: number) =>
    number < model.length &&
    model.hasBegun(number) &&
    !Number.isNaN(across.values[number] ?? Number.NaN) &&
    !Number.isNaN(up.values[number] ?? Number.NaN);
  const isRanked = (number: number) =>
    isPlaced(number) && model.state(number) === TrialState.complete && !Number.isNaN(values[number] as number);
  const x = parameterAxis(across, options.filterName(`params.${across.name}`));
  const y = parameterAxis(up, options.filterName(`params.${up.name}`));
  const [spreadX, spreadY] = [spreadOf(across), spreadOf(up)];
  // Another offset for each axis: one of both would be a diagonal.
  const at = (number: number): PlotPoint => ({
    x: (across.values[number] as number) + spreadX * jitter(number),
    y: (up.values[number] as number) + spreadY * jitter(number ^ 0x55555),
    n: number,
  });
  const sign = model.isMinimized(options.objective) ? 1 : -1;
  const ranks = byRank ? ranksOf(model, values, options.objective) : new Float64Array(0);
  const drawn: number[] = [];
  for (let number = 0; number < model.length; number++) if (isPlaced(number)) drawn.push(number);
  const count = drawn.length;
  if (!drawn.some(isRanked)) return { empty: t('noFinished') };
  const isDense = count > options.budget;
  const { selection } = options;
  const isIn = (number: number) => isRanked(number) && (!selection.isOn || selection.has(number));
  const shade = byRank
    ? (number: number) => 1 - (ranks[number] as number)
    : shadeOf(range.min, range.max, range.log, sign, values);
  const shown = isDense ? [...notableTrials(model, options)].filter(isPlaced).sort((one, other) => one - other) : drawn;
  const styleOf = (number: number): PlotStyle => {
    const state = model.state(number);
    if (isRanked(number)) return byRank ? rankStyle(ranks[number] as number) : 'dominated';
    if (state === TrialState.running && !model.isInterrupted(number)) return 'running';
    if (state === TrialState.pruned) return 'pruned';
    return model.isPaused(number) ? 'paused' : 'failed';
  };
  const field =
    byRank && !isDense
      ? undefined
      : fieldOf(model.length, isIn, shade, [x, y], [across.values, up.values], {
          worst: byRank ? t('rankWorst') : formatSignificant(sign > 0 ? range.max : range.min, 3),
          best: byRank ? t('rankBest') : formatSignificant(sign > 0 ? range.min : range.max, 3),
          title: byRank
            ? t('rankScale', { objective: options.objectiveName })
            : t('contourScale', { objective: options.objectiveName }),
        });
  const words = { x: across.name, y: up.name, objective: options.objectiveName, count: formatCount(count) };
  return {
    empty: null,
    data: {
      x,
      y,
      sets: setsOf(shown, styleOf, at, [
        'dominated',
        'rank3',
        'rank2',
        'rank1',
        'rank0',
        'pruned',
        'failed',
        'paused',
        'running',
      ]),
      field,
      isCurves: false,
      locate: (number) => (isPlaced(number) ? [at(number)] : []),
      trials: drawn,
    },
    note: joined([
      isDense ? t('contourDense', { count: formatCount(count) }) : '',
      byRank ? (isDense ? '' : t('rankNote')) : t('contourNote'),
    ]),
    label: byRank ? t('rankLabel', words) : joined([t('contourLabel', words), t('contourNote')], ' '),
  };
}

const lately = new WeakMap<TrialModel, { version: number; readonly byObjective: Map<number, Float64Array> }>();

/**
 * From 0 for the best complete trial to 1 for the worst, equal values alike; NaN for the others. Sorted once for each state
 * of the study: a filter or another pair changes no rank.
 */
function ranksOf(model: TrialModel, values: Float64Array, objective: number): Float64Array {
  let kept = lately.get(model);
  if (kept?.version !== model.version) {
    kept = { version: model.version, byObjective: new Map() };
    lately.set(model, kept);
  }
  const known = kept.byObjective.get(objective);
  if (known) return known;
  const sign = model.isMinimized(objective) ? 1 : -1;
  const isRanked = (number: number) =>
    model.state(number) === TrialState.complete && !Number.isNaN(values[number] as number);
  const shares = new Float64Array(model.length).fill(Number.NaN);
  const losses = new Float64Array(model.length);
  let count = 0;
  for (let number = 0; number < model.length; number++) {
    if (isRanked(number)) losses[count++] = sign * (values[number] as number);
  }
  const sorted = losses.subarray(0, count).sort();
  for (let number = 0; number < model.length; number++) {
    if (!isRanked(number)) continue;
    const loss = sign * (values[number] as number);
    shares[number] = count > 1 ? Math.min(1, lowerBound(sorted, loss) / (count - 1)) : 0;
  }
  kept.byObjective.set(objective, shares);
  return shares;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rankStyle(share: number): PlotStyle {
  if (share < 0.25) return 'rank0';
  if (share < 0.5) return 'rank1';
  return share < 0.75 ? 'rank2' : 'rank3';
}

/** From 0 for the worst end of the range of the objective to 1 for the best. */
function shadeOf(min: number, max: number, log: boolean, sign: number, values: Float64Array) {
  return (number: number) => {
    const value = clampTo({ min, max, log }, values[number] as number);
    const share = log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
    return sign > 0 ? 1 - share : share;
  };
}

interface Bins {
  readonly count: number;
  /** What they cover: for whole numbers and choices half a place beyond the ends. */
  readonly range: AxisRange;
  /** A choice or a whole number of few is a cell of its own and shades no other. */
  readonly isApart: boolean;
  readonly of: (value: number) => number;
}

function binsOf({ min, max, log, brush, whole }: PlotAxis): Bins {
  const isApart = brush !== undefined && (brush.choices !== null || (whole !== undefined && whole.share < 1));
  const range = isApart ? { min: brush.range.min - 0.5, max: brush.range.max + 0.5, log: false } : { min, max, log };
  const count = isApart ? Math.round(range.max - range.min) : CELLS;
  const share = (value: number) =>
    range.log ? Math.log(value / min) / Math.log(max / min) : (value - range.min) / (range.max - range.min);
  return { count, range, isApart, of: (value) => Math.min(count - 1, Math.max(0, Math.floor(count * share(value)))) };
}

/**
 * The mean shade of the trials in each cell and near it, weighted by a normal distribution around the cell (Nadaraya 1964,
 * Watson 1964), on counts, so that it costs one pass over the trials. Cells far from every trial stay empty: nothing is known
 * there.
 */
function fieldOf(
  length: number,
  isIn: (number: number) => boolean,
  shade: (number: number) => number,
  [x, y]: readonly [PlotAxis, PlotAxis],
  [across, up]: readonly [Float64Array, Float64Array],
  words: Pick<Field, 'worst' | 'best' | 'title'>,
): Field {
  const [columns, rows] = [binsOf(x), binsOf(y)];
  const size = columns.count * rows.count;
  const [sums, weights] = [new Float64Array(size), new Float64Array(size)];
  for (let number = 0; number < length; number++) {
    if (!isIn(number)) continue;
    const cell = rows.of(up[number] as number) * columns.count + columns.of(across[number] as number);
    sums[cell] = (sums[cell] as number) + shade(number);
    weights[cell] = (weights[cell] as number) + 1;
  }
  const [total, weight] = [sums, weights].map((cells) =>
    blurred(blurred(cells, columns, 1, rows.count, columns.count), rows, columns.count, columns.count, 1),
  ) as [Float64Array, Float64Array];
  const least = Math.exp(-(FARTHEST ** 2) / 2);
  const shades = total.map((sum, cell) => {
    const own = weight[cell] as number;
    return own >= least ? sum / own : Number.NaN;
  });
  return { columns: columns.count, rows: rows.count, area: { x: columns.range, y: rows.range }, shades, ...words };
}

/** Cells blurred along one axis, whose neighbours lie `step` apart; `lines` of them, `stride` apart. */
function blurred(cells: Float64Array, { count, isApart }: Bins, step: number, lines: number, stride: number) {
  if (isApart) return cells;
  const reach = Math.ceil(3 * REACH);
  const kernel = Float64Array.from({ length: reach + 1 }, (_, distance) => Math.exp(-0.5 * (distance / REACH) ** 2));
  const made = new Float64Array(cells.length);
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < count; at++) {
      let sum = 0;
      const last = Math.min(count - 1, at + reach);
      for (let other = Math.max(0, at - reach); other <= last; other++) {
        sum += (kernel[Math.abs(other - at)] as number) * (cells[line * stride + other * step] as number);
      }
      made[line * stride + at * step] = sum;
    }
  }
  return made;
}
