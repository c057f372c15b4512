import type { SyntaxNode, Tree } from '@lezer/common';
import type { Anchor, SuggestCall } from '../insertion/sites.ts';
import { functionName, parameterNames, type TuningFunctions } from './scopes.ts';
import { isSuggestCall, readSuggestCall } from './suggestCalls.ts';
import { calleeOf, lastName, readArguments, slice } from './tree.ts';

/** Where a module starts its tuning, in the order of the text. */
export function findAnchors(tree: Tree, text: string, functions: TuningFunctions): Anchor[] {
  const anchors: Anchor[] = [];
  let hasArguments = false;
  tree.iterate({
    enter(ref) {
      if (ref.name === 'FunctionDefinition') {
        if (isObjective(ref.node, text, functions)) {
          anchors.push({ kind: 'objective', offset: statementStart(ref.node) });
        }
      } else if (ref.name === 'CallExpression' || ref.name === 'Decorator') {
        const kind = callKind(ref.node, text);
        if (!kind || (kind === 'arguments' && hasArguments)) return;
        if (kind === 'arguments') hasArguments = true;
        anchors.push({ kind, offset: statementStart(ref.node) });
      }
    },
  });
  return anchors;
}

/** An objective by its name, or the `__call__` of an object that is one. */
function isObjective(definition: SyntaxNode, text: string, { objectives }: TuningFunctions): boolean {
  const name = functionName(definition, text);
  if (name !== '__call__') return objectives.has(name);
  const owner = definition.parent?.parent;
  const isGiven = owner?.name === 'ClassDefinition' && objectives.has(functionName(owner, text));
  return isGiven || parameterNames(definition, text).includes('trial');
}

function callKind(call: SyntaxNode, text: string): Anchor['kind'] | null {
  const callee = calleeOf(call, text);
  const name = lastName(callee);
  if (name === 'hyperparameter_search') return callee.includes('.') ? 'search' : null;
  if (name === 'ArgumentParser' || /^click\.(command|option)$/.test(callee)) return 'arguments';
  if (!/^(optimize|ask)$/.test(name) || !callee.includes('.')) return null;
  const receiver = callee.slice(0, callee.lastIndexOf('.'));
  if (name === 'ask') return /study/i.test(receiver) && /\boptuna\b/.test(text) ? 'optimize' : null;
  const first = readArguments(call.getChild('ArgList'), text).positional[0];
  const objective = first ? slice(text, first) : '';
  const isStudy = /study/i.test(receiver) || (/\boptuna\b/.test(text) && /objective|trial/i.test(objective));
  return isStudy ? 'optimize' : null;
}

const STATEMENT = /Statement$|^FunctionDefinition$|^ClassDefinition$/;

function statementStart(node: SyntaxNode): number {
  let at = node;
  while (at.parent && !STATEMENT.test(at.name)) at = at.parent;
  return at.from;
}

/** Every suggest call with a spelled-out name, with the function that it is in. */
export function findSuggestCalls(tree: Tree, text: string): SuggestCall[] {
  const calls: SuggestCall[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression' || !isSuggestCall(ref.node, text)) return;
      const call = readSuggestCall(ref.node, text, scopeOf(ref.node, text));
      if (call) calls.push(call);
    },
  });
  return calls;
}

function scopeOf(node: SyntaxNode, text: string): string {
  const names: string[] = [];
  for (let at = node.parent; at; at = at.parent) {
    if (at.name === 'FunctionDefinition') names.unshift(functionName(at, text));
    else if (at.name === 'LambdaExpression') names.unshift(`lambda@${at.from}`);
  }
  return names.join('.');
}
