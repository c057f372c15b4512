/** Numbers, times and choices as the panel shows them. */
import type { Choice } from '../src/core/space/distributions.ts';
import type { ModelParameter } from './model.ts';
import type { Translate } from './strings.ts';

const USUAL_DIGITS = 4;
const MOST_DIGITS = 7;
const SAMPLE = 4000;

/**
 * Decimals for a column of values, as many as it takes to tell the best from the ones around it: four significant digits
 * of the largest, or a hundredth of the middle 80 % where that is finer; the tree's rule. No decimals for whole numbers.
 */
export function columnDecimals(values: ArrayLike<number>): number {
  const stride = Math.max(1, Math.floor(values.length / SAMPLE));
  const finite: number[] = [];
  for (let index = 0; index < values.length; index += stride) {
    const value = values[index] as number;
    if (Number.isFinite(value)) finite.push(value);
  }
  if (finite.length === 0) return USUAL_DIGITS;
  if (finite.every(Number.isInteger)) return 0;
  finite.sort((one, other) => one - other);
  const size = Math.floor(Math.log10(Math.max(Math.abs(finite[0] as number), Math.abs(finite.at(-1) as number))));
  const at = (share: number) => finite[Math.floor((finite.length - 1) * share)] as number;
  const spread = at(0.9) - at(0.1);
  // More decimals than the values have would only be zeros.
  const fine = spread > 0 ? Math.min(Math.ceil(-Math.log10(spread)) + 2, Math.max(...finite.map(decimalsOf))) : 0;
  return Math.max(0, Math.min(Math.max(USUAL_DIGITS - 1 - size, fine), MOST_DIGITS - 1 - size, 20));
}

/** Decimals of a number as it is written in full: 0.9222 has four. */
function decimalsOf(value: number): number {
  const [digits, exponent = '0'] = String(value).split('e') as [string, string?];
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}

/** With a fixed number of decimals where that shows the number, otherwise with an exponent as Python prints it. */
export function formatValue(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9 && decimals === 0) return String(value);
  if (size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -decimals)) return formatSignificant(value, 4);
  return value.toFixed(decimals);
}

/** At most `digits` significant digits; an exponent below 0.0001 and from 1e6 on. */
export function formatSignificant(value: number, digits: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size >= 1e-4 && size < 1e6) return String(rounded);
  const [mantissa, exponent] = rounded.toExponential().split('e') as [string, string];
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.slice(1).padStart(2, '0')}`;
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'inf' : '-inf';
}

/** As `formatSignificant`, with trailing zeros kept, so that the figures of a column line up. */
export function formatAligned(value: number, digits: number): string {
  if (!Number.isFinite(value) || value === 0) return formatSignificant(value, digits);
  const size = Math.abs(value);
  if (size >= 10 ** digits && size < 1e6) return value.toFixed(0);
  if (size >= 1e-4 && size < 1e6) return value.toPrecision(digits);
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  return `${mantissa}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

/** A choice as Python's reader expects it: `None`, `True`, a bare word for a text. */
export function formatChoice(choice: Choice | undefined): string {
  if (choice === undefined) return '?';
  if (choice === null) return 'None';
  if (choice === true) return 'True';
  if (choice === false) return 'False';
  if (typeof choice === 'object') return JSON.stringify(choice);
  return typeof choice === 'number' ? formatSignificant(choice, 6) : choice;
}

/** One parameter of one trial; an en dash where the trial does not have it. */
export function formatParameter(parameter: ModelParameter, internal: number, digits: number): string {
  if (Number.isNaN(internal)) return '–';
  if (parameter.choices) return formatChoice(parameter.choices[internal]);
  if (parameter.kind === 'int') return formatSignificant(internal, 12);
  return formatSignificant(internal, digits);
}

/** `3 min 41 s`; two units at most. */
export function formatDuration(ms: number, t: Translate): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms < 1000) return t('durationMs', Math.round(ms));
  if (ms < 10_000) return t('durationSeconds', (ms / 1000).toFixed(1));
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('durationSeconds', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return seconds % 60 === 0 ? t('durationMinutes', minutes) : t('durationMinutesSeconds', minutes, seconds % 60);
  }
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return t('durationDays', Math.floor(hours / 24), hours % 24);
  return minutes % 60 === 0 ? t('durationHours', hours) : t('durationHoursMinutes', hours, minutes % 60);
}

/** `12 min left`: whole minutes, since it is an estimate. */
export function formatEta(ms: number, t: Translate): string {
  if (ms < 60_000) return t('timeLeft', t('lessThanMinute'));
  const minutes = Math.round(ms / 60_000);
  if (minutes < 100) return t('timeLeft', t('durationMinutes', minutes));
  return t('timeLeft', formatDuration(minutes * 60_000, t));
}

/** `3:57` or `1:02:03` for a column of times; below ten seconds `1.24 s`. */
export function formatClock(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
