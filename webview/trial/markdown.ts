/**
 * Notes in Markdown, as elements: nothing of a note is ever HTML. Headings, lists, quotes, code, emphasis and links are
 * drawn; an image is its words, since nothing is fetched, and only web and mail addresses are links.
 */
import { element } from '../ui/dom.ts';

export type Inline =
  | { readonly type: 'text' | 'code'; readonly text: string }
  | { readonly type: 'strong' | 'em' | 'del'; readonly parts: readonly Inline[] }
  | { readonly type: 'link'; readonly url: string; readonly parts: readonly Inline[] };

export type Block =
  | { readonly type: 'heading'; readonly level: number; readonly parts: readonly Inline[] }
  | { readonly type: 'paragraph'; readonly parts: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'quote'; readonly blocks: readonly Block[] }
  | { readonly type: 'list'; readonly isNumbered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly type: 'rule' };

/** Quotes and emphasis within each other; deeper ones are plain text. */
const MOST_DEPTH = 5;

export function parseMarkdown(text: string, depth = 0): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const end = () => {
    if (paragraph.length > 0) blocks.push({ type: 'paragraph', parts: parseInline(paragraph.join('\n')) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string;
    const trimmed = line.trim();
    /** The lines from here on that belong to one block. */
    const take = (belongs: (one: string) => boolean): string[] => {
      const from = at;
      while (at < lines.length && belongs((lines[at] as string).trim())) at++;
      return lines.slice(from, at);
    };
    const heading = /^#{1,6} /.exec(trimmed)?.[0].length ?? 0;
    if (trimmed.startsWith('```')) {
      end();
      at++;
      const code = take((one) => !one.startsWith('```'));
      at++;
      blocks.push({ type: 'code', text: code.join('\n') });
    } else if (heading > 0) {
      end();
      at++;
      blocks.push({ type: 'heading', level: heading - 1, parts: parseInline(trimmed.slice(heading)) });
    } else if (trimmed === '---' || trimmed === '***') {
      end();
      at++;
      blocks.push({ type: 'rule' });
    } else if (trimmed.startsWith('>') && depth < MOST_DEPTH) {
      end();
      const quoted = take((one) => one.startsWith('>')).map((one) => one.trim().slice(1));
      blocks.push({ type: 'quote', blocks: parseMarkdown(quoted.join('\n'), depth + 1) });
    } else if (bulletOf(trimmed) > 0) {
      end();
      const isNumbered = isDigit(trimmed);
      const items = take((one) => bulletOf(one) > 0 && isDigit(one) === isNumbered);
      blocks.push({ type: 'list', isNumbered, items: items.map((one) => parseInline(afterBullet(one.trim()))) });
    } else {
      if (trimmed === '') end();
      else paragraph.push(trimmed);
      at++;
    }
  }
  end();
  return blocks;
}

function isDigit(text: string): boolean {
  return /^\d/.test(text);
}

/** Length of `- `, `* `, `+ ` or `12. ` at the beginning; 0 without. */
function bulletOf(trimmed: string): number {
  return /^(?:[-*+]|\d{1,9}[.)]) /.exec(trimmed)?.[0].length ?? 0;
}

function afterBullet(trimmed: string): string {
  return trimmed.slice(bulletOf(trimmed));
}

const MARKERS = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'del'],
  ['*', 'em'],
  ['_', 'em'],
] as const;

/** Where a text comes next, with the last answer kept: a note of opening marks alone is read in linear time. */
class Finder {
  readonly #text: string;
  readonly #next = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  /** −1 where there is none from `from` on. */
  next(what: string, from: number): number {
    const known = this.#next.get(what);
    if (known !== undefined && (known === -1 || known >= from)) return known;
    const found = this.#text.indexOf(what, from);
    this.#next.set(what, found);
    return found;
  }
}

