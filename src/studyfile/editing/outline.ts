import { isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { readStudyDocument } from './document.ts';
import { keyText, type Span } from './positions.ts';

/** A part of a study file: one of its keys, or a parameter; `name` is where the key stands. */
export interface StudyFilePart extends Span {
  readonly label: string;
  /** What it says, in a few words. */
  readonly detail: string;
  readonly kind: 'key' | 'block' | 'parameter';
  readonly name: Span;
  readonly parts: readonly StudyFilePart[];
}

const LONGEST = 60;

/** The keys of a study file, with the parameters under `space` and what is in each block. */
export function studyFileParts(text: string): StudyFilePart[] {
  return partsOf(readStudyDocument(text).contents as Node | null, text, 0);
}

function partsOf(node: unknown, text: string, depth: number, isSpace = false): StudyFilePart[] {
  if (!isMap(node) || depth > 3) return [];
  return node.items.flatMap((pair) => {
    const key = isPair(pair) && isScalar(pair.key) ? pair.key.range : undefined;
    if (!key) return [];
    const value = pair.value as Node | null;
    const [start, end] = [key[0], Math.max(key[1], value?.range?.[1] ?? 0)];
    const label = keyText(pair);
    // A range is read on its own line better than by its keys.
    const parts = isSpace ? [] : partsOf(value, text, depth + 1, depth === 0 && label === 'space');
    const isLeaf = parts.length === 0 && !isSpace;
    const detail = isLeaf || isSpace ? shortText(text, pair) : '';
    const kind = isSpace ? 'parameter' : isLeaf ? 'key' : 'block';
    return [
      { label, detail, kind, name: { start: key[0], end: key[1] }, start, end: trimmedEnd(text, start, end), parts },
    ];
  });
}

function shortText(text: string, { value }: Pair): string {
  const range = (value as Node | null)?.range;
  const plain = range ? text.slice(range[0], range[1]).replace(/\s+/g, ' ').trim() : '';
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
}

/** A block's range goes on to the next key: the lines between belong to nobody. */
function trimmedEnd(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}

/** Blocks and lists of several lines, by their offsets. */
export function studyFileFolds(text: string): Span[] {
  const folds: Span[] = [];
  const visit = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) visit(item);
    if (!isMap(node)) return;
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? pair.key.range : undefined;
      const value = pair.value as Node | null;
      if (key && value?.range) {
        const end = trimmedEnd(text, key[0], value.range[1]);
        if (text.slice(key[1], end).includes('\n')) folds.push({ start: key[0], end });
      }
      visit(value);
    }
  };
  visit(readStudyDocument(text).contents);
  return folds;
}
