import { isMap, isSeq, type Node } from 'yaml';
import { readStudyDocument, toPlain } from './document.ts';
import { sayIn } from './messages.ts';
import { keyText, type Path, type Span } from './positions.ts';
import { valueAt } from './schemaProblems.ts';
import { describedIn, keyInfosAt } from './schemaWalk.ts';

export interface StudyFileHover extends Span {
  /** Markdown. */
  readonly text: string;
}

/** What the schema says about the key at an offset; null where it says nothing. */
export function hoverStudyFile(text: string, offset: number, locale = 'en'): StudyFileHover | null {
  const document = readStudyDocument(text);
  const found = keyAt(document.contents as Node | null, offset, []);
  if (!found) return null;
  const block = found.path.slice(0, -1);
  const key = String(found.path.at(-1));
  const type = document.errors.length > 0 ? undefined : valueAt(toPlain(document), [...block, 'type']);
  const info = keyInfosAt(block, type).find((one) => one.key === key);
  if (!info?.description) return null;
  const values =
    info.values.length > 0
      ? `\n\n${sayIn(locale)('oneOf', info.values.map((value) => `\`${value}\``).join(', '))}`
      : '';
  return { start: found.start, end: found.end, text: `**${key}** — ${describedIn(locale, info.description)}${values}` };
}

function keyAt(node: Node | null, offset: number, path: Path): (Span & { path: Path }) | null {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const found = keyAt(item as Node, offset, [...path, index]);
      if (found) return found;
    }
  }
  if (!isMap(node)) return null;
  for (const pair of node.items) {
    const key = pair.key as Node | null;
    const own = [...path, keyText(pair)];
    if (key?.range && offset >= key.range[0] && offset <= key.range[1]) {
      return { path: own, start: key.range[0], end: key.range[1] };
    }
    const found = keyAt(pair.value as Node | null, offset, own);
    if (found) return found;
  }
  return null;
}
