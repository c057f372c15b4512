import { whereMessage } from '../../../words/en/where.ts';
import type { Message } from '../../../words/message.ts';
import { TuneboardError } from '../../errors.ts';
import { closest } from '../../text/closest.ts';
import { shown } from '../../text/shown.ts';
import type { Choice, Distribution, Params } from '../distributions.ts';
import type { SearchSpace, SpaceParameter } from '../searchSpace.ts';
import { evaluate, type Scalar, scalarOf } from './evaluate.ts';
import { type Expression, isPlainName, parseExpression, WhereError } from './expression.ts';

/** A condition that the parameters of every trial have to satisfy. */
export interface WhereClause {
  /** As a person wrote it. */
  readonly text: string;
  readonly root: Expression;
  /** The parameters it names, by slot. */
  readonly names: readonly string[];
}

/** What a value may be, as bits. */
const KIND = { number: 1, text: 2, truth: 4, none: 8 } as const;
const NUMERIC = KIND.number | KIND.truth;
/** Names in a sentence, at most. */
const MOST_NAMES = 12;

type Distributions = ReadonlyMap<string, Distribution>;

/** Reads a condition on parameters. Throws a `WhereError` with the place in the text. */
export function whereClause(text: string, parameters: Distributions): WhereClause {
  const { root, names } = parseExpression(text);
  new Checker(text, parameters).requireCondition(root);
  if (names.length === 0) throw new WhereError(whereMessage('constant'), { start: 0, end: text.length });
  return { text, root, names };
}

/** Reads the conditions of a space. Throws `invalid-where`, naming the condition. */
export function whereClauses(texts: readonly string[], parameters: readonly SpaceParameter[]): readonly WhereClause[] {
  const distributions = new Map(parameters.map(({ name, distribution }) => [name, distribution]));
  return texts.map((text) => {
    try {
      return whereClause(text, distributions);
    } catch (error) {
      if (!(error instanceof WhereError)) throw error;
      const sentence = whereMessage('invalid', { text, reason: error.words });
      throw new TuneboardError('invalid-where', sentence, { cause: error });
    }
  });
}

/**
 * Whether a condition holds for active parameters. One that would be decided by an inactive parameter, or by one that has no
 * value yet, holds: only what is false whatever those are is violated. What has no value, such as a quotient by 0, is violated.
 */
export function holds({ root, names }: WhereClause, params: Params): boolean {
  const values: Scalar[] = [];
  for (const name of names) values.push(Object.hasOwn(params, name) ? scalarOf(params[name]) : undefined);
  return isKept(evaluate(root, values));
}

/** Whether the value of a condition counts as kept. */
export function isKept(value: Scalar): boolean {
  return typeof value !== 'number' || (value !== 0 && !Number.isNaN(value));
}

/** The first condition of a space that active parameters violate. */
export function violatedClause({ where = [] }: SearchSpace, params: Params): WhereClause | undefined {
  return where.find((clause) => !holds(clause, params));
}

class Checker {
  readonly #text: string;
  readonly #parameters: Distributions;

  constructor(text: string, parameters: Distributions) {
    this.#text = text;
    this.#parameters = parameters;
  }

