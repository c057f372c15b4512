import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type {
  CategoricalDistribution,
  Choice,
  Distribution,
  FloatDistribution,
  IntDistribution,
  ParamValue,
} from './distributions.ts';

/**
 * A float range. With `step`, `high` moves down to the last point of the grid. Throws `invalid-distribution` with a
 * sentence that says what to change.
 */
export function floatDistribution(
  low: number,
  high: number,
  { log = false, step = null }: { log?: boolean; step?: number | null } = {},
): FloatDistribution {
  requireFinite({ low, high });
  if (step !== null) {
    requireFinite({ step });
    if (log) throw invalid('A log scale has no step: leave out `step`, or set `log` to false.');
    if (step <= 0) throw invalid(`The step ${step} is not above 0: use a positive one, or leave it out.`);
  }
  requireOrder(low, high);
  if (log && low <= 0) throw invalid(`A log scale needs a low above 0, but low is ${low}.`);
  return { type: 'float', low, high: step === null ? high : lastGridPoint(low, high, step), log, step };
}

/** A range of integers, both ends included. Throws `invalid-distribution`. */
export function intDistribution(
  low: number,
  high: number,
  { log = false, step = 1 }: { log?: boolean; step?: number } = {},
): IntDistribution {
  for (const [name, value] of Object.entries({ low, high, step })) {
    if (!Number.isSafeInteger(value)) throw invalid(`${name} is ${value}, but an int parameter needs whole numbers.`);
  }
  if (step < 1) throw invalid(`The step ${step} of an int parameter is below 1.`);
  if (log && step !== 1) throw invalid('A log scale has no step: leave out `step`, or set `log` to false.');
  requireOrder(low, high);
  if (log && low < 1) throw invalid(`A log scale of whole numbers needs a low of at least 1, but low is ${low}.`);
  return { type: 'int', low, high: lastGridPoint(low, high, step), log, step };
}

/** An unordered set. Throws `invalid-distribution` when it is empty. */
export function categoricalDistribution(choices: readonly Choice[]): CategoricalDistribution {
  if (choices.length === 0) throw invalid('A categorical parameter needs at least one choice.');
  return { type: 'categorical', choices: [...choices] };
}

/** Values in an order, such as 16, 32, 64. Throws `invalid-distribution` when there is none, or one is there twice. */
export function ordinalDistribution(values: readonly Choice[]): CategoricalDistribution {
  if (values.length === 0) throw invalid('An ordinal parameter needs at least one value.');
  const twice = values.find((value, index) => values.slice(0, index).some((other) => sameChoice(other, value)));
  if (twice !== undefined) throw invalid(`The value ${JSON.stringify(twice)} is there twice: an order has it once.`);
  return { type: 'categorical', choices: [...values], isOrdered: true };
}

/** The internal form as the objective sees it. */
export function toValue(distribution: Distribution, internal: number): ParamValue {
  if (distribution.type !== 'categorical') return internal;
  return distribution.choices[internal] ?? null;
}

/**
 * A value in its internal form. A number outside the range is kept (Optuna uses it, with a warning), a fraction for an
 * int parameter is cut as Python's int() does. Throws `invalid-value` when the value is no number, or no choice.
 */
export function toInternal(distribution: Distribution, value: unknown): number {
  if (distribution.type === 'categorical') {
    const index = choiceIndex(distribution.choices, value);
    if (index >= 0) return index;
    const choices = distribution.choices.map((choice) => JSON.stringify(choice)).join(', ');
    throw new TuneboardError('invalid-value', coreMessage('noneChoices', { value: JSON.stringify(value), choices }));
  }
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    throw new TuneboardError('invalid-value', coreMessage('notNumber', { value: JSON.stringify(value) }));
  }
  return distribution.type === 'int' ? Math.trunc(number) : number;
}

/**
 * Whether an internal value lies in the range and, for a grid, within 1e-8 steps of one of its points (Optuna's rule), or
 * as near as a float64 can be where the grid is very fine.
 */
export function contains(distribution: Distribution, internal: number): boolean {
  if (distribution.type === 'categorical') {
    return Number.isInteger(internal) && internal >= 0 && internal < distribution.choices.length;
  }
  const { low, high, step } = distribution;
  if (!(internal >= low && internal <= high)) return false;
  if (step === null) return true;
  const steps = (internal - low) / step;
  const rounding = (4 * Number.EPSILON * Math.max(Math.abs(low), Math.abs(high))) / step;
  return Math.abs(steps - Math.round(steps)) < Math.max(1e-8, rounding);
}

/** Whether there is just one value: nothing to search. */
export function isSingle(distribution: Distribution): boolean {
  if (distribution.type === 'categorical') return distribution.choices.length === 1;
  if (distribution.low === distribution.high) return true;
  return distribution.step !== null && distribution.high - distribution.low < distribution.step;
}

