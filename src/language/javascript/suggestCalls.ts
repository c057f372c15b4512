import type { SyntaxNode } from '@lezer/common';
import type { SuggestCall } from '../insertion/sites.ts';
import { argument, argumentsOf, calleeOf, childrenOf, lastName, memberOf, stringValue } from './tree.ts';

const METHODS: Readonly<Record<string, SuggestCall['method']>> = {
  suggestFloat: 'float',
  suggestInt: 'int',
  suggestCategorical: 'categorical',
};

/** Reads `trial.suggestFloat('lr', 1e-5, 1e-1, { log: true })`; null when it is no such call, has no fixed name, or is being typed. */
export function readSuggestCall(call: SyntaxNode, text: string, scope: string): SuggestCall | null {
  const callee = calleeOf(call, text);
  const method = callee.includes('.') ? METHODS[lastName(callee)] : undefined;
  const list = call.getChild('ArgList');
  if (!method || list?.lastChild?.name !== ')' || childrenOf(list).some((child) => child.type.isError)) return null;
  const [nameNode, first, second, options] = argumentsOf(call);
  const name = stringValue(nameNode, text);
  if (!nameNode || name === undefined) return null;
  const numeric = method !== 'categorical';
  return {
    method,
    name,
    nameStart: nameNode.from,
    nameEnd: nameNode.to,
    start: call.from,
    end: call.to,
    scope,
    low: numeric ? argument(first, text) : null,
    high: numeric ? argument(second, text) : null,
    step: numeric ? argument(memberOf(options, 'step', text), text) : null,
    log: numeric ? argument(memberOf(options, 'log', text), text) : null,
    choices: numeric ? null : argument(first, text),
  };
}
