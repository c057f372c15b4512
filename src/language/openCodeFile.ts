import { type Tree, TreeFragment } from '@lezer/common';
import { JsonFile } from './config/jsonFile.ts';
import { LINE_LANGUAGES, LinesFile } from './config/linesFile.ts';
import { YamlFile } from './config/yamlFile.ts';
import type { CodeFile } from './insertion/sites.ts';
import { JavaScriptFile } from './javascript/javaScriptFile.ts';
import { isJavaScriptDialect } from './javascript/tree.ts';
import { PythonFile } from './python/pythonFile.ts';
import { parseable } from './python/tree.ts';

/**
 * Reads a document in its language; null for a language without hyperparameters. `earlier` is what the same document
 * was before: only what changed is parsed again. Null too for text whose brackets or signs are nested hundreds deep, which
 * nobody writes: reading a tree takes a stack as deep as it is. `folder` is the name of the folder that it is in.
 */
export function openCodeFile(
  languageId: string,
  text: string,
  earlier?: CodeFile | null,
  folder?: string,
): CodeFile | null {
  if (isNestedTooDeep(text)) return null;
  if (languageId === 'python') {
    return new PythonFile(
      text,
      earlier instanceof PythonFile ? reuse(earlier.tree, parseable(earlier.text), parseable(text)) : undefined,
    );
  }
  if (isJavaScriptDialect(languageId)) {
    const fragments = earlier instanceof JavaScriptFile ? reuse(earlier.tree, earlier.text, text) : undefined;
    return new JavaScriptFile(text, languageId, fragments);
  }
  if (languageId === 'yaml') return new YamlFile(text, folder);
  if (languageId === 'json' || languageId === 'jsonc') return new JsonFile(text);
  return LINE_LANGUAGES.has(languageId) ? new LinesFile(text, languageId) : null;
}

const DEEPEST = 500;
const SIGNS = new Set([...'-+~!'].map((sign) => sign.charCodeAt(0)));

/** Whether brackets or signs are nested hundreds deep. */
export function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // ( [ { and ) ] }
    if (code === 0x28 || code === 0x5b || code === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if ((code === 0x29 || code === 0x5d || code === 0x7d) && depth > 0) depth--;
  }
  return hasManySigns(text);
}

/** Whether `DEEPEST` signs stand in a row: one of them then stands at a multiple of that. */
function hasManySigns(text: string): boolean {
  for (let at = DEEPEST - 1; at < text.length; at += DEEPEST) {
    if (!SIGNS.has(text.charCodeAt(at))) continue;
    let [from, to] = [at, at];
    while (from > 0 && SIGNS.has(text.charCodeAt(from - 1))) from--;
    while (to + 1 < text.length && SIGNS.has(text.charCodeAt(to + 1))) to++;
    if (to - from + 1 >= DEEPEST) return true;
  }
  return false;
}

/** The parts of the earlier tree outside the one range that differs. */
function reuse(tree: Tree, old: string, text: string): readonly TreeFragment[] {
  const shorter = Math.min(old.length, text.length);
  let start = 0;
  while (start < shorter && old.charCodeAt(start) === text.charCodeAt(start)) start++;
  let same = 0;
  while (same < shorter - start && old.charCodeAt(old.length - 1 - same) === text.charCodeAt(text.length - 1 - same)) {
    same++;
  }
  const change = { fromA: start, toA: old.length - same, fromB: start, toB: text.length - same };
  return TreeFragment.applyChanges(TreeFragment.addTree(tree), [change]);
}
