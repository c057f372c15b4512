/**
 * Learning curves of many trials as quantiles by step, of all of them. Values are counted in a fine histogram at each step,
 * which takes new curves in without looking at the old ones again; a pass over all of them is done in slices of time.
 */
import { isFinished } from '../../src/core/study/states.ts';
import type { TrialModel } from '../model/model.ts';
import { type AxisRange, type Fences, fencesOf, LARGEST, padRange } from '../plot/scales.ts';
import type { Clipped } from './objectiveAxis.ts';

/** Shares of the curves that lie below the lines of a band. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
/** Steps at which curves are measured; where they report at more, evenly spread ones. */
const MOST_STEPS = 128;
/** Bins of a histogram: a quantile is known to a thousandth of the axis. */
const BINS = 512;
const SAMPLE = 4000;
/** Curves at a step below which quantiles say little: the curves themselves are drawn there. */
const LEAST = 10;
/** Curves of so few points are counted anew whenever one changes. */
const FEW_POINTS = 50_000;

export interface CurveBands {
  /** Ascending. */
  readonly steps: Float64Array;
  /** Curves that reach a step: from their first to their last one. */
  readonly reached: Uint32Array;
  /** One a share in QUANTILES: its value at each step. */
  readonly quantiles: readonly Float64Array[];
  /** Fewest curves at a step whose quantiles are drawn. */
  readonly least: number;
  readonly curves: number;
}

export interface CurveSummary extends Clipped {
  readonly range: AxisRange;
  /** First and last step of any curve. */
  readonly first: number;
  readonly last: number;
}

/** All curves as they are known now: `advance` until they are, then ask. Keeps what it showed last while it looks again. */
export class CurveCounts {
  #done: Count | null = null;
  #work: Count | null = null;
  #version = -1;

  /** Whether curves of the study are still to be looked at. */
  get isUnfinished(): boolean {
    return this.#work !== null;
  }

  /** Whether a first look at all curves is over. */
  get isKnown(): boolean {
    return this.#done !== null;
  }

  clear(): void {
    this.#done = null;
    this.#work = null;
    this.#version = -1;
  }

