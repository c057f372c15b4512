import type { SyntaxNode } from '@lezer/common';
import type { ValueSite } from '../insertion/sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { childrenOf } from './tree.ts';

export type Addition = Pick<ValueSite, 'start' | 'end' | 'before' | 'after'>;

/**
 * Where a new keyword of a call, or a new key of a dict, goes: before the last argument, which needs no thought about a
 * trailing comma, a comment after it, or `**rest`; after one by place. Null where the brackets are not complete.
 *
 * @param written What goes before the value: `lr=`, `"lr": `.
 */
export function placeForNew(list: SyntaxNode, index: TextIndex, written: string): Addition | null {
  if (list.lastChild?.name !== ')' && list.lastChild?.name !== '}') return null;
  const last = lastArgument(list);
  if (!last) return { start: list.from + 1, end: list.from + 1, before: written, after: '' };
  const isPositional = !/^(AssignOp|:)$/.test(last.nextSibling?.name ?? '') && last.prevSibling?.name !== '**';
  if (isPositional) return { start: last.to, end: last.to, before: `, ${written}`, after: '' };
  const start = last.prevSibling?.name === '**' ? last.prevSibling.from : last.from;
  const lineStart = index.lineStart(index.lineAt(start));
  const lead = index.text.slice(lineStart, start);
  const separator = lead.trim() === '' ? `,${index.lineBreak}${lead}` : ', ';
  return { start, end: start, before: written, after: separator };
}

/** The first node of the last argument. */
function lastArgument(list: SyntaxNode): SyntaxNode | null {
  const parts = childrenOf(list).filter((child) => child.name !== 'Comment');
  const groups: SyntaxNode[][] = [[]];
  for (const part of parts.slice(1, -1)) {
    if (part.name === ',') groups.push([]);
    else groups.at(-1)?.push(part);
  }
  const last = groups.findLast((group) => group.length > 0);
  return last?.find((part) => part.name !== '**') ?? null;
}

/** Whether a call or dict spreads another mapping: `f(**rest)`. */
export function spreads(list: SyntaxNode): boolean {
  return list.getChild('**') !== null;
}
