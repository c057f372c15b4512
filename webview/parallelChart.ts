/** All parameters side by side, the objective last; one line a trial, the best tenth in colour. */
import { TrialState } from '../src/core/study/states.ts';
import { thin } from './decimate.ts';
import { formatChoice, formatSignificant } from './format.ts';
import type { ModelParameter, TrialModel } from './model.ts';
import { noValueSentence, objectiveRange, shownValues } from './objectiveAxis.ts';
import type { PlotAxis, PlotContent, PlotOptions, PlotPoint } from './plotData.ts';
import { type AxisRange, clampTo, jitter } from './scales.ts';
import type { Translate } from './strings.ts';

/** Parameters that have room beside each other. */
const MOST_AXES = 12;
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
  readonly at: (number: number) => number;
}

export function buildParallel(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  if (model.parameters.size === 0) return { empty: model.length === 0 ? t('noTrials') : t('noParameters') };
  const values = shownValues(model, options.objective);
  const range = objectiveRange(model, values, options);
  if (!range) return { empty: noValueSentence(model, values, t) };
  const isShown = (number: number) =>
    number < model.length && model.state(number) === TrialState.complete && !Number.isNaN(values[number] ?? Number.NaN);
  const shown: number[] = [];
  for (let number = 0; number < model.length; number++) if (isShown(number)) shown.push(number);
  if (shown.length === 0) return { empty: t('noFinished') };
  const parameters = [...model.parameters.values()].slice(0, MOST_AXES);
  const axes = [...parameters.map(parameterAxis), objectiveAxis(options.objectiveName, values, shown, range)];
  // Where a trial lacks a parameter its line goes straight on to the next.
  const line = (number: number): PlotPoint[] =>
    axes.map(({ at }, x) => ({ x, y: at(number), n: number })).filter(({ y }) => !Number.isNaN(y));
  const isBest = bestTenth(model, shown, values, options.objective);
  return {
    empty: null,
    data: {
      x: axisOfAxes(axes, Math.max(5, Math.floor(options.budget / POINTS_A_CHARACTER / axes.length))),
      y: { min: -0.04, max: 1.04, log: false, ticks: [], label: String },
      sets: parallelSets(shown, isBest, options, axes.length, line),
      isCurves: true,
      locate: (number) => (isShown(number) ? line(number) : []),
      trials: shown,
    },
    note: [
      t('bestTenth'),
      parameters.length < model.parameters.size ? t('parametersOf', parameters.length, model.parameters.size) : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
    label: t('parallelLabel', parameters.length, options.objectiveName, shown.length),
  };
}

function parameterAxis({ name, choices, low, high, log, values }: ModelParameter): Axis {
  if (choices) {
    const last = Math.max(1, choices.length - 1);
    const at = (number: number) => ((values[number] ?? Number.NaN) + SPREAD * jitter(number)) / last;
    return { name, low: formatChoice(choices[0]), high: formatChoice(choices.at(-1)), at };
  }
  const range = { min: low, max: high, log: log && low > 0 };
  const at = (number: number) => shareOf(range, values[number] ?? Number.NaN);
  return { name, low: formatSignificant(low, 3), high: formatSignificant(high, 3), at };
}

/** From the smallest to the largest value that is drawn: the margins of the other charts are no values. */
function objectiveAxis(name: string, values: Float64Array, shown: readonly number[], padded: AxisRange): Axis {
  let [min, max] = [padded.max, padded.min];
  for (const number of shown) {
    const value = clampTo(padded, values[number] as number);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const range = min < max ? { ...padded, min, max } : padded;
  const at = (number: number) => shareOf(range, values[number] ?? Number.NaN);
  return { name, low: formatSignificant(range.min, 3), high: formatSignificant(range.max, 3), at };
}

/** Where a value lies in its range, at most at the ends: ranges may have been others before. */
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
  };
}

function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** Tells the best tenth of the feasible trials, at least one; equal ones all count. */
function bestTenth(
  model: TrialModel,
  shown: readonly number[],
  values: Float64Array,
  objective: number,
): (number: number) => boolean {
  const sign = model.isMinimized(objective) ? 1 : -1;
  const losses = Float64Array.from(
    shown.filter((number) => model.isFeasible(number)),
    (number) => sign * (values[number] as number),
  ).sort();
  const limit = losses[Math.max(0, Math.ceil(BEST * losses.length) - 1)] ?? Number.NaN;
  return (number) => model.isFeasible(number) && sign * (values[number] as number) <= limit;
}

function parallelSets(
  shown: readonly number[],
  isBest: (number: number) => boolean,
  { budget, selected }: PlotOptions,
  axes: number,
  line: (number: number) => PlotPoint[],
) {
  const lines = Math.max(2, Math.floor(budget / (axes + 1)));
  const best = thin(shown.filter(isBest), Math.ceil(lines / 2));
  const others = shown.filter((number) => !isBest(number));
  const rest = new Set(thin(others, lines - best.length));
  if (selected !== null && others.includes(selected)) rest.add(selected);
  const points = (numbers: Iterable<number>) =>
    [...numbers].flatMap((number) => {
      const own = line(number);
      return [...own, { ...(own.at(-1) as PlotPoint), y: Number.NaN }];
    });
  const sets = [
    { style: 'otherLine', points: points(rest) },
    { style: 'curve', points: points(best) },
  ] as const;
  return sets.filter((set) => set.points.length > 0);
}
