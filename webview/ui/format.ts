/** Numbers, times and choices as the panel shows them. */
import type { Choice } from '../../src/core/space/distributions.ts';
import { formatNumber } from '../../src/core/text/numbers.ts';
import type { ModelParameter } from '../model/model.ts';
import type { Translate } from './strings.ts';

/** A mark of an axis: a fixed number of decimals, or as few digits as there are. */
export function formatTick(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 0.5 * 10 ** -decimals)) return formatSignificant(value, 4);
  return value.toFixed(decimals);
}

/** `100,000`: a count in a sentence. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Both ends of a narrow range, with as many digits as tell them apart. */
export function formatRange(from: number, to: number): string {
  const size = Math.max(Math.abs(from), Math.abs(to));
  const digits = to > from ? Math.min(12, Math.max(3, Math.ceil(Math.log10(size / (to - from))) + 1)) : 6;
  const [low, high] = [formatSignificant(from, digits), formatSignificant(to, digits)];
  return low === high ? low : `${low} … ${high}`;
}

/** At most `digits` significant digits; an exponent below 0.0001 and from 1e7 on. */
export function formatSignificant(value: number, digits: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size >= 1e-4 && size < 1e7) return String(rounded);
  return rounded.toExponential().replace('e+', 'e');
}

/** As `formatSignificant`, with trailing zeros kept, so that the figures of a column line up. */
export function formatAligned(value: number, digits: number): string {
  if (!Number.isFinite(value) || value === 0) return formatSignificant(value, digits);
  const size = Math.abs(value);
  if (size >= 10 ** digits && size < 1e7) return value.toFixed(0);
  if (size >= 1e-4 && size < 1e7) return value.toPrecision(digits);
  return value.toExponential(digits - 1).replace('e+', 'e');
}

/** A choice as study files and the tree show it: `null`, `true`, a bare word for a text, quotes around one without a letter. */
export function formatChoice(choice: Choice | undefined): string {
  if (choice === undefined) return '?';
  if (typeof choice === 'number') return formatSignificant(choice, 6);
  return typeof choice === 'string' && choice.trim() !== '' ? choice : JSON.stringify(choice);
}

/**
 * Choices in at most `longest` characters each. What all of them begin and end with is left out where any is longer: it tells
 * nothing apart.
 */
export function choiceLabels(choices: readonly Choice[], longest: number): string[] {
  const texts = choices.map(formatChoice);
  const shorten = (text: string) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
  if (texts.length < 2 || texts.every(({ length }) => length <= longest)) return texts.map(shorten);
  const least = Math.min(...texts.map(({ length }) => length));
  const [first = ''] = texts;
  let head = 0;
  while (head < least && texts.every((text) => text[head] === first[head])) head++;
  let tail = 0;
  while (tail < least - head && texts.every((text) => text.at(-1 - tail) === first.at(-1 - tail))) tail++;
  // An ellipsis for a single letter saves nothing.
  const [from, cut] = [head > 1 ? head : 0, tail > 1 ? tail : 0];
  return texts.map((text) =>
    shorten(`${from > 0 ? '…' : ''}${text.slice(from, text.length - cut)}${cut > 0 ? '…' : ''}`),
  );
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
  if (ms < 1000) return t('durationMs', { ms: Math.round(ms) });
  if (ms < 10_000) return t('durationSeconds', { seconds: (ms / 1000).toFixed(1) });
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('durationSeconds', { seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return seconds % 60 === 0
      ? t('durationMinutes', { minutes })
      : t('durationMinutesSeconds', { minutes, seconds: seconds % 60 });
  }
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return t('durationDays', { days: Math.floor(hours / 24), hours: hours % 24 });
  return minutes % 60 === 0
    ? t('durationHours', { hours })
    : t('durationHoursMinutes', { hours, minutes: minutes % 60 });
}

/** `12 min left`: whole minutes, since it is an estimate. */
export function formatEta(ms: number, t: Translate): string {
  if (ms < 60_000) return t('timeLeft', { time: t('lessThanMinute') });
  const minutes = Math.round(ms / 60_000);
  if (minutes < 100) return t('timeLeft', { time: t('durationMinutes', { minutes }) });
  return t('timeLeft', { time: formatDuration(minutes * 60_000, t) });
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
