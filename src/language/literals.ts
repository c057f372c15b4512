import type { ParamValue } from '../core/space/distributions.ts';

/** A value that is spelled out in code. `integer`: a number written without a fraction or exponent. */
export interface Literal {
  readonly type: 'number' | 'string' | 'boolean' | 'null' | 'list';
  readonly value: ParamValue;
  readonly integer?: boolean;
}

export const NULL_LITERAL: Literal = { type: 'null', value: null };

export function numberLiteral(value: number, integer: boolean): Literal | null {
  return Number.isFinite(value) ? { type: 'number', value, integer } : null;
}

/** A list when every element is a literal. */
export function listLiteral(elements: readonly (Literal | null)[]): Literal | null {
  const values: ParamValue[] = [];
  for (const element of elements) {
    if (!element) return null;
    values.push(element.value);
  }
  return { type: 'list', value: values };
}

/** The number that a text spells, as `'0.01'` in `default: '0.01'`; undefined for any other text. */
export function numberIn(text: string): number | undefined {
  return /^\s*[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : undefined;
}

/** Whether a written value is the wanted one: numbers by value (3 and 3.0 are the same), the rest by their JSON form. */
export function holdsValue(literal: Literal, value: ParamValue): boolean {
  if (typeof value === 'number') {
    if (literal.type === 'number') return literal.value === value;
    return literal.type === 'string' && numberIn(literal.value as string) === value;
  }
  return JSON.stringify(literal.value) === JSON.stringify(value);
}

/**
 * Whether a value may take the place of what is written: a list is no place for a number (`"lr": [0.1, 0.2]` is a grid,
 * not a value), and nothing but a list replaces a list.
 */
export function mayReplace(literal: Literal, value: ParamValue): boolean {
  return (literal.type === 'list') === Array.isArray(value);
}

/** The members of a list of literals; null for anything else. */
export function literalsIn(list: Literal | null): Literal[] | null {
  if (list?.type !== 'list') return null;
  return (list.value as readonly (string | number | boolean | null)[]).map((value) => ({
    type: value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean'),
    value,
  }));
}
