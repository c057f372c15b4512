import type { ParamValue } from '../../core/space/distributions.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import { printYaml } from '../config/yamlFile.ts';
import { printJavaScript } from '../javascript/print.ts';
import { isJavaScriptDialect } from '../javascript/tree.ts';
import { numberIn } from '../literals.ts';
import { printPython } from '../python/print.ts';
import { quoteOf } from '../quotes.ts';

/** A number with a fraction or exponent, as every language here writes it. */
const IS_REAL = /^[-+]?(\d[\d_]*\.|\.\d|\d[\d_]*e)/i;

/**
 * A value as the source of a language, in the manner of `like`, the text that it replaces: its quotes, and a float stays
 * a float (`1.0` for 1). A number that `like` has in quotes comes in quotes.
 */
export function printValue(languageId: string, value: ParamValue, like: string): string {
  const quote = quoteOf(like);
  const isQuoted =
    quote !== undefined && typeof value === 'number' && numberIn(like.replace(/^[a-z]*["']|["']$/gi, '')) !== undefined;
  if (isQuoted) return printIn(languageId, printIn(languageId, value, undefined, false), like, false);
  return printIn(languageId, value, like, IS_REAL.test(like));
}

function printIn(languageId: string, value: ParamValue, like: string | undefined, isReal: boolean): string {
  const kind = isReal && typeof value === 'number' ? 'float' : undefined;
  if (isJavaScriptDialect(languageId)) return printJavaScript(value, quoteOf(like) ?? "'");
  if (languageId === 'yaml') return printYaml(value, like, isReal);
  if (languageId === 'python' || languageId === 'jupyter-notebook') {
    return printPython({ value, kind: kind ?? 'categorical' }, quoteOf(like) ?? '"');
  }
  if (typeof value === 'number') return isFloat32(languageId, like) ? float32(value) : pythonRepr(value, kind);
  return languageId === 'r' && typeof value === 'boolean' ? String(value).toUpperCase() : JSON.stringify(value);
}

function isFloat32(languageId: string, like: string | undefined): boolean {
  return languageId === 'julia' && like !== undefined && /\df[-+]?\d/.test(like);
}

/** Julia's `1f-3` for what is 0.001 in 32 bits. */
function float32(value: number): string {
  const text = pythonRepr(value, undefined);
  return text.includes('e') ? text.replace('e', 'f') : `${text}f0`;
}
