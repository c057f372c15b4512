import { type Document, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';

export type Path = readonly (string | number)[];

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What of a path is meant; a pair is a key with its value. */
export type Part = 'key' | 'value' | 'pair';

/** The place of a path's value, or of another part of it; of the nearest thing that exists when it is missing. */
export function spanOf(document: Document, path: Path, part: Part = 'value'): Span {
  let node: Node | null = document.contents as Node | null;
  let span = firstLineOf(document);
  for (const [depth, step] of path.entries()) {
    const pair: Pair | undefined = isMap(node) ? pairsOf(node).get(String(step)) : undefined;
    if (pair) {
      const key = nodeSpan(pair.key as Node | null);
      const value = nodeSpan(pair.value as Node | null);
      const wanted = depth < path.length - 1 ? 'key' : part;
      span = (wanted === 'key' ? key : value) ?? key ?? span;
      if (wanted === 'pair' && key) span = { start: key.start, end: span.end };
      node = pair.value as Node | null;
    } else if (isSeq(node) && typeof step === 'number' && node.items[step]) {
      node = node.items[step] as Node;
      span = nodeSpan(node) ?? span;
    } else break;
  }
  return span;
}

/** The first pair of each key. Documents are not changed once they are read. */
const knownPairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  let pairs = knownPairs.get(map);
  if (!pairs) {
    pairs = new Map(map.items.toReversed().map((item) => [keyText(item), item]));
    knownPairs.set(map, pairs);
  }
  return pairs;
}

/** A word to put at an offset, in quotes where JSON has some there. */
export function wordAt(source: string, offset: number, word: string): string {
  return source[offset] === '"' ? JSON.stringify(word) : word;
}

export function keyText(pair: unknown): string {
  if (!isPair(pair)) return '';
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function nodeSpan(node: Node | null | undefined): Span | null {
  if (!node?.range) return null;
  return { start: node.range[0], end: node.range[1] };
}

/** A finding about the file as a whole stands at its first key, or at its very beginning. */
function firstLineOf(document: Document): Span {
  const contents = document.contents;
  if (isMap(contents) && contents.items[0]) return nodeSpan(contents.items[0].key as Node) ?? { start: 0, end: 0 };
  return { start: 0, end: 0 };
}
