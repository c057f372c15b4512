import type { SyntaxNode, Tree } from '@lezer/common';
import type { Anchor, SuggestCall } from '../insertion/sites.ts';
import { takesTrial } from './collectSites.ts';
import { readSuggestCall } from './suggestCalls.ts';
import { argumentsOf, calleeOf, lastName, slice } from './tree.ts';

const FUNCTIONS: ReadonlySet<string> = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunction']);

/** Where a module starts its tuning: functions that take a trial and suggest, `study.optimize`, its command line. */
export function findAnchors(tree: Tree, text: string, calls: readonly SuggestCall[]): Anchor[] {
  const anchors: Anchor[] = [];
  tree.iterate({
    enter(ref) {
      if (FUNCTIONS.has(ref.name)) {
        const suggests = calls.some((call) => call.start >= ref.from && call.end <= ref.to);
        if (suggests && takesTrial(ref.node, text)) {
          anchors.push({ kind: 'objective', offset: statementStart(ref.node) });
        }
      } else if (ref.name === 'CallExpression') {
        const kind = callKind(ref.node, text);
        if (kind) anchors.push({ kind, offset: statementStart(ref.node) });
      }
    },
  });
  return anchors;
}

function callKind(call: SyntaxNode, text: string): Anchor['kind'] | null {
  const callee = calleeOf(call, text);
  const name = lastName(callee);
  if (name === 'parseArgs') return 'arguments';
  if (name !== 'optimize' || !callee.includes('.')) return null;
  const first = argumentsOf(call)[0];
  const receiver = callee.slice(0, callee.lastIndexOf('.'));
  const usesTrials =
    /objective|trial/i.test(first ? slice(text, first) : '') && /\bsuggest(Float|Int|Categorical)\b/.test(text);
  return /study/i.test(receiver) || usesTrials ? 'optimize' : null;
}

function statementStart(node: SyntaxNode): number {
  let at = node;
  while (at.parent && at.parent.name !== 'Script' && at.parent.name !== 'Block') at = at.parent;
  return at.from;
}

/** Every suggest call with a spelled-out name. */
export function findSuggestCalls(tree: Tree, text: string): SuggestCall[] {
  const calls: SuggestCall[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression') return;
      const call = readSuggestCall(ref.node, text, scopeOf(ref.node));
      if (call) calls.push(call);
    },
  });
  return calls;
}

function scopeOf(node: SyntaxNode): string {
  let at: SyntaxNode | null = node.parent;
  while (at && !FUNCTIONS.has(at.name)) at = at.parent;
  return at ? String(at.from) : '';
}
