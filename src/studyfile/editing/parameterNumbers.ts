import { isMap, isScalar, type Node } from 'yaml';
import { readStudyDocument } from './document.ts';
import type { Span } from './positions.ts';

/** Where the key of a parameter and the numbers of its range stand in a study file. */
export interface ParameterNumbers {
  readonly key: Span;
  readonly low?: Span;
  readonly high?: Span;
}

/** Finds a parameter of the space and its written bounds; undefined where the file has no such parameter. */
export function parameterNumbers(text: string, name: string): ParameterNumbers | undefined {
  const { contents } = readStudyDocument(text);
  const space = isMap(contents) ? contents.get('space') : undefined;
  const item = isMap(space) ? space.items.find(({ key }) => isScalar(key) && String(key.value) === name) : undefined;
  const key = item && spanOf(item.key as Node);
  if (!key) return undefined;
  const bound = (word: 'low' | 'high') => {
    const node = isMap(item?.value) ? item.value.get(word, true) : undefined;
    const span = isScalar(node) ? spanOf(node as Node) : undefined;
    return span ? { [word]: span } : {};
  };
  return { key, ...bound('low'), ...bound('high') };
}

function spanOf(node: Node): Span | undefined {
  return node.range ? { start: node.range[0], end: node.range[1] } : undefined;
}
