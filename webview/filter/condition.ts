/**
 * The language of the filter line: `val_loss < 0.12 && optimizer == "adamw" && 1e-4 <= lr <= 1e-2 && state != pruned`.
 * A parser of its own, linear in the length of the text: nothing is evaluated, a filter can only compare.
 */

export type Value = number | string | boolean | null;
export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

export interface Literal {
  readonly value: Value;
  /** In quotes it is a text, whatever it looks like. */
  readonly isQuoted: boolean;
}

export type Condition =
  | { readonly kind: 'compare'; readonly name: string; readonly operator: Comparison; readonly value: Literal }
  | { readonly kind: 'in'; readonly name: string; readonly values: readonly Literal[] }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition };

/** Why a filter can't be read: a sentence of the panel's words and where in the text it is about. */
export class FilterProblem extends Error {
  readonly key:
    | 'filterExpected'
    | 'filterUnclosed'
    | 'filterDeep'
    | 'filterLong'
    | 'filterNoColumn'
    | 'filterNoValue'
    | 'filterNoOrder';
  readonly values: Readonly<Record<string, string>>;
  readonly at: number;

  constructor(key: FilterProblem['key'], values: Readonly<Record<string, string>> = {}, at = 0) {
    super(key);
    this.key = key;
    this.values = values;
    this.at = at;
  }
}

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const LONGEST = 20_000;
const DEEPEST = 50;
const SIGNS = ['&&', '||', '<=', '>=', '==', '!=', '<', '>', '=', '!', '(', ')', '[', ']', ','] as const;
/** Everything that is neither space, quote nor a sign: names such as `model.lr` and `weight-decay` need no quotes. */
const WORD = /[^\s"'`<>=!&|()[\],]/;
const SPACE = /\s/;

export function tokens(text: string): Token[] {
  if (text.length > LONGEST) throw new FilterProblem('filterLong');
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const first = text[at] as string;
    if (SPACE.test(first)) at++;
    else if (first === '"' || first === "'" || first === '`') {
      const [inside, end] = quoted(text, at);
      found.push({ kind: first === '`' ? 'name' : 'text', text: inside, at });
      at = end;
    } else if (WORD.test(first)) {
      let end = at + 1;
      while (end < text.length && WORD.test(text[end] as string)) end++;
      found.push({ kind: 'word', text: text.slice(at, end), at });
      at = end;
    } else {
      const sign = SIGNS.find((one) => text.startsWith(one, at));
      if (!sign) throw new FilterProblem('filterExpected', { found: first }, at);
      found.push({ kind: 'sign', text: sign === '=' ? '==' : sign, at });
      at += sign.length;
    }
  }
  found.push({ kind: 'end', text: '', at });
  return found;
}

/** What is between the quotes, and the place after them. A quote within is doubled, or has a backslash before it. */
function quoted(text: string, at: number): [inside: string, end: number] {
  const quote = text[at] as string;
  const parts: string[] = [];
  for (let next = at + 1; next < text.length; next++) {
    const letter = text[next] as string;
    const after = text[next + 1];
    if (letter === '\\' && after !== undefined && quote !== '`') {
      parts.push(after);
      next++;
    } else if (letter !== quote) parts.push(letter);
    else if (after === quote) {
      parts.push(quote);
      next++;
    } else return [parts.join(''), next + 1];
  }
  throw new FilterProblem('filterUnclosed', { quote }, at);
}

/** The conditions that all have to hold; none of an empty text. Throws a `FilterProblem`. */
export function parseFilter(text: string): readonly Condition[] {
  const reader = new Reader(tokens(text));
  if (reader.isAtEnd()) return [];
  const condition = reader.either(0);
  if (!reader.isAtEnd()) throw reader.unexpected();
  return condition.kind === 'all' && !rangeOf(condition) ? condition.parts : [condition];
}

