/** Words and numbers as the command line prints them: the same in every locale. */

import { populationProgress } from '../../core/schedulers/progress.ts';
import type { ParamValue } from '../../core/space/distributions.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { printable } from '../../core/text/printable.ts';

export const STATE_NAMES: Readonly<Record<TrialState, string>> = {
  [TrialState.running]: 'running',
  [TrialState.complete]: 'complete',
  [TrialState.pruned]: 'pruned',
  [TrialState.fail]: 'failed',
  [TrialState.waiting]: 'waiting',
};

/** A number for reading: six digits. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  return String(Number(value.toPrecision(6)));
}

export function paramText(value: ParamValue): string {
  if (typeof value === 'number') return shortNumber(value);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
}

export function paramsText(params: Readonly<Record<string, ParamValue>>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${paramText(value)}`)
    .join('  ');
}

/** A duration as a person says it: 0.8 s, 47 s, 12 min, 3 h 20 min. */
export function durationText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `3 trials`, `1 trial`, `2 studies`. */
export function countText(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}

/** How far a study is: `12/40`, `12 trials` without a goal, or where a population stands. */
export function progressText(history: History, tried: number, goal: number | null): string {
  const population = populationProgress(history);
  if (population) return `${countText(population.members, 'member')} at step ${population.step}`;
  return goal === null ? countText(tried, 'trial') : `${tried}/${goal}`;
}

/** `25 complete, 13 pruned, 2 failed`: the states that occur. */
export function stateCounts(history: History): string {
  const order = [TrialState.complete, TrialState.pruned, TrialState.fail, TrialState.running, TrialState.waiting];
  const parts = order
    .filter((state) => history.count(state) > 0)
    .map((state) => `${history.count(state)} ${STATE_NAMES[state]}`);
  return parts.length > 0 ? parts.join(', ') : 'no trials';
}

/** Columns that a text takes in a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

const ASCII = /^[ -~]*$/;
const UNSEEN = /\p{Mn}|\p{Me}|\p{Cf}/u;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Extended_Pictographic}|\p{Emoji_Presentation}/u;
/** Some fonts draw these wider than the terminal counts: where it wraps, the live table would climb too few lines. */
const WIDEST = /[\u{12000}-\u{1254f}\ufdfd]/u;

function characterWidth(character: string): number {
  if (ASCII.test(character)) return 1;
  if (UNSEEN.test(character)) return 0;
  const isWide = WIDE.test(character) || WIDEST.test(character);
  return isWide && (character.codePointAt(0) as number) > 0x1000 ? 2 : 1;
}

/** A letter takes up to eight marks, of two units each: no more of a text than this can be seen in a column. */
const UNITS_A_COLUMN = 20;

/** Text from outside as one line, cut to a width with an ellipsis. */
export function fit(text: string, width: number): string {
  const shown = printable(text.length > UNITS_A_COLUMN * width ? text.slice(0, UNITS_A_COLUMN * width) : text);
  if (textWidth(shown) <= width) return shown;
  let result = '';
  let used = 0;
  for (const character of shown) {
    used += characterWidth(character);
    if (used > width - 1) break;
    result += character;
  }
  return `${result}…`;
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** One long name must not widen all rows; what a row ends with, such as a path to copy, widens none. */
const WIDEST_CELL = 80;
const WIDEST_LAST_CELL = 1000;

/**
 * Rows as aligned columns, two spaces between; `right` names the columns of numbers. A cell is one line, of 80 columns at
 * most, the last of a row of 1000.
 */
export function table(given: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const rows = given.map((row) =>
    row.map((cell, column) => fit(cell, column === row.length - 1 ? WIDEST_LAST_CELL : WIDEST_CELL)),
  );
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, textWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (right.includes(column) ? padStart : padEnd)(cell, widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}
