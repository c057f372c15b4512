import type { SyntaxNode } from '@lezer/common';
import type { ParamValue } from '../../../core/space/distributions.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import {
  calleeOf,
  childrenOf,
  keywordValue,
  lastName,
  parsePython,
  pythonLiteral,
  readArguments,
  slice,
  stringValue,
} from '../../python/tree.ts';

/** What an expression of Python says without being run; `unknown` has its text. */
export type PythonValue =
  | { readonly kind: 'literal'; readonly value: ParamValue; readonly isFloat: boolean }
  | { readonly kind: 'list'; readonly items: readonly PythonValue[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [key: string, value: PythonValue])[] }
  | { readonly kind: 'call'; readonly call: PythonCall }
  | { readonly kind: 'unknown'; readonly text: string };

export interface PythonCall {
  /** Without what is before its last dot. */
  readonly name: string;
  readonly callee: string;
  readonly node: SyntaxNode;
  /** An argument by keyword, else by its place. */
  readonly argument: (keyword: string, place?: number) => PythonValue | undefined;
}

const MOST_LEVELS = 30;
const MOST_ITEMS = 64;
/** Variables that stand for one another in a ring have no value. */
const MOST_NAMES = 10;

/** Reads expressions of one file; a name stands for what it was last assigned. */
export class PythonValues {
  readonly #text: string;
  readonly #assigned = new Map<string, SyntaxNode>();
  readonly #calls: SyntaxNode[] = [];

  constructor({ tree, text }: PythonFile) {
    this.#text = text;
    tree.iterate({
      enter: ({ name, node }) => {
        if (name === 'CallExpression') this.#calls.push(node.node);
        if (name !== 'AssignStatement') return;
        const target = node.firstChild;
        const operator = target?.nextSibling;
        if (target?.name === 'VariableName' && operator?.name === 'AssignOp' && node.lastChild)
          this.#assigned.set(slice(text, target), node.lastChild);
      },
    });
  }

