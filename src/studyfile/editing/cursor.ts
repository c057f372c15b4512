import { type Document, isMap, isScalar, isSeq, type Node } from 'yaml';
import { readStudyDocument } from './document.ts';
import { keyText, type Path, type Span } from './positions.ts';

/** Where an offset stands in a study file. */
export interface Cursor {
  /** The block that the offset is in. */
  readonly path: Path;
  /** The key under or before the offset, when there is one in that block. */
  readonly key: string | null;
  readonly side: 'key' | 'value';
  /** The word under the offset, to be replaced by a completion. */
  readonly word: Span & { readonly text: string };
  /** Keys that the block has already. */
  readonly present: readonly string[];
  /** `type` of the block when it is written. */
  readonly type: unknown;
}

/** How many open braces of a line are looked at, from the inside, and how far back each one's key may begin. */
const MOST_BRACES = 50;
const REACH = 200;
const WORD = /(?<![\p{L}\p{N}_./-])[\p{L}\p{N}_./-]*$/u;

/**
 * Finds the block and key at an offset. A line that is still being typed is no valid YAML, so the block comes from the
 * indentation of the lines above, or from an open `{ … }` on the same line.
 */
export function cursorAt(text: string, offset: number): Cursor {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const start = offset - (WORD.exec(before)?.[0].length ?? 0);
  const rest = /^[\p{L}\p{N}_./-]*/u.exec(text.slice(offset))?.[0] ?? '';
  const word = { start, end: offset + rest.length, text: text.slice(start, offset) };
  const document = readStudyDocument(text);
  const braces = openBraces(before);
  const brace = braces.at(-1);
  const indent = /^[ \t]*/.exec(before)?.[0].length ?? 0;
  const parents = parentsByIndent(text.slice(0, lineStart), indent);
  const lineKey = /^\s*(?:- )?(["']?)([\p{L}_][\p{L}\p{N}_./-]*)\1\s*:/u.exec(before)?.[2] ?? null;
  if (brace !== undefined) {
    const inside = before.slice(brace + 1);
    const entry = inside.slice(inside.lastIndexOf(',') + 1);
    const entryKey = /^\s*([\p{L}_][\p{L}\p{N}_./-]*)\s*:/u.exec(entry)?.[1] ?? null;
    const keys = braces.slice(-MOST_BRACES).map((at) => keyBefore(before.slice(Math.max(0, at - REACH), at)));
    const path = [...parents, ...keys.filter((key) => key !== undefined)];
    return { path, key: entryKey, side: entryKey === null ? 'key' : 'value', word, ...blockOf(document, path) };
  }
  return { path: parents, key: lineKey, side: lineKey === null ? 'key' : 'value', word, ...blockOf(document, parents) };
}

/** The key at the end of a text, before its colon. */
function keyBefore(text: string): string | undefined {
  return /(?<![\p{L}\p{N}_./-])([\p{L}_][\p{L}\p{N}_./-]*)["']?\s*:\s*$/u.exec(text)?.[1];
}

/** The `{` that are still open on the line, outermost first; none when the innermost opens a placeholder. */
function openBraces(line: string): number[] {
  const open: number[] = [];
  for (let index = 0; index < line.length; index++) {
    if (line[index] === '{') open.push(index);
    else if (line[index] === '}') open.pop();
  }
  const last = open.at(-1);
  return last !== undefined && /:\s*$/.test(line.slice(0, last)) ? open : [];
}

function parentsByIndent(above: string, indent: number): string[] {
  const parents: string[] = [];
  let limit = indent;
  for (const line of above.split('\n').reverse()) {
    // A block of JSON begins with a brace at the end of its line, and may be indented with tabs.
    const match = /^[ \t]*(["']?)([\p{L}_][\p{L}\p{N}_./-]*)\1\s*:\s*(?:\{\s*)?(?:#.*)?$/u.exec(line.trimEnd());
    const own = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    if (match && own < limit) {
      parents.unshift(match[2] as string);
      limit = own;
    } else if (own < limit && own === 0) limit = 0;
    if (limit === 0) break;
  }
  return parents;
}

function blockOf(document: Document, path: Path): { present: string[]; type: unknown } {
  let node = document.contents as Node | null;
  for (const step of path) {
    if (isMap(node)) node = (node.get(step, true) as Node | undefined) ?? null;
    else if (isSeq(node)) node = (node.items[Number(step)] as Node | undefined) ?? null;
    else node = null;
  }
  if (!isMap(node)) return { present: [], type: undefined };
  const type = node.get('type', true);
  return { present: node.items.map(keyText), type: isScalar(type) ? type.value : undefined };
}
