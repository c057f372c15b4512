import { isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { readStudyDocument, toPlain } from './document.ts';

/** One replacement in a text. Offsets in UTF-16 code units, [start, end). */
export interface TextReplacement {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/** A parameter as it is written under `space`: its name, and the rest of its line. */
export interface SpaceLine {
  readonly name: string;
  readonly value: string;
}

/**
 * The changes that put parameters into the `space` of a study file and take others out of it. Comments, order and the
 * manner of writing (a block or `{ … }`, the indentation, the ends of lines) stay. A name that is taken gets a number.
 */
export function spaceEdits(text: string, add: readonly SpaceLine[], remove: readonly string[]): TextReplacement[] {
  const { contents } = readStudyDocument(text);
  const eol = /\r\n/.test(text) ? '\r\n' : '\n';
  const pair = isMap(contents) ? contents.items.find((one) => nameOf(one) === 'space') : undefined;
  const space = pair?.value;
  if (!isMap(space)) return add.length === 0 ? [] : [newSpace(text, pair, blockOf(named(add, []), '  ', eol), eol)];
  const gone = new Set(remove);
  const removed = space.items.filter((item) => gone.has(nameOf(item)));
  const kept = space.items.filter((item) => !gone.has(nameOf(item)));
  const lines = named(add, kept.map(nameOf));
  // Braces with nothing in them are nobody's manner of writing.
  if (space.flow && kept.length === 0 && lines.length > 0 && pair) {
    const at = text.indexOf(':', endOf(pair.key as Node)) + 1;
    const isLast = text.slice(endOf(space), lineEnd(text, endOf(space))).trim() === '';
    if (isLast)
      return [{ start: at, end: endOf(space), newText: eol + blockOf(lines, '  ', eol).slice(0, -eol.length) }];
  }
  if (space.flow) {
    const parts = [...kept.map((item) => sourceOf(item, text)), ...lines.map(({ name, value }) => `${name}: ${value}`)];
    const [start = 0, end = start] = space.range ?? [];
    return [{ start, end, newText: braced(parts) }];
  }
  const edits = removed.map((item) => ({ ...lineSpan(text, item), newText: '' }));
  const last = space.items.at(-1);
  if (lines.length > 0 && last) {
    const indent = ' '.repeat(startOf(last) - lineStart(text, startOf(last)));
    const at = lineSpan(text, last).end;
    const isOpen = at === text.length && !/[\r\n]$/.test(text);
    const block = blockOf(lines, indent, eol);
    edits.push({ start: at, end: at, newText: isOpen ? eol + block.slice(0, -eol.length) : block });
  }
  // A space without a parameter is written as one: a key alone would be no map.
  if (kept.length === 0 && lines.length === 0 && pair) {
    const at = endOf(pair.key as Node) + 1;
    edits.push({ start: at, end: at, newText: ' {}' });
  }
  return edits.sort((a, b) => a.start - b.start);
}

/** A text with the changes made. */
export function withEdits(text: string, edits: readonly TextReplacement[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, newText } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + newText;
    at = end;
  }
  return result + text.slice(at);
}

/**
 * A study file's text without a parameter: neither in its `space` nor in its `start`. Null where it has no such parameter,
 * or no other one.
 */
export function withoutParameter(text: string, name: string): string | null {
  const { contents } = readStudyDocument(text);
  const space = isMap(contents) ? contents.get('space') : undefined;
  if (!isMap(contents) || !isMap(space) || space.items.length < 2) return null;
  if (!space.items.some((item) => nameOf(item) === name)) return null;
  const start = contents.get('start');
  const points = isSeq(start) ? start.items.filter(isMap) : isMap(start) ? [start] : [];
  const edits = points.flatMap((point) => {
    const kept = point.items.filter((item) => nameOf(item) !== name);
    const [from = 0, to = from] = point.range ?? [];
    if (kept.length === point.items.length || !point.flow) return [];
    return [{ start: from, end: to, newText: braced(kept.map((item) => sourceOf(item, text))) }];
  });
  return withEdits(text, [...spaceEdits(text, [], [name]), ...edits]);
}

/** Where the value of a parameter stands in a study file; undefined where it has none. */
export function parameterSpan(text: string, name: string): { start: number; end: number } | undefined {
  const { contents } = readStudyDocument(text);
  const space = isMap(contents) ? contents.get('space') : undefined;
  const item = isMap(space) ? space.items.find((one) => nameOf(one) === name) : undefined;
  return item && { start: startOf(item), end: endOf((item.value ?? item.key) as Node) };
}

function braced(parts: readonly string[]): string {
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

function named(add: readonly SpaceLine[], taken: readonly string[]): SpaceLine[] {
  const used = new Set(taken);
  return add.map(({ name, value }) => {
    let free = name;
    for (let count = 2; used.has(free); count++) free = `${name}_${count}`;
    used.add(free);
    return { name: free, value };
  });
}

function blockOf(lines: readonly SpaceLine[], indent: string, eol: string): string {
  return lines.map(({ name, value }) => `${indent}${name}: ${value}${eol}`).join('');
}

/** Of a file that has no space yet, or one that is empty. */
function newSpace(text: string, pair: Pair | undefined, block: string, eol: string): TextReplacement {
  const key = pair?.key as Node | undefined;
  if (key) {
    const at = text.indexOf(':', endOf(key)) + 1;
    const end = lineEnd(text, at);
    return text.slice(at, end).trim().startsWith('#')
      ? { start: end, end, newText: eol + block.slice(0, -eol.length) }
      : { start: at, end, newText: eol + block.slice(0, -eol.length) };
  }
  const start = text.length;
  return { start, end: start, newText: `${text === '' || /[\r\n]$/.test(text) ? '' : eol}space:${eol}${block}` };
}

/** The whole lines of an entry of a block, with the comment behind it. */
function lineSpan(text: string, item: Pair): { start: number; end: number } {
  const last = (item.value ?? item.key) as Node;
  const end = lineEnd(text, Math.max(endOf(item.key as Node), endOf(last) - (isMap(last) && !last.flow ? 1 : 0)));
  const next = text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length);
  return { start: lineStart(text, startOf(item)), end: next };
}

function sourceOf(item: Pair, text: string): string {
  return text.slice(startOf(item), endOf((item.value ?? item.key) as Node));
}

function nameOf(item: unknown): string {
  return isPair(item) && isScalar(item.key) ? String(item.key.value) : '';
}

function startOf(item: Pair): number {
  return (item.key as Node).range?.[0] ?? 0;
}

function endOf(node: Node): number {
  return node.range?.[1] ?? 0;
}

function lineStart(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
}

function lineEnd(text: string, offset: number): number {
  const end = text.slice(offset).search(/[\r\n]/);
  return end < 0 ? text.length : offset + end;
}

/** A parameter with a place in the code, as far as it can be read; the rest of the file may have mistakes. */
export interface PlacedParameter {
  readonly name: string;
  /** `FILE#PATH` as written. */
  readonly at: string;
  readonly low?: number;
  readonly high?: number;
  readonly log?: boolean;
  readonly choices?: readonly unknown[];
}

/** The parameters of a study file that say where their value stands. */
export function placedParameters(text: string): PlacedParameter[] {
  const raw = toPlain(readStudyDocument(text));
  const space = asObject(asObject(raw)?.['space']);
  return Object.entries(space ?? {}).flatMap(([name, given]) => {
    const { at, low, high, log, choices } = asObject(given) ?? {};
    if (typeof at !== 'string') return [];
    return [
      {
        name,
        at,
        ...(typeof low === 'number' && { low }),
        ...(typeof high === 'number' && { high }),
        ...(log === true && { log }),
        ...(Array.isArray(choices) && { choices }),
      },
    ];
  });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error)
    ? (value as Record<string, unknown>)
    : undefined;
}
