import { isMap, isSeq, stringify } from 'yaml';
import { asRecord } from '../checks/report.ts';
import { describedIn, sayIn } from '../say.ts';
import { type KeyInfo, keyInfosAt, offeredKeysAt, type WordInfo, wordInfosAt } from '../schema/schemaWalk.ts';
import { searchedArguments, searchesArguments } from '../schema/trainerSpace.ts';
import { commandTextAt } from './commandText.ts';
import { type Cursor, cursorAt } from './cursor.ts';
import { readStudyDocument, toPlain } from './document.ts';
import { parameterNames } from './parameterUses.ts';
import { keyText as keyOf } from './positions.ts';

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
  const line = text.slice(lineStart, offset);
  const placeholder = /(?<!\{)\{([\p{L}\p{N}_./-]*)$/u.exec(line);
  // A brace that is open breaks the YAML of a line in braces: then its key tells.
  if (placeholder && (commandTextAt(text, offset) || /(^|\s)(command|args)\s*:/.test(line))) {
    return placeholderCompletions(text, offset, placeholder[1] as string, sayIn(locale)('spaceParameter'));
  }
  const cursor = cursorAt(text, offset);
  const named = parameterCompletions(text, cursor, locale);
  if (named) return named;
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

/** Names of parameters in `when`, `start` and `where`, and what the parameter of a condition may be; undefined elsewhere. */
function parameterCompletions(text: string, cursor: Cursor, locale: string): StudyFileCompletion[] | undefined {
  const { path, key, side, present, word } = cursor;
  const { start, end } = word;
  const isCondition = path.length === 3 && path[0] === 'space' && path[2] === 'when';
  if (isCondition && side === 'value') {
    const parent = asRecord(asRecord(asRecord(toPlain(readStudyDocument(text)))['space'])[key ?? '']);
    const choices = Array.isArray(parent['choices']) ? (parent['choices'] as readonly unknown[]) : [];
    return choices.map((choice) => {
      const label = typeof choice === 'string' ? stringify(choice).trimEnd() : String(choice);
      return { label, kind: 'value', description: '', newText: label, start, end };
    });
  }
  const isExpression = path[0] === 'where' || (path.length === 0 && key === 'where');
  const isStart = path[0] === 'start' && side === 'key';
  if (!isCondition && !isExpression && !isStart) return undefined;
  const taken = isStart ? keysOfPoint(text, start) : present;
  const suffix = isExpression || isQuoted(text, start) ? '' : ': ';
  return parameterNames(text)
    .filter((name) => isExpression || (!taken.includes(name) && !(isCondition && name === path[1])))
    .map((name) => {
      const description = sayIn(locale)('spaceParameter');
      return { label: name, kind: 'parameter', description, newText: name + suffix, start, end };
    });
}

/** The parameters that the first trial at an offset has already. */
function keysOfPoint(text: string, offset: number): string[] {
  const { contents } = readStudyDocument(text);
  const points = isMap(contents) ? contents.get('start') : undefined;
  const point = isSeq(points)
    ? points.items.find((one) => isMap(one) && one.range && one.range[0] <= offset && offset <= one.range[2])
    : undefined;
  return isMap(point) ? point.items.map(keyOf) : [];
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
  const rest = /^[\p{L}\p{N}_./-]*\}?/u.exec(text.slice(offset))?.[0] ?? '';
  return parameterNames(text).map((name) => ({
    label: name,
    kind: 'parameter',
    description,
    newText: `${name}}`,
    start: offset - typed.length,
    end: offset + rest.length,
  }));
}
