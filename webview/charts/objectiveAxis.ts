/** The axes that charts share, and the values that trials stand at on them. */
import { ensureLength } from '../../src/core/study/columns/growable.ts';
import { TrialState } from '../../src/core/study/states.ts';
import type { TrialModel } from '../model/model.ts';
import { type Lane, type PlotAxis, type PlotOptions, POINT_BUDGET } from '../plot/plotData.ts';
import { type AxisRange, ticks, type ValueRange, valueRange } from '../plot/scales.ts';
import { stateKey } from '../table/tableModel.ts';
import { formatCount, formatSignificant, formatTick } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';

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
  version: number;
  values: Float64Array;
}

/** By objective: several charts of one drawing ask for the same, and the next drawing for little else. */
const lately = new WeakMap<TrialModel, Map<number, Shown>>();

/** `shownValue` of every trial: a view that holds until the model gets its next rows; not to be changed. */
export function shownValues(model: TrialModel, objective: number): Float64Array {
  let byObjective = lately.get(model);
  if (!byObjective) {
    byObjective = new Map();
    lately.set(model, byObjective);
  }
  const shown = byObjective.get(objective) ?? { version: -1, values: new Float64Array(0) };
  byObjective.set(objective, shown);
  if (shown.version !== model.version) {
    const changed = shown.version < 0 ? null : model.changedSince(shown.version);
    shown.values = ensureLength(shown.values, model.length, Number.NaN);
    if (changed) for (const number of changed) shown.values[number] = shownValue(model, number, objective);
    else
      for (let number = 0; number < model.length; number++) shown.values[number] = shownValue(model, number, objective);
    shown.version = model.version;
  }
  return shown.values.subarray(0, model.length);
}

/**
 * The values of complete trials, which decide how values are written, as in the tree: where others ended early is often
 * many times as large. All shown values while none is complete.
 */
export function completeValues(model: TrialModel, shown: Float64Array): Float64Array {
  const values = shown.filter((_, number) => model.state(number) === TrialState.complete);
  return values.length > 0 ? values : shown;
}

const latelyRanges = new WeakMap<TrialModel, { version: number; readonly ranges: Map<string, ValueRange | null> }>();

