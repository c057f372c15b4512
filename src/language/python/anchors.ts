import type { SyntaxNode } from '@lezer/common';
import type { Anchor, SuggestCall } from '../insertion/sites.ts';
import { functionName, parameterNames, type TuningFunctions } from './scopes.ts';
import { isSuggestName, readSuggestCall } from './suggestCalls.ts';
import type { PythonCall, PythonSyntax } from './syntax.ts';
import { readArguments, slice } from './tree.ts';

/** Where a module starts its tuning, in the order of the text. */
export function findAnchors({ called, definitions }: PythonSyntax, text: string, functions: TuningFunctions): Anchor[] {
  const objectives = definitions
    .filter((node) => isObjective(node, text, functions))
    .map((node): [from: number, anchor: Anchor] => [node.from, { kind: 'objective', offset: statementStart(node) }]);
  let hasArguments = false;
  const others = called.flatMap((call): [from: number, anchor: Anchor][] => {
    const kind = callKind(call, text);
    if (!kind || (kind === 'arguments' && hasArguments)) return [];
    if (kind === 'arguments') hasArguments = true;
    return [[call.node.from, { kind, offset: statementStart(call.node) }]];
  });
  return [...objectives, ...others].sort(([a], [b]) => a - b).map(([, anchor]) => anchor);
}

/** An objective by its name, or the `__call__` of an object that is one. */
function isObjective(definition: SyntaxNode, text: string, { objectives }: TuningFunctions): boolean {
  const name = functionName(definition, text);
  if (name !== '__call__') return objectives.has(name);
  const owner = definition.parent?.parent;
  const isGiven = owner?.name === 'ClassDefinition' && objectives.has(functionName(owner, text));
  return isGiven || parameterNames(definition, text).includes('trial');
}

function callKind({ node: call, callee, name }: PythonCall, text: string): Anchor['kind'] | null {
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
export function findSuggestCalls({ calls }: PythonSyntax, text: string): SuggestCall[] {
  return calls.flatMap(({ node, name }) => {
    if (!isSuggestName(name)) return [];
    return readSuggestCall(node, text, scopeOf(node, text)) ?? [];
  });
}

function scopeOf(node: SyntaxNode, text: string): string {
  const names: string[] = [];
  for (let at = node.parent; at; at = at.parent) {
    if (at.name === 'FunctionDefinition') names.unshift(functionName(at, text));
    else if (at.name === 'LambdaExpression') names.unshift(`lambda@${at.from}`);
  }
  return names.join('.');
}
