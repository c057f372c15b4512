import type { SyntaxNode } from '@lezer/common';
import type { SuggestCall } from '../insertion/sites.ts';
import { argument, calleeOf, childrenOf, lastName, readArguments, stringValue } from './tree.ts';

const METHODS: Readonly<Record<string, SuggestCall['method']>> = {
  suggest_float: 'float',
  suggest_uniform: 'float',
  suggest_loguniform: 'float',
  suggest_discrete_uniform: 'float',
  suggest_int: 'int',
  suggest_categorical: 'categorical',
};

/** Whether a call suggests a parameter, with a spelled-out name or not. */
export function isSuggestCall(call: SyntaxNode, text: string): boolean {
  return Object.hasOwn(METHODS, lastName(calleeOf(call, text)));
}

/**
 * Reads `trial.suggest_…(…)`; null when its name is not spelled out (an f-string names many parameters), or while the
 * call is being typed: then it reaches over the lines that follow.
 */
export function readSuggestCall(call: SyntaxNode, text: string, scope: string): SuggestCall | null {
  const method = METHODS[lastName(calleeOf(call, text))];
  if (!method) return null;
  const argList = call.getChild('ArgList');
  if (!argList || !isComplete(argList)) return null;
  const list = readArguments(argList, text);
  const nameNode = list.keywords.find((keyword) => keyword.name === 'name')?.value ?? list.positional[0];
  const name = stringValue(nameNode, text);
  if (name === undefined || !nameNode) return null;
  const numeric = method !== 'categorical';
  const first = list.keywords.some((keyword) => keyword.name === 'name') ? 0 : 1;
  return {
    method,
    name,
    nameStart: nameNode.from,
    nameEnd: nameNode.to,
    start: call.from,
    end: call.to,
    scope,
    low: numeric ? argument(list, 'low', first, text) : null,
    high: numeric ? argument(list, 'high', first + 1, text) : null,
    step: numeric ? argument(list, 'step', null, text) : null,
    log: numeric ? argument(list, 'log', null, text) : null,
    choices: numeric ? null : argument(list, 'choices', first, text),
  };
}

function isComplete(list: SyntaxNode): boolean {
  return list.lastChild?.name === ')' && !childrenOf(list).some((child) => child.type.isError);
}
