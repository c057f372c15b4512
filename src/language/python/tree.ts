import type { SyntaxNode, Tree, TreeFragment } from '@lezer/common';
import { parser } from '@lezer/python';
import type { Argument } from '../insertion/sites.ts';
import { type Literal, listLiteral, NULL_LITERAL, numberLiteral } from '../literals.ts';

/** Parses tolerantly; with the fragments of an earlier tree, only around what changed. */
export function parsePython(text: string, fragments?: readonly TreeFragment[]): Tree {
  return parser.parse(parseable(text), fragments);
}

/** The parser takes the point of `1.` and `1.e-3` for a member of the number: it gets to see a digit there instead. */
export function parseable(text: string): string {
  return text.replace(/(?<![\w.])(\d[\d_]*)\.(?=e[-+\d]|j\b|[^\w.]|$)/gi, (_, digits) => `${digits}0`);
}

/** The arguments of a call, as far as they are complete. */
export interface CallArguments {
  readonly positional: readonly SyntaxNode[];
  readonly keywords: readonly KeywordArgument[];
}

export interface KeywordArgument {
  readonly name: string;
  readonly from: number;
  readonly value: SyntaxNode | null;
}

/** Reads an `ArgList`; starred arguments are left out. */
export function readArguments(list: SyntaxNode | null, text: string): CallArguments {
  const positional: SyntaxNode[] = [];
  const keywords: KeywordArgument[] = [];
  let node = list?.firstChild ?? null;
  while (node) {
    const next = nextArgument(node);
    const parts = argumentParts(node, next);
    const [first, second] = parts;
    if (first?.name === 'VariableName' && second?.name === 'AssignOp') {
      keywords.push({ name: slice(text, first), from: first.from, value: completeValue(parts[2]) });
    } else if (first && parts.length === 1 && !first.type.isError) positional.push(first);
    node = next;
  }
  return { positional, keywords };
}

/** The value that a call gives by a keyword; null where it gives none, or an incomplete one. */
export function keywordValue(keywords: CallArguments['keywords'], name: string): SyntaxNode | null {
  return keywords.find((one) => one.name === name)?.value ?? null;
}

/** The node after the next comma. */
function nextArgument(node: SyntaxNode): SyntaxNode | null {
  let at: SyntaxNode | null = node;
  while (at && at.name !== ',') at = at.nextSibling;
  return at?.nextSibling ?? null;
}

function argumentParts(first: SyntaxNode, end: SyntaxNode | null): SyntaxNode[] {
  const parts: SyntaxNode[] = [];
  for (let at: SyntaxNode | null = first; at && at.from !== end?.from; at = at.nextSibling) {
    if (!['(', ')', ',', 'Comment'].includes(at.name)) parts.push(at);
  }
  return parts;
}

function completeValue(node: SyntaxNode | undefined): SyntaxNode | null {
  return node && !node.type.isError && node.to > node.from ? node : null;
}

export function slice(text: string, node: { readonly from: number; readonly to: number }): string {
  return text.slice(node.from, node.to);
}

/** What is called: `optuna.trial.suggest_float` of a call or decorator. */
export function calleeOf(call: SyntaxNode, text: string): string {
  // The list comes last, but for the end of a decorator's line.
  const last = call.lastChild;
  const list = last?.name === 'ArgList' ? last : call.getChild('ArgList');
  const from = call.name === 'Decorator' ? call.from + 1 : call.from;
  return text.slice(from, list ? list.from : call.to).trim();
}

export function lastName(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1).trim();
}

