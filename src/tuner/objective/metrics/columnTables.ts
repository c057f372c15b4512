import { shownText } from '../../../storage/log/metricLines.ts';

/** A progress bar behind a row, as Ultralytics prints it. */
const BAR = /:?\s{0,3}\d{1,3}%\s{0,3}[|━─╸]/;
const HEADING = /^[\p{L}_(%][\p{L}\p{N}_.()@/%^-]*$/u;
const CELL = /^[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan)$/i;
/** Lines after which a heading is forgotten where no row followed. */
const FORGET_AFTER = 50;
const MOST_COLUMNS = 40;

/**
 * Reads tables whose headings are on a line of their own, as Ultralytics, fastai and scikit-learn's report print them:
 * `Class  Images  Instances  P  R  mAP50`, then `all  4  17  0.62  0.83  0.88`. A row has a cell for each heading, maybe
 * after a name of its own, and at least two numbers. Returns the numbers by heading; undefined for any other line.
 */
export class ColumnTables {
  #headings: readonly string[] = [];
  #since = 0;

  read(line: string): Record<string, number> | undefined {
    const shown = shownText(line);
    const text = shown.slice(0, BAR.exec(shown)?.index).trim();
    if (text === '' || /^[-=─━+|\s]+$/.test(text)) return undefined;
    const cells = (/[|│┃]/.test(text) ? text.split(/[|│┃]/) : text.split(/\s+/))
      .map((cell) => cell.trim())
      .filter((cell) => cell !== '');
    if (cells.length >= 3 && cells.length <= MOST_COLUMNS && cells.every((cell) => HEADING.test(cell))) {
      this.#headings = cells.map((cell) => headingOf(cell));
      this.#since = 0;
      return undefined;
    }
    const row = this.#row(cells);
    this.#since = row ? 0 : this.#since + 1;
    if (this.#since > FORGET_AFTER) this.#headings = [];
    return row;
  }

  #row(cells: readonly string[]): Record<string, number> | undefined {
    const { length } = this.#headings;
    const named = cells.length - length;
    if (length === 0 || named < 0 || named > 3) return undefined;
    const own = cells.slice(named);
    const numbers = own.map((cell) => (CELL.test(cell) ? numberOf(cell) : undefined));
    const count = numbers.filter((number) => number !== undefined).length;
    // A row with a name has nothing but numbers behind it; another may have one or two cells of text, such as a time.
    if (count < 2 || count < own.length - (named > 0 ? 0 : 2)) return undefined;
    const row: Record<string, number> = {};
    for (const [index, name] of this.#headings.entries()) {
      const number = numbers[index];
      const step = /^epoch$/i.test(name) ? /^(\d+)\/\d+$/.exec(own[index] as string)?.[1] : undefined;
      const value = step === undefined ? number : Number(step);
      if (value !== undefined) Object.defineProperty(row, name, { value, enumerable: true });
    }
    return row;
  }
}

/** `mAP50` of `Box(mAP50)`, `loss` of `Train(loss`. */
function headingOf(cell: string): string {
  const plain = cell.replace(/^\(|\)$/g, '');
  const last = plain.slice(plain.lastIndexOf('(') + 1);
  return /^\w+$/.test(last) ? last : plain;
}

function numberOf(cell: string): number {
  const word = /(inf|nan)$/i.exec(cell)?.[1]?.toLowerCase();
  if (word === undefined) return Number(cell);
  if (word === 'nan') return Number.NaN;
  return cell.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