/** How many values a finite distribution has; Infinity for a continuous range. */
export function cardinality(distribution: Distribution): number {
  if (distribution.type === 'categorical') return distribution.choices.length;
  if (distribution.step === null) return distribution.low === distribution.high ? 1 : Number.POSITIVE_INFINITY;
  return Math.round((distribution.high - distribution.low) / distribution.step) + 1;
}

/** Point `index` of a grid, with no more decimals than low and step are written with (0.3, not 0.30000000000000004). */
export function gridPoint({ low, high, step }: FloatDistribution | IntDistribution, index: number): number {
  const width = step ?? 0;
  const point = Math.min(low + index * width, high);
  if (Number.isInteger(low) && Number.isInteger(width)) return point;
  const decimals = gridDecimals(low, width);
  return decimals <= 15 ? Math.min(Number(point.toFixed(decimals)), high) : point;
}

/** The valid internal value nearest to `internal`: clipped to the range and, where there is one, to the grid. */
export function nearestValid(distribution: FloatDistribution | IntDistribution, internal: number): number {
  const { low, high, step } = distribution;
  const clipped = Math.min(Math.max(internal, low), high);
  return step === null ? clipped : gridPoint(distribution, Math.round((clipped - low) / step));
}

/** Whether two distributions are the same to the last digit. */
export function sameDistribution(a: Distribution, b: Distribution): boolean {
  if (a === b) return true;
  if (a.type === 'categorical' || b.type === 'categorical') return a.type === b.type && isCompatible(a, b);
  return a.type === b.type && a.low === b.low && a.high === b.high && a.log === b.log && a.step === b.step;
}

/** Optuna's rule for one parameter within a study: same kind, same log, equal choices; low, high and step may change. */
export function isCompatible(a: Distribution, b: Distribution): boolean {
  if (a.type === 'categorical') {
    if (b.type !== 'categorical' || a.choices.length !== b.choices.length) return false;
    return a.choices === b.choices || a.choices.every((choice, index) => sameChoice(choice, b.choices[index]));
  }
  if (b.type === 'categorical') return false;
  return a.type === b.type && a.log === b.log;
}

/**
 * Index of a choice, −1 when it is none: by type and value first; only when that finds nothing as Python compares,
 * where True equals 1 and False equals 0. So `[true, 1]` keeps both apart, and a 1 that came out of a YAML file still finds `true`.
 */
export function choiceIndex(choices: readonly Choice[], value: unknown): number {
  const exact = choices.findIndex((choice) => sameChoice(choice, value));
  if (exact >= 0 || (typeof value !== 'boolean' && value !== 0 && value !== 1)) return exact;
  return choices.findIndex((choice) => typeof choice !== typeof value && asNumber(choice) === asNumber(value));
}

function asNumber(value: unknown): number {
  return typeof value === 'boolean' || typeof value === 'number' ? Number(value) : Number.NaN;
}

/** Deep equality of JSON values; NaN equals NaN and 0 equals −0. */
function sameChoice(a: unknown, b: unknown): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && sameChoice((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

function requireFinite(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    const said = typeof value === 'string' ? JSON.stringify(value) : value;
    if (!Number.isFinite(value)) throw invalid(`${name} is ${said}, but it has to be a finite number.`);
  }
}

function requireOrder(low: number, high: number): void {
  if (low > high) throw invalid(`low (${low}) is above high (${high}): swap them.`);
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-distribution', message);
}

/**
 * Grid arithmetic on the decimal digits that a person wrote, so that 0 … 0.3 in steps of 0.1 has four points although
 * 3 × 0.1 ≠ 0.3 in binary. Optuna does the same with Python's Decimal(str(x)).
 */

interface Decimal {
  readonly digits: bigint;
  /** value = digits × 10^exponent */
  readonly exponent: number;
}

function parseDecimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

/** The last point of the grid low, low + step, … that is not above high. */
export function lastGridPoint(low: number, high: number, step: number): number {
  const decimals = [low, high, step].map(parseDecimal) as [Decimal, Decimal, Decimal];
  const exponent = Math.min(...decimals.map((decimal) => decimal.exponent));
  const [lowest, highest, width] = decimals.map((decimal) => scaled(decimal, exponent)) as [bigint, bigint, bigint];
  const rest = (highest - lowest) % width;
  return rest === 0n ? high : Number(`${highest - rest}e${exponent}`);
}

/** Number of decimals that low and step are written with; the grid's points have no more. */
function gridDecimals(low: number, step: number): number {
  return Math.max(0, -parseDecimal(low).exponent, -parseDecimal(step).exponent);
}
