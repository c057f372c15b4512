import { TuneboardError } from '../errors.ts';
import { isSingle } from '../space/distributionRules.ts';
import type { Distribution } from '../space/distributions.ts';
import type { History } from '../study/history.ts';
import type { ParameterColumn } from '../study/parameterColumn.ts';
import { TrialState } from '../study/states.ts';
import { parameterGrid, parzenDensity } from './gridDensity.ts';
import { checkQuery, finiteTrials, type Importance, type ImportanceQuery, normalised } from './importance.ts';
import { bestByFronts, bestByLoss } from './topTrials.ts';

export interface PedAnovaOptions extends ImportanceQuery {
  /** The share of the trials whose being so good is explained, above 0; 0.1 by default. */
  readonly targetQuantile?: number;
  /** The share of the trials among which it is explained, at most 1 and above the target; 1 by default. */
  readonly regionQuantile?: number;
  /** Compare with where the study has been (true, the default) or with the whole space. */
  readonly evaluateOnLocal?: boolean;
}

/**
 * Which parameters decide whether a trial is among the best (PED-ANOVA, Watanabe, Bansal, Hutter 2023), conditional
 * parameters and changing ranges by regimes (conditional PED-ANOVA, 2026), as Optuna 5 sets it. Looks at complete trials with
 * finite values. With several objectives and no `objective`, the best are those by non-domination rank and hypervolume.
 * A parameter is there when a complete trial has it; fewer than two trials make all equal. Throws `invalid-option`,
 * `no-objective`, `no-parameter`.
 */
export function pedAnova(history: History, options: PedAnovaOptions = {}): Importance[] {
  const { targetQuantile = 0.1, regionQuantile = 1, evaluateOnLocal = true, objective } = options;
  checkQuery(history, options);
  if (!(targetQuantile > 0 && targetQuantile < regionQuantile && regionQuantile <= 1)) {
    throw new TuneboardError('invalid-option', 'The quantiles must be 0 < target < region ≤ 1.');
  }
  const names = options.params ?? namesOf(history);
  const raw = new Float64Array(names.length);
  const trials = finiteTrials(history, objective);
  if (trials.length <= 1) return normalised(names, raw);
  const best = (quantile: number) =>
    history.directions.length > 1 && objective === undefined
      ? bestByFronts(history, trials, quantile)
      : bestByLoss(history, trials, quantile, objective ?? 0);
  const region = best(regionQuantile);
  const target = best(targetQuantile);
  const isTarget = new Uint8Array(history.length);
  for (const number of target) isTarget[number] = 1;
  for (const [index, name] of names.entries()) {
    const column = history.parameters.get(name) as ParameterColumn;
    for (const regime of regimesOf(column, region)) {
      raw[index] = (raw[index] as number) + explained(regime, isTarget, evaluateOnLocal);
    }
  }
  return normalised(names, raw);
}

/** Parameters of the complete trials, in the order first seen. */
function namesOf(history: History): string[] {
  const { states } = history;
  const names: string[] = [];
  for (const column of history.parameters.values()) {
    if (states.some((state, number) => state === TrialState.complete && column.has(number))) names.push(column.name);
  }
  return names;
}

/** The trials that have a parameter in the same distribution. */
interface Regime {
  readonly distribution: Distribution;
  readonly column: ParameterColumn;
  readonly trials: number[];
}

/** Regimes of at least two trials; those without the parameter explain nothing. */
function regimesOf(column: ParameterColumn, region: readonly number[]): Regime[] {
  const regimes = new Map<Distribution, Regime>();
  for (const number of region) {
    const distribution = column.distribution(number);
    if (!distribution) continue;
    const regime = regimes.get(distribution);
    if (regime) regime.trials.push(number);
    else regimes.set(distribution, { distribution, column, trials: [number] });
  }
  return [...regimes.values()].filter(({ distribution, trials }) => trials.length >= 2 && !isSingle(distribution));
}

/**
 * What a regime explains, without factors that all of them share: α² / β times the Pearson divergence of the target's density
 * from the region's, where the regime has the share α of the target's trials and β of the region's.
 */
function explained(regime: Regime, isTarget: Uint8Array, isLocal: boolean): number {
  const { distribution, column, trials } = regime;
  const { size, cellOf } = parameterGrid(distribution);
  const counts = [new Uint32Array(size), new Uint32Array(size)] as const;
  let inTarget = 0;
  for (const number of trials) {
    const cell = cellOf(column.internal[number] as number);
    counts[0][cell] = (counts[0][cell] as number) + 1;
    if (!isTarget[number]) continue;
    counts[1][cell] = (counts[1][cell] as number) + 1;
    inTarget++;
  }
  if (inTarget === 0) return 0;
  const isCategorical = distribution.type === 'categorical';
  const local = new Float64Array(size);
  const top = new Float64Array(size);
  parzenDensity(counts[1], isCategorical, top);
  if (isLocal) parzenDensity(counts[0], isCategorical, local);
  return (inTarget ** 2 / trials.length) * divergence(top, isLocal ? local : local.fill(1 / size), isLocal);
}

/** Pearson's divergence Σ q (p / q − 1)². */
function divergence(top: Float64Array, local: Float64Array, isSmoothed: boolean): number {
  let sum = 0;
  for (let cell = 0; cell < top.length; cell++) {
    const p = (top[cell] as number) + 1e-12;
    const q = (local[cell] as number) + (isSmoothed ? 1e-12 : 0);
    sum += q * (p / q - 1) ** 2;
  }
  return sum;
}
