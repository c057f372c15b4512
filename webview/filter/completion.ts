/** What can stand at the caret of the filter line: a name, then an operator, then a value. Knows no DOM. */
import { type FilterColumn, findColumn, usedName } from './columns.ts';
import { conditionText, nameText, tokens } from './condition.ts';

export interface Suggestion {
  /** What is put into the line. */
  readonly text: string;
  /** Beside it: the range of a column. */
  readonly detail: string;
}

export interface Completion {
  /** The part of the line that a suggestion replaces. */
  readonly from: number;
  readonly to: number;
  readonly suggestions: readonly Suggestion[];
}

const MOST = 50;
const OPERATORS = ['<', '<=', '>', '>=', '==', '!='];
const COMPARISONS: ReadonlySet<string> = new Set(OPERATORS);
const JOINTS: ReadonlySet<string> = new Set(['&&', '||', '!', '(', 'and', 'or', 'not']);

/** `rangeOf`: from the smallest to the largest value of a column of numbers, in words. */
export function complete(
  line: string,
  caret: number,
  columns: readonly FilterColumn[],
  rangeOf: (column: FilterColumn) => string,
): Completion {
  const before = tokensBefore(line.slice(0, caret));
  const last = before.at(-1);
  // A word that the caret touches is still being written.
  const isOpen = last !== undefined && last.end === caret && last.kind !== 'sign';
  const written = isOpen ? last.text : '';
  const done = isOpen ? before.slice(0, -1) : before;
  const from = isOpen ? last.at : caret;
  const found = suggestionsAfter(done, columns, rangeOf).filter(({ text }) => matches(text, written));
  const suggestions = found.length === 1 && found[0]?.text === line.slice(from, caret) ? [] : found.slice(0, MOST);
  return { from, to: caret, suggestions };
}

function matches(text: string, written: string): boolean {
  return text.toLowerCase().replaceAll(/["`]/g, '').includes(written.toLowerCase());
}

interface Placed {
  readonly kind: string;
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** The tokens of a line that may end in an open quote. */
function tokensBefore(line: string): Placed[] {
  for (const closing of ['', '"', "'", '`']) {
    try {
      const found = tokens(line + closing);
      return found.slice(0, -1).map((token, at) => {
        const next = found[at + 1] as { at: number };
        const end = line.slice(token.at, Math.min(next.at, line.length)).trimEnd().length + token.at;
        return { ...token, end: closing !== '' && at === found.length - 2 ? line.length : end };
      });
    } catch {
      // Another closing quote may fit.
    }
  }
  return [];
}

function suggestionsAfter(
  done: readonly Placed[],
  columns: readonly FilterColumn[],
  rangeOf: (column: FilterColumn) => string,
): Suggestion[] {
  const last = done.at(-1);
  if (!last || JOINTS.has(last.text)) {
    return columns.map((column) => {
      return { text: nameText(usedName(columns, column)), detail: column.choices ? '' : rangeOf(column) };
    });
  }
  const before = done.at(-2);
  if (COMPARISONS.has(last.text)) {
    const column = before && findColumn(columns, before.text);
    return valuesOf(column);
  }
  const list = done.findLastIndex(({ text }) => text === 'in');
  if (list > 0 && done.slice(list + 1).every(({ text }) => text !== ')' && text !== ']')) {
    return last.text === 'in' ? [{ text: '(', detail: '' }] : valuesOf(findColumn(columns, done[list - 1]?.text ?? ''));
  }
  const isName = !before || JOINTS.has(before.text);
  const column = isName ? findColumn(columns, last.text) : undefined;
  if (!column) return ['&&', '||'].map((text) => ({ text, detail: '' }));
  const hasOrder = !column.choices || column.choices.some((choice) => typeof choice === 'number');
  return (hasOrder ? [...OPERATORS, 'in'] : ['==', '!=', 'in']).map((text) => ({ text, detail: '' }));
}

function valuesOf(column: FilterColumn | undefined): Suggestion[] {
  return (column?.choices ?? []).map((choice) => {
    const value = choice !== null && typeof choice === 'object' ? JSON.stringify(choice) : (choice as string);
    // State names are words of the filter; a choice of the study is a text.
    const isQuoted = typeof value === 'string' && column?.longName.startsWith('trial.') === false;
    const text = conditionText({ kind: 'in', name: 'x', values: [{ value, isQuoted }] });
    return { text: text.slice('x in ('.length, -1), detail: '' };
  });
}