  /** Takes in what is new, until `isLate` says that it took long enough; then it is to be called again. */
  advance(model: TrialModel, wantsLog: boolean, isLate: () => boolean): void {
    const isSame = this.#version === model.version && this.#done?.wantsLog === wantsLog;
    if (!this.#work && !isSame) {
      this.#version = model.version;
      const isFew = model.curves.points <= FEW_POINTS;
      if (isFew || this.#done?.wantsLog !== wantsLog || !this.#done.take(model)) this.#work = new Count(wantsLog);
    }
    if (this.#work?.wantsLog === !wantsLog) this.#work = new Count(wantsLog);
    if (!this.#work?.advance(model, isLate)) return;
    this.#done = this.#work;
    this.#work = null;
    // Curves may have come while it looked.
    if (this.#version !== model.version) this.advance(model, wantsLog, isLate);
  }

  /** Null before the first look at all curves is over, or where no value is a finite number. */
  summary(model: TrialModel): CurveSummary | null {
    return this.#done?.summary(model) ?? null;
  }

  bands(model: TrialModel): CurveBands | null {
    return this.#done?.bands(model) ?? null;
  }
}

/** One look at all curves: first at their range, then at where they lie in it. */
class Count {
  readonly wantsLog: boolean;
  #stage: 'scan' | 'inside' | 'fill' | 'done' = 'scan';
  #next = 0;
  #points = 0;
  #minStep = Number.POSITIVE_INFINITY;
  #maxStep = Number.NEGATIVE_INFINITY;
  /** Distinct steps; null once there are too many. */
  #distinct: Set<number> | null = new Set();
  #isPositive = true;
  #sample = new Float64Array(SAMPLE);
  #seen = 0;
  #random = 1;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #fences: Fences = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  #range: AxisRange | null = null;
  readonly #edge: Clipped = { clipped: 0, infinite: 0 };
  /** Curves changed while they were looked at. */
  #isOutdated = false;
  #steps = new Float64Array(0);
  #histogram = new Uint32Array(0);
  /** Points of the curves that are in the histogram, by trial number; −1: it isn't. */
  #taken = new Int32Array(0);
  readonly #sorted = new SortedCurve();

  constructor(wantsLog: boolean) {
    this.wantsLog = wantsLog;
  }

  get #isLog(): boolean {
    return this.wantsLog && this.#isPositive;
  }

  /** Returns whether all curves have been looked at. */
  advance(model: TrialModel, isLate: () => boolean): boolean {
    while (this.#stage !== 'done') {
      for (; this.#next < model.length; this.#next++) {
        if ((this.#next & 63) === 63 && isLate()) return false;
        this.#look(model, this.#next);
      }
      this.#next = 0;
      this.#nextStage(model);
    }
    return true;
  }

  /** Takes in curves that are over since; false when they lie where this count has no place, or a counted one changed. */
  take(model: TrialModel): boolean {
    if (!this.#range || this.#isOutdated || model.curves.points > 2 * this.#points) return false;
    for (let number = 0; number < model.length; number++) {
      const length = model.curves.length(number);
      if (this.#isTaken(number)) {
        if (this.#taken[number] !== length) return false;
        continue;
      }
      if (length === 0 || !isFinished(model.state(number))) continue;
      if (!this.#fits(model, number)) return false;
      this.#put(model, number);
    }
    return true;
  }

  summary(model: TrialModel): CurveSummary | null {
    if (!this.#range) return null;
    const edge = { ...this.#edge };
    for (let number = 0; number < model.length; number++) {
      if (this.#isTaken(number)) continue;
      for (let index = 0; index < model.curves.length(number); index++)
        this.#note(edge, model.curves.value(number, index));
    }
    return { range: this.#range, ...edge, first: this.#minStep, last: this.#maxStep };
  }

  /** Those of trials that are still at work are counted in each time: they change. */
  bands(model: TrialModel): CurveBands | null {
    if (!this.#range) return null;
    const histogram = this.#histogram.slice();
    let curves = 0;
    for (let number = 0; number < model.length; number++) {
      if (model.curves.length(number) === 0) continue;
      curves++;
      if (this.#isTaken(number)) continue;
      this.#sorted.each(model, number, this.#steps, (at, value) => this.#mark(histogram, at, value));
    }
    const reached = new Uint32Array(this.#steps.length);
    for (let at = 0; at < reached.length; at++) {
      for (let bin = 0; bin < BINS; bin++) (reached[at] as number) += histogram[at * BINS + bin] as number;
    }
    const most = reached.reduce((largest, count) => Math.max(largest, count), 0);
    const quantiles = QUANTILES.map((share) =>
      reached.length === 0
        ? new Float64Array(0)
        : Float64Array.from(reached, (count, at) => this.#quantile(histogram, at, share * count)),
    );
    return { steps: this.#steps, reached, quantiles, curves, least: most >= LEAST ? LEAST : 1 };
  }

  #look(model: TrialModel, number: number): void {
    const { curves } = model;
    const length = curves.length(number);
    if (length === 0) return;
    if (this.#stage === 'fill') {
      if (!isFinished(model.state(number))) return;
      if (!this.#fits(model, number)) this.#isOutdated = true;
      this.#put(model, number);
      return;
    }
    for (let index = 0; index < length; index++) {
      const value = curves.value(number, index);
      if (this.#stage === 'scan') this.#scan(curves.step(number, index), value);
      else this.#lookInside(this.#isLog ? Math.log10(value) : value);
    }
  }

  #scan(step: number, value: number): void {
    this.#points++;
    if (step < this.#minStep) this.#minStep = step;
    if (step > this.#maxStep) this.#maxStep = step;
    if (this.#distinct && !this.#distinct.has(step)) {
      this.#distinct.add(step);
      if (this.#distinct.size > MOST_STEPS) this.#distinct = null;
    }
    if (value <= 0) this.#isPositive = false;
    if (!(Math.abs(value) < LARGEST)) return;
    // A reservoir: each value stays with the same chance.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    const seen = this.#seen++;
    const slot = seen < SAMPLE ? seen : Math.floor((this.#random / 0x100000000) * (seen + 1));
    if (slot < SAMPLE) this.#sample[slot] = value;
  }

  #lookInside(value: number): void {
    if (!(Math.abs(value) < LARGEST)) return;
    if (value < this.#fences.low || value > this.#fences.high) return;
    if (value < this.#low) this.#low = value;
    if (value > this.#high) this.#high = value;
  }

  #nextStage(model: TrialModel): void {
    if (this.#stage === 'scan') {
      const sample = this.#sample.subarray(0, Math.min(SAMPLE, this.#seen));
      this.#fences = fencesOf(this.#isLog ? sample.map(Math.log10) : sample.slice(), 'none');
      this.#stage = 'inside';
    } else if (this.#stage === 'inside') {
      this.#begin(model.length);
      this.#stage = this.#range ? 'fill' : 'done';
    } else this.#stage = 'done';
  }

  #begin(length: number): void {
    if (this.#low > this.#high) return;
    const log = this.#isLog;
    const { min, max } = padRange(this.#low, this.#high, log);
    this.#range = { min: log ? 10 ** min : min, max: log ? 10 ** max : max, log };
    this.#steps = this.#distinct
      ? Float64Array.from(this.#distinct).sort()
      : Float64Array.from({ length: MOST_STEPS }, (_, at) => this.#stepAt(at / (MOST_STEPS - 1)));
    this.#histogram = new Uint32Array(this.#steps.length * BINS);
    this.#taken = new Int32Array(length).fill(-1);
  }

  #stepAt(share: number): number {
    return this.#minStep + share * (this.#maxStep - this.#minStep);
  }

  /** Whether a new curve lies within the steps and, but for outliers, within the range. */
  #fits(model: TrialModel, number: number): boolean {
    const { curves } = model;
    for (let index = 0; index < curves.length(number); index++) {
      const step = curves.step(number, index);
      if (step < this.#minStep || step > this.#maxStep || (this.#distinct && !this.#distinct.has(step))) return false;
      const value = curves.value(number, index);
      if (this.#isLog && value <= 0) return false;
      const at = this.#isLog ? Math.log10(value) : value;
      const isOutlier = !(at >= this.#fences.low && at <= this.#fences.high);
      if (!isOutlier && (at < this.#low || at > this.#high)) return false;
    }
    return true;
  }

  #put(model: TrialModel, number: number): void {
    const { curves } = model;
    if (number >= this.#taken.length) {
      const taken = new Int32Array(Math.max(model.length, 2 * this.#taken.length)).fill(-1);
      taken.set(this.#taken);
      this.#taken = taken;
    }
    this.#taken[number] = curves.length(number);
    for (let index = 0; index < curves.length(number); index++) this.#note(this.#edge, curves.value(number, index));
    this.#sorted.each(model, number, this.#steps, (at, value) => this.#mark(this.#histogram, at, value));
  }

  #isTaken(number: number): boolean {
    return (this.#taken[number] ?? -1) >= 0;
  }

  #note(edge: Clipped, value: number): void {
    const { min, max } = this.#range as AxisRange;
    if (value < min || value > max) edge.clipped++;
    if (Math.abs(value) === Number.POSITIVE_INFINITY) edge.infinite++;
  }

  #mark(histogram: Uint32Array, at: number, value: number): void {
    const { min, max, log } = this.#range as AxisRange;
    const share = log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS)));
    if (Number.isNaN(bin)) return;
    const cell = at * BINS + bin;
    histogram[cell] = (histogram[cell] as number) + 1;
  }

  /** The value below which `count` of the curves at a step lie. */
  #quantile(histogram: Uint32Array, at: number, count: number): number {
    const { min, max, log } = this.#range as AxisRange;
    let below = 0;
    let bin = 0;
    for (; bin < BINS - 1; bin++) {
      below += histogram[at * BINS + bin] as number;
      if (below >= count && below > 0) break;
    }
    const share = (bin + 0.5) / BINS;
    return log ? min * (max / min) ** share : min + share * (max - min);
  }
}

/** A curve in the order of its steps, to be measured between them. */
class SortedCurve {
  #steps = new Float64Array(0);
  #values = new Float64Array(0);

  /** Calls with the place of every one of the `steps` between the curve's first and last one, and its value there. */
  each(model: TrialModel, number: number, steps: Float64Array, mark: (at: number, value: number) => void): void {
    const length = this.#read(model, number);
    let index = 0;
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at] as number;
      if (step < (this.#steps[0] as number)) continue;
      while (index < length && (this.#steps[index] as number) < step) index++;
      if (index >= length) return;
      const [next, value] = [this.#steps[index] as number, this.#values[index] as number];
      if (next === step) mark(at, value);
      else {
        const [before, from] = [this.#steps[index - 1] as number, this.#values[index - 1] as number];
        mark(at, from + ((value - from) * (step - before)) / (next - before));
      }
    }
  }

  #read({ curves }: TrialModel, number: number): number {
    const length = curves.length(number);
    if (this.#steps.length < length) {
      this.#steps = new Float64Array(2 * length);
      this.#values = new Float64Array(2 * length);
    }
    let isSorted = true;
    for (let index = 0; index < length; index++) {
      this.#steps[index] = curves.step(number, index);
      this.#values[index] = curves.value(number, index);
      if (index > 0 && (this.#steps[index] as number) < (this.#steps[index - 1] as number)) isSorted = false;
    }
    if (isSorted) return length;
    const order = Array.from({ length }, (_, index) => index);
    order.sort((one, other) => (this.#steps[one] as number) - (this.#steps[other] as number));
    const [sorted, values] = [
      order.map((at) => this.#steps[at] as number),
      order.map((at) => this.#values[at] as number),
    ];
    this.#steps.set(sorted);
    this.#values.set(values);
    return length;
  }
}
