import { whereMessage } from '../../../words/en/where.ts';
import type { Message } from '../../../words/message.ts';
import { TuneboardError } from '../../errors.ts';

/**
 * The language of `where`: `batch * depth <= 512`, `low < mid < high`, `optimizer == 'sgd' or momentum == 0`. A parser of its
 * own, with Python's precedence, whose time grows with the length of the text: nothing is evaluated that is not an expression
 * below. `&&`, `||` and `!` mean `and`, `or` and `not`. A name that is more than letters, digits, `_` and dots stands between
 * backticks.
 */

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type FunctionName = keyof typeof FUNCTIONS;

/** Where something stands in the text: characters from `start` to before `end`. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export type Expression = Place &
  (
    | { readonly kind: 'value'; readonly value: number | string | boolean | null }
    /** `slot`: the place of the name among `ParsedExpression.names`. */
    | { readonly kind: 'name'; readonly name: string; readonly slot: number }
    | { readonly kind: 'negate' | 'not'; readonly of: Expression }
    | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
    /** `a < b <= c`: each neighbour is compared, as in Python. */
    | { readonly kind: 'compare'; readonly operators: readonly Comparison[]; readonly operands: readonly Expression[] }
    | { readonly kind: 'in'; readonly of: Expression; readonly list: readonly Expression[]; readonly isNot: boolean }
    | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
    | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Expression[] }
  );

export interface ParsedExpression {
  readonly root: Expression;
  /** Names of parameters, each once, in the order of their first place. */
  readonly names: readonly string[];
}

/** Functions of numbers; `several`: of two or more. */
export const FUNCTIONS = {
  min: 'several',
  max: 'several',
  abs: 'one',
  log: 'one',
  log2: 'one',
  log10: 'one',
  exp: 'one',
  sqrt: 'one',
  round: 'one',
  floor: 'one',
  ceil: 'one',
} as const;

/** What is wrong with a condition, and where in its text. */
export class WhereError extends TuneboardError {
  readonly place: Place;
  /** What the place should say instead, if that is clear. */
  readonly fix: string | undefined;

  constructor(reason: Message, place: Place, fix?: string) {
    super('invalid-where', reason);
    this.place = place;
    this.fix = fix;
  }
}

interface Token extends Place {
  readonly kind: 'number' | 'text' | 'word' | 'name' | 'sign' | 'end';
  readonly text: string;
}

const LONGEST = 4000;
const DEEPEST = 50;
const SIGNS = ['**', '//', '&&', '||', '<=', '>=', '==', '!=', ...'+-*/%<>=!^()[],'] as const;
const SPACE = /\s/;
const LETTER = /[\p{L}_]/u;
const WORD = /[\p{L}\p{N}_.]/u;
const DIGIT = /[\d.]/;
const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!='] satisfies Comparison[]);
const CONSTANTS: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  null: null,
};
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in']);

/** Reads one condition. Throws a `WhereError`. */
export function parseExpression(text: string): ParsedExpression {
  const reader = new Reader(text, tokensOf(text));
  const root = reader.either(0);
  reader.requireEnd();
  return { root, names: reader.names };
}

/** Whether a name is written without backticks. */
export function isPlainName(name: string): boolean {
  const letters = [...name];
  const isWord = LETTER.test(letters[0] ?? '') && letters.every((letter) => WORD.test(letter));
  return isWord && !KEYWORDS.has(name) && !Object.hasOwn(CONSTANTS, name);
}

function tokensOf(text: string): Token[] {
  if (text.length > LONGEST) {
    throw new WhereError(whereMessage('tooLong', { most: LONGEST }), { start: 0, end: text.length });
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const first = text[at];
    if (SPACE.test(first)) {
      at++;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: at, end: at });
  return tokens;
}

function tokenAt(text: string, start: number): Token {
  const first = text[start];
  if (first === '"' || first === "'" || first === '`') return quoted(text, start);
  if (/\d/.test(first) || (first === '.' && /\d/.test(text[start + 1] ?? ''))) return numberAt(text, start);
  if (LETTER.test(first)) {
    const end = endOf(text, start, WORD);
    return { kind: 'word', text: text.slice(start, end), start, end };
  }
  const sign = SIGNS.find((one) => text.startsWith(one, start));
  if (sign) return { kind: 'sign', text: sign, start, end: start + sign.length };
  const letter = String.fromCodePoint(text.codePointAt(start) as number);
  throw new WhereError(whereMessage('unexpected', { found: letter }), { start, end: start + letter.length });
}

