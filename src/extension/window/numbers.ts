import type { Distribution, ParamValue } from '../../core/space/distributions.ts';
import { formatNumber } from '../../core/text/numbers.ts';
import type { Translate } from './words.ts';

/** A parameter in one glance: a float with three digits, everything else as it is. */
export function formatParam(value: ParamValue, distribution: Distribution | undefined): string {
  if (typeof value === 'number' && distribution?.type !== 'int') {
    return Number.isInteger(value)
      ? formatNumber(value)
      : formatNumber(value, 3)
          .replace(/(\.\d*?)0+$/, '$1')
          .replace(/\.$/, '');
  }
  // A text without a letter, such as a switch that is left out, would look as if there were no value.
  return typeof value === 'string' && value.trim() !== '' ? value : JSON.stringify(value);
}

/** `42 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: two units at most, the second only where it still matters. */
export function formatDuration(ms: number, t: Translate): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('seconds', { seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('minutes', { minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24)
    return minutes % 60 && hours < 10 ? t('hoursMinutes', { hours, minutes: minutes % 60 }) : t('hours', { hours });
  return hours % 24
    ? t('daysHours', { days: Math.floor(hours / 24), hours: hours % 24 })
    : t('days', { days: Math.floor(hours / 24) });
}
