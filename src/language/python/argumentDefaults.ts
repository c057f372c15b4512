import type { SyntaxNode } from '@lezer/common';
import type { ValueSite } from '../insertion/sites.ts';
import { type Literal, NULL_LITERAL } from '../literals.ts';
import type { TextIndex } from '../textIndex.ts';
import { placeForNew, spreads } from './newKeyword.ts';
import {
  type CallArguments,
  calleeOf,
  keywordValue,
  lastName,
  pythonLiteral,
  readArguments,
  slice,
  stringValue,
} from './tree.ts';

/**
 * The name that a command line argument has in the program: `dest`, a click option's bare name, else its first long
 * flag. Dashes become underscores, as argparse and click do.
 */
export function argumentName(list: CallArguments, text: string): string | null {
  const dest = stringValue(keywordValue(list.keywords, 'dest'), text);
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

/** `flags.DEFINE_float("lr", 0.1, "the rate")` of absl. */
export const ABSL_FLAG = /^DEFINE_(float|integer|string|bool|boolean|enum)$/;

/** The defaults that a call sets for command line arguments, or could; null when it is no such call. */
export function argumentDefault(call: SyntaxNode, callee: string, index: TextIndex): ValueSite[] | null {
  if (!/^(set_defaults|add_argument|option)$/.test(callee) && !ABSL_FLAG.test(callee)) return null;
  const { text } = index;
  const argList = call.getChild('ArgList');
  const list = readArguments(argList, text);
  if (callee === 'set_defaults') {
    return list.keywords.flatMap((keyword) => site(keyword.name, keyword.value, text, false));
  }
  if (ABSL_FLAG.test(callee)) {
    const name = stringValue(keywordValue(list.keywords, 'name') ?? list.positional[0], text);
    return name ? site(name, keywordValue(list.keywords, 'default') ?? list.positional[1] ?? null, text, false) : null;
  }
  const name = argumentName(list, text);
  if (!name || !argList) return null;
  const action = stringValue(keywordValue(list.keywords, 'action'), text) ?? '';
  const passed = /^store_(true|false)$/.test(action) ? { passed: action === 'store_true' } : {};
  if (list.keywords.some((keyword) => keyword.name === 'default')) {
    const found = site(
      name,
      keywordValue(list.keywords, 'default'),
      text,
      keywordValue(list.keywords, 'type') !== null,
    );
    return found.map((one) => ({ ...one, ...passed }));
  }
  const initial = initialWithoutDefault(list, callee, text);
  const place = initial && !spreads(argList) ? placeForNew(argList, index, 'default=') : null;
  return place ? [{ name, path: [], form: 'default', literal: initial, ...passed, ...place }] : [];
}

/** What an option is that has no `default`; null where a default would change nothing, or not take one value. */
function initialWithoutDefault(list: CallArguments, callee: string, text: string): Literal | null {
  const isTrue = (name: string) => pythonLiteral(keywordValue(list.keywords, name), text)?.value === true;
  const first = stringValue(list.positional[0], text);
  if (!first?.startsWith('-') || isTrue('required') || isTrue('multiple') || keywordValue(list.keywords, 'nargs'))
    return null;
  const action = keywordValue(list.keywords, 'action');
  const written = action ? (stringValue(action, text) ?? lastName(slice(text, action))) : '';
  if (written === 'store_true' || written === 'store_false')
    return { type: 'boolean', value: written === 'store_false' };
  if (callee === 'option' && (isTrue('is_flag') || first.includes('/'))) return { type: 'boolean', value: false };
  return /^(|store|BooleanOptionalAction)$/.test(written) ? NULL_LITERAL : null;
}

function site(name: string, value: SyntaxNode | null, text: string, typed: boolean): ValueSite[] {
  if (!value) return [];
  const literal = pythonLiteral(value, text);
  const asText = typed && literal?.type === 'string';
  return [
    { name, path: [], form: 'default', start: value.from, end: value.to, literal, ...(asText ? { asText } : {}) },
  ];
}

/** The default inside `typer.Option(0.001, …)`, `Field(default=3)`, `field(default=3)` or `attr.ib(default=3)`; any other value is itself. */
export function declaredDefault(value: SyntaxNode | null, text: string): SyntaxNode | null {
  if (value?.name !== 'CallExpression') return value;
  const callee = lastName(calleeOf(value, text));
  if (!/^(Option|Argument|Field|field|ib|attrib)$/.test(callee)) return value;
  const list = readArguments(value.getChild('ArgList'), text);
  return keywordValue(list.keywords, 'default') ?? (callee === 'field' ? null : (list.positional[0] ?? null));
}
