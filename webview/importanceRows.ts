/** A bar of the importance chart. */
export interface ImportanceRow {
  readonly name: string;
  /** Length of the bar, of the longest one. */
  readonly share: number;
  readonly text: string;
}

/** Bars beyond this many would be too thin to matter. */
const MOST_ROWS = 50;

/** Rows for the bars; the percentages are of all parameters together. */
export function importanceRows(parameters: readonly { name: string; importance: number }[]): ImportanceRow[] {
  const sum = parameters.reduce((total, { importance }) => total + Math.max(0, importance), 0);
  const longest = Math.max(...parameters.map(({ importance }) => importance), 0);
  return parameters.slice(0, MOST_ROWS).map(({ name, importance }) => ({
    name,
    share: longest > 0 ? Math.max(0, importance) / longest : 0,
    text: percent(sum > 0 ? Math.max(0, importance) / sum : 0),
  }));
}

function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 1) return '< 1 %';
  return `${Math.round(value)} %`;
}
