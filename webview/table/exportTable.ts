/** The table as text: for a spreadsheet, a program, a page or a paper. Values are exact, not as the table rounds them. */
import type { Selection } from '../filter/crossfilter.ts';
import { GUIDES, type PlotData } from '../plot/plotData.ts';
import type { TableColumn } from './tableModel.ts';

export const FORMATS = ['csv', 'json', 'markdown', 'latex'] as const;
export type TableFormat = (typeof FORMATS)[number];

export const EXTENSION: Readonly<Record<TableFormat, string>> = {
  csv: 'csv',
  json: 'json',
  markdown: 'md',
  latex: 'tex',
};

type Cell = number | string | boolean | null;

export function exportTable(columns: readonly TableColumn[], numbers: Iterable<number>, format: TableFormat): string {
  const rows = Array.from(numbers, (number) => columns.map(({ exact }) => exact(number)));
  const labels = columns.map(({ label }) => label);
  switch (format) {
    case 'csv':
      return csvTable([labels, ...rows]);
    case 'json':
      return `${JSON.stringify(
        rows.map((row) => recordOf(labels, row)),
        null,
        2,
      )}\n`;
    case 'markdown':
      return lines([
        markdownRow(labels.map(markdownText)),
        markdownRow(columns.map(({ isText }) => (isText ? '---' : '---:'))),
        ...rows.map((row) => markdownRow(row.map(markdownText))),
      ]);
    default:
      return lines([
        `\\begin{tabular}{${columns.map(({ isText }) => (isText ? 'l' : 'r')).join('')}}`,
        '\\hline',
        ...[labels, ...rows].flatMap((row, at) => [
          `${row.map((cell) => latexText(cellText(cell))).join(' & ')} \\\\`,
          ...(at === 0 ? ['\\hline'] : []),
        ]),
        '\\hline',
        '\\end{tabular}',
      ]);
  }
}

/** What a chart shows, a row a point, in the units of its axes; trials that only a density shows included. */
export function chartTable(data: PlotData | null, selection: Pick<Selection, 'isOn' | 'has'>): string {
  const { x, y, sets = [], trials = [], locate = () => [], describe } = data ?? {};
  const head = [describe ? 'study' : 'trial', x?.name || 'x', y?.name || 'y', 'shape', 'filtered'];
  const drawn = new Set(sets.flatMap(({ style, points }) => (GUIDES.has(style) ? [] : points.map(({ n }) => n))));
  const rows: Cell[][] = sets.flatMap(({ style, points, isOut }) =>
    points
      .filter((point) => !Number.isNaN(point.y))
      .map((point) => [describe?.(point.n).title ?? point.n, point.x, point.y, style, isOut !== true]),
  );
  for (const number of trials) {
    if (drawn.has(number)) continue;
    const isIn = !selection.isOn || selection.has(number);
    for (const point of locate(number)) rows.push([number, point.x, point.y, 'density', isIn]);
  }
  return csvTable([head, ...rows]);
}

export function csvTable(rows: readonly (readonly Cell[])[]): string {
  return lines(rows.map((row) => row.map((cell) => csvCell(cell, ',')).join(',')));
}

/** With tabs, as spreadsheets take it from the clipboard. */
export function clipboardTable(columns: readonly TableColumn[], numbers: Iterable<number>): string {
  const rows = Array.from(numbers, (number) => columns.map(({ exact }) => csvCell(exact(number), '\t')).join('\t'));
  return lines([columns.map(({ label }) => csvCell(label, '\t')).join('\t'), ...rows]);
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}

function cellText(cell: Cell): string {
  return cell === null ? '' : String(cell).replaceAll(/\s+/g, ' ');
}

/** JSON has no word for numbers that are not finite: they are the texts that Python's writers use. */
function recordOf(labels: readonly string[], row: readonly Cell[]): Record<string, Cell> {
  const entries = row.map((cell, at): [string, Cell] => {
    const isWritable = typeof cell !== 'number' || Number.isFinite(cell);
    return [labels[at] as string, isWritable ? cell : String(cell)];
  });
  return Object.fromEntries(entries);
}

/**
 * Of RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection);
 * numbers are numbers.
 */
function csvCell(cell: Cell, separator: string): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = /^\s*[=+\-@|%]/.test(cell) || /^[\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /["\r\n\t]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdownText(cell: Cell): string {
  return cellText(cell).replaceAll(/[\\`*_{}[\]<>#|!]/g, '\\$&');
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

function latexText(text: string): string {
  return text.replaceAll(/[\\~^&%$#_{}]/g, (letter) => LATEX[letter] ?? `\\${letter}`);
}
