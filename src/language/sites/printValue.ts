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
  return typeof value === 'number' ? pythonRepr(value, kind) : JSON.stringify(value);
}
