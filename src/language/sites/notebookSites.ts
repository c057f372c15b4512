import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import { parsePython } from '../python/tree.ts';
import { TextIndex } from '../textIndex.ts';
import { pythonSites } from './pythonSites.ts';
import type { FoundSites } from './tunableSite.ts';

/** A stretch of a cell's code and the JSON text, with its escapes, that spells it. */
interface Stretch {
  readonly codeStart: number;
  readonly code: string;
  readonly fileStart: number;
  readonly written: string;
  /** Where each character of the code is spelled, from `fileStart` on; made when it is first asked for. */
  places?: Uint32Array;
}

interface Cell {
  readonly index: number;
  /** Where it starts in the code of all cells. */
  readonly start: number;
  readonly stretches: readonly Stretch[];
  readonly lines: TextIndex;
}

/**
 * Every literal with a name in the code cells of a Python notebook (nbformat 4), as if the cells were one module. Offsets
 * are those of the file's own text.
 */
export function notebookSites(text: string): FoundSites {
  const root = parseTree(text, []);
  const language = root && findNodeAtLocation(root, ['metadata', 'kernelspec', 'language'])?.value;
  const nodes = root && findNodeAtLocation(root, ['cells'])?.children;
  if (!nodes || (typeof language === 'string' && language.toLowerCase() !== 'python')) return { sites: [], errors: [] };
  const cells: Cell[] = [];
  let code = '';
  for (const [index, node] of nodes.entries()) {
    if (findNodeAtLocation(node, ['cell_type'])?.value !== 'code') continue;
    const stretches = stretchesOf(findNodeAtLocation(node, ['source']), text, code.length);
    const own = withoutMagics(stretches.map((one) => one.code).join(''));
    cells.push({ index, start: code.length, stretches, lines: new TextIndex(own) });
    code += `${own}\n`;
  }
  const found = pythonSites(parsePython(code), code);
  const cellAt = (offset: number) => lastUpTo(cells, (cell) => cell.start, offset) as Cell;
  return {
    sites: found.sites.map((site) => {
      const cell = cellAt(site.start);
      const [start, end] = [site.start - cell.start, site.end - cell.start];
      const line = cell.lines.lineAt(start) + 1;
      const place = { start: fileOffset(cell, site.start), end: fileOffset(cell, site.end) };
      return { ...site, ...place, cell: { index: cell.index, start, end, line } };
    }),
    errors: cells.length === 0 ? [] : found.errors.map((offset) => fileOffset(cellAt(offset), offset)),
  };
}

/** The source of a cell is one text or a list of lines. */
function stretchesOf(source: Node | undefined, text: string, start: number): Stretch[] {
  let codeStart = start;
  const parts = source?.type === 'array' ? (source.children ?? []) : source ? [source] : [];
  return parts.flatMap((part) => {
    if (typeof part.value !== 'string') return [];
    const written = text.slice(part.offset + 1, part.offset + part.length - 1);
    const stretch = { codeStart, code: part.value, fileStart: part.offset + 1, written };
    codeStart += part.value.length;
    return [stretch];
  });
}

function fileOffset(cell: Cell, offset: number): number {
  const stretch = lastUpTo(cell.stretches, (one) => one.codeStart, offset);
  if (!stretch) return 0;
  stretch.places ??= placesOf(stretch);
  const last = stretch.places.length - 1;
  return stretch.fileStart + (stretch.places[Math.min(offset - stretch.codeStart, last)] as number);
}

function placesOf({ code, written }: Stretch): Uint32Array {
  const places = new Uint32Array(code.length + 1);
  let place = 0;
  for (let at = 0; at <= code.length; at++) {
    places[at] = place;
    place += written[place] !== '\\' ? 1 : written[place + 1] === 'u' ? 6 : 2;
  }
  return places;
}

/** The last of the items, ascending by `start`, that starts at `offset` or before. */
function lastUpTo<T>(items: readonly T[], start: (item: T) => number, offset: number): T | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start(items[middle] as T) <= offset) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}

/** What IPython runs itself becomes a comment of the same length; a cell in another language, blanks. */
function withoutMagics(code: string): string {
  if (/^\s*%%(?!time|timeit|capture|prun)/.test(code)) return code.replace(/[^\r\n]/g, ' ');
  return code.replace(/^([ \t]*)[%!?]/gm, '$1#');
}
