import type { Tree } from '@lezer/common';
import type { ValueSlot } from '../insertion/sites.ts';
import { isOpenAfter, typedBefore } from '../insertion/slotText.ts';
import type { TextIndex } from '../textIndex.ts';

const KEYWORD = /(?<!\w)([A-Za-z_]\w*)\s*(?::[\w.[\]|\s]*)?=\s*$/;
const KEY = /["']([^"'\n]+)["']\s*(?:\]\s*)?[:=]\s*$/;
/** Calls are looked for this far back. */
const REACH = 1000;

/** The place at the cursor where a value is being typed: after `lr=`, `"lr":`, or the `default=` of an argument. */
export function pythonSlot(tree: Tree, index: TextIndex, offset: number): ValueSlot | null {
  const line = index.lineAt(offset);
  const lineStart = index.lineStart(line);
  const { lead, typed, start } = typedBefore(index.text, lineStart, offset);
  if (!isOpenAfter(index.text, offset, index.lineEnd(line), typed)) return null;
  const match = KEYWORD.exec(lead) ?? KEY.exec(lead);
  if (!match || /[=!<>+\-*/%&|^~:]=\s*$/.test(lead)) return null;
  const at = start - lead.length + match.index;
  if (isText(tree, at, match[0][0] === '"' || match[0][0] === "'")) return null;
  const name = match[1] as string;
  if (name !== 'default') return { name, path: [], typed, start };
  const argument = enclosingArgument(index.text, at);
  return argument === null ? null : { name: argument, path: [], typed, start };
}

/** Whether the character at `offset` is inside a comment or a string (not: opens one). */
function isText(tree: Tree, offset: number, opensString: boolean): boolean {
  const node = tree.resolveInner(offset, 1);
  if (node.name === 'Comment') return true;
  if (!/String$/.test(node.name)) return false;
  return !(opensString && node.from === offset);
}

/** The argument whose `default=` is at `offset`: the call is open there and its first long flag names it. */
function enclosingArgument(text: string, offset: number): string | null {
  const before = text.slice(Math.max(0, offset - REACH), offset);
  const opened = /(?:add_argument|\.option)\s*\(((?:[^()"'#]|"[^"\n]*"|'[^'\n]*'|\([^()]*\)|#[^\n]*\n)*)$/.exec(before);
  if (!opened) return null;
  const inside = opened[1] as string;
  const dest = /\bdest\s*=\s*["']([^"']+)["']/.exec(inside)?.[1];
  if (dest) return dest;
  const names = [...inside.matchAll(/["'](?<![=\w]\s{0,40}["'])([^"'\n]+)["']/g)].map((match) => match[1] as string);
  const name = names.find((candidate) => candidate.startsWith('--')) ?? names[0];
  return name ? (name.split('/')[0] as string).replace(/^-+/, '').replaceAll('-', '_') : null;
}
