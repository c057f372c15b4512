/** What the history and the parameter chart share: which trials have a place, where, and in which shape. */
import { TrialState } from '../src/core/study/states.ts';
import { decimate, thin } from './decimate.ts';
import { formatSignificant, formatTick } from './format.ts';
import type { TrialModel } from './model.ts';
import type { PlotAxis, PlotData, PlotOptions, PlotPoint, PlotStyle } from './plotData.ts';
import { type AxisRange, ticks, type ValueRange, valueRange } from './scales.ts';
import type { Translate } from './strings.ts';

/**
 * The value a trial stands at: of a complete or pruned trial. A pruned one without a value, and a paused one, stand at their
 * last intermediate value, as Optuna records it. NaN: it has no height and stands in the lane at the bottom.
 */
export function shownValue(model: TrialModel, number: number, objective: number): number {
  const state = model.state(number);
  if (model.isPaused(number)) return objective > 0 ? Number.NaN : model.curves.last(number).value;
  if (state !== TrialState.complete && state !== TrialState.pruned) return Number.NaN;
  const value = model.value(number, objective);
  if (state === TrialState.complete || objective > 0 || !Number.isNaN(value)) return value;
  return model.curves.last(number).value;
}

/** An axis of trial numbers has place for so many from the start. */
const LEAST_TRIALS = 10;

interface Shown {
  readonly version: number;
  readonly byObjective: Map<number, Float64Array>;
}

/** Several charts of one drawing ask for the same. */
const lately = new WeakMap<TrialModel, Shown>();

/** `shownValue` of every trial; not to be changed. */
export function shownValues(model: TrialModel, objective: number): Float64Array {
  let shown = lately.get(model);
  if (shown?.version !== model.version) {
    shown = { version: model.version, byObjective: new Map() };
    lately.set(model, shown);
  }
  const known = shown.byObjective.get(objective);
  if (known) return known;
  const values = new Float64Array(model.length);
  shown.byObjective.set(objective, values);
  for (let number = 0; number < values.length; number++) values[number] = shownValue(model, number, objective);
  return values;
}

/**
 * The values of complete trials, which decide how values are written, as in the tree: where others ended early is often
 * many times as large. All shown values while none is complete.
 */
export function completeValues(model: TrialModel, shown: Float64Array): Float64Array {
  const values = shown.filter((_, number) => model.state(number) === TrialState.complete);
  return values.length > 0 ? values : shown;
}

/** The axis over shown values; null when none is usable. */
export function objectiveRange(
  model: TrialModel,
  values: Float64Array,
  { objective, log }: Pick<PlotOptions, 'objective' | 'log'>,
): ValueRange | null {
  return valueRange(values, { log, better: model.isMinimized(objective) ? 'low' : 'high' });
}

/** Whether values can stand on a logarithmic axis: there is one, and all are positive. */
export function isAllPositive(values: Float64Array): boolean {
  let any = false;
  for (const value of values) {
    if (value <= 0) return false;
    if (value > 0 && value < Number.POSITIVE_INFINITY) any = true;
  }
  return any;
}

/** An axis whose ticks stay above `floor`, so that the lane below carries no numbers. */
export function valueAxis(range: AxisRange, floor: number): PlotAxis {
  const found = ticks({ ...range, min: floor }, 5);
  const step = found.length > 1 ? (found[1] as number) - (found[0] as number) : 0;
  const decimals = Math.min(8, Math.max(0, Math.ceil(-Math.log10(step || 1) - 1e-9)));
  const isEven = found.every((tick, index) => Math.abs(tick - (found[0] as number) - index * step) <= step * 1e-6);
  const label = (tick: number) => (isEven ? formatTick(tick, decimals) : formatSignificant(tick, 3));
  return { ...range, ticks: found, label };
}

/**
 * An axis of trial numbers: to the last trial of the budget, or only as far as leaves a fifth of it free, in halves of the
 * budget so that it seldom changes: the first trials of a thousand would stand on each other.
 */
export function trialAxis(length: number, total: number | null): PlotAxis {
  let end = Math.max(length, total ?? 0);
  while (end > length && end / 2 >= Math.max(LEAST_TRIALS, length * 1.25)) end /= 2;
  const last = Math.max(Math.ceil(end) - 1, 1);
  const axis = { min: -0.012 * last, max: last * 1.012, log: false };
  return { ...axis, ticks: ticks(axis, 8).filter(Number.isInteger), label: String };
}

