import { pythonFloat, pythonInt } from './pythonRepr.ts';

/** JSON as Python's `json` module reads and writes it: with NaN and the infinities, and ASCII only. */

export type JsonStyle = 'compact' | 'spaced';

/** As `json.dumps(value)` (`spaced`) or `json.dumps(value, separators=(",", ":"))` (`compact`). Undefined counts as null. */
export function dumpJson(value: unknown, style: JsonStyle = 'compact'): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      return Number.isInteger(value) ? (Object.is(value, -0) ? '-0.0' : pythonInt(value)) : jsonFloat(value);
    case 'bigint':
      return value.toString();
    case 'string':
      return jsonString(value);
    default:
      break;
  }
  if (value instanceof PythonNumber) return value.text;
  const comma = style === 'compact' ? ',' : ', ';
  if (Array.isArray(value)) return `[${value.map((item) => dumpJson(item, style)).join(comma)}]`;
  const colon = style === 'compact' ? ':' : ': ';
  const entries = Object.entries(value as object);
  return `{${entries.map(([key, item]) => jsonString(key) + colon + dumpJson(item, style)).join(comma)}}`;
}

/** A number that is a float in Python: `1.0`, `1e-07`, `NaN`, `-Infinity`. */
export function jsonFloat(value: number): string {
  if (Number.isFinite(value)) return pythonFloat(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** A string with every character outside printable ASCII escaped. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Parses JSON that may hold NaN, Infinity and -Infinity. Throws a SyntaxError, also where it is nested more than 500 deep:
 * what is made of it is walked by recursion, and Python stops near 1,000.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return new TolerantParser(text).parse();
  }
  if (text.length > DEPTH_LIMIT && isDeep(text)) throw new SyntaxError('JSON is nested too deep');
  return value;
}

/** Of text that is JSON. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > DEPTH_LIMIT) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      default:
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  for (let code = text.charCodeAt(end); code !== 0x22; code = text.charCodeAt(end)) end += code === 0x5c ? 2 : 1;
  return end;
}

/** A number whose Python spelling a JavaScript number would lose: `1.0`, or an int beyond 2^53. */
export class PythonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** As `parseJson`, but numbers that JavaScript would print otherwise than Python come as `PythonNumber`. */
export function parseExactJson(text: string): unknown {
  return new TolerantParser(text, true).parse();
}

const DEPTH_LIMIT = 500;
const WHITE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const LITERAL = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|NaN|true|false|null/y;

class TolerantParser {
  readonly #text: string;
  readonly #isExact: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, isExact = false) {
    this.#text = text;
    this.#isExact = isExact;
  }

  parse(): unknown {
    const value = this.#value();
    this.#match(WHITE);
    if (this.#at < this.#text.length) this.#fail();
    return value;
  }

  #value(): unknown {
    this.#match(WHITE);
    const character = this.#text[this.#at];
    if (character === '"') return this.#string();
    if (character !== '{' && character !== '[') return this.#literal();
    if (++this.#depth > DEPTH_LIMIT) this.#fail();
    const value = character === '{' ? this.#object() : this.#array();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.#at++;
    if (this.#take('}')) return result;
    do {
      this.#match(WHITE);
      const key = this.#string();
      if (!this.#take(':')) this.#fail();
      const value = this.#value();
      Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail();
    return result;
  }

  #array(): unknown[] {
    const result: unknown[] = [];
    this.#at++;
    if (this.#take(']')) return result;
    do result.push(this.#value());
    while (this.#take(','));
    if (!this.#take(']')) this.#fail();
    return result;
  }

  #string(): string {
    const text = this.#match(STRING);
    if (text === '') this.#fail();
    return JSON.parse(text) as string;
  }

  #literal(): unknown {
    const text = this.#match(LITERAL);
    if (text === '') this.#fail();
    if (text === 'null') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    const value = Number(text);
    if (!this.#isExact || !Number.isInteger(value)) return value;
    if (/[.e]/i.test(text)) return new PythonNumber(pythonFloat(value));
    return Number.isSafeInteger(value) ? value : new PythonNumber(text);
  }

  #take(character: string): boolean {
    this.#match(WHITE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fail(): never {
    throw new SyntaxError(`Unexpected text in JSON at position ${this.#at}`);
  }
}
