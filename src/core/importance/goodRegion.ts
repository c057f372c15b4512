import type { Choice, Distribution } from '../space/distributions.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';

/** Where the good trials of one parameter lie. A range lies inside the searched one, with its ends on the grid. */
export type GoodRange =
  | { readonly type: 'float' | 'int'; readonly low: number; readonly high: number }
  | { readonly type: 'categorical'; readonly choices: readonly Choice[] };

/** Fewer complete trials than this say nothing about where the good region ends. */
const FEWEST_TRIALS = 10;
/** A parameter of a branch is narrowed only if so many good trials took the branch. */
const FEWEST_GOOD = 3;
/** The good trials are at least this part of all, and at most that one. */
const LEAST_PART = 0.1;
const MOST_PART = 0.25;
/** Two trials differ by more than this many standard deviations of one once in twenty times by chance alone. */
const NOISE_WIDTHS = 1.96 * Math.SQRT2;
/** What is left free beyond the outermost good values, as part of their width and of the searched width. */
const MARGIN = 0.1;
const LEAST_MARGIN = 0.02;

/**
 * The standard deviation of the objective between trials that have the same parameters; null where no two have, or where
 * they differ by nothing.
 */
export function repeatNoise(history: History): number | null {
  const groups = new Map<string, number[]>();
  for (const number of completeTrials(history)) {
    const key = JSON.stringify(Object.entries(history.params(number)).sort(([a], [b]) => (a < b ? -1 : 1)));
    const values = groups.get(key) ?? [];
    groups.set(key, values);
    values.push(history.value(number));
  }
  let squares = 0;
  let freedom = 0;
  for (const values of groups.values()) {
    if (values.length < 2) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    squares += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    freedom += values.length - 1;
  }
  return freedom > 0 && squares > 0 ? Math.sqrt(squares / freedom) : null;
}

/**
 * For each parameter of the best trial the range or the choices of the trials that are within the noise of the best, where
 * that is less than what was searched. The noise is the one between repeated trials (`repeatNoise`); without repeats the
 * best tenth counts, and in both cases no more than the best quarter, no fewer than the best tenth. The region always
 * holds the best trial. A parameter that only some trials have is judged by those. Empty with several objectives, and with
 * fewer than ten complete trials.
 */
export function goodRegion(history: History): ReadonlyMap<string, GoodRange> {
  const region = new Map<string, GoodRange>();
  const { best } = history;
  const trials = completeTrials(history);
  if (best === undefined || trials.length < FEWEST_TRIALS) return region;
  const good = goodTrials(history, trials);
  for (const name of history.paramNames(best)) {
    const searched = history.distribution(best, name);
    // A range that was changed meanwhile counts as it was for the best trial.
    const values = good.flatMap((number) => {
      const value = history.param(number, name);
      const own = history.distribution(number, name);
      return value !== undefined && own?.type === searched?.type ? [value] : [];
    });
    if (!searched || values.length < FEWEST_GOOD) continue;
    const found = narrowed(searched, values);
    if (found) region.set(name, found);
  }
  return region;
}

function completeTrials(history: History): number[] {
  if (history.directions.length !== 1) return [];
  return Array.from(history.states.keys()).filter(
    (number) => history.state(number) === TrialState.complete && Number.isFinite(history.value(number)),
  );
}

/** The trials of the region, the best first. */
function goodTrials(history: History, trials: readonly number[]): number[] {
  const best = history.best as number;
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const ranked = [...trials].sort(
    (a, b) => Number(b === best) - Number(a === best) || sign * (history.value(a) - history.value(b)) || a - b,
  );
  const reach = NOISE_WIDTHS * (repeatNoise(history) ?? 0);
  const within = ranked.filter((number) => sign * (history.value(number) - history.value(best)) <= reach).length;
  const least = Math.max(FEWEST_GOOD, Math.ceil(LEAST_PART * ranked.length));
  const most = Math.max(least, Math.floor(MOST_PART * ranked.length));
  return ranked.slice(0, Math.min(most, Math.max(least, within)));
}

function narrowed(searched: Distribution, values: readonly Choice[]): GoodRange | null {
  if (searched.type === 'categorical') {
    const choices = searched.choices.filter((choice) => values.some((value) => isSame(value, choice)));
    const isLess = choices.length > 0 && choices.length < searched.choices.length;
    return isLess ? { type: 'categorical', choices } : null;
  }
  const { low, high, log, step } = searched;
  const numbers = values.filter((value) => typeof value === 'number' && value >= low && value <= high) as number[];
  if (numbers.length < FEWEST_GOOD || high <= low) return null;
  const scale = log ? Math.log : (x: number) => x;
  const unscale = log ? Math.exp : (x: number) => x;
  const [from, to] = [Math.min(...numbers.map(scale)), Math.max(...numbers.map(scale))];
  const margin = Math.max(MARGIN * (to - from), LEAST_MARGIN * (scale(high) - scale(low)));
  const ends = { low: Math.max(low, unscale(from - margin)), high: Math.min(high, unscale(to + margin)) };
  const found = step === null ? rounded(ends, numbers, log) : onGrid(ends, low, high, step);
  const range = { low: Math.max(low, found.low), high: Math.min(high, found.high) };
  const isLess = range.low > low || range.high < high;
  return isLess && range.low < range.high ? { type: searched.type, ...range } : null;
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

/** Outwards to the next places of the grid that begins at `low`. */
function onGrid(ends: Ends, low: number, high: number, step: number): Ends {
  // A float step gives places such as 0.30000000000000004: what is written is the nearest short number.
  const place = (count: number) => Number((low + count * step).toPrecision(12));
  const last = Math.floor((high - low) / step + 1e-9);
  const below = Math.floor((ends.low - low) / step + 1e-9);
  const above = Math.ceil((ends.high - low) / step - 1e-9);
  return { low: below <= 0 ? low : place(below), high: above >= last ? high : place(above) };
}

/** Outwards to two digits of the width (on a logarithmic scale of the number itself), as a person would write it. */
function rounded({ low, high }: Ends, values: readonly number[], log: boolean): Ends {
  const unit = (end: number) => 10 ** (Math.floor(Math.log10(log ? Math.abs(end) : high - low)) - 1);
  const short = (end: number, round: (x: number) => number) => {
    const size = unit(end);
    const rounded = Number((round(end / size) * size).toPrecision(12));
    return Number.isFinite(rounded) ? rounded : end;
  };
  const ends = { low: short(low, Math.floor), high: short(high, Math.ceil) };
  return { low: Math.min(ends.low, ...values), high: Math.max(ends.high, ...values) };
}

function isSame(a: Choice, b: Choice): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
