import type { SyntaxNode, Tree } from '@lezer/common';
import type { ValueSite } from '../sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { isTrainingArgument } from './settings.ts';
import { calleeOf, childrenOf, lastName, readArguments } from './tree.ts';

/**
 * Places for new keywords in the only `TrainingArguments(…)` of a module: a search sets fields that the call need not
 * name. None where there are several such calls, or where the call is not complete.
 */
export function trainingArgumentAdditions(tree: Tree, index: TextIndex, names: readonly string[]): ValueSite[] {
  const calls: SyntaxNode[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name === 'CallExpression' && lastName(calleeOf(ref.node, index.text)).endsWith('TrainingArguments')) {
        calls.push(ref.node);
      }
    },
  });
  const list = calls.length === 1 ? (calls[0]?.getChild('ArgList') ?? null) : null;
  if (list?.lastChild?.name !== ')') return [];
  const present = new Set(readArguments(list, index.text).keywords.map((keyword) => keyword.name));
  const missing = names.filter((name) => isTrainingArgument(name) && !present.has(name));
  return missing.map((name) => addition(list, index, name));
}

/**
 * New keywords go before the last argument: that needs no thought about a trailing comma, a comment after it, or `**rest`.
 */
function addition(list: SyntaxNode, index: TextIndex, name: string): ValueSite {
  const place = { name, path: [], form: 'settings', literal: null } as const;
  const last = lastArgument(list);
  if (!last) return { ...place, start: list.from + 1, end: list.from + 1, before: `${name}=`, after: '' };
  const positional = last.nextSibling?.name !== 'AssignOp' && last.prevSibling?.name !== '**';
  if (positional) return { ...place, start: last.to, end: last.to, before: `, ${name}=`, after: '' };
  const start = last.prevSibling?.name === '**' ? last.prevSibling.from : last.from;
  const lineStart = index.lineStart(index.lineAt(start));
  const lead = index.text.slice(lineStart, start);
  const separator = lead.trim() === '' ? `,${index.lineBreak}${lead}` : ', ';
  return { ...place, start, end: start, before: `${name}=`, after: separator };
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
