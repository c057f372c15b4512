/**
 * Python literals as `repr` prints them: strings with either quote and all escapes, numbers, None/True/False, inf/nan,
 * lists, tuples, sets, dicts, and calls such as `np.float64(0.5)` or `array([1, 2])`, which count as their first argument.
 */

export type LiteralKind = 'int' | 'float' | 'str' | 'bool' | 'none' | 'list' | 'tuple' | 'dict' | 'other';

export interface PythonLiteral {
  readonly value: unknown;
  readonly kind: LiteralKind;
  /** Just after the literal. */
  readonly end: number;
  /** For a dict at the top: the kinds of its values. */
  readonly kinds: ReadonlyMap<string, LiteralKind> | undefined;
}

const DEPTH_LIMIT = 64;

/** How many characters a caller lets be read in vain, of literals that turn out to be none. */
export interface WastedWork {
  left: number;
}

/**
 * Reads the literal that begins at `start` (white space allowed); undefined when there is none, not all of it, or one that
 * is nested more than 64 deep. Takes time in proportion to what it reads. What it read in vain is taken off `wasted`.
 */
export function parsePythonLiteral(text: string, start: number, wasted?: WastedWork): PythonLiteral | undefined {
  if (wasted && wasted.left < 0) return undefined;
  const parser = new LiteralParser(text, start);
  try {
    const node = parser.value(0);
    return { value: node.value, kind: node.kind, kinds: node.kinds, end: parser.at };
  } catch (error) {
    if (wasted) wasted.left -= parser.at - start;
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral {}

interface Node {
  readonly value: unknown;
  readonly kind: LiteralKind;
  readonly kinds?: ReadonlyMap<string, LiteralKind>;
}

const WHITE = /\s*/y;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*)(?:\.[\d_]*)?(?:[eE][+-]?\d+)?|\.\d[\d_]*(?:[eE][+-]?\d+)?|inf|nan)(?![\w.])/y;
const NAME = /[A-Za-z_][\w.]*/y;
const PREFIX = /(?:[rRbBuUfF]{1,2})?(?=['"])/y;
/** `<Optimizer.ADAM: 'adam'>`, as an enum member prints. */
const ANGLE = /<[^<>\n]*>/y;

const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  '\n': '',
};
const CODE_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class LiteralParser {
  readonly #text: string;
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  value(depth: number): Node {
    if (depth > DEPTH_LIMIT) throw new NoLiteral();
    this.#match(WHITE);
    const character = this.#text[this.at];
    switch (character) {
      case '{':
        return this.#dict(depth);
      case '[':
        return { value: this.#items(']', depth).items, kind: 'list' };
      case '(': {
        const { items, hasComma } = this.#items(')', depth);
        return hasComma || items.length !== 1 ? { value: items, kind: 'tuple' } : { value: items[0], kind: 'other' };
      }
      case '<': {
        const text = this.#match(ANGLE);
        if (text === '') throw new NoLiteral();
        return { value: text, kind: 'other' };
      }
      default:
        return this.#scalar(depth);
    }
  }

  #scalar(depth: number): Node {
    const before = this.at;
    const prefix = this.#match(PREFIX);
    const quote = this.#text[this.at];
    if (quote === "'" || quote === '"') return { value: this.#string(quote, /r/i.test(prefix)), kind: 'str' };
    this.at = before;
    const number = this.#match(NUMBER);
    if (number !== '') return numberNode(number);
    const name = this.#match(NAME);
    if (name === 'None') return { value: null, kind: 'none' };
    if (name === 'True' || name === 'False') return { value: name === 'True', kind: 'bool' };
    if (name === 'Infinity' || name === 'NaN') return { value: Number(name), kind: 'float' };
    if (name === '') throw new NoLiteral();
    if (this.#text[this.at] !== '(') return { value: name, kind: 'other' };
    return this.#call(name, depth);
  }

  /** A call stands for its first argument: `np.float64(0.5)`. Without one, or with keywords only, for its own text. */
  #call(name: string, depth: number): Node {
    const start = this.at - name.length;
    this.at++;
    let first: Node | undefined;
    while (!this.#take(')')) {
      this.#match(WHITE);
      const before = this.at;
      const keyword = this.#match(NAME);
      if (keyword !== '' && this.#take('=')) this.value(depth + 1);
      else {
        this.at = before;
        const node = this.value(depth + 1);
        first ??= node;
      }
      if (!this.#take(',') && this.#peek() !== ')') throw new NoLiteral();
    }
    return first ?? { value: this.#text.slice(start, this.at), kind: 'other' };
  }

  #dict(depth: number): Node {
    const value: Record<string, unknown> = {};
    const kinds = new Map<string, LiteralKind>();
    const set: unknown[] = [];
    this.at++;
    while (!this.#take('}')) {
      const key = this.value(depth + 1).value;
      if (this.#take(':')) {
        const item = this.value(depth + 1);
        const name = typeof key === 'string' ? key : String(key);
        Object.defineProperty(value, name, { value: item.value, enumerable: true, configurable: true, writable: true });
        kinds.set(name, item.kind);
      } else set.push(key);
      if (!this.#take(',') && this.#peek() !== '}') throw new NoLiteral();
    }
    return set.length > 0 ? { value: set, kind: 'other' } : { value, kind: 'dict', kinds };
  }

  #items(close: string, depth: number): { items: unknown[]; hasComma: boolean } {
    const items: unknown[] = [];
    let hasComma = false;
    this.at++;
    while (!this.#take(close)) {
      items.push(this.value(depth + 1).value);
      if (this.#take(',')) hasComma = true;
      else if (this.#peek() !== close) throw new NoLiteral();
    }
    return { items, hasComma };
  }

  #string(quote: string, isRaw: boolean): string {
    const text = this.#text;
    let result = '';
    let from = ++this.at;
    for (;;) {
      const character = text[this.at];
      if (character === undefined) throw new NoLiteral();
      if (character === quote) break;
      if (character !== '\\' || isRaw) {
        this.at++;
        continue;
      }
      result += text.slice(from, this.at);
      result += this.#escape();
      from = this.at;
    }
    result += text.slice(from, this.at++);
    return result;
  }

  #escape(): string {
    const character = this.#text[this.at + 1] ?? '';
    this.at += 2;
    const known = ESCAPED[character];
    if (known !== undefined) return known;
    const octal = /^[0-7]{1,3}/.exec(this.#text.slice(this.at - 1, this.at + 2))?.[0];
    if (octal) {
      this.at += octal.length - 1;
      return String.fromCharCode(Number.parseInt(octal, 8));
    }
    const width = CODE_DIGITS[character];
    if (width === undefined) return `\\${character}`;
    const digits = this.#text.slice(this.at, this.at + width);
    const code = Number.parseInt(digits, 16);
    if (digits.length < width || !/^[0-9a-fA-F]+$/.test(digits) || code > 0x10ffff) throw new NoLiteral();
    this.at += width;
    return String.fromCodePoint(code);
  }

  #peek(): string | undefined {
    this.#match(WHITE);
    return this.#text[this.at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

function numberNode(text: string): Node {
  const plain = text.replaceAll('_', '');
  if (/inf|nan/.test(plain)) {
    const value = plain.endsWith('nan')
      ? Number.NaN
      : plain.startsWith('-')
        ? Number.NEGATIVE_INFINITY
        : Number.POSITIVE_INFINITY;
    return { value, kind: 'float' };
  }
  const isHex = /^[+-]?0[xX]/.test(plain);
  const value = isHex && plain.startsWith('-') ? -Number(plain.slice(1)) : Number(plain.replace(/^\+/, ''));
  return { value, kind: !isHex && /[.eE]/.test(plain) ? 'float' : 'int' };
}
