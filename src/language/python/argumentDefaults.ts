import type { SyntaxNode } from '@lezer/common';
import type { ValueSite } from '../sites.ts';
import { type CallArguments, calleeOf, lastName, pythonLiteral, readArguments, stringValue } from './tree.ts';

/**
 * The name that a command line argument has in the program: `dest`, a click option's bare name, else its first long
 * flag. Dashes become underscores, as argparse and click do.
 */
export function argumentName(list: CallArguments, text: string): string | null {
  const dest = stringValue(list.keywords.find((keyword) => keyword.name === 'dest')?.value, text);
  if (dest) return dest;
  const names = list.positional.map((node) => stringValue(node, text)).filter((name) => name !== undefined);
  const bare = names.find((name) => /^[A-Za-z_]\w*$/.test(name));
  const long = names.find((name) => name.startsWith('--'));
  const name = bare ?? long ?? names[0];
  if (name === undefined) return null;
  // click's `--shout/--no-shout` names the first of the two.
  const flag = (name.split('/')[0] as string).trim();
  return flag.replace(/^-+/, '').replaceAll('-', '_') || null;
}

/** The defaults that a call sets for command line arguments; null when it is no such call. */
export function argumentDefault(call: SyntaxNode, callee: string, text: string): ValueSite[] | null {
  const list = readArguments(call.getChild('ArgList'), text);
  if (callee === 'set_defaults') {
    return list.keywords.flatMap((keyword) => site(keyword.name, keyword.value, text, false));
  }
  if (callee !== 'add_argument' && callee !== 'option') return null;
  const name = argumentName(list, text);
  if (!name) return null;
  const value = list.keywords.find((keyword) => keyword.name === 'default')?.value ?? null;
  const typed = list.keywords.some((keyword) => keyword.name === 'type');
  return site(name, value, text, typed);
}

function site(name: string, value: SyntaxNode | null, text: string, typed: boolean): ValueSite[] {
  if (!value) return [];
  const literal = pythonLiteral(value, text);
  const asText = typed && literal?.type === 'string';
  return [
    { name, path: [], form: 'default', start: value.from, end: value.to, literal, ...(asText ? { asText } : {}) },
  ];
}

/** The default inside `typer.Option(0.001, …)`, `Field(default=3)` or `field(default=3)`; any other value is itself. */
export function declaredDefault(value: SyntaxNode | null, text: string): SyntaxNode | null {
  if (value?.name !== 'CallExpression') return value;
  const callee = lastName(calleeOf(value, text));
  if (!/^(Option|Argument|Field|field)$/.test(callee)) return value;
  const list = readArguments(value.getChild('ArgList'), text);
  const named = list.keywords.find((keyword) => keyword.name === 'default')?.value;
  return named ?? (callee === 'field' ? null : (list.positional[0] ?? null));
}