  requireCondition(root: Expression): void {
    const kinds = this.#kinds(root);
    if ((kinds & KIND.truth) === 0) {
      throw new WhereError(whereMessage('noCondition', { kind: kindText(kinds), text: this.#said(root) }), root);
    }
  }

  /** What an expression may be. Throws where a part of it can't be computed. */
  #kinds(one: Expression): number {
    switch (one.kind) {
      case 'value':
        return kindOf(one.value);
      case 'name':
        return kindsOf(this.#distribution(one));
      case 'negate':
        return this.#number(one.of);
      case 'binary':
        this.#number(one.left);
        return this.#number(one.right);
      case 'call':
        for (const arg of one.args) this.#number(arg);
        return KIND.number;
      case 'not':
        return this.#truth(one.of);
      case 'and':
      case 'or':
        for (const part of one.parts) this.#truth(part);
        return KIND.truth;
      case 'in':
        for (const value of one.list) this.#requireEqual(one.of, value);
        return KIND.truth;
      default:
        for (const [index, operator] of one.operators.entries()) {
          const [left, right] = [one.operands[index], one.operands[index + 1]];
          if (operator === '==' || operator === '!=') this.#requireEqual(left, right);
          else this.#requireOrder(left, right);
        }
        return KIND.truth;
    }
  }

  #number(one: Expression): number {
    const kinds = this.#kinds(one);
    if ((kinds & NUMERIC) === 0) throw this.#problem(one, 'noNumber', kinds);
    return KIND.number;
  }

  #truth(one: Expression): number {
    const kinds = this.#kinds(one);
    if ((kinds & KIND.truth) === 0) throw this.#problem(one, 'noTruth', kinds);
    return KIND.truth;
  }

  #requireOrder(left: Expression, right: Expression): void {
    const [a, b] = [this.#kinds(left), this.#kinds(right)];
    const areNumbers = (a & NUMERIC) !== 0 && (b & NUMERIC) !== 0;
    if (!areNumbers && (a & b & KIND.text) === 0) throw this.#mismatch('noOrder', left, right, a, b);
  }

  #requireEqual(left: Expression, right: Expression): void {
    const [a, b] = [this.#kinds(left), this.#kinds(right)];
    const isPossible = (a & b) !== 0 || ((a & NUMERIC) !== 0 && (b & NUMERIC) !== 0);
    if (!isPossible) throw this.#mismatch('neverEqual', left, right, a, b);
    this.#requireChoice(left, right);
    this.#requireChoice(right, left);
  }

  /** A value that a parameter is compared with is one of its choices. */
  #requireChoice(name: Expression, value: Expression): void {
    if (name.kind !== 'name' || value.kind !== 'value' || typeof value.value === 'boolean') return;
    const distribution = this.#distribution(name);
    if (distribution.type !== 'categorical' || distribution.choices.includes(value.value)) return;
    if (distribution.choices.some((choice) => typeof choice === 'boolean' && Number(choice) === value.value)) return;
    const known = distribution.choices;
    const guess = typeof value.value === 'string' ? closest(value.value, known.filter(isText)) : null;
    const said = { name: name.name, value: shown(value.value) };
    if (guess === null) {
      throw new WhereError(whereMessage('neverHas', { ...said, known: listed(known.map(shown)) }), value);
    }
    const written = `${this.#text[value.start]}${guess}${this.#text[value.start]}`;
    throw new WhereError(whereMessage('neverHasGuess', { ...said, guess: written }), value, written);
  }

  #distribution(one: Expression & { kind: 'name' }): Distribution {
    const distribution = this.#parameters.get(one.name);
    if (distribution) return distribution;
    throw this.#unknown(one);
  }

  #unknown(one: Expression & { kind: 'name' }): WhereError {
    const { name } = one;
    const names = [...this.#parameters.keys()];
    // `weight-decay` without backticks is a difference.
    const whole = names.find((other) => !isPlainName(other) && this.#text.startsWith(other, one.start));
    if (whole !== undefined) {
      const guess = `\`${whole}\``;
      const place = { start: one.start, end: one.start + whole.length };
      return new WhereError(whereMessage('misspeltName', { name, guess: whole }), place, guess);
    }
    const guess = closest(name, names);
    if (guess !== null) {
      const fix = isPlainName(guess) ? guess : `\`${guess}\``;
      return new WhereError(whereMessage('misspeltName', { name, guess }), one, fix);
    }
    const isChoice = [...this.#parameters.values()].some(
      (other) => other.type === 'categorical' && other.choices.includes(name),
    );
    if (isChoice) return new WhereError(whereMessage('quotedText', { name, text: `'${name}'` }), one, `'${name}'`);
    return new WhereError(whereMessage('unknownName', { name, known: listed(names) }), one);
  }

  #problem(one: Expression, key: 'noNumber' | 'noTruth', kinds: number): WhereError {
    return new WhereError(whereMessage(key, { text: this.#said(one), kind: kindText(kinds) }), one);
  }

  #mismatch(key: 'noOrder' | 'neverEqual', left: Expression, right: Expression, a: number, b: number): WhereError {
    const values = {
      left: this.#said(left),
      leftKind: kindText(a),
      right: this.#said(right),
      rightKind: kindText(b),
    };
    return new WhereError(whereMessage(key, values), { start: left.start, end: right.end });
  }

  #said({ start, end }: Expression): string {
    return this.#text.slice(start, end);
  }
}

function kindsOf(distribution: Distribution): number {
  if (distribution.type !== 'categorical') return KIND.number;
  return distribution.choices.reduce((kinds: number, choice) => kinds | kindOf(choice), 0);
}

/** Lists and objects are compared with nothing. */
function kindOf(value: Choice): number {
  if (typeof value === 'number') return KIND.number;
  if (typeof value === 'string') return KIND.text;
  return typeof value === 'boolean' ? KIND.truth : KIND.none;
}

function kindText(kinds: number): Message {
  if (kinds & KIND.number) return whereMessage('kindNumber');
  if (kinds & KIND.text) return whereMessage('kindText');
  return whereMessage(kinds & KIND.truth ? 'kindTruth' : 'kindNone');
}

function isText(value: Choice): value is string {
  return typeof value === 'string';
}

function listed(names: readonly string[]): string {
  return names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(', ')}, …` : names.join(', ');
}
