/**
 * Date-times as Optuna stores them, to and from epoch milliseconds with a fraction for the microseconds.
 *
 * Optuna ≥ 5 writes UTC (`+00:00` in a journal, nothing in SQLite), older ones write local time without a zone.
 */

export type NaiveZone = 'utc' | 'local';

const PATTERN =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d(?::?\d\d)?)?$/;
const MINUTE = 60_000;

/** Epoch milliseconds; NaN when the text is not a date-time. `zone` applies to text without a zone of its own. */
export class DatetimeParser {
  readonly #zone: NaiveZone;
  #hour = '';
  #hourSuffix = '';
  #hourStart = Number.NaN;

  constructor(zone: NaiveZone) {
    this.#zone = zone;
  }

  parse(text: string): number {
    if (text.length >= 26 && text[19] === '.') {
      const suffix = text.slice(26);
      if (text.startsWith(this.#hour) && suffix === this.#hourSuffix && this.#hour !== '') {
        return this.#hourStart + Number(text.slice(14, 16)) * MINUTE + Number(text.slice(17, 26)) * 1000;
      }
      const hour = text.slice(0, 13);
      const start = parseSlowly(`${hour}:00:00${suffix}`, this.#zone);
      const value = parseSlowly(text, this.#zone);
      // A zone whose offset changes within the hour must not be cached.
      if (parseSlowly(`${hour}:59:59${suffix}`, this.#zone) - start === 3_599_000) {
        this.#hour = hour;
        this.#hourSuffix = suffix;
        this.#hourStart = start;
      }
      return value;
    }
    return parseSlowly(text, this.#zone);
  }
}

function parseSlowly(text: string, naiveZone: NaiveZone): number {
  const match = PATTERN.exec(text);
  if (!match) return Number.NaN;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match;
  const date = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const;
  const millis = fraction === '' ? 0 : Number(`0.${fraction}`) * 1000;
  if (zone === undefined && naiveZone === 'local') return new Date(...date).getTime() + millis;
  return Date.UTC(...date) - offsetOf(zone) + millis;
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const digits = zone.slice(1).replaceAll(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4));
  return (zone[0] === '-' ? -1 : 1) * minutes * MINUTE;
}

/** As Optuna 5 writes it into a journal: `2026-11-24T06:37:57.212972+00:00`. */
export function formatUtc(millis: number): string {
  const whole = wholeMillis(millis);
  const text = new Date(whole).toISOString();
  return `${text.slice(0, 23)}${microsOf(millis, whole)}+00:00`;
}

/** As Optuna writes it into a database: `2026-11-24 06:37:57.212972`, in the zone of the file's creator. */
export function formatNaive(millis: number, zone: NaiveZone): string {
  if (zone === 'utc') return formatUtc(millis).slice(0, 26).replace('T', ' ');
  const text = formatLocal(millis);
  return text.length > 19 ? text : `${text}.000000`;
}

/** As Python prints a time: local, `2026-11-24 06:37:57.212972`, without the fraction when that is zero. */
export function formatLocal(millis: number): string {
  const whole = wholeMillis(millis);
  const date = new Date(whole);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const fraction = `${String(date.getMilliseconds()).padStart(3, '0')}${microsOf(millis, whole)}`;
  return fraction === '000000' ? `${day} ${time}` : `${day} ${time}.${fraction}`;
}

/** A float64 of today's milliseconds resolves about 0.25 µs: rounding to whole microseconds restores them exactly. */
function wholeMillis(millis: number): number {
  return Math.floor(Math.round(millis * 1000) / 1000);
}

function microsOf(millis: number, whole: number): string {
  return String(Math.round(millis * 1000) - whole * 1000).padStart(3, '0');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
