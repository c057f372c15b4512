import type { SyntaxNode, Tree } from '@lezer/common';
import type { ValueSlot } from '../insertion/sites.ts';
import { isOpenAfter, typedBefore } from '../insertion/slotText.ts';
import type { TextIndex } from '../textIndex.ts';
import { optionName } from './optionDefaults.ts';

const NAMED = /(?:(?<![\w$.'"])([A-Za-z_$][\w$]*)|["']([^"'\n]+)["'])\s*(?::\s*[A-Za-z]\w*\s*=|:|=)\s*$/;
const REACH = 1000;

/** The place at the cursor where a value is being typed: after `lr:`, `lr =`, or the `default:` of an option. */
export function javaScriptSlot(tree: Tree, index: TextIndex, offset: number): ValueSlot | null {
  const line = index.lineAt(offset);
  const lineStart = index.lineStart(line);
  const { lead, typed, start } = typedBefore(index.text, lineStart, offset);
  if (!isOpenAfter(index.text, offset, index.lineEnd(line), typed)) return null;
  const match = NAMED.exec(lead);
  if (!match || /[=!<>+\-*/%&|^?]=\s*$/.test(lead)) return null;
  const at = start - lead.length + match.index;
  const node = tree.resolveInner(at, 1);
  const opens = match[2] !== undefined && node.from === at;
  if (/Comment$/.test(node.name) || (/^(String|TemplateString|RegExp)$/.test(node.name) && !opens)) return null;
  if (/:\s*$/.test(match[0]) && isType(node, lead.slice(0, match.index))) return null;
  const name = (match[1] ?? match[2]) as string;
  if (name !== 'default') return { name, path: [], typed, start };
  const option = enclosingOption(index.text.slice(Math.max(0, at - REACH), at));
  return option && { ...option, path: [], typed, start };
}

const TYPE_PLACES: ReadonlySet<string> = new Set(['ParamList', 'ObjectType', 'InterfaceDeclaration', 'ClassBody']);

/** Whether what follows `name:` is a type, a branch or a case rather than a value. */
function isType(node: SyntaxNode, before: string): boolean {
  if (/(\b(const|let|var|case)\s+|\?\s*)$/.test(before)) return true;
  for (let at: SyntaxNode | null = node; at; at = at.parent) {
    if (TYPE_PLACES.has(at.name)) return true;
    if (at.name === 'ObjectExpression' || at.name === 'Block') return false;
  }
  return false;
}

/** The option whose `default:` follows: `lr: {` of parseArgs (text), `.option('lr', {` of yargs (a value of its type). */
function enclosingOption(before: string): { name: string; asText?: boolean } | null {
  const yargs = /\.option\(\s*["'`]([^"'`]+)["'`]\s*,\s*\{[^{}]*$/.exec(before);
  if (yargs) {
    const name = optionName(yargs[1]);
    return name ? { name } : null;
  }
  const declared = /(?:(?<![\w$])([\w$]+)|["']([^"']+)["'])\s*:\s*\{[^{}]*$/.exec(before);
  const name = declared?.[1] ?? declared?.[2];
  return name ? { name, asText: true } : null;
}
