import type { SyntaxNode } from '@lezer/common';
import type { ValueSite } from '../insertion/sites.ts';
import { argumentsOf, calleeOf, javaScriptLiteral, memberOf, propertyOf, stringValue } from './tree.ts';

/** Defaults of command line options in `util.parseArgs`, yargs and commander; null when a call declares none. */
export function optionDefaults(call: SyntaxNode, callee: string, text: string): ValueSite[] | null {
  const [first, second, third, fourth] = argumentsOf(call);
  if (callee === 'parseArgs') return declared(memberOf(first, 'options', text), text);
  const isMethod = calleeOf(call, text).includes('.');
  if (!isMethod) return null;
  if (callee === 'options') return declared(first, text);
  // commander: new Option('--lr <n>').default(0.1)
  const declaredBy = /\bOption\(\s*["'`]([^"'`]+)["'`]/.exec(calleeOf(call, text))?.[1];
  if (callee === 'default' && declaredBy) return site(optionName(declaredBy) ?? '', first, text);
  const name = optionName(stringValue(first, text));
  if (!name) return null;
  if (callee === 'default') return site(name, second, text);
  if (callee !== 'option' && callee !== 'requiredOption') return null;
  if (second?.name === 'ObjectExpression') return site(name, memberOf(second, 'default', text), text);
  // commander: option(flags, description, [parser], [default])
  return site(name, fourth ?? third, text);
}

/** `{ lr: { type: 'string', default: '0.1' } }`. */
function declared(object: SyntaxNode | null | undefined, text: string): ValueSite[] {
  if (object?.name !== 'ObjectExpression') return [];
  return object.getChildren('Property').flatMap((property) => {
    const option = propertyOf(property, text);
    const value = option ? memberOf(option.value, 'default', text) : null;
    return option && value ? site(option.name, value, text) : [];
  });
}

function site(name: string, value: SyntaxNode | null | undefined, text: string): ValueSite[] {
  if (!value) return [];
  const literal = javaScriptLiteral(value, text);
  const asText = literal?.type === 'string';
  return [
    { name, path: [], form: 'default', start: value.from, end: value.to, literal, ...(asText ? { asText } : {}) },
  ];
}

/** `-l, --learning-rate <number>` → `learning-rate`. */
export function optionName(flags: string | undefined): string | null {
  if (!flags) return null;
  const long = /--([\w-]+)/.exec(flags)?.[1];
  return long ?? /^-?([\w-]+)/.exec(flags)?.[1] ?? null;
}
