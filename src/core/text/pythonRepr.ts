/** Text of values as Python's `repr` writes them: for logs, for code inserted into scripts and for the journal's numbers. */

/** How a number is meant where JavaScript cannot tell: 1 is `1` as an int and `1.0` as a float. */
export type NumberKind = 'int' | 'float';

/**
 * A value as Python's `repr` prints it. Without `kind`, a whole number prints as an int. Arrays print as lists, plain
 * objects as dicts.
 */
export function pythonRepr(value: unknown, kind?: NumberKind): string {
  if (value === null || value === undefined) return 'None';
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return kind === 'float' || !Number.isInteger(value) ? pythonFloat(value) : pythonInt(value);
    case 'bigint':
      return value.toString();
    case 'string':
      return pythonString(value);
    default:
      break;
  }
  if (Array.isArray(value)) return `[${value.map((item) => pythonRepr(item)).join(', ')}]`;
  const entries = Object.entries(value as object);
  return `{${entries.map(([key, item]) => `${pythonString(key)}: ${pythonRepr(item)}`).join(', ')}}`;
}

/** A float as Python's `repr` prints it: the shortest digits that round-trip, an exponent below 1e-4 and from 1e16. */
export function pythonFloat(value: number): string {
  if (Number.isInteger(value)) {
    const size = Math.abs(value);
    if (size < 1e16) return Object.is(value, -0) ? '-0.0' : `${value}.0`;
  } else if (!Number.isFinite(value)) {
    if (Number.isNaN(value)) return 'nan';
    return value > 0 ? 'inf' : '-inf';
  } else if (Math.abs(value) >= 1e-4) return String(value);
  const text = value.toExponential();
  const at = text.indexOf('e');
  const digits = text.slice(at + 2);
  return `${text.slice(0, at + 2)}${digits.length < 2 ? `0${digits}` : digits}`;
}

/** A whole number in full digits, however large. */
export function pythonInt(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** What `str.isprintable` refuses: the categories "other" and "separator", the ASCII space excepted. */
const SPECIAL = /[\\\p{C}\p{Zl}\p{Zp}\p{Zs}]/gu;

/** A string literal: single quotes unless the text holds single quotes and no double ones. */
export function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(SPECIAL, (character) => {
    if (character === ' ') return ' ';
    const known = ESCAPES[character];
    if (known) return known;
    const code = character.codePointAt(0) as number;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
