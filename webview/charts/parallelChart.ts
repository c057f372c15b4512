/** All parameters side by side, the objective last; one line a trial, the best tenth in colour. */
import { TrialState } from '../../src/core/study/states.ts';
import type { ModelParameter, TrialModel } from '../model/model.ts';
import type { AxisBrush } from '../plot/brush.ts';
import type { PlotAxis, PlotContent, PlotOptions, PlotPoint } from '../plot/plotData.ts';
import { type AxisRange, clampTo, jitter } from '../plot/scales.ts';
import { choiceLabels, formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { clippedNote, joined, noValueSentence, objectiveRange, shownValues } from './objectiveAxis.ts';
import { trialsWhere } from './objectiveScatter.ts';
import { measuredRange } from './parameterChart.ts';

/** Parameters that have room beside each other, by the points of budget that a chart of a width has. */
const MOST_AXES = 12;
const NARROW_AXES: readonly (readonly [budget: number, axes: number])[] = [
  [2000, 4],
  [2600, 6],
];
const LONGEST_CHOICE = 14;
/** Where the lane of failed trials is, below the axes. */
const FAILED_AT = -0.09;
/** Lines that are drawn one by one; of more the density is. */
const MOST_LINES = 1500;
/** Share of the trials that count as the best. */
const BEST = 0.1;
/** How far trials with the same choice lie apart, of the gap between two choices. */
const SPREAD = 0.25;

/** A chart has four points of budget a pixel, and a character is seven pixels wide. */
const POINTS_A_CHARACTER = 30;

/** One axis: where a trial lies on it, from 0 at the bottom to 1; NaN where it has no value. */
interface Axis {
  readonly name: string;
  readonly low: string;
  readonly high: string;
  /** What `at` depends on beside the trial. */
  readonly key: string;
  readonly at: (number: number) => number;
  readonly brush: AxisBrush;
}

/** `names`: the parameters from left to right, as far as there is room. */
export function buildParallel(
  model: TrialModel,
  options: PlotOptions,
  t: Translate,
  names: readonly string[] = [...model.parameters.keys()],
): PlotContent {
  if (model.parameters.size === 0) return { empty: model.length === 0 ? t('noTrials') : t('noParameters') };
  const values = shownValues(model, options.objective);
  const range = objectiveRange(model, values, options);
  if (!range) return { empty: noValueSentence(model, values, t) };
  const isShown = (number: number) =>
    number < model.length && model.state(number) === TrialState.complete && !Number.isNaN(values[number] ?? Number.NaN);
  // Which values crash? Trials that failed end in a lane below the objective.
  const hasFailed = (number: number) =>
    number < model.length &&
    (model.state(number) === TrialState.fail ||
      model.isInterrupted(number) ||
      (model.state(number) === TrialState.complete && Number.isNaN(values[number] ?? Number.NaN)));
  const trials = trialsWhere(model, (number) => isShown(number) || hasFailed(number));
  const edge = { clipped: 0, infinite: 0 };
  let count = 0;
  let [min, max] = [range.max, range.min];
  for (let number = 0; number < model.length; number++) {
    if (!isShown(number)) continue;
    count++;
    const value = values[number] as number;
    if (value < range.min || value > range.max) edge.clipped++;
    if (Math.abs(value) === Number.POSITIVE_INFINITY) edge.infinite++;
    min = Math.min(min, clampTo(range, value));
    max = Math.max(max, clampTo(range, value));
  }
  if (count === 0) return { empty: t('noFinished') };
  const room = NARROW_AXES.find(([budget]) => options.budget < budget)?.[1] ?? MOST_AXES;
  const parameters = names.slice(0, room).flatMap((name) => model.parameters.get(name) ?? []);
  // The objective from the smallest to the largest value that is drawn: the margins of the other charts are no values.
  const drawnRange = { min: min < max ? min : range.min, max: min < max ? max : range.max, log: range.log };
  const axes = [
    ...parameters.map((parameter) => parameterAxis(parameter, options.filterName(`params.${parameter.name}`))),
    rangeAxis(options.objectiveName, drawnRange, values, options.filterName(`values.${options.objectiveName}`)),
  ];
  // Where a trial lacks a parameter its line goes straight on to the next.
  const line = (number: number): PlotPoint[] => {
    const points = axes.map(({ at }, x) => ({ x, y: at(number), n: number })).filter(({ y }) => !Number.isNaN(y));
    return hasFailed(number) ? [...points, { x: axes.length - 1, y: FAILED_AT, n: number }] : points;
  };
  const { selection } = options;
  const isBest = selection.isOn ? selection.has : bestTenth(model, count, isShown, values, options.objective);
  const isDense = count > MOST_LINES;
  const { best, selected } = options;
  const failed = trialsWhere(model, hasFailed)();
  const hasLane = failed.length > 0;
  const drawn = isDense
    ? [best, selected].filter((number) => number !== null).filter(isShown)
    : trials().filter(isShown);
  const drawnFailed = failed.slice(-MOST_LINES);
  const title = isDense ? t('densityOf', { count: formatCount(count) }) : '';
  const said = joined([title, clippedNote(edge, t)]);
  return {
    empty: null,
    data: {
      x: axisOfAxes(axes, Math.max(5, Math.floor(options.budget / POINTS_A_CHARACTER / axes.length))),
      y: {
        min: hasLane ? 2 * FAILED_AT : -0.04,
        max: 1.04,
        log: false,
        ticks: [],
        label: String,
        name: '',
        ...(hasLane ? { lanes: [{ from: 2 * FAILED_AT, to: 0, at: FAILED_AT, label: t('failed') }] } : {}),
      },
      sets: parallelSets(drawn, isBest, line, drawnFailed),
      axisBrushes: axes.map(({ brush }) => brush),
      lines: isDense
        ? {
            key: axes.map(({ key }) => key).join(),
            size: model.length,
            axes: axes.length,
            at: (axis, number) => (axes[axis] as Axis).at(number),
            layer: (number) => (isShown(number) ? (isBest(number) ? 1 : 0) : -1),
            version: model.version,
            changedSince: (version) => model.changedSince(version),
            title,
          }
        : undefined,
      isCurves: true,
      locate: (number) => (isShown(number) || hasFailed(number) ? line(number) : []),
      get trials() {
        return trials();
      },
    },
    note: joined([
      said,
      hasLane ? t('countFailed', { failed: formatCount(failed.length) }) : '',
      selection.isOn ? '' : t('bestTenth'),
      parameters.length < model.parameters.size
        ? t('parametersOf', { shown: parameters.length, all: model.parameters.size })
        : '',
    ]),
    label: joined(
      [
        t('parallelLabel', {
          parameters: parameters.length,
          objective: options.objectiveName,
          count: formatCount(count),
        }),
        said,
      ],
      ' ',
    ),
  };
}

function parameterAxis(parameter: ModelParameter, filterName: string): Axis {
  const { name, choices, values } = parameter;
  if (choices) {
    // The spread of the first and of the last choice ends where the axis does.
    const length = choices.length - 1 + SPREAD;
    const at = (number: number) => ((values[number] ?? Number.NaN) + SPREAD * (jitter(number) + 0.5)) / length;
    const brush: AxisBrush = {
      name: filterName,
      choices,
      isWhole: true,
      range: { min: 0, max: choices.length - 1, log: false },
      valueAt: (place) => place * length - SPREAD / 2,
      placeOf: (value) => (value + SPREAD / 2) / length,
    };
    const labels = choiceLabels(choices, LONGEST_CHOICE);
    return {
      name,
      low: labels[0] ?? '',
      high: labels.at(-1) ?? '',
      key: `${name} ${length}`,
      at,
      brush,
    };
  }
  const { low, high } = measuredRange(parameter);
  const range = { min: low, max: high, log: parameter.log && low > 0 };
  return rangeAxis(name, range, values, filterName, parameter.kind === 'int');
}

function rangeAxis(name: string, range: AxisRange, values: Float64Array, filterName: string, isWhole = false): Axis {
  const { min, max, log } = range;
  return {
    name,
    low: formatSignificant(min, 3),
    high: formatSignificant(max, 3),
    key: `${name} ${min} ${max} ${log}`,
    at: (number) => shareOf(range, values[number] ?? Number.NaN),
    brush: {
      name: filterName,
      choices: null,
      isWhole,
      range,
      valueAt: (place) => (log ? min * (max / min) ** place : min + place * (max - min)),
      placeOf: (value) => shareOf(range, value),
    },
  };
}

/** Where a value lies in its range, at most at the ends. */
function shareOf(range: AxisRange, value: number): number {
  const inside = clampTo(range, value);
  const { min, max, log } = range;
  if (min === max) return Number.isNaN(value) ? Number.NaN : 0.5;
  return log ? Math.log(inside / min) / Math.log(max / min) : (inside - min) / (max - min);
}

/** `longest`: characters of a label that have room. */
function axisOfAxes(axes: readonly Axis[], longest: number): PlotAxis {
  return {
    min: -0.35,
    max: axes.length - 0.65,
    log: false,
    ticks: [...axes.keys()],
    label: (tick) => {
      const { name, low, high } = axes[tick] as Axis;
      return [shorten(name, longest), shorten(low === high ? low : `${low} … ${high}`, longest)];
    },
    hasGrid: true,
    name: '',
  };
}

function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** Tells the best tenth of the feasible trials, at least one; equal ones all count. */
function bestTenth(
  model: TrialModel,
  count: number,
  isShown: (number: number) => boolean,
  values: Float64Array,
  objective: number,
): (number: number) => boolean {
  const sign = model.isMinimized(objective) ? 1 : -1;
  const losses = new Float64Array(count);
  let feasible = 0;
  for (let number = 0; number < model.length; number++) {
    if (isShown(number) && model.isFeasible(number)) losses[feasible++] = sign * (values[number] as number);
  }
  const limit = smallest(losses.subarray(0, feasible), Math.max(0, Math.ceil(BEST * feasible) - 1));
  return (number) => model.isFeasible(number) && sign * (values[number] as number) <= limit;
}

/** The value at `index` if `values` were sorted, which are left in another order (Hoare's selection); NaN of none. */
function smallest(values: Float64Array, index: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] as number) < pivot) left++;
      while ((values[right] as number) > pivot) right--;
      if (left > right) break;
      const swapped = values[left] as number;
      values[left++] = values[right] as number;
      values[right--] = swapped;
    }
    if (index <= right) high = right;
    else if (index >= left) low = left;
    else break;
  }
  return values[index] ?? Number.NaN;
}

function parallelSets(
  drawn: readonly number[],
  isBest: (number: number) => boolean,
  line: (number: number) => PlotPoint[],
  failed: readonly number[],
) {
  const points = (numbers: Iterable<number>) =>
    [...numbers].flatMap((number) => {
      const own = line(number);
      return [...own, { ...(own.at(-1) as PlotPoint), y: Number.NaN }];
    });
  const sets = [
    { style: 'lineFailed', points: points(failed) },
    { style: 'otherLine', points: points(drawn.filter((number) => !isBest(number))) },
    { style: 'curve', points: points(drawn.filter(isBest)) },
  ] as const;
  return sets.filter((set) => set.points.length > 0);
}
