import { Random, shuffle } from '../random.ts';
import { isSingle } from '../space/distributionRules.ts';
import type { ParameterColumn } from '../study/columns/parameterColumn.ts';
import type { History } from '../study/history.ts';
import { uniformHistory } from '../study/living/uniformForm.ts';
import { TrialState } from '../study/states.ts';
import { assessed, explainedVariance, type FanovaOptions } from './fanova.ts';
import { checkQuery, finiteTrials, normalised } from './importance.ts';
import { adjustedPValues, groupedRanks, groupsOf } from './noise.ts';
import { TopDensities } from './pedAnova.ts';
import { trialsOutside } from './usedTrials.ts';

export type ImportanceEvaluator = 'pedAnova' | 'fanova';

export interface AssessOptions {
  readonly evaluator: ImportanceEvaluator;
  /** From 0. fANOVA of a study with several objectives needs it. */
  readonly objective?: number | undefined;
  /** Trials not among the best, for PED-ANOVA; those of `trialsOutside` by default. */
  readonly outside?: readonly number[] | undefined;
  /** 0 by default: equal seeds give equal reports. */
  readonly seed?: number;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface AssessedParameter {
  readonly name: string;
  readonly importance: number;
  /** Ends of the interval over half-samples, 5 and 95 %. */
  readonly low: number;
  readonly high: number;
  /** Whether chance alone gives as strong a relation with the objective too often to tell this parameter from noise. */
  readonly isNoise: boolean;
  /** How many of the trials that were looked at have it. */
  readonly trials: number;
  /** Whether its importance is a share of what varies among the trials that have it, and so no part of the sum of 1. */
  readonly isApart: boolean;
}

export interface ImportanceReport {
  /** Largest first, then those that stand apart. */
  readonly parameters: readonly AssessedParameter[];
  /** Complete trials that were looked at, or drawn from if there is a sample. */
  readonly complete: number;
  /** Pruned trials that were looked at. */
  readonly pruned: number;
  /** Size of the sample that was drawn from the complete trials; null when all were looked at. */
  readonly sample: number | null;
  /** Trials that were left out, by reason. */
  readonly leftOut: { readonly pruned: number; readonly failed: number; readonly notFinite: number };
}

/** fANOVA looks at no more trials than this, drawn at random. */
export const LARGEST_SAMPLE = 10_000;
/** Rows of each of its trees. */
const TREE_ROWS = 2000;
/** Shuffles of the objective; half-samples of PED-ANOVA and of fANOVA. */
const SHUFFLES = 400;
const HALVES = { pedAnova: 100, fanova: 20 } as const;
const HALF_TREES = 8;
/** A parameter counts as told from noise when chance makes any parameter of the study look so in less than this share. */
const LEVEL = 0.05;

/**
 * Importances with how far to trust them. The shares are those of `pedAnova` with pruned trials where they are valid (see
 * `trialsOutside`), or of `fanova`.
 *
 * - Interval: the same measure on random halves of the trials, without replacement. Half-samples spread around their mean as
 *   whole ones do around theirs (delete-d jackknife with d = n / 2, Shao and Wu 1989; Politis, Romano and Wolf 1999), and
 *   unlike bootstrap samples hold no trial twice, which would look like a dense place. The spread is put around the share.
 * - Noise: a permutation test of Kruskal and Wallis's statistic, adjusted for the number of parameters (see
 *   `adjustedPValues`). What the shares themselves do on shuffled data tests the same, but with a few trials in PED-ANOVA's
 *   top tenth it misses a strong parameter of 30 trials most of the time. Both measures tell what a parameter does by itself:
 *   so does the test, which does not see a pure interaction either.
 * - Conditional parameters and changing ranges: PED-ANOVA has them in its sum, by regimes (see `pedAnova`). fANOVA has no
 *   value where a parameter is absent, as Optuna leaves them out: here each stands apart, with its share of the variance among
 *   the trials that have it in its commonest range.
 */
export function assessImportance(trials: History, options: AssessOptions): ImportanceReport {
  const history = uniformHistory(trials);
  checkQuery(history, options.objective === undefined ? {} : { objective: options.objective });
  return options.evaluator === 'fanova' ? assessFanova(history, options) : assessPedAnova(history, options);
}

function assessPedAnova(history: History, { objective, outside, seed = 0, onProgress }: AssessOptions) {
  const never = outside ?? trialsOutside(history, objective);
  const densities = new TopDensities(history, { outside: never, ...(objective !== undefined && { objective }) });
  const { names, trials, losses } = densities;
  const shares = normalised(names, densities.explained());
  const halves: Float64Array[] = [];
  for (const places of halvesOf(trials.length, HALVES.pedAnova, seed)) {
    const isIn = new Uint8Array(trials.length);
    for (const place of places) isIn[place] = 1;
    halves.push(sharesIn(names, densities.explained(isIn)));
    onProgress?.((0.9 * halves.length) / HALVES.pedAnova);
  }
  const columns = names.map((name) => history.parameters.get(name) as ParameterColumn);
  const noise = noiseOf(columns, trials, losses, seed);
  const parameters = shares.map(({ name, importance }): AssessedParameter => {
    const index = names.indexOf(name);
    const column = columns[index];
    const count = trials.reduce((sum, number) => sum + Number(column.has(number)), 0);
    const interval = intervalOf(importance, halves, index);
    return { name, importance, ...interval, isNoise: noise[index], trials: count, isApart: false };
  });
  onProgress?.(1);
  return { parameters, ...countsOf(history, objective, trials), sample: null };
}

function assessFanova(history: History, options: AssessOptions): ImportanceReport {
  const { objective = 0, seed = 0, onProgress } = options;
  const all = finiteTrials(history, objective);
  const trials = sampled(all, LARGEST_SAMPLE, seed);
  const columns = assessed(history);
  const apart = apartFrom(history, columns, trials);
  const settings = { objective, seed, rows: TREE_ROWS };
  const steps = 1 + HALVES.fanova * (HALF_TREES / 64) * 2;
  // Half the work is that of the whole space, as far as there are parameters that stand apart.
  const part = apart.length > 0 ? 0.5 : 1;
  const shown = (done: number) => onProgress?.(part * Math.min(1, done / steps));
  const parameters = forestReport(history, columns, trials, settings, shown);
  for (const [index, { column, trials: own, beside }] of apart.entries()) {
    const few = sampled(own, TREE_ROWS, seed);
    const [row] = forestReport(history, [column, ...beside], few, { ...settings, trees: 16, rows: TREE_ROWS / 4 })
      .filter(({ name }) => name === column.name)
      .map((found) => ({ ...found, trials: own.length, isApart: true }));
    if (row) parameters.push(row);
    onProgress?.(part + ((1 - part) * (index + 1)) / apart.length);
  }
  const isSample = trials.length < all.length;
  return { parameters, ...countsOf(history, objective, all), sample: isSample ? trials.length : null };
}

type ForestSettings = Omit<FanovaOptions, 'params'> & { readonly rows: number; readonly objective: number };

function forestReport(
  history: History,
  columns: readonly ParameterColumn[],
  trials: readonly number[],
  settings: ForestSettings & { readonly seed: number },
  shown: (done: number) => void = () => undefined,
): AssessedParameter[] {
  if (columns.length === 0) return [];
  const names = columns.map(({ name }) => name);
  const shares = normalised(names, explainedVariance(history, columns, trials, settings));
  shown(1);
  const halves: Float64Array[] = [];
  for (const places of halvesOf(trials.length, HALVES.fanova, settings.seed)) {
    const half = Array.from(places, (place) => trials[place]);
    const forest = { ...settings, trees: HALF_TREES, seed: settings.seed + 1 + halves.length };
    halves.push(sharesIn(names, explainedVariance(history, columns, half, forest)));
    shown(1 + (halves.length * 2 * HALF_TREES) / 64);
  }
  const values = Float64Array.from(trials, (number) => history.value(number, settings.objective));
  const noise = noiseOf(columns, trials, values, settings.seed);
  return shares.map(({ name, importance }) => {
    const index = names.indexOf(name);
    const interval = intervalOf(importance, halves, index);
    return {
      name,
      importance,
      ...interval,
      isNoise: noise[index],
      trials: trials.length,
      isApart: false,
    };
  });
}

interface Apart {
  readonly column: ParameterColumn;
  /** Those that have it in its commonest distribution. */
  readonly trials: readonly number[];
  /** Other parameters that all of these have in one distribution. */
  readonly beside: readonly ParameterColumn[];
}

/** The parameters that not every trial has in the same distribution. */
function apartFrom(history: History, columns: readonly ParameterColumn[], trials: readonly number[]): Apart[] {
  const known = new Set(columns);
  return [...history.parameters.values()].flatMap((column) => {
    if (known.has(column)) return [];
    const counts = new Uint32Array(column.distributions.length + 1);
    for (const number of trials) {
      const id = column.distributionIdAt(number);
      counts[id] = counts[id] + 1;
    }
    const commonest = counts.subarray(1).indexOf(counts.subarray(1).reduce((a, b) => Math.max(a, b), 0)) + 1;
    const own = trials.filter((number) => column.distributionIdAt(number) === commonest);
    const distribution = column.distributions[commonest - 1];
    if (own.length < 2 || !distribution || isSingle(distribution)) return [];
    const beside = [...history.parameters.values()].filter((other) => {
      const first = other.distribution(own[0]);
      return other !== column && first && own.every((number) => other.distribution(number) === first);
    });
    return [{ column, trials: own, beside }];
  });
}

/** Places of random halves, pairs of which complete each other. */
function* halvesOf(count: number, halves: number, seed: number): Generator<Uint32Array> {
  const places = Uint32Array.from({ length: count }, (_, place) => place);
  const middle = Math.ceil(count / 2);
  for (let pair = 0; 2 * pair < halves; pair++) {
    shuffle(places, new Random(seed, pair, 'half'));
    yield places.slice(0, middle).sort();
    yield places.slice(count - middle).sort();
  }
}

function sharesIn(names: readonly string[], raw: Float64Array): Float64Array {
  const total = raw.reduce((sum, one) => sum + one, 0);
  return raw.map((one) => (total > 0 ? one / total : 1 / names.length));
}

function intervalOf(share: number, halves: readonly Float64Array[], index: number): { low: number; high: number } {
  const sorted = Float64Array.from(halves, (half) => half[index]).sort();
  const at = (quantile: number) => sorted[Math.round(quantile * (sorted.length - 1))];
  const middle = at(0.5);
  return { low: Math.max(0, share + at(0.05) - middle), high: Math.min(1, share + at(0.95) - middle) };
}

/** Whether each parameter can't be told from noise; one that only some trials have is tested among these. */
function noiseOf(
  columns: readonly ParameterColumn[],
  trials: readonly number[],
  targets: Float64Array,
  seed: number,
): boolean[] {
  const bySet = new Map<string, { rows: number[]; columns: number[] }>();
  for (const [index, column] of columns.entries()) {
    const rows: number[] = [];
    for (let row = 0; row < trials.length; row++) if (column.isComparable(trials[row])) rows.push(row);
    // Columns of all trials are shuffled together; others seldom share their trials.
    const key = rows.length === trials.length ? '' : column.name;
    const set = bySet.get(key);
    if (set) set.columns.push(index);
    else bySet.set(key, { rows, columns: [index] });
  }
  const observed = new Float64Array(columns.length);
  const byChance: Float64Array[] = new Array(columns.length);
  for (const [place, { rows, columns: own }] of [...bySet.values()].entries()) {
    const few = sampled(rows, LARGEST_SAMPLE, seed);
    const groups = own.map((index) => {
      const column = columns[index];
      const placed = Float64Array.from(few, (row) => column.internalAt(trials[row]));
      return column.latest.type === 'categorical'
        ? Uint8Array.from(placed, (choice) => Math.min(choice, 255))
        : groupsOf(placed);
    });
    const values = Float64Array.from(few, (row) => targets[row]);
    const found = groupedRanks(values, groups, SHUFFLES, new Random(seed, place, 'shuffle'));
    for (const [at, index] of own.entries()) {
      observed[index] = found.observed[at];
      byChance[index] = found.byChance[at];
    }
  }
  return Array.from(adjustedPValues(observed, byChance), (p) => p > LEVEL);
}

/** At most `size` of the numbers, at random, in their order. */
function sampled(numbers: readonly number[], size: number, seed: number): readonly number[] {
  if (numbers.length <= size) return numbers;
  const random = new Random(seed, 0, 'sample');
  const drawn: number[] = [];
  for (let index = 0; index < numbers.length; index++) {
    const isDrawn = random.uniform() * (numbers.length - index) < size - drawn.length;
    if (isDrawn) drawn.push(numbers[index]);
  }
  return drawn;
}

function countsOf(history: History, objective: number | undefined, trials: readonly number[]) {
  const pruned = trials.reduce((sum, number) => sum + Number(history.state(number) === TrialState.pruned), 0);
  const complete = trials.length - pruned;
  return {
    complete,
    pruned,
    leftOut: {
      pruned: history.count(TrialState.pruned) - pruned,
      failed: history.count(TrialState.fail),
      notFinite: history.count(TrialState.complete) - finiteTrials(history, objective).length,
    },
  };
}