const FLIPPED: Readonly<Record<Comparison, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(found: readonly Token[]) {
    this.#tokens = found;
  }

  get next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  isAtEnd(): boolean {
    return this.next.kind === 'end';
  }

  unexpected(): FilterProblem {
    return new FilterProblem('filterExpected', { found: this.next.text }, this.next.at);
  }

  /** One or more alternatives. */
  either(depth: number): Condition {
    const parts = [this.#both(depth)];
    while (this.#takes('||', 'or')) parts.push(this.#both(depth));
    return joined('any', parts);
  }

  #both(depth: number): Condition {
    const parts = [this.#single(depth)];
    while (this.#takes('&&', 'and')) parts.push(this.#single(depth));
    return joined('all', parts);
  }

  #single(depth: number): Condition {
    if (depth > DEEPEST) throw new FilterProblem('filterDeep', {}, this.next.at);
    if (this.#takes('!', 'not')) return { kind: 'not', part: this.#single(depth + 1) };
    if (!this.#takes('(')) return this.#comparison();
    const inside = this.either(depth + 1);
    if (!this.#takes(')')) throw this.unexpected();
    return inside;
  }

  /** `lr < 1`, `1 > lr`, `1 <= lr < 2`, `optimizer in ("adamw", "sgd")`, `optimizer not in (…)`. */
  #comparison(): Condition {
    const left = this.#operand();
    const isNot = this.next.text === 'not' && this.#tokens[this.#at + 1]?.text === 'in';
    if (isNot) this.#at++;
    if (this.#takes('in')) {
      const part: Condition = { kind: 'in', name: left.text, values: this.#list() };
      return isNot ? { kind: 'not', part } : part;
    }
    const first = this.#operator();
    const middle = this.#operand();
    const second = this.next.kind === 'sign' ? (this.next.text as Comparison) : null;
    if (second === null || !(second in FLIPPED)) {
      const isFlipped = left.kind !== 'name' && isLiteral(left) && !isLiteral(middle);
      return isFlipped ? compare(middle, FLIPPED[first], left) : compare(left, first, middle);
    }
    this.#at++;
    const right = this.#operand();
    return { kind: 'all', parts: [compare(middle, FLIPPED[first], left), compare(middle, second, right)] };
  }

  #list(): Literal[] {
    const end = this.#takes('(') ? ')' : this.#takes('[') ? ']' : null;
    if (end === null) throw this.unexpected();
    const values: Literal[] = [];
    while (!this.#takes(end)) {
      values.push(literalOf(this.#operand()));
      if (!this.#takes(',') && this.next.text !== end) throw this.unexpected();
    }
    return values;
  }

  #operator(): Comparison {
    const { kind, text } = this.next;
    if (kind !== 'sign' || !(text in FLIPPED)) throw this.unexpected();
    this.#at++;
    return text as Comparison;
  }

  #operand(): Token {
    const token = this.next;
    if (token.kind === 'sign' || token.kind === 'end') throw this.unexpected();
    this.#at++;
    return token;
  }

  #takes(...texts: readonly string[]): boolean {
    const { kind, text } = this.next;
    if ((kind !== 'sign' && kind !== 'word') || !texts.includes(text)) return false;
    this.#at++;
    return true;
  }
}

function joined(kind: 'all' | 'any', parts: readonly Condition[]): Condition {
  return parts.length === 1 ? (parts[0] as Condition) : { kind, parts };
}

function compare(name: Token, operator: Comparison, value: Token): Condition {
  return { kind: 'compare', name: name.text, operator, value: literalOf(value) };
}

const WORDS: Readonly<Record<string, Value>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
  nan: Number.NaN,
  NaN: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

function isLiteral({ kind, text }: Token): boolean {
  return kind === 'text' || (kind === 'word' && typeof wordValue(text) !== 'string');
}

function literalOf({ kind, text }: Token): Literal {
  return kind === 'word' ? { value: wordValue(text), isQuoted: false } : { value: text, isQuoted: kind === 'text' };
}

/** A word as a value: a number in any notation of JavaScript's, one of the words above, or itself. */
function wordValue(text: string): Value {
  if (Object.hasOwn(WORDS, text)) return WORDS[text] as Value;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** The text that `parseFilter` reads as this condition. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `${nameText(condition.name)} ${condition.operator} ${literalText(condition.value)}`;
    case 'in':
      return `${nameText(condition.name)} in (${condition.values.map(literalText).join(', ')})`;
    case 'not':
      return `!(${conditionText(condition.part)})`;
    default:
      return rangeText(condition) ?? condition.parts.map(partText).join(condition.kind === 'all' ? ' && ' : ' || ');
  }
}

/** Both bounds of one column, if that is what a condition is. */
export function rangeOf(condition: Condition): { name: string; low: number; high: number } | null {
  if (condition.kind !== 'all' || condition.parts.length !== 2) return null;
  const [low, high] = condition.parts as [Condition, Condition];
  if (low.kind !== 'compare' || high.kind !== 'compare' || low.name !== high.name) return null;
  if (!low.operator.startsWith('>') || !high.operator.startsWith('<')) return null;
  const [from, to] = [low.value.value, high.value.value];
  return typeof from === 'number' && typeof to === 'number' ? { name: low.name, low: from, high: to } : null;
}

function rangeText(condition: Condition): string | null {
  if (!rangeOf(condition)) return null;
  const [low, high] = (condition as { parts: readonly Extract<Condition, { kind: 'compare' }>[] }).parts;
  if (!low || !high) return null;
  return `${literalText(low.value)} ${FLIPPED[low.operator]} ${nameText(low.name)} ${high.operator} ${literalText(high.value)}`;
}

function partText(part: Condition): string {
  return part.kind === 'all' || part.kind === 'any' ? `(${conditionText(part)})` : conditionText(part);
}

const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in']);

/** A name as the line writes it: between backticks where it would be read as something else. */
export function nameText(name: string): string {
  const isPlain = name !== '' && [...name].every((letter) => WORD.test(letter));
  return isPlain && !KEYWORDS.has(name) && typeof wordValue(name) === 'string'
    ? name
    : `\`${name.replaceAll('`', '``')}\``;
}

function literalText({ value, isQuoted }: Literal): string {
  if (value === null) return 'null';
  if (typeof value !== 'string') return typeof value === 'number' ? numberText(value) : String(value);
  const isPlain = !isQuoted && nameText(value) === value;
  return isPlain ? value : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  const text = size > 0 && size < 1e-3 ? value.toExponential() : String(value);
  return text.replace('e+', 'e');
}
