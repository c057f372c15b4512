import { isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import { readStudyDocument } from './document.ts';
import { hasPlaceholders } from './parameterUses.ts';
import { keyText, type Path, type Span } from './positions.ts';

/** A text of a study file that a program is started with, as it is written: with the quotes around it. */
export interface CommandText extends Span {
  /** `command` of the objective, or a word of it, `args` or `wandb`. */
  readonly key: string;
  /** Whether it is one word of a list. */
  readonly isWord: boolean;
}

/** The texts that have placeholders, in the order of the file; the file may have mistakes. */
export function commandTexts(text: string): CommandText[] {
  const found: CommandText[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, [...path, index]);
    else if (isMap(node)) {
      for (const pair of node.items) {
        const own = [...path, keyText(pair)];
        if (own[0] === 'objective') visit(pair.value, own);
      }
    } else if (isScalar(node) && hasPlaceholders(path)) {
      const [start = 0, end = start] = (node as Scalar).range ?? [];
      found.push({ key: String(path[1]), isWord: path.length > 2, start, end });
    }
  };
  visit(readStudyDocument(text).contents as Node | null, []);
  return found;
}

/** The text that an offset is in. Blanks behind a text without quotes belong to it: the next word begins there. */
export function commandTextAt(text: string, offset: number): CommandText | undefined {
  return commandTexts(text).find(({ start, end }) => {
    if (offset < start) return false;
    return offset <= end || (!/["']/.test(text[start] ?? '') && /^[ \t]*$/.test(text.slice(end, offset)));
  });
}