/** The value that an expression spells out; null for everything that has to be run to be known. */
export function pythonLiteral(node: SyntaxNode | null, text: string): Literal | null {
  if (!node) return null;
  switch (node.name) {
    case 'Number':
      return readNumber(slice(text, node));
    case 'UnaryExpression':
    case 'BinaryExpression':
      return readArithmetic(node, text);
    case 'String':
      return readString(slice(text, node));
    case 'ContinuedString': {
      const parts = childrenOf(node).map((child) => pythonLiteral(child, text));
      if (parts.some((part) => part?.type !== 'string')) return null;
      return { type: 'string', value: parts.map((part) => part?.value).join('') };
    }
    case 'Boolean':
      return { type: 'boolean', value: slice(text, node) === 'True' };
    case 'None':
      return NULL_LITERAL;
    case 'ParenthesizedExpression': {
      const inner = childrenOf(node).filter((child) => !['(', ')', 'Comment'].includes(child.name));
      return inner.length === 1 ? pythonLiteral(inner[0] as SyntaxNode, text) : null;
    }
    case 'ArrayExpression':
    case 'TupleExpression': {
      const elements = childrenOf(node).filter((child) => !['[', ']', '(', ')', ',', 'Comment'].includes(child.name));
      return listLiteral(elements.map((element) => pythonLiteral(element, text)));
    }
    default:
      return null;
  }
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function readNumber(written: string): Literal | null {
  const digits = written.replaceAll('_', '');
  if (/^0[xob]/i.test(digits)) return numberLiteral(Number(digits), true);
  if (!/^[\d.]/.test(digits) || /j$/i.test(digits)) return null;
  return numberLiteral(Number(digits), !/[.e]/i.test(digits));
}

/** `-1e-3`, `2 ** 5`, `64 * 1024`: arithmetic of numbers only. */
function readArithmetic(node: SyntaxNode, text: string): Literal | null {
  const parts = childrenOf(node).filter((child) => child.name !== 'Comment' && !child.type.isError);
  const operator = parts.find((child) => child.name === 'ArithOp');
  if (!operator) return null;
  const numbers = parts.filter((child) => child !== operator).map((child) => pythonLiteral(child, text));
  if (numbers.some((number) => number?.type !== 'number')) return null;
  const [a, b] = numbers.map((number) => number?.value as number);
  const integer = numbers.every((number) => number?.integer);
  const sign = slice(text, operator);
  if (a === undefined) return null;
  if (b === undefined) {
    if (sign === '-') return numberLiteral(-a, integer);
    return sign === '+' ? numberLiteral(a, integer) : null;
  }
  const result = { '+': a + b, '-': a - b, '*': a * b, '/': a / b, '//': Math.floor(a / b), '**': a ** b }[sign];
  return result === undefined ? null : numberLiteral(result, integer && sign !== '/');
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '0': '\0',
};

function readString(written: string): Literal | null {
  const match = /^([a-z]*)('''|"""|'|")([\s\S]*)$/i.exec(written);
  if (!match || /[bf]/i.test(match[1] as string)) return null;
  const [, prefix, quote, rest] = match as unknown as [string, string, string, string];
  if (!rest.endsWith(quote)) return null;
  const body = rest.slice(0, rest.length - quote.length);
  const value = /r/i.test(prefix)
    ? body
    : body.replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|([\s\S]))/gi, (all, hex2, hex4, character) => {
        if (hex2 || hex4) return String.fromCharCode(Number.parseInt(hex2 ?? hex4, 16));
        return ESCAPES[character] ?? (character === '\n' ? '' : all);
      });
  return { type: 'string', value };
}

/** An argument by keyword or, failing that, by place. */
export function argument(
  list: CallArguments,
  keyword: string | null,
  place: number | null,
  text: string,
): Argument | null {
  const named = keyword === null ? undefined : list.keywords.find((candidate) => candidate.name === keyword);
  const node = named ? named.value : place === null ? null : (list.positional[place] ?? null);
  if (!node) return null;
  return {
    from: named ? named.from : node.from,
    start: node.from,
    end: node.to,
    literal: pythonLiteral(node, text),
    text: slice(text, node),
  };
}

/** The text of a string node; undefined for anything else. */
export function stringValue(node: SyntaxNode | null | undefined, text: string): string | undefined {
  const literal = node ? pythonLiteral(node, text) : null;
  return literal?.type === 'string' ? (literal.value as string) : undefined;
}
