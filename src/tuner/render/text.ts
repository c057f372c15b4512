/** Words and numbers as the command line prints them: the same in every locale. */

import { populationProgress } from '../../core/schedulers/progress.ts';
import type { ParamValue } from '../../core/space/distributions.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';

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
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0;
  const isWide =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
  return isWide.test(character) && (character.codePointAt(0) as number) > 0x2000 ? 2 : 1;
}

/** Cuts a text to a width, with an ellipsis. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const character of text) {
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

/** Rows as aligned columns, two spaces between; `right` names the columns of numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
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
