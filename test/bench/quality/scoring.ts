import type { Direction } from '../../../src/core/study/states.ts';
import { holm, mannWhitney, mean, median, ranks, standardError } from './statistics.ts';

/** The curves of all samplers on one problem, by sampler and seed. */
export interface ProblemCurves {
  readonly name: string;
  readonly family: string;
  readonly direction: Direction;
  readonly best: number;
  readonly curves: ReadonlyMap<string, ReadonlyMap<number, readonly (number | null)[]>>;
}

/** Regrets below this share of random search's count as this. */
const FLOOR = 1e-3;

/** Distances to the best known value after `budget` trials, by seed; infinite while every trial has failed. */
export function regretsOf(
  { curves, direction, best }: ProblemCurves,
  sampler: string,
  budget: number,
): Map<number, number> {
  const sign = direction === 2 ? -1 : 1;
  const regrets = new Map<number, number>();
  for (const [seed, curve] of curves.get(sampler) ?? []) {
    const value = curve[budget - 1];
    if (value === undefined) continue;
    regrets.set(seed, value === null ? Number.POSITIVE_INFINITY : Math.max(0, sign * (value - best)));
  }
  return regrets;
}

/** What random search leaves: the unit of normalised regret. Null where it leaves nothing, or was not run. */
export function yardstick(problem: ProblemCurves, budget: number): number | null {
  const regrets = [...regretsOf(problem, 'random', budget).values()];
  const unit = regrets.length > 0 ? median(regrets) : 0;
  return unit > 1e-9 * Math.max(1e-9, Math.abs(problem.best)) ? unit : null;
}

/** Normalised regret of the median: (median − best known) / (median of random − best known). Null without results. */
export function normalisedRegret(problem: ProblemCurves, sampler: string, budget: number): number | null {
  const unit = yardstick(problem, budget);
  const regrets = [...regretsOf(problem, sampler, budget).values()];
  return unit === null || regrets.length === 0 ? null : median(regrets) / unit;
}

export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(mean(ratios.map((ratio) => Math.log(Math.min(Math.max(ratio, FLOOR), 1 / FLOOR)))));
}

/** Geometric mean over problems and seeds of normalised regret. */
export function seedGeo(problems: readonly ProblemCurves[], sampler: string, budget: number): number {
  return Math.exp(mean(problems.flatMap((problem) => meanLog(problem, sampler, budget) ?? [])));
}

/** Mean log of normalised regret over the seeds of a problem. */
function meanLog(problem: ProblemCurves, sampler: string, budget: number, seeds?: ReadonlySet<number>): number | null {
  const unit = yardstick(problem, budget);
  if (unit === null) return null;
  const logs = [...regretsOf(problem, sampler, budget)]
    .filter(([seed]) => seeds?.has(seed) ?? true)
    .map(([, regret]) => Math.log(Math.min(Math.max(regret / unit, FLOOR), 1 / FLOOR)));
  return logs.length > 0 ? mean(logs) : null;
}

export interface Ratio {
  /** Geometric mean of a's regret over b's, on the seeds that both have. */
  readonly ratio: number;
  /** In log units, over problems. */
  readonly error: number;
  readonly problems: number;
}

export function pairedRatio(problems: readonly ProblemCurves[], a: string, b: string, budget: number): Ratio {
  const logs: number[] = [];
  for (const problem of problems) {
    const others = problem.curves.get(b);
    const seeds = new Set([...(problem.curves.get(a)?.keys() ?? [])].filter((seed) => others?.has(seed)));
    const [own, other] = [meanLog(problem, a, budget, seeds), meanLog(problem, b, budget, seeds)];
    if (own !== null && other !== null) logs.push(own - other);
  }
  return { ratio: Math.exp(mean(logs)), error: standardError(logs), problems: logs.length };
}

/** Mean rank of medians, 1 the best, over problems on which all samplers have results. */
export function meanRanks(problems: readonly ProblemCurves[], samplers: readonly string[], budget: number): number[] {
  const rows = problems
    .map((problem) => samplers.map((sampler) => [...regretsOf(problem, sampler, budget).values()]))
    .filter((row) => row.every((regrets) => regrets.length > 0))
    .map((row) => ranks(row.map(median)));
  return samplers.map((_, place) => mean(rows.map((row) => row[place] as number)));
}

export interface Verdicts {
  readonly won: string[];
  readonly tied: string[];
  readonly lost: string[];
}

/** By problem, two-sided Mann–Whitney with Holm over problems at 0.05. */
export function verdicts(problems: readonly ProblemCurves[], a: string, b: string, budget: number): Verdicts {
  const pairs = problems
    .map((problem) => ({
      name: problem.name,
      own: [...regretsOf(problem, a, budget).values()],
      other: [...regretsOf(problem, b, budget).values()],
    }))
    .filter(({ own, other }) => own.length > 0 && other.length > 0);
  const differs = holm(pairs.map(({ own, other }) => mannWhitney(own, other)));
  const result: Verdicts = { won: [], tied: [], lost: [] };
  for (const [place, { name, own, other }] of pairs.entries()) {
    const joint = ranks([...own, ...other]);
    const isLower = mean(joint.slice(0, own.length)) < mean(joint.slice(own.length));
    result[differs[place] ? (isLower ? 'won' : 'lost') : 'tied'].push(name);
  }
  return result;
}
