import { stringify } from 'yaml';
import type { StudyFileCode } from '../../words/en.ts';

/** What an entry of a sweep's `parameters` says, once read. */
export type SweepEntry =
  | { readonly kind: 'range'; readonly range: Range; readonly note?: SweepNote }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'nested'; readonly entries: Readonly<Record<string, unknown>> }
  | { readonly kind: 'problem'; readonly code: SweepProblem };

export type Range =
  | {
      readonly type: 'float' | 'int';
      readonly low: number;
      readonly high: number;
      readonly log?: true;
      readonly step?: number;
    }
  | { readonly type: 'categorical'; readonly choices: readonly (string | number | boolean | null)[] };

export type SweepNote = Extract<StudyFileCode, `sweep-note-${string}`>;
export type SweepProblem = Extract<StudyFileCode, `sweep-bad-${string}`>;

type Raw = Readonly<Record<string, unknown>>;

/** Standard deviations on each side of the mean that stand for a distribution without bounds. */
const DEVIATIONS = 3;

/**
 * The range of one parameter of a W&B sweep, by the rules of its documentation ("Sweep configuration options"): without a
 * distribution, `values` are choices, `value` is a constant, and `min` and `max` are uniform, of integers where both are.
 * `isFloat` says of a key that its whole number was written as a float.
 */
export function sweepEntry(raw: Raw, isFloat: (key: string) => boolean): SweepEntry {
  if (isRecord(raw['parameters'])) return { kind: 'nested', entries: raw['parameters'] };
  if ('value' in raw) return { kind: 'constant', value: raw['value'] };
  if (Array.isArray(raw['values'])) return choicesOf(raw['values'], raw['probabilities'] !== undefined);
  const given = raw['distribution'];
  if (given !== undefined && typeof given !== 'string') return problem('sweep-bad-distribution');
  const { min, max } = raw;
  if (given === undefined) {
    if (typeof min !== 'number' || typeof max !== 'number') return problem('sweep-bad-range');
    const isWhole = [min, max].every(Number.isInteger) && !isFloat('min') && !isFloat('max');
    return isWhole ? bounded(min, max, { type: 'int' }) : bounded(min, max, { type: 'float' });
  }
  return distributed(given, raw, isFloat);
}

function distributed(distribution: string, raw: Raw, isFloat: (key: string) => boolean): SweepEntry {
  const number = (key: string, fallback: number) => (typeof raw[key] === 'number' ? raw[key] : fallback);
  const [min, max] = [number('min', Number.NaN), number('max', Number.NaN)];
  const isQuantised = distribution.startsWith('q_');
  const step = isQuantised ? number('q', 1) : 0;
  const isWhole = isQuantised && Number.isInteger(step) && !isFloat('q');
  const linear = (low: number, high: number) => quantised(low, high, step, isWhole);
  const logarithmic = (low: number, high: number): SweepEntry =>
    isWhole
      ? bounded(Math.max(1, Math.round(low)), Math.round(high), { type: 'int', log: true })
      : bounded(low, high, { type: 'float', log: true });
  const [mu, sigma] = [number('mu', 0), number('sigma', 1)];
  switch (distribution) {
    case 'int_uniform':
      return bounded(Math.ceil(min), Math.floor(max), { type: 'int' });
    case 'uniform':
    case 'q_uniform':
      return linear(min, max);
    // Exponents of e.
    case 'log_uniform':
    case 'q_log_uniform':
      return logarithmic(Math.exp(min), Math.exp(max));
    case 'inv_log_uniform':
      return logarithmic(Math.exp(-max), Math.exp(-min));
    case 'log_uniform_values':
    case 'q_log_uniform_values':
    case 'inv_log_uniform_values':
      return logarithmic(min, max);
    case 'normal':
    case 'q_normal':
      return noted(linear(mu - DEVIATIONS * sigma, mu + DEVIATIONS * sigma));
    case 'log_normal':
    case 'q_log_normal':
      return noted(logarithmic(Math.exp(mu - DEVIATIONS * sigma), Math.exp(mu + DEVIATIONS * sigma)));
    case 'beta':
    case 'q_beta':
      return noted(linear(0, 1));
    default:
      return problem('sweep-bad-distribution');
  }
}

function noted(entry: SweepEntry): SweepEntry {
  return entry.kind === 'range' ? { ...entry, note: 'sweep-note-bounds' } : entry;
}

/** The multiples of the step that values between the bounds are rounded to. */
function quantised(min: number, max: number, step: number, isWhole: boolean): SweepEntry {
  if (step <= 0) return bounded(min, max, { type: 'float' });
  const [first, last] = [Math.round(min / step), Math.round(max / step)];
  const at = (count: number) => Number((count * step).toPrecision(12));
  const type = isWhole ? 'int' : 'float';
  return bounded(at(first), at(last), type === 'int' && step === 1 ? { type } : { type, step });
}

function bounded(
  low: number,
  high: number,
  rest: { readonly type: 'float' | 'int'; readonly log?: true; readonly step?: number },
): SweepEntry {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) return problem('sweep-bad-range');
  if (rest.log && low <= 0) return problem('sweep-bad-log');
  if (low === high) return { kind: 'constant', value: low };
  return { kind: 'range', range: { ...rest, low, high } };
}

/** A list or an object is a choice as its JSON text; of choices that are there twice the first is kept. */
function choicesOf(values: readonly unknown[], hasProbabilities: boolean): SweepEntry {
  const choices = [...new Set(values.map(choiceOf))];
  if (choices.length === 0) return problem('sweep-bad-values');
  if (choices.length === 1) return { kind: 'constant', value: values[0] };
  const note = hasProbabilities ? ({ note: 'sweep-note-probabilities' } as const) : {};
  return { kind: 'range', range: { type: 'categorical', choices }, ...note };
}

function choiceOf(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return JSON.stringify(value);
}

function problem(code: SweepProblem): SweepEntry {
  return { kind: 'problem', code };
}

export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as YAML on one line. */
export function printedValue(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true })
    .trimEnd()
    .replaceAll('\n', ' ');
}

export function printedRange(range: Range): string {
  if (range.type === 'categorical') return `{ type: categorical, choices: ${printedValue(range.choices)} }`;
  const { type, low, high, log, step } = range;
  const more = `${log ? ', log: true' : ''}${step === undefined ? '' : `, step: ${number(step, type)}`}`;
  return `{ type: ${type}, low: ${number(low, type)}, high: ${number(high, type)}${more} }`;
}

function number(value: number, type: 'float' | 'int'): string {
  const text = String(value);
  return type === 'float' && Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}
