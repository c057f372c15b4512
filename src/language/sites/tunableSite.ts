import type { Literal } from '../literals.ts';

/**
 * What kind of place a value stands in.
 *
 *   constant  a variable of the module, also a key of a dict or object that it holds
 *   field     a field of a class or of a dataclass
 *   local     a variable of a function
 *   default   the default of a parameter of a function or class
 *   flag      the default of a command line argument
 *   keyword   an argument of a call by name; in JavaScript an entry of an object that a call is given
 *   position  an argument of a call by place
 *   entry     an entry of a configuration file
 */
export type SiteKind = 'constant' | 'field' | 'local' | 'default' | 'flag' | 'keyword' | 'position' | 'entry';

/** A literal that a trial can replace. Offsets in UTF-16 code units, [start, end). */
export interface TunableSite {
  /** The full path: what encloses the literal, outermost first, as `PATH` of a study file names it. No two are equal. */
  readonly path: string;
  /** The last word of the path: the variable, key, keyword or flag (without dashes); of an argument by place, the callee. */
  readonly name: string;
  readonly kind: SiteKind;
  readonly start: number;
  readonly end: number;
  /** What stands there: a number, a text, a truth value or null. */
  readonly literal: Literal;
  /** Of the start, from 1. */
  readonly line: number;
  /** Of a notebook: its cell, from 0 among all cells, and where the literal stands in the cell's text; lines from 1. */
  readonly cell?: { readonly index: number; readonly start: number; readonly end: number; readonly line: number };
}

/** A site before it is known whether its path is the only one of its kind. */
export interface FoundSite {
  readonly path: string;
  readonly name: string;
  readonly kind: SiteKind;
  readonly start: number;
  readonly end: number;
  readonly literal: Literal;
  readonly cell?: NonNullable<TunableSite['cell']>;
}

/** Sites of a text, and where it has errors that a parser went over. */
export interface FoundSites {
  readonly sites: readonly FoundSite[];
  /** Offsets, in the order of the text. */
  readonly errors: readonly number[];
}

/** Entries of a list beyond this many are data, and no sites. */
export const MOST_ENTRIES = 64;

export function join(prefix: string, segment: string): string {
  return prefix === '' ? segment : `${prefix}.${segment}`;
}

/** The callee of an argument, with its dots: `nn.Dropout` of `Net.nn.Dropout(0)[2]`; null for the path of anything else. */
export function calleeIn(path: string): string | null {
  const plain = path.endsWith(']') ? path.slice(0, path.lastIndexOf('[')) : path;
  const end = plain.endsWith(')') ? plain.lastIndexOf('(') : -1;
  if (end <= 0 || !/^\w+$/.test(plain.slice(end + 1, -1))) return null;
  let start = end;
  while (start > 0 && /[\w.]/.test(plain[start - 1] as string)) start--;
  return start === end ? null : plain.slice(start, end);
}
