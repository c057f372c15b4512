import type { SyntaxNode, Tree } from '@lezer/common';
import type { ValueSite } from '../insertion/sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { pythonLiteral, slice } from './tree.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Values that comments name, `hidden = 64  # n_units`: so a replaced `suggest_int("n_units", …)` is found again. The
 * names of a line stand for its values in order, those without a name of their own first. Comments and literals come in
 * the order of the text.
 */
export function markedSites(
  tree: Tree,
  index: TextIndex,
  comments: readonly Span[],
  literals: readonly Span[],
): ValueSite[] {
  const { text } = index;
  return comments.flatMap((comment) => {
    const written = slice(text, comment);
    if (!/^(#\s*[\p{L}_][\p{L}\p{N}_.\-/]*\s*)+$/u.test(written)) return [];
    const names = [...written.matchAll(/#\s*([^\s#]+)/g)].map((match) => match[1] as string);
    const start = index.lineStart(index.lineAt(comment.from));
    const line = between(literals, start, comment.from).map((one) => tree.resolveInner(one.from, 1));
    const values = valuesOf(line, names.length);
    return names.map((name, place): ValueSite => {
      const site = { name, path: [], form: 'suggest', inObjective: true } as const;
      const value = values?.[place];
      if (!value) return { ...site, start: comment.from, end: comment.from, literal: null, isUnclear: true };
      return { ...site, start: value.from, end: value.to, literal: pythonLiteral(value, text) };
    });
  });
}

function valuesOf(literals: readonly SyntaxNode[], count: number): SyntaxNode[] | null {
  const values = literals.filter((one) => !isKey(one));
  const nameless = values.filter((one) => !isNamed(signed(one)));
  const chosen = nameless.length === count ? nameless : values.length === count ? values : null;
  return chosen?.map(signed) ?? null;
}

function between(spans: readonly Span[], start: number, end: number): Span[] {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span).from < start) low = middle + 1;
    else high = middle;
  }
  let last = low;
  while (last < spans.length && (spans[last] as Span).to <= end) last++;
  return spans.slice(low, last);
}

/** `"lr"` of `{"lr": 3}` and of `config["lr"]`. */
function isKey(node: SyntaxNode): boolean {
  if (node.parent?.name === 'MemberExpression') return true;
  return node.parent?.name === 'DictionaryExpression' && node.nextSibling?.name === ':';
}

/** Whether a value has a keyword, a key or a variable. */
function isNamed(node: SyntaxNode): boolean {
  return node.prevSibling?.name === 'AssignOp' || node.prevSibling?.name === ':';
}

function signed(node: SyntaxNode): SyntaxNode {
  const { parent } = node;
  return parent?.name === 'UnaryExpression' && parent.to === node.to ? parent : node;
}
