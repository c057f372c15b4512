/** Which trials meet all conditions: one bit a trial and condition, so that one changed condition leaves the others alone. */
import type { Choice } from '../../src/core/space/distributions.ts';
import type { TrialModel } from '../model/model.ts';
import { type FilterColumn, findColumn } from './columns.ts';
import { type Comparison, type Condition, FilterProblem, type Literal, parseFilter, rangeOf } from './condition.ts';

type Test = (number: number) => boolean;

/** What the charts and the table ask. */
export interface Selection {
  /** Whether anything is left out: otherwise every trial is in. */
  readonly isOn: boolean;
  readonly count: number;
  readonly has: (number: number) => boolean;
  /** Grows whenever another trial may be in. */
  readonly version: number;
  /** Trial n in bit n % 32 of word ⌊n / 32⌋. */
  readonly bits: () => Uint32Array;
}

interface Entry {
  readonly text: string;
  readonly condition: Condition | null;
  readonly problem: FilterProblem | null;
  test: Test | null;
  bits: Uint32Array;
}

/**
 * The conditions of the chips, and the trials that meet all of them. A condition that names a column which the study does
 * not have, or not yet, is reported and holds for every trial.
 */
export class Crossfilter implements Selection {
  #entries: Entry[] = [];
  #columns = '';
  #bits = new Uint32Array(0);
  #length = 0;
  #modelVersion = -1;
  #count = 0;
  #version = 0;