function endOf(text: string, start: number, letters: RegExp): number {
  let end = start;
  while (end < text.length && letters.test(text[end])) end++;
  return end;
}

/** `12`, `0.5`, `.5`, `1e-3`, `1_000`; what follows at once belongs to it, so that `3x` is one mistake. */
function numberAt(text: string, start: number): Token {
  let end = endOf(text, start, DIGIT);
  end = endOf(text, end, WORD);
  if (/[eE]/.test(text[end - 1]) && /[+-]/.test(text[end] ?? '')) end = endOf(text, end + 1, WORD);
  const found = text.slice(start, end);
  if (!/^[\d._eE+-]+$/.test(found) || Number.isNaN(Number(found.replaceAll('_', '')))) {
    throw new WhereError(whereMessage('wrongNumber', { found }), { start, end });
  }
  return { kind: 'number', text: found.replaceAll('_', ''), start, end };
}

/** Text between quotes, in which a backslash keeps the next letter; a name between backticks. */
function quoted(text: string, start: number): Token {
  const quote = text[start];
  const kind = quote === '`' ? 'name' : 'text';
  let inside = '';
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return { kind, text: inside, start, end: at + 1 };
    if (text[at] === '\\' && kind === 'text' && at + 1 < text.length) at++;
    inside += text[at];
  }
  throw new WhereError(whereMessage('unclosed', { quote }), { start, end: text.length });
}

class Reader {
  readonly names: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  requireEnd(): void {
    if (this.#next.kind !== 'end') throw this.#unexpected();
  }

  either(depth: number): Expression {
    return this.#joined('or', '||', () => this.#both(depth));
  }

  #both(depth: number): Expression {
    return this.#joined('and', '&&', () => this.#negation(depth));
  }

