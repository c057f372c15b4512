import type { SyntaxNode } from '@lezer/common';
import { bracketsIn, type OpenNameCall, type SuggestCall } from '../insertion/sites.ts';
import { argument, calleeOf, childrenOf, keywordValue, lastName, readArguments, slice, stringValue } from './tree.ts';

const METHODS: Readonly<Record<string, SuggestCall['method']>> = {
  suggest_float: 'float',
  suggest_uniform: 'float',
  suggest_loguniform: 'float',
  suggest_discrete_uniform: 'float',
  suggest_int: 'int',
  suggest_categorical: 'categorical',
};

/** Whether a method of this name suggests a parameter. */
export function isSuggestName(name: string): boolean {
  return Object.hasOwn(METHODS, name);
}

/** Whether a call suggests a parameter, with a spelled-out name or not. */
export function isSuggestCall(call: SyntaxNode, text: string): boolean {
  return isSuggestName(lastName(calleeOf(call, text)));
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
  const nameNode = keywordValue(list.keywords, 'name') ?? list.positional[0];
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

/** Reads a suggest call whose name is put together while it runs; null for any other, or while it is being typed. */
export function readOpenNameCall(call: SyntaxNode, text: string): OpenNameCall | null {
  const argList = call.getChild('ArgList');
  if (!argList || !isComplete(argList)) return null;
  const list = readArguments(argList, text);
  const named = keywordValue(list.keywords, 'name');
  const nameNode = named ?? list.positional[0];
  if (!nameNode || stringValue(nameNode, text) !== undefined) return null;
  const pieces = namePieces(nameNode, text);
  if (!pieces || pieces.length < 2 || pieces.every((piece) => piece === '')) return null;
  const numeric = METHODS[lastName(calleeOf(call, text))] !== 'categorical';
  const first = named ? 0 : 1;
  const field = nameNode.name === 'FormatString' ? nameNode.getChildren('FormatReplacement') : [];
  const variable =
    field.length === 1 ? /^\{([^\W\d]\w*)\}$/u.exec(slice(text, field[0] as SyntaxNode))?.[1] : undefined;
  return {
    start: call.from,
    end: call.to,
    nameText: slice(text, nameNode),
    pieces,
    variable: variable ?? null,
    low: numeric ? argument(list, 'low', first, text) : null,
    high: numeric ? argument(list, 'high', first + 1, text) : null,
    step: numeric ? argument(list, 'step', null, text) : null,
    ...bracketsIn(call.parent?.name, call.prevSibling === null),
  };
}

/** The fixed parts of `f"a{i}b"`, `"a{}b".format(i)`, `"a%db" % i` and `"a" + str(i) + "b"`. */
function namePieces(node: SyntaxNode, text: string): string[] | null {
  if (node.name === 'FormatString') {
    const written = /^[a-z]{1,2}(["'])(?!\1\1)([\s\S]*)\1$/i.exec(slice(text, node));
    if (!written || /\\|\{\{|\}\}/.test(slice(text, node))) return null;
    const pieces: string[] = [];
    let at = text.indexOf(written[1] as string, node.from) + 1;
    for (const field of node.getChildren('FormatReplacement')) {
      pieces.push(text.slice(at, field.from));
      at = field.to;
    }
    return [...pieces, text.slice(at, node.to - 1)];
  }
  if (node.name === 'CallExpression' && lastName(calleeOf(node, text)) === 'format') {
    return stringValue(node.firstChild?.firstChild, text)?.split(/\{\w{0,50}\}/) ?? null;
  }
  if (node.name !== 'BinaryExpression') return null;
  const [left, operator, right] = childrenOf(node);
  const sign = operator ? slice(text, operator) : '';
  if (sign === '%') return stringValue(left, text)?.split(/%[-+ 0\d.]{0,10}[sdirfg]/) ?? null;
  if (sign !== '+' || !left || !right) return null;
  const sides = [left, right].map((side) => {
    const written = stringValue(side, text);
    return written === undefined ? (namePieces(side, text) ?? ['', '']) : [written];
  });
  const [before, after] = sides as [string[], string[]];
  return [...before.slice(0, -1), `${before.at(-1)}${after[0]}`, ...after.slice(1)];
}

function isComplete(list: SyntaxNode): boolean {
  return list.lastChild?.name === ')' && !childrenOf(list).some((child) => child.type.isError);
}
