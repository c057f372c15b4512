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
  const cellAt = (offset: number) => cells.findLast((cell) => cell.start <= offset) as Cell;
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
  const stretch = cell.stretches.findLast((one) => one.codeStart <= offset);
  if (!stretch) return 0;
  let left = offset - stretch.codeStart;
  const escapes = /\\(?:u[\da-f]{4}|[\s\S])|[^\\]/gi;
  while (left > 0 && escapes.exec(stretch.written)) left--;
  return stretch.fileStart + escapes.lastIndex;
}

/** What IPython runs itself becomes a comment of the same length; a cell in another language, blanks. */
function withoutMagics(code: string): string {
  if (/^\s*%%(?!time|timeit|capture|prun)/.test(code)) return code.replace(/[^\r\n]/g, ' ');
  return code.replace(/^([ \t]*)[%!?]/gm, '$1#');
}
