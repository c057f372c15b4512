import type { ParamValue } from '../../core/space/distributions.ts';
import { requote } from '../quotes.ts';

/** A value as JavaScript source, strings in the given quotes. */
export function printJavaScript(value: ParamValue, quote: '"' | "'"): string {
  if (typeof value === 'string') return requote(JSON.stringify(value), quote);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
  if (Array.isArray(value)) return `[${value.map((item) => printJavaScript(item, quote)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as Readonly<Record<string, ParamValue>>);
    const inside = entries.map(([key, item]) => `${printKey(key, quote)}: ${printJavaScript(item, quote)}`).join(', ');
    return `{ ${inside} }`;
  }
  return String(value);
}

/** A property name, quoted only where it has to be. */
export function printKey(name: string, quote: '"' | "'"): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : requote(JSON.stringify(name), quote);
}