/** The axis over shown values; null when none is usable. */
export function objectiveRange(
  model: TrialModel,
  values: Float64Array,
  { objective, log }: Pick<PlotOptions, 'objective' | 'log'>,
): ValueRange | null {
  let lately = latelyRanges.get(model);
  if (lately?.version !== model.version) {
    lately = { version: model.version, ranges: new Map() };
    latelyRanges.set(model, lately);
  }
  const key = `${objective} ${log}`;
  let range = lately.ranges.get(key);
  if (range === undefined) {
    range = valueRange(values, { log, better: model.isMinimized(objective) ? 'low' : 'high' });
    lately.ranges.set(key, range);
  }
  return range;
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

/** An axis of values, with ticks between them alone where `range` has been widened beyond `values`. */
export function valueAxis(name: string, range: AxisRange, values = range): PlotAxis {
  const found = ticks(values, 5);
  const step = found.length > 1 ? (found[1] as number) - (found[0] as number) : 0;
  const decimals = Math.min(8, Math.max(0, Math.ceil(-Math.log10(step || 1) - 1e-9)));
  const isEven = found.every((tick, index) => Math.abs(tick - (found[0] as number) - index * step) <= step * 1e-6);
  const label = (tick: number) => (isEven ? formatTick(tick, decimals) : formatSignificant(tick, 3));
  return { min: range.min, max: range.max, log: range.log, ticks: found, label, name };
}

/** Share of the values' part of an axis that a lane takes. */
const LANE = 0.1;

/** Which lanes an axis needs. */
export interface Lanes {
  /** Values beyond the scale stand apart from it. */
  readonly below: boolean;
  readonly above: boolean;
  /** What stands at the very bottom: trials without a value. Null: there are none. */
  readonly unvalued: string | null;
}

/** A value axis with lanes, and where a value stands on it, NaN included. */
export function laneAxis(
  name: string,
  range: AxisRange,
  lanes: Lanes,
): { readonly axis: PlotAxis; readonly place: (value: number) => number } {
  const { min, max, log } = range;
  const at = (share: number) => (log ? min * (max / min) ** share : min + (max - min) * share);
  const low = -LANE * (Number(lanes.below) + Number(lanes.unvalued !== null));
  const high = lanes.above ? 1 + LANE : 1;
  const laneFrom = (from: number, label: string): Lane => {
    return { from: at(from), to: at(from + LANE), at: at(from + LANE / 2), label };
  };
  const above = lanes.above ? laneFrom(1, `> ${formatSignificant(max, 2)}`) : null;
  const below = lanes.below ? laneFrom(-LANE, `< ${formatSignificant(min, 2)}`) : null;
  const nothing = lanes.unvalued === null ? null : laneFrom(low, lanes.unvalued);
  const found = [above, below, nothing].filter((lane) => lane !== null);
  const values = valueAxis(name, { min: at(low), max: at(high), log }, range);
  // A number beside a lane's name would be written over it.
  const [from, to] = [at(low < 0 ? LANE : 0), at(high > 1 ? 1 - LANE : 1)];
  const isNamed = found.some(({ label }) => label !== '');
  const shown = isNamed ? values.ticks.filter((tick) => tick >= from && tick <= to) : values.ticks;
  return {
    axis: found.length > 0 ? { ...values, ticks: shown, lanes: found } : values,
    place: (value) => {
      if (value > max) return above?.at ?? max;
      if (value < min) return below?.at ?? min;
      return Number.isNaN(value) ? (nothing?.at ?? value) : value;
    },
  };
}

/**
 * An axis of trial numbers: to the last trial of the budget, or only as far as leaves a fifth of it free, in halves of the
 * budget so that it seldom changes: the first trials of a thousand would stand on each other. Without a budget the axis of
 * many trials grows by two percent at a time: a density is counted anew whenever its axis changes.
 */
export function trialAxis(length: number, total: number | null, name: string): PlotAxis {
  const step = length > POINT_BUDGET ? 10 ** Math.floor(Math.log10(length)) / 50 : 1;
  let end = Math.max(Math.ceil(length / step) * step, total ?? 0);
  while (end > length && end / 2 >= Math.max(LEAST_TRIALS, length * 1.25)) end /= 2;
  const last = Math.max(Math.ceil(end) - 1, 1);
  const axis = { min: -0.012 * last, max: last * 1.012, log: false };
  return { ...axis, ticks: ticks(axis, 8).filter(Number.isInteger), label: String, whole: { from: 0, share: 1 }, name };
}

const UNITS = [
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
] as const;

/** An axis of the time since `first`, in the unit that suits its length, and where a moment stands on it. In milliseconds. */
export function elapsedAxis(
  first: number,
  latest: number,
  name: string,
): { readonly axis: PlotAxis; readonly place: (time: number) => number } {
  const [unit, size] = UNITS.findLast(([, ms]) => latest - first >= 3 * ms) ?? UNITS[0];
  const span = Math.max((latest - first) / size, 1e-3);
  const range = { min: -0.012 * span, max: 1.012 * span, log: false };
  const label = (tick: number) => `${formatSignificant(tick, 6)} ${unit}`;
  return { axis: { ...range, ticks: ticks(range, 7), label, name }, place: (time) => (time - first) / size };
}

export function hasTimes(model: TrialModel): boolean {
  for (let number = 0; number < model.length; number++) if (Number.isFinite(model.startedAt(number))) return true;
  return false;
}

/** Values that a chart draws at its edge: `infinite` ones are among the `clipped`. */
export interface Clipped {
  clipped: number;
  infinite: number;
}

export function clippedNote({ clipped, infinite }: Clipped, t: Translate): string {
  if (clipped === 0) return '';
  const sentence = clipped === 1 ? t('clippedOne') : t('clippedMany', { clipped: formatCount(clipped) });
  return infinite === 0 ? sentence : t('infiniteAmong', { sentence, infinite: formatCount(infinite) });
}

/** What trials are that no value gives a height: counted and named, since a picture of many can't show each. */
export class Unvalued {
  readonly #counts = { failed: 0, nan: 0, pruned: 0, paused: 0, running: 0 };

  add(model: TrialModel, number: number): void {
    const state = model.state(number);
    if (state === TrialState.running && !model.isInterrupted(number)) this.#counts.running++;
    else if (model.isPaused(number)) this.#counts.paused++;
    else if (state === TrialState.pruned) this.#counts.pruned++;
    else if (state === TrialState.complete) this.#counts.nan++;
    else this.#counts.failed++;
  }

  /** `3 failed, 1 NaN`; empty when there was none. */
  sentence(t: Translate): string {
    const { failed, nan, pruned, paused, running } = this.#counts;
    const parts = [
      failed > 0 ? t('countFailed', { failed: formatCount(failed) }) : '',
      nan > 0 ? t('countNan', { nan: formatCount(nan) }) : '',
      pruned > 0 ? t('countPruned', { pruned: formatCount(pruned) }) : '',
      paused > 0 ? t('countPaused', { paused: formatCount(paused) }) : '',
      running > 0 ? t('countRunning', { running: formatCount(running) }) : '',
    ];
    return joined(parts, ', ');
  }
}

/** `90 complete, 3 failed`: what these trials are. */
export function statesSentence(model: TrialModel, numbers: readonly number[], t: Translate): string {
  const counts = new Map<string, number>();
  for (const number of numbers) {
    const state = t(stateKey(model, number));
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([state, count]) => `${formatCount(count)} ${state}`)
    .join(', ');
}

/** Those of the parts that say something. */
export function joined(parts: readonly string[], separator = ' · '): string {
  return parts.filter((part) => part !== '').join(separator);
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
    counts.nan > 0 ? t('countNan', { nan: counts.nan }) : '',
    counts.inf > 0 ? t('countInf', { inf: counts.inf }) : '',
    counts.negInf > 0 ? t('countNegInf', { negInf: counts.negInf }) : '',
    counts.failed > 0 ? t('countFailed', { failed: counts.failed }) : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? t('noFiniteValues', { parts: parts.join(', ') }) : t('noValues');
}