  /** Calls of functions by their last names, in the order of the text. */
  calls(names: RegExp): PythonCall[] {
    return this.#calls
      .filter((node) => names.test(lastName(calleeOf(node, this.#text))))
      .map((node) => this.#call(node));
  }

  #call(node: SyntaxNode, level = 0): PythonCall {
    const { positional, keywords } = readArguments(node.getChild('ArgList'), this.#text);
    const callee = calleeOf(node, this.#text);
    return {
      name: lastName(callee),
      callee,
      node,
      argument: (keyword, place) => {
        const named = keywordValue(keywords, keyword);
        const found = named ?? (place === undefined ? undefined : positional[place]);
        return found ? this.value(found, level + 1) : undefined;
      },
    };
  }

  value(node: SyntaxNode, level = 0, names = 0): PythonValue {
    const text = this.#text;
    if (level > MOST_LEVELS) return { kind: 'unknown', text: '' };
    switch (node.name) {
      case 'ParenthesizedExpression': {
        const inner = childrenOf(node).find(({ name }) => name !== '(' && name !== 'Comment');
        return inner ? this.value(inner, level + 1, names) : { kind: 'unknown', text: '' };
      }
      case 'ArrayExpression':
      case 'TupleExpression': {
        const items = childrenOf(node).filter(({ name }) => !/^[[\](),]$|^Comment$/.test(name));
        return { kind: 'list', items: items.map((item) => this.value(item, level + 1, names)) };
      }
      case 'ArrayComprehensionExpression':
        return this.#comprehension(node) ?? { kind: 'unknown', text: slice(text, node).slice(0, 80) };
      case 'DictionaryExpression':
        return { kind: 'dict', entries: this.#entries(node, level, names) };
      case 'CallExpression': {
        const call = this.#call(node, level);
        if (call.callee === 'dict') return this.#keywords(node, level, names);
        return computed(call) ?? { kind: 'call', call };
      }
      case 'VariableName': {
        const assigned = this.#assigned.get(slice(text, node));
        if (assigned && names < MOST_NAMES) return this.value(assigned, level + 1, names + 1);
        return { kind: 'unknown', text: slice(text, node) };
      }
      default: {
        const literal = pythonLiteral(node, text);
        if (!literal) return { kind: 'unknown', text: slice(text, node).slice(0, 80) };
        return { kind: 'literal', value: literal.value, isFloat: literal.type === 'number' && !literal.integer };
      }
    }
  }

  /** `[2**i for i in range(9)]`: arithmetic of one number that counts. */
  #comprehension(node: SyntaxNode): PythonValue | null {
    const [, element = '', name = '', bounds = ''] =
      /^\[([^[\]{}"']{1,60}?)\sfor\s([a-z_]\w{0,20})\sin\srange\(([\d, -]{1,40})\)\]$/i.exec(slice(this.#text, node)) ??
      [];
    if (element === '') return null;
    const [a = 0, b, step = 1] = bounds.split(',').map(Number);
    const [start, end] = b === undefined ? [0, a] : [a, b];
    if (!(step > 0) || (end - start) / step > MOST_ITEMS) return null;
    const items: PythonValue[] = [];
    for (let at = start; at < end; at += step) {
      const written = element.replace(new RegExp(`\\b${name}\\b`, 'g'), `(${at})`);
      const expression = parsePython(written).topNode.firstChild?.firstChild;
      const literal = expression ? pythonLiteral(expression, written) : null;
      if (!literal || expression?.to !== written.length) return null;
      items.push({ kind: 'literal', value: literal.value, isFloat: !literal.integer });
    }
    return { kind: 'list', items };
  }

  #keywords(node: SyntaxNode, level: number, names: number): PythonValue {
    const { keywords } = readArguments(node.getChild('ArgList'), this.#text);
    const entries = keywords.flatMap(({ name, value }) =>
      value ? [[name, this.value(value, level + 1, names)] as const] : [],
    );
    return { kind: 'dict', entries };
  }

  #entries(node: SyntaxNode, level: number, names: number): (readonly [string, PythonValue])[] {
    const entries: (readonly [string, PythonValue])[] = [];
    let key: string | undefined;
    for (const child of childrenOf(node)) {
      if (child.name === ',') key = undefined;
      else if (child.nextSibling?.name === ':') key = stringValue(child, this.#text);
      else if (key !== undefined && !/^[:{}]$|^Comment$/.test(child.name))
        entries.push([key, this.value(child, level + 1, names)]);
    }
    return entries;
  }
}

const FUNCTIONS: Readonly<Record<string, (value: number) => number>> = {
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  exp: Math.exp,
  sqrt: Math.sqrt,
  float: Number,
  int: Math.trunc,
};

/** `np.log(1e-5)`: a function of one number. */
function computed({ callee, name, argument }: PythonCall): PythonValue | null {
  if (!/^((np|numpy|math)\.\w+|float|int)$/.test(callee) || !Object.hasOwn(FUNCTIONS, name)) return null;
  const given = numberOf(argument('x', 0));
  const value = given === undefined ? Number.NaN : (FUNCTIONS[name] as (value: number) => number)(given);
  return Number.isFinite(value) ? { kind: 'literal', value, isFloat: name !== 'int' } : null;
}

export function numberOf(value: PythonValue | undefined): number | undefined {
  return value?.kind === 'literal' && typeof value.value === 'number' ? value.value : undefined;
}

export function textOf(value: PythonValue | undefined): string | undefined {
  return value?.kind === 'literal' && typeof value.value === 'string' ? value.value : undefined;
}

/** The value as plain data; undefined where a part of it has to be run to be known. */
export function plainOf(value: PythonValue): unknown {
  if (value.kind === 'literal') return value.value;
  if (value.kind === 'list') {
    const items = value.items.map(plainOf);
    return items.includes(undefined) ? undefined : items;
  }
  if (value.kind !== 'dict') return undefined;
  const entries = value.entries.map(([key, one]) => [key, plainOf(one)] as const);
  return entries.some(([, one]) => one === undefined) ? undefined : Object.fromEntries(entries);
}