export function clippedNote({ clipped }: ValueRange, t: Translate): string {
  if (clipped === 0) return '';
  return clipped === 1 ? t('clippedOne') : t('clippedMany', clipped);
}

/** Best, selected and the newest running trials: those that no thinning may take away. */
export function keepSet(model: TrialModel, { best, selected }: PlotOptions): Set<number> {
  const keep = new Set<number>();
  if (best !== null) keep.add(best);
  if (selected !== null) keep.add(selected);
  const { states } = model;
  for (let number = states.length - 1; number >= 0 && keep.size < 500; number--) {
    if (states[number] === TrialState.running) keep.add(number);
  }
  return keep;
}

/** Drawing order: later ones lie on top. */
const ORDER = ['infeasible', 'complete', 'pruned', 'failed', 'paused', 'running', 'above', 'below'] as const;

/** Where trials stand: by number, in data coordinates. */
export interface Placing {
  readonly x: (number: number) => number;
  readonly y: (number: number) => number;
}

/** The point sets of the trials in `shown`, within the budget, one set a shape. */
export function trialSets(
  model: TrialModel,
  shown: readonly number[],
  values: Float64Array,
  { x, y }: Placing,
  range: ValueRange,
  options: PlotOptions,
): PlotData['sets'] {
  const high: number[] = [];
  const lane: number[] = [];
  for (const number of shown) (Number.isNaN(values[number] as number) ? lane : high).push(number);
  const keep = keepSet(model, options);
  const laneBudget = Math.floor(options.budget / 5);
  const budget = options.budget - keep.size - Math.min(lane.length, laneBudget);
  const laneKept = new Set(thin(lane, laneBudget));
  for (const number of lane) if (keep.has(number)) laneKept.add(number);
  const groups = new Map<PlotStyle, PlotPoint[]>(ORDER.map((style) => [style, []]));
  for (const number of [...decimate({ points: high, x, y, budget, keep }), ...laneKept]) {
    const style = trialStyle(model, number, values[number] as number, range);
    groups.get(style)?.push({ x: x(number), y: y(number), n: number });
  }
  for (const points of groups.values()) points.sort((one, other) => one.x - other.x);
  return [...groups].filter(([, points]) => points.length > 0).map(([style, points]) => ({ style, points }));
}

function trialStyle(model: TrialModel, number: number, value: number, range: ValueRange): PlotStyle {
  const state = model.state(number);
  if (state === TrialState.running) return model.isInterrupted(number) ? 'failed' : 'running';
  if (model.isPaused(number)) return 'paused';
  if (value > range.max) return 'above';
  if (value < range.min) return 'below';
  if (state === TrialState.pruned) return 'pruned';
  if (state === TrialState.fail || Number.isNaN(value)) return 'failed';
  return model.isFeasible(number) ? 'complete' : 'infeasible';
}

/** The one sentence for a chart without a single usable value. */
export function noValueSentence(model: TrialModel, values: Float64Array, t: Translate): string {
  if (model.length === 0) return t('noTrials');
  const counts = { nan: 0, inf: 0, negInf: 0, failed: 0, finished: 0 };
  for (let number = 0; number < model.length; number++) {
    const state = model.state(number);
    if (state === TrialState.running || state === TrialState.waiting) continue;
    counts.finished++;
    const value = values[number] as number;
    if (state === TrialState.fail) counts.failed++;
    else if (value === Number.POSITIVE_INFINITY) counts.inf++;
    else if (value === Number.NEGATIVE_INFINITY) counts.negInf++;
    else if (Number.isNaN(value) && state === TrialState.complete) counts.nan++;
  }
  if (counts.finished === 0) return t('noFinished');
  const parts = [
    counts.nan > 0 ? t('countNan', counts.nan) : '',
    counts.inf > 0 ? t('countInf', counts.inf) : '',
    counts.negInf > 0 ? t('countNegInf', counts.negInf) : '',
    counts.failed > 0 ? t('countFailed', counts.failed) : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? t('noFiniteValues', parts.join(', ')) : t('noValues');
}
