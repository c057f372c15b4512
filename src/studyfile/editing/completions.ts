import { asRecord } from '../checks/report.ts';
import { describedIn, sayIn } from '../say.ts';
import { type KeyInfo, keyInfosAt, offeredKeysAt, type WordInfo, wordInfosAt } from '../schema/schemaWalk.ts';
import { searchedArguments, searchesArguments } from '../schema/trainerSpace.ts';
import { type Cursor, cursorAt } from './cursor.ts';
import { readStudyDocument, toPlain } from './document.ts';

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
    return wordsOf(cursor).map(({ word, description }) => ({
      label: word,
      kind: 'value',
      description: describedIn(locale, description),
      newText: word,
      start,
      end,
    }));
  }
  if (cursor.path.length === 1 && cursor.path[0] === 'space') {
    const raw = toPlain(readStudyDocument(text));
    if (searchesArguments(raw)) return argumentCompletions(raw, cursor, locale);
  }
  return offeredKeysAt(cursor.path, cursor.type)
    .filter(({ key }) => !cursor.present.includes(key))
    .map((info) => ({
      label: info.key,
      kind: 'key',
      description: describedIn(locale, info.description),
      newText: isQuoted(text, start) ? info.key : keyText(info),
      start,
      end,
    }));
}

/** Parameters of a study of the trainer are training arguments: each comes with the range that is usual for it. */
function argumentCompletions(
  raw: unknown,
  { present, word: { start, end } }: Cursor,
  locale: string,
): StudyFileCompletion[] {
  return searchedArguments(raw)
    .filter(({ name }) => !present.includes(name))
    .map(({ name, about, range }) => ({
      label: name,
      kind: 'key',
      description: describedIn(locale, about),
      newText: `${name}: ${range}`,
      start,
      end,
    }));
}

/** The words of the block's own kind, all kinds for the key that says which; each with what it means. */
function wordsOf({ path, key, type }: Cursor): readonly WordInfo[] {
  const all = wordInfosAt([...path, key as string]);
  const own = key === 'type' ? undefined : keyInfosAt(path, type).find((info) => info.key === key)?.values;
  return own && own.length > 0 ? all.filter(({ word }) => own.includes(word)) : all;
}

/** Whether the word is begun in quotes, as JSON wants it: what comes after it stands there or is typed. */
function isQuoted(text: string, start: number): boolean {
  return text[start - 1] === '"' || text[start - 1] === "'";
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
