import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { describedIn, sayIn } from '../say.ts';
import { valueAt } from '../schema/schemaProblems.ts';
import { keyInfosAt, valuesAt, wordInfosAt } from '../schema/schemaWalk.ts';
import { argumentMeaning, searchesArguments } from '../schema/trainerSpace.ts';
import { readStudyDocument, toPlain } from './document.ts';
import { type Path, keyText as pairKey, type Span } from './positions.ts';

export interface StudyFileHover extends Span {
  /** Markdown. */
  readonly text: string;
}

/** What the schema says about the key at an offset, or about a word that names a kind; null where it says nothing. */
export function hoverStudyFile(text: string, offset: number, locale = 'en'): StudyFileHover | null {
  const document = readStudyDocument(text);
  const found = placeAt(document.contents as Node | null, offset, []);
  if (!found) return null;
  const raw = document.errors.length > 0 ? undefined : toPlain(document);
  const say = found.isKey ? keyText : wordText;
  const told = say(found.path, raw, locale);
  return told === null ? null : { start: found.start, end: found.end, text: told };
}

function keyText(path: Path, raw: unknown, locale: string): string | null {
  const block = path.slice(0, -1);
  const key = String(path.at(-1));
  if (block.length === 1 && block[0] === 'space' && searchesArguments(raw)) {
    const meaning = argumentMeaning(key);
    if (meaning !== undefined) return `**${key}** — ${describedIn(locale, meaning)}`;
  }
  const infos = keyInfosAt(block, valueAt(raw, [...block, 'type']));
  const info = infos.find((one) => one.key === key);
  if (!info?.description) return null;
  const values = key === 'type' ? valuesAt(path) : info.values;
  const words = values.map((value) => `\`${value}\``).join(', ');
  const oneOf = values.length > 0 ? `\n\n${sayIn(locale)('oneOf', { words })}` : '';
  return `**${key}** — ${describedIn(locale, info.description)}${oneOf}`;
}

function wordText(path: Path, raw: unknown, locale: string): string | null {
  const value = String(valueAt(raw, path));
  const info = wordInfosAt(path).find(({ word }) => word === value);
  return info?.description ? `**${value}** — ${describedIn(locale, info.description)}` : null;
}

interface Place extends Span {
  readonly path: Path;
  readonly isKey: boolean;
}

function placeAt(node: Node | null, offset: number, path: Path): Place | null {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const found = placeAt(item as Node, offset, [...path, index]);
      if (found) return found;
    }
  }
  if (isScalar(node)) return isAt(node, offset) ? { path, isKey: false, ...spanOf(node) } : null;
  if (!isMap(node)) return null;
  for (const pair of node.items) {
    const key = pair.key as Node | null;
    const own = [...path, pairKey(pair)];
    if (isAt(key, offset)) return { path: own, isKey: true, ...spanOf(key) };
    const found = placeAt(pair.value as Node | null, offset, own);
    if (found) return found;
  }
  return null;
}

function isAt(node: Node | null, offset: number): node is Node {
  return node?.range != null && offset >= node.range[0] && offset <= node.range[1];
}

function spanOf(node: Node): Span {
  const [start = 0, end = 0] = node.range ?? [];
  return { start, end };
}