  #joined(kind: 'and' | 'or', sign: string, read: () => Expression): Expression {
    const first = read();
    const parts = [first];
    while (this.#takes(kind, sign)) parts.push(read());
    return parts.length === 1 ? first : { kind, parts, start: first.start, end: this.#end };
  }

  #negation(depth: number): Expression {
    const { start } = this.#next;
    if (!this.#takes('not', '!')) return this.#comparison(depth);
    const of = this.#negation(this.#deeper(depth));
    return { kind: 'not', of, start, end: of.end };
  }

  #comparison(depth: number): Expression {
    const first = this.#sum(depth);
    const operands = [first];
    const operators: Comparison[] = [];
    for (;;) {
      const { kind, text } = this.#next;
      if (kind === 'sign' && COMPARISONS.has(text)) {
        this.#at++;
        operators.push(text as Comparison);
        operands.push(this.#sum(depth));
        continue;
      }
      if (kind === 'sign' && text === '=') throw this.#problem(whereMessage('assignment', { found: text }), '==');
      break;
    }
    const { start } = first;
    if (operators.length > 0) return { kind: 'compare', operators, operands, start, end: this.#end };
    const isNot = this.#isWord('not') && this.#tokens[this.#at + 1]?.text === 'in';
    if (isNot) this.#at++;
    if (!this.#takes('in')) return first;
    return { kind: 'in', of: first, list: this.#list(depth), isNot, start, end: this.#end };
  }

  #list(depth: number): Expression[] {
    const close = this.#takes('[') ? ']' : this.#takes('(') ? ')' : undefined;
    if (close === undefined) throw this.#unexpected();
    if (this.#next.text === close) throw this.#problem(whereMessage('emptyList'));
    return this.#values(close, this.#deeper(depth));
  }

  /** Values with commas between them, up to a bracket. */
  #values(close: string, depth: number): Expression[] {
    const values: Expression[] = [];
    while (!this.#takes(close)) {
      values.push(this.#sum(depth));
      if (!this.#takes(',') && !this.#isSign(close)) throw this.#unexpected();
    }
    return values;
  }

  #sum(depth: number): Expression {
    return this.#operations(['+', '-'], () => this.#product(depth));
  }

  #product(depth: number): Expression {
    return this.#operations(['*', '/', '//', '%'], () => this.#signed(depth));
  }

  #operations(operators: readonly Operator[], read: () => Expression): Expression {
    let left = read();
    for (;;) {
      const operator = operators.find((one) => this.#isSign(one));
      if (operator === undefined) return left;
      this.#at++;
      const right = read();
      left = { kind: 'binary', operator, left, right, start: left.start, end: right.end };
    }
  }

  #signed(depth: number): Expression {
    const { start } = this.#next;
    const isMinus = this.#isSign('-');
    if (!isMinus && !this.#isSign('+')) return this.#power(depth);
    this.#at++;
    const of = this.#signed(this.#deeper(depth));
    return isMinus ? { kind: 'negate', of, start, end: of.end } : of;
  }

  /** Binds tighter than a minus before it, looser than one after it, and from the right. */
  #power(depth: number): Expression {
    const left = this.#single(depth);
    if (this.#isSign('^')) throw this.#problem(whereMessage('power'), '**');
    if (!this.#takes('**')) return left;
    const right = this.#signed(this.#deeper(depth));
    return { kind: 'binary', operator: '**', left, right, start: left.start, end: right.end };
  }

  #single(depth: number): Expression {
    const { kind, text, start, end } = this.#next;
    if (this.#takes('(')) {
      const inside = this.either(this.#deeper(depth));
      if (!this.#takes(')')) throw this.#unexpected();
      return { ...inside, start, end: this.#end };
    }
    if (kind === 'end' || kind === 'sign' || (kind === 'word' && KEYWORDS.has(text))) throw this.#unexpected();
    this.#at++;
    if (kind === 'number') return { kind: 'value', value: Number(text), start, end };
    if (kind === 'text') return { kind: 'value', value: text, start, end };
    if (kind === 'word' && Object.hasOwn(CONSTANTS, text)) {
      return { kind: 'value', value: CONSTANTS[text], start, end };
    }
    return kind === 'word' && this.#takes('(')
      ? this.#call(text, { start, end }, depth)
      : this.#named(text, { start, end });
  }

  #named(name: string, place: Place): Expression {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.names.push(name) - 1;
      this.#slots.set(name, slot);
    }
    return { kind: 'name', name, slot, ...place };
  }

  #call(name: string, place: Place, depth: number): Expression {
    if (!Object.hasOwn(FUNCTIONS, name)) {
      const known = Object.keys(FUNCTIONS).join(', ');
      throw new WhereError(whereMessage('unknownFunction', { name, known }), place);
    }
    const args = this.#values(')', this.#deeper(depth));
    const isSeveral = FUNCTIONS[name as FunctionName] === 'several';
    if (isSeveral ? args.length < 2 : args.length !== 1) {
      throw new WhereError(whereMessage(isSeveral ? 'argumentCount' : 'oneArgument', { name }), place);
    }
    return { kind: 'call', name: name as FunctionName, args, start: place.start, end: this.#end };
  }

  get #next(): Token {
    return this.#tokens[this.#at];
  }

  /** Where the token before this one ends. */
  get #end(): number {
    return this.#tokens[this.#at - 1].end;
  }

  #deeper(depth: number): number {
    if (depth >= DEEPEST) throw this.#problem(whereMessage('tooDeep', { most: DEEPEST }));
    return depth + 1;
  }

  #isSign(text: string): boolean {
    return this.#next.kind === 'sign' && this.#next.text === text;
  }

  #isWord(text: string): boolean {
    return this.#next.kind === 'word' && this.#next.text === text;
  }

  #takes(...texts: readonly string[]): boolean {
    if (!texts.some((text) => this.#isSign(text) || this.#isWord(text))) return false;
    this.#at++;
    return true;
  }

  #unexpected(): WhereError {
    const { kind, text } = this.#next;
    if (kind === 'end') {
      const end = this.#text.length;
      return new WhereError(whereMessage('endsEarly'), { start: Math.max(0, end - 1), end });
    }
    return this.#problem(whereMessage('unexpected', { found: kind === 'text' ? shownText(text) : text }));
  }

  #problem(reason: Message, fix?: string): WhereError {
    const { start, end } = this.#next;
    return new WhereError(reason, { start, end }, fix);
  }
}

function shownText(text: string): string {
  return `'${text}'`;
}
