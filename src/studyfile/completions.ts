import { cursorAt } from './cursor.ts';
import { readStudyDocument, toPlain } from './document.ts';
import { sayIn } from './messages.ts';
import { asRecord } from './report.ts';
import { describedIn, type KeyInfo, keyInfosAt, valuesAt } from './schemaWalk.ts';

export interface StudyFileCompletion {
  readonly label: string;
  readonly kind: 'key' | 'value' | 'parameter';
  readonly description: string;
  /** What replaces [start, end). */
  readonly newText: string;
  readonly start: number;
  readonly end: number;
}

/** What may be written at an offset: keys of the block, words of a value, parameters of the space in a placeholder. */
export function completeStudyFile(text: string, offset: number, locale = 'en'): StudyFileCompletion[] {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const placeholder = /\{([\p{L}\p{N}_./-]*)$/u.exec(text.slice(lineStart, offset));
  if (placeholder && /(^|\s)command\s*:/.test(text.slice(lineStart, offset))) {
    return placeholderCompletions(text, offset, placeholder[1] as string, sayIn(locale)('spaceParameter'));
  }
  const cursor = cursorAt(text, offset);
  const { start, end } = cursor.word;
  if (cursor.side === 'value') {
    const info = keyInfosAt(cursor.path, cursor.type).find(({ key }) => key === cursor.key);
    const words = info && info.values.length > 0 ? info.values : valuesAt([...cursor.path, cursor.key as string]);
    return words.map((word) => ({ label: word, kind: 'value', description: '', newText: word, start, end }));
  }
  return keyInfosAt(cursor.path, cursor.type)
    .filter(({ key, description }) => !cursor.present.includes(key) && !description.startsWith('Not available yet'))
    .map((info) => ({
      label: info.key,
      kind: 'key',
      description: describedIn(locale, info.description),
      newText: keyText(info),
      start,
      end,
    }));
}

function keyText(info: KeyInfo): string {
  return info.isBlock && info.values.length === 0 ? `${info.key}:` : `${info.key}: `;
}

function placeholderCompletions(
  text: string,
  offset: number,
  typed: string,
  description: string,
): StudyFileCompletion[] {
  const document = readStudyDocument(text);
  const names = Object.keys(asRecord(asRecord(toPlain(document))['space']));
  const rest = /^[\p{L}\p{N}_./-]*\}?/u.exec(text.slice(offset))?.[0] ?? '';
  return names.map((name) => ({
    label: name,
    kind: 'parameter',
    description,
    newText: `${name}}`,
    start: offset - typed.length,
    end: offset + rest.length,
  }));
}
