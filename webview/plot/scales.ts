/** Where an axis begins and ends and which numbers stand on it. Pure arithmetic; no chart library. */

export interface AxisRange {
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
}

export interface ValueRange extends AxisRange {
  /** Finite or infinite values that the range leaves out, to be drawn at its edges. */
  readonly clipped: number;
}

/** How far beyond the middle 80 % an axis reaches, in widths of that middle, before outliers are clipped. */
const FENCE = 4;
/** Share of the axis that stays free at each end. */
const MARGIN = 0.06;
const SAMPLE = 4000;
/** Beyond, the length of an axis would not be a finite number any more. */
export const LARGEST = 1e300;

/**
 * The range of a value axis. One exploded trial must not flatten all others, so values far beyond the middle 80 % are
 * left out, but never on the side where better values are (`better`). Returns null when no value is usable (finite, below
 * 1e300, and positive on a log axis).
 */
export function valueRange(
  values: ArrayLike<number>,
  options: { log: boolean; better: 'low' | 'high' | 'none' },
): ValueRange | null {
  const { log, better } = options;
  // Logarithms keep the order: only the sample needs them.
  const isUsable = (value: number) => (log ? value > 0 && value < Number.POSITIVE_INFINITY : Math.abs(value) < LARGEST);
  const { low, high } = fencesOf(sampleOf(values, isUsable, log), better);
  const [lowest, highest] = log ? [10 ** low, 10 ** high] : [low, high];
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let clipped = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!isUsable(value) || value < lowest || value > highest) {
      if (!Number.isNaN(value)) clipped++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return null;
  if (!log) return { ...padRange(min, max, false), log, clipped };
  const padded = padRange(Math.log10(min), Math.log10(max), true);
  return { min: powerOfTen(padded.min), max: powerOfTen(padded.max), log, clipped };
}

/** Some of the usable values, evenly spread over all: on a log axis their exponents. */
function sampleOf(values: ArrayLike<number>, isUsable: (value: number) => boolean, log: boolean): number[] {
  const every = (stride: number) => {
    const sample: number[] = [];
    for (let index = 0; index < values.length; index += stride) {
      const value = values[index] as number;
      if (isUsable(value)) sample.push(log ? Math.log10(value) : value);
    }
    return sample;
  };
  const sample = every(Math.max(1, Math.floor(values.length / SAMPLE)));
  // Where few values are usable, as those of a few complete trials among many that are not, all of them count.
  return sample.length < SAMPLE / 10 ? every(1) : sample;
}

/** Values beyond these are outliers. */
export interface Fences {
  readonly low: number;
  readonly high: number;
}

/** Of a sample of usable values. */
export function fencesOf(usable: ArrayLike<number>, better: 'low' | 'high' | 'none'): Fences {
  const sample = Float64Array.from(usable).sort();
  const q10 = sample[Math.floor((sample.length - 1) * 0.1)] as number;
  const q90 = sample[Math.ceil((sample.length - 1) * 0.9)] as number;
  const spread = q90 - q10;
  const off = sample.length < 5 || spread === 0;
  return {
    low: off || better === 'low' ? Number.NEGATIVE_INFINITY : q10 - FENCE * spread,
    high: off || better === 'high' ? Number.POSITIVE_INFINITY : q90 + FENCE * spread,
  };
}

/** Room at both ends; on a log axis the ends are exponents. */
export function padRange(min: number, max: number, log: boolean) {
  if (min === max) {
    const half = log ? 0.5 : Math.abs(min) * 0.1 || 1;
    return { min: min - half, max: max + half };
  }
  const margin = (max - min) * MARGIN;
  return { min: min - margin, max: max + margin };
}

/** Extends a range downwards by a share of its length: the lane where trials without a value stand. */
export function withLane<Range extends AxisRange>(range: Range, share: number): Range {
  if (range.log) return { ...range, min: range.min / (range.max / range.min) ** share };
  return { ...range, min: range.min - (range.max - range.min) * share };
}

/** The place of a value on its axis, from 0 at `min` to 1 at `max`; outside values are put on the edge. */
export function clampTo(range: AxisRange, value: number): number {
  return Math.min(range.max, Math.max(range.min, value));
}

/** Round numbers inside the range, about `count` of them. */
export function ticks(range: AxisRange, count: number): number[] {
  return range.log ? logTicks(range, count) : linearTicks(range, count);
}

function linearTicks({ min, max }: AxisRange, count: number): number[] {
  const rough = (max - min) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = powerOfTen(Math.floor(Math.log10(rough)));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * 0.999) ?? 10;
  const step = factor * power;
  const found: number[] = [];
  for (let index = Math.ceil(min / step); index * step <= max * (1 + 1e-12) && found.length < 100; index++) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

function logTicks(range: AxisRange, count: number): number[] {
  const low = Math.log10(range.min);
  const high = Math.log10(range.max);
  if (!(high > low)) return [range.min];
  if (high - low < 0.7) return linearTicks(range, count);
  const factors = high - low < 2.2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil((high - low) / Math.max(2, count)));
  const found: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    if (power % stride !== 0) continue;
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= range.min && tick <= range.max) found.push(tick);
    }
  }
  return found;
}

/** A fixed offset in (−0.5, 0.5) for a trial, so that trials with the same choice do not cover each other. */
export function jitter(number: number): number {
  const hash = Math.imul(number + 1, 0x9e3779b1);
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x100000000 - 0.5;
}

function powerOfTen(exponent: number): number {
  return Number.isInteger(exponent) ? Number(`1e${exponent}`) : 10 ** exponent;
}