export function parseInline(text: string, depth = 0): Inline[] {
  if (depth > MOST_DEPTH) return [{ type: 'text', text }];
  const finder = new Finder(text);
  const parts: Inline[] = [];
  let plain = '';
  const push = (part: Inline) => {
    if (plain !== '') parts.push({ type: 'text', text: plain });
    plain = '';
    parts.push(part);
  };
  const inner = (from: number, to: number) => parseInline(text.slice(from, to), depth + 1);
  for (let at = 0; at < text.length; ) {
    const letter = text[at] as string;
    if (letter === '\\' && at + 1 < text.length) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    if (letter === '`') {
      const close = finder.next('`', at + 1);
      if (close > 0) {
        push({ type: 'code', text: text.slice(at + 1, close) });
        at = close + 1;
        continue;
      }
    }
    if (letter === '[' || (letter === '!' && text[at + 1] === '[')) {
      const open = letter === '[' ? at : at + 1;
      const close = finder.next('](', open);
      const end = close < 0 ? -1 : finder.next(')', close);
      if (end > 0) {
        const url = safeUrl(text.slice(close + 2, end));
        const words = inner(open + 1, close);
        if (url === null) for (const part of words) push(part);
        else push({ type: 'link', url, parts: words.length > 0 ? words : [{ type: 'text', text: url }] });
        at = end + 1;
        continue;
      }
    }
    if (letter === 'h' && (text.startsWith('https://', at) || text.startsWith('http://', at))) {
      const url = addressAt(text, at);
      const safe = safeUrl(url);
      if (safe !== null) {
        push({ type: 'link', url: safe, parts: [{ type: 'text', text: url }] });
        at += url.length;
        continue;
      }
    }
    const marker = MARKERS.find(([mark]) => text.startsWith(mark, at));
    const [mark = '', type] = marker ?? [];
    const close = type && opens(text, at, mark) ? finder.next(mark, at + mark.length) : -1;
    if (type && close > at + mark.length) {
      push({ type, parts: inner(at + mark.length, close) });
      at = close + mark.length;
      continue;
    }
    plain += mark === '' ? letter : mark;
    at += Math.max(1, mark.length);
  }
  if (plain !== '') parts.push({ type: 'text', text: plain });
  return parts;
}

/** A mark before a space is a sign, and an underscore within a word is a part of the word. */
function opens(text: string, at: number, mark: string): boolean {
  const next = text[at + mark.length] ?? ' ';
  if (next.trim() === '') return false;
  return !mark.startsWith('_') || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ');
}

function addressAt(text: string, from: number): string {
  let end = from;
  while (end < text.length && !/[\s<>"'`\])]/.test(text[end] as string)) end++;
  while (end > from && '.,;:!?*_'.includes(text[end - 1] as string)) end--;
  return text.slice(from, end);
}

/** The address of a page or a mailbox; null for everything else: commands, scripts, files. */
export function safeUrl(given: string): string | null {
  try {
    const url = new URL(given.trim().split(' ')[0] ?? '');
    return ['https:', 'http:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function markdownElements(text: string): HTMLElement[] {
  return parseMarkdown(text).map(blockElement);
}

function blockElement(block: Block): HTMLElement {
  switch (block.type) {
    case 'heading':
      // The panel's own headings are above a note's.
      return element(`h${Math.min(6, block.level + 2)}` as 'h3', {}, ...block.parts.map(inlineNode));
    case 'paragraph':
      return element('p', {}, ...block.parts.map(inlineNode));
    case 'code':
      return element('pre', {}, block.text);
    case 'quote':
      return element('blockquote', {}, ...block.blocks.map(blockElement));
    case 'list': {
      const items = block.items.map((parts) => element('li', {}, ...parts.map(inlineNode)));
      return element(block.isNumbered ? 'ol' : 'ul', {}, ...items);
    }
    case 'rule':
      return element('hr');
    default:
      return block satisfies never;
  }
}

function inlineNode(part: Inline): Node | string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'code':
      return element('code', {}, part.text);
    case 'link':
      return element('a', { href: part.url, title: part.url }, ...part.parts.map(inlineNode));
    case 'strong':
    case 'em':
    case 'del':
      return element(part.type, {}, ...part.parts.map(inlineNode));
    default:
      return part satisfies never;
  }
}
