import type { SyntaxNode } from '@lezer/common';
import { foldName } from '../insertion/sites.ts';
import { childrenOf, slice, stringValue } from './tree.ts';

/** Targets with their values: of `a = 1`, and of `a, b = 1, 2`. */
export function assignedPairs(node: SyntaxNode): [target: SyntaxNode, value: SyntaxNode][] {
  const parts = childrenOf(node).filter((child) => !/^(TypeDef|Comment|,)$/.test(child.name) && !child.type.isError);
  const operators = parts.filter((child) => child.name === 'AssignOp' || child.name === 'UpdateOp');
  const [operator] = operators;
  if (!operator || operators.length > 1 || operator.name !== 'AssignOp') return [];
  const at = parts.indexOf(operator);
  const values = parts.slice(at + 1);
  return values.length === at ? values.map((value, place) => [parts[place] as SyntaxNode, value]) : [];
}

/** `lr`, `self.lr`, `config["lr"]`. */
export function targetName(target: SyntaxNode, text: string): string | null {
  if (target.name === 'VariableName') return slice(text, target);
  if (target.name !== 'MemberExpression') return null;
  const last = target.lastChild;
  if (last?.name === 'PropertyName') return slice(text, last);
  const key = stringValue(target.getChild('String'), text);
  return key ?? null;
}

/** Keys of the dictionaries around a dictionary, outermost first. */
export function dictionaryPath(node: SyntaxNode, text: string): string[] {
  const path: string[] = [];
  let at: SyntaxNode | null = node;
  while (at?.parent?.name === 'DictionaryExpression' && at.prevSibling?.name === ':') {
    const key = stringValue(at.prevSibling.prevSibling, text);
    if (key !== undefined) path.unshift(key);
    at = at.parent;
  }
  return path;
}

/** Whether the key, keyword or variable that a value is given to says the parameter's name already. */
export function isNamedBy(node: SyntaxNode, name: string, text: string): boolean {
  const operator = node.prevSibling;
  let target = operator?.name === 'AssignOp' || operator?.name === ':' ? operator.prevSibling : null;
  if (target?.name === 'TypeDef') target = target.prevSibling;
  if (node.parent?.name === 'AssignStatement') {
    target = assignedPairs(node.parent).find(([, value]) => value.from === node.from)?.[0] ?? null;
  }
  if (!target) return false;
  const written = stringValue(target, text) ?? targetName(target, text) ?? '';
  return foldName(written) === foldName(name);
}

/** The call that a keyword belongs to, and the step of a pipeline that the call is: `["SVC", "clf"]`. */
export function ownersOf(call: SyntaxNode, callee: string, text: string): string[] {
  const { parent } = call;
  const step = parent?.name === 'TupleExpression' ? stringValue(parent.firstChild?.nextSibling, text) : undefined;
  return step === undefined ? [callee] : [callee, step];
}

/**
 * By class, the field that holds such an object, `opt: Adam`: what its own fields are called on a command line, `--opt.lr`.
 * None where several do, which share the defaults of the class, or where it is made with others, `Adam(lr=0.1)`.
 */
export function fieldsByClass(text: string): ReadonlyMap<string, string> {
  const held = new Map<string, Set<string>>();
  const madeOtherwise = new Set<string>();
  for (const [, field = '', name = '', rest = ''] of text.matchAll(
    /^[ \t]+(\w+)[ \t]*:[ \t]*([^\W\d]\w*)(?!\w)(.*)$/gm,
  )) {
    held.set(name, (held.get(name) ?? new Set()).add(field));
    for (const [, callee = ''] of rest.matchAll(/\b(\w+)\(\s*[^)\s]/g)) if (callee === name) madeOtherwise.add(name);
  }
  const single = [...held].filter(([name, fields]) => fields.size === 1 && !madeOtherwise.has(name));
  return new Map(single.map(([name, fields]) => [name, [...fields][0] as string]));
}
