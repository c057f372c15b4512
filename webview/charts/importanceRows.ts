import type { AssessedParameter } from '../../src/core/importance/assess.ts';

/** A bar of the importance chart. */
export interface ImportanceRow {
  readonly name: string;
  /** Length of the bar, of the longest one. */
  readonly share: number;
  readonly text: string;
  /** Ends of the interval, in the unit of `share`, at most 1. */
  readonly low: number;
  readonly high: number;
  readonly range: string;
  readonly isNoise: boolean;
  /** How many trials have it; null when all do. */
  readonly trials: number | null;
}

/** Bars beyond this many would be too thin to matter. */
const MOST_ROWS = 50;

/** Rows for the bars, as long as the longest interval lets them be. `used`: how many trials were looked at. */
export function importanceRows(parameters: readonly AssessedParameter[], used: number): ImportanceRow[] {
  const longest = Math.max(...parameters.map(({ high }) => high), 1e-9);
  return parameters.slice(0, MOST_ROWS).map(({ name, importance, low, high, isNoise, isApart, trials }) => ({
    name,
    share: importance / longest,
    text: percent(importance),
    low: low / longest,
    high: high / longest,
    range: `${Math.round(100 * low)}–${Math.round(100 * high)} %`,
    isNoise,
    trials: isApart || trials < used ? trials : null,
  }));
}

function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 1) return '< 1 %';
  return `${Math.round(value)} %`;
}
