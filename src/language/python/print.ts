import type { ParamValue } from '../../core/space/distributions.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import type { BestParam } from '../insertion/sites.ts';
import { requote } from '../quotes.ts';

/** A parameter's value as Python source: `repr`, in the given quotes; infinities and NaN as calls that evaluate to them. */
export function printPython(param: Pick<BestParam, 'value' | 'kind'>, quote: '"' | "'"): string {
  return print(param.value, quote, param.kind === 'categorical' ? undefined : param.kind);
}

function print(value: ParamValue, quote: '"' | "'", kind?: 'float' | 'int'): string {
  if (typeof value === 'string') return requote(pythonRepr(value), quote);
  if (typeof value === 'number' && !Number.isFinite(value)) return `float(${quote}${pythonRepr(value)}${quote})`;
  if (Array.isArray(value)) return `[${value.map((item) => print(item, quote)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as Readonly<Record<string, ParamValue>>);
    return `{${entries.map(([key, item]) => `${print(key, quote)}: ${print(item, quote)}`).join(', ')}}`;
  }
  return pythonRepr(value, kind);
}
