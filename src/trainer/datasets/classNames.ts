import type { Cell } from './columns.ts';

/** A value as the name of a class, as Python's `str` writes it. */
export function classNameOf(cell: Cell): string {
  if (typeof cell === 'boolean') return cell ? 'True' : 'False';
  return String(cell);
}

/** The names of a column's classes in the order that Hugging Face's `class_encode_column` numbers them in: by code point. */
export function classNamesOf(cells: readonly Cell[]): string[] {
  return [...new Set(cells.filter((cell) => cell !== null).map(classNameOf))].sort(byCodePoint);
}

/** JavaScript's own order is that of UTF-16, in which an emoji comes before a full-width letter. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return left.length - right.length;
  const other = right[at];
  return other === undefined ? 1 : (left[at]?.codePointAt(0) as number) - (other.codePointAt(0) as number);
}