  readonly has = (number: number): boolean => (((this.#bits[number >>> 5] as number) >>> (number & 31)) & 1) === 1;

  get isOn(): boolean {
    return this.#entries.some(({ test }) => test !== null);
  }

  get count(): number {
    return this.#count;
  }

  get version(): number {
    return this.#version;
  }

  /** Of each condition in turn, why it does not hold for anything; null where it does. */
  get problems(): readonly (FilterProblem | null)[] {
    return this.#entries.map(({ problem }) => problem);
  }

  get conditions(): readonly (Condition | null)[] {
    return this.#entries.map(({ condition }) => condition);
  }

  /**
   * Brings the bits up to date. `columns` are made anew by every caller, so their names say whether they are others.
   * Looks only at the trials that changed, where neither columns nor conditions did.
   */
  update(texts: readonly string[], model: TrialModel, columns: readonly FilterColumn[]): void {
    const named = JSON.stringify(columns.map(({ name, longName, choices }) => [name, longName, choices]));
    const isOther = named !== this.#columns || model.length < this.#length;
    const known = new Map(isOther ? [] : this.#entries.map((entry) => [entry.text, entry]));
    const isSame = !isOther && texts.length === this.#entries.length && texts.every((text) => known.has(text));
    if (isSame && model.version === this.#modelVersion && model.length === this.#length) return;
    const changed = this.#modelVersion < 0 || isOther ? null : model.changedSince(this.#modelVersion);
    this.#columns = named;
    const words = Math.ceil(model.length / 32);
    this.#entries = texts.map((text) => {
      const before = known.get(text);
      const entry = before ?? entryOf(text, columns);
      if (before?.test) before.test = compile(before.condition as Condition, columns);
      if (!entry.test) return entry;
      if (before && changed) {
        entry.bits = enlarged(entry.bits, words);
        for (const number of changed) put(entry.bits, number, entry.test(number));
      } else entry.bits = wholeBits(entry, model.length, columns);
      return entry;
    });
    this.#length = model.length;
    this.#modelVersion = model.version;
    this.#combine(words);
    this.#version++;
  }

  #combine(words: number): void {
    this.#bits = new Uint32Array(words).fill(0xffffffff);
    const beyond = this.#length & 31;
    if (beyond > 0) this.#bits[words - 1] = 2 ** beyond - 1;
    for (const { test, bits } of this.#entries) {
      if (test)
        for (let word = 0; word < words; word++)
          this.#bits[word] = (this.#bits[word] as number) & (bits[word] as number);
    }
    this.#count = 0;
    for (const word of this.#bits) this.#count += ones(word);
  }

  bits(): Uint32Array {
    return this.#bits.slice();
  }
}

function entryOf(text: string, columns: readonly FilterColumn[]): Entry {
  try {
    const parts = parseFilter(text);
    const condition: Condition = parts.length === 1 ? (parts[0] as Condition) : { kind: 'all', parts };
    try {
      return { text, condition, problem: null, test: compile(condition, columns), bits: new Uint32Array(0) };
    } catch (error) {
      return { text, condition, problem: problemOf(error), test: null, bits: new Uint32Array(0) };
    }
  } catch (error) {
    return { text, condition: null, problem: problemOf(error), test: null, bits: new Uint32Array(0) };
  }
}

export function problemOf(error: unknown): FilterProblem {
  if (error instanceof FilterProblem) return error;
  throw error;
}

function bitsOf(test: Test, length: number): Uint32Array {
  const bits = new Uint32Array(Math.ceil(length / 32));
  for (let word = 0; word < bits.length; word++) {
    const end = Math.min(length, 32 * word + 32);
    let mask = 0;
    for (let number = 32 * word; number < end; number++) if (test(number)) mask |= 1 << (number & 31);
    bits[word] = mask;
  }
  return bits;
}

/** Bounds of one column are compared in a loop of their own: they are what brushes make, and 40 of them come at once. */
function wholeBits({ condition, test }: Entry, length: number, columns: readonly FilterColumn[]): Uint32Array {
  const bounds = boundsOf(condition as Condition);
  const column = bounds && findColumn(columns, bounds.name);
  if (!column?.values || column.choices) return bitsOf(test as Test, length);
  const { low, high, notLow, notHigh } = bounds as Bounds;
  const { values } = column;
  const bits = new Uint32Array(Math.ceil(length / 32));
  const end = Math.min(length, values.length);
  for (let number = 0; number < end; number++) {
    const value = values[number] as number;
    if (value >= low && value <= high && value !== notLow && value !== notHigh)
      bits[number >>> 5] = (bits[number >>> 5] as number) | (1 << (number & 31));
  }
  return bits;
}

interface Bounds {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** A bound that is not within; NaN, which nothing equals, where it is. */
  readonly notLow: number;
  readonly notHigh: number;
}

function boundsOf(condition: Condition): Bounds | null {
  const parts = rangeOf(condition) ? (condition as { parts: readonly Condition[] }).parts : [condition];
  let bounds: Bounds | null = null;
  for (const part of parts) {
    if (part.kind !== 'compare' || typeof part.value.value !== 'number') return null;
    const { name, operator } = part;
    const { value } = part.value;
    const all: Bounds = bounds ?? { name, low: -Infinity, high: Infinity, notLow: Number.NaN, notHigh: Number.NaN };
    if (operator === '>' || operator === '>=')
      bounds = { ...all, low: value, notLow: operator === '>' ? value : Number.NaN };
    else if (operator === '<' || operator === '<=')
      bounds = { ...all, high: value, notHigh: operator === '<' ? value : Number.NaN };
    else return null;
  }
  return bounds;
}

function put(bits: Uint32Array, number: number, isIn: boolean): void {
  const mask = 1 << (number & 31);
  const word = bits[number >>> 5] as number;
  bits[number >>> 5] = isIn ? word | mask : word & ~mask;
}

function enlarged(bits: Uint32Array, words: number): Uint32Array {
  if (bits.length >= words) return bits;
  const larger = new Uint32Array(words);
  larger.set(bits);
  return larger;
}

/** Set bits of a word, by adding neighbouring bits, pairs and nibbles (H. S. Warren, Hacker's Delight, 2nd ed., 5-1). */
function ones(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * A trial without a value meets `!=`, `nan` and a negation, and nothing else. Throws a `FilterProblem` for a column or a
 * choice that does not exist.
 */
export function compile(condition: Condition, columns: readonly FilterColumn[]): Test {
  switch (condition.kind) {
    case 'all': {
      const parts = condition.parts.map((part) => compile(part, columns));
      return parts.length === 2
        ? both(parts[0] as Test, parts[1] as Test)
        : (number) => parts.every((test) => test(number));
    }
    case 'any': {
      const parts = condition.parts.map((part) => compile(part, columns));
      return (number) => parts.some((test) => test(number));
    }
    case 'not': {
      const test = compile(condition.part, columns);
      return (number) => !test(number);
    }
    case 'in': {
      const column = columnOf(condition.name, columns);
      const tests = condition.values.map((value) => equals(column, value));
      return (number) => tests.some((test) => test(number));
    }
    default:
      return comparison(columnOf(condition.name, columns), condition.operator, condition.value);
  }
}

function both(one: Test, other: Test): Test {
  return (number) => one(number) && other(number);
}

function columnOf(name: string, columns: readonly FilterColumn[]): FilterColumn {
  const column = findColumn(columns, name);
  if (!column) throw new FilterProblem('filterNoColumn', { name });
  return column;
}

function comparison(column: FilterColumn, operator: Comparison, literal: Literal): Test {
  if (operator === '==') return equals(column, literal);
  if (operator === '!=') {
    const test = equals(column, literal);
    return (number) => !test(number);
  }
  const { value } = literal;
  if (typeof value !== 'number') throw new FilterProblem('filterNoOrder', { name: column.name, operator });
  if (column.choices) {
    const { at } = column;
    const isMet = column.choices.map((choice) => typeof choice === 'number' && ordered(choice, operator, value));
    if (!column.choices.some((choice) => typeof choice === 'number'))
      throw new FilterProblem('filterNoOrder', { name: column.name, operator });
    return (number) => isMet[at(number)] === true;
  }
  const { at } = column;
  switch (operator) {
    case '<':
      return (number) => at(number) < value;
    case '<=':
      return (number) => at(number) <= value;
    case '>':
      return (number) => at(number) > value;
    default:
      return (number) => at(number) >= value;
  }
}

function ordered(left: number, operator: Comparison, right: number): boolean {
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}

function equals(column: FilterColumn, literal: Literal): Test {
  const { at, choices } = column;
  const { value } = literal;
  if (typeof value === 'number' && Number.isNaN(value)) return (number) => Number.isNaN(at(number));
  if (!choices) {
    if (typeof value !== 'number')
      throw new FilterProblem('filterNoValue', { name: column.name, value: String(value) });
    return (number) => at(number) === value;
  }
  const isMet = choices.map((choice) => isChoice(choice, literal));
  if (column.isClosed && !isMet.includes(true))
    throw new FilterProblem('filterNoValue', { name: column.name, value: String(value) });
  return (number) => isMet[at(number)] === true;
}

/** Outside quotes a word is a choice that is written like it: `true` is the choice true and the text "true". */
function isChoice(choice: Choice, { value, isQuoted }: Literal): boolean {
  if (typeof choice === typeof value) return choice === value;
  if (choice === null || typeof choice === 'object') return value === choice || JSON.stringify(choice) === value;
  return !isQuoted && String(choice) === String(value);
}
