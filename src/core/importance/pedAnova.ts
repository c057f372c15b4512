import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { isSingle } from '../space/distributionRules.ts';
import type { Distribution } from '../space/distributions.ts';
import type { ParameterColumn } from '../study/columns/parameterColumn.ts';
import type { History } from '../study/history.ts';
import { TrialState } from '../study/states.ts';
import { parameterGrid, parzenDensity } from './gridDensity.ts';
import { checkQuery, finiteTrials, type Importance, type ImportanceQuery, lossOf, normalised } from './importance.ts';
import { bestByFronts } from './topTrials.ts';

export interface PedAnovaOptions extends ImportanceQuery {
  /** The share of the trials whose being so good is explained, above 0; 0.1 by default. */
  readonly targetQuantile?: number;
  /** The share of the trials among which it is explained, at most 1 and above the target; 1 by default. */
  readonly regionQuantile?: number;
  /** Compare with where the study has been (true, the default) or with the whole space. */
  readonly evaluateOnLocal?: boolean;
  /**
   * Numbers of trials that are known not to be among the best, whatever their values: they count as the worst. None by
   * default, which is what Optuna does.
   */
  readonly outside?: readonly number[];
}

/**
 * Which parameters decide whether a trial is among the best (PED-ANOVA, Watanabe, Bansal, Hutter 2023), conditional
 * parameters and changing ranges by regimes (conditional PED-ANOVA, 2026), as Optuna 5 sets it. Looks at complete trials with
 * finite values. With several objectives and no `objective`, the best are those by non-domination rank and hypervolume.
 * A parameter is there when a complete trial has it; fewer than two trials make all equal. Throws `invalid-option`,
 * `no-objective`, `no-parameter`.
 */
export function pedAnova(history: History, options: PedAnovaOptions = {}): Importance[] {
  const densities = new TopDensities(history, options);
  return normalised(densities.names, densities.explained());
}

/** The trials that have a parameter in the same distribution. */
interface Regime {
  readonly size: number;
  readonly isCategorical: boolean;
  /** Places of its trials among all, ascending, and the cell of each. */
  readonly places: Uint32Array;
  readonly cells: Uint32Array;
}

/** The cells of all trials, from which PED-ANOVA of all of them and of a part follow. */
export class TopDensities {
  readonly names: readonly string[];
  /** Numbers of the trials, by place. */
  readonly trials: readonly number[];
  readonly #targetQuantile: number;
  readonly #isLocal: boolean;
  /** By name. */
  readonly #regimes: readonly (readonly Regime[])[];
  /** By place; infinite for a trial that is never among the best. */
  readonly #losses: Float64Array;
  /** Places, the smallest loss first. */
  readonly #order: Uint32Array;
  readonly #isRegion: Uint8Array;
  readonly #isTarget: Uint8Array;

  constructor(history: History, options: PedAnovaOptions) {
    const { targetQuantile = 0.1, regionQuantile = 1, evaluateOnLocal = true, objective, outside = [] } = options;
    checkQuery(history, options);
    if (!(targetQuantile > 0 && targetQuantile < regionQuantile && regionQuantile <= 1)) {
      throw new TuneboardError('invalid-option', coreMessage('quantilesMust0TargetRegion'));
    }
    this.names = options.params ?? namesOf(history);
    this.#targetQuantile = targetQuantile;
    this.#isLocal = evaluateOnLocal;
    const never = new Set(outside);
    const inside = finiteTrials(history, objective).filter((number) => !never.has(number));
    const trials = [...inside, ...never].sort((a, b) => a - b);
    this.trials = trials;
    const isByFronts = history.directions.length > 1 && objective === undefined;
    const lossesFor = (quantile: number) =>
      isByFronts
        ? frontLosses(history, trials, inside, quantile)
        : singleLosses(history, trials, never, objective ?? 0);
    this.#losses = lossesFor(targetQuantile);
    this.#order = ascending(this.#losses);
    this.#isRegion = new Uint8Array(trials.length).fill(1);
    if (regionQuantile < 1) {
      const losses = isByFronts ? lossesFor(regionQuantile) : this.#losses;
      this.#isRegion = best(losses, ascending(losses), this.#isRegion, regionQuantile);
    }
    this.#regimes = this.names.map((name) => regimesOf(history.parameters.get(name) as ParameterColumn, trials));
    this.#isTarget = best(this.#losses, this.#order, new Uint8Array(trials.length).fill(1), targetQuantile);
  }

  /** By place how bad a trial is; infinite for one that is never among the best. */
  get losses(): Float64Array {
    return this.#losses;
  }

  /** What each parameter explains, by name, without a common factor. `isIn`: by place 1 for the trials to look at. */
  explained(isIn?: Uint8Array): Float64Array {
    if (this.trials.length <= 1) return new Float64Array(this.names.length);
    const isTarget = isIn ? best(this.#losses, this.#order, isIn, this.#targetQuantile) : this.#isTarget;
    const isRegion = isIn ?? this.#isRegion;
    return Float64Array.from(this.#regimes, (regimes) => {
      let sum = 0;
      for (const regime of regimes) sum += this.#explainedBy(regime, isRegion, isTarget);
      return sum;
    });
  }

  /**
   * What a regime explains, without factors that all of them share: α² / β times the Pearson divergence of the target's
   * density from the region's, where the regime has the share α of the target's trials and β of the region's.
   */
  #explainedBy({ size, isCategorical, places, cells }: Regime, isRegion: Uint8Array, isTarget: Uint8Array): number {
    const [all, inTarget] = [new Uint32Array(size), new Uint32Array(size)];
    let total = 0;
    let targets = 0;
    for (let index = 0; index < places.length; index++) {
      const place = places[index];
      const cell = cells[index];
      if (!isRegion[place]) continue;
      all[cell] = all[cell] + 1;
      total++;
      if (!isTarget[place]) continue;
      inTarget[cell] = inTarget[cell] + 1;
      targets++;
    }
    // A regime of one trial, or without one of the best, explains nothing.
    if (total < 2 || targets === 0) return 0;
    const [local, top] = [new Float64Array(size).fill(1 / size), new Float64Array(size)];
    parzenDensity(inTarget, isCategorical, top);
    if (this.#isLocal) parzenDensity(all, isCategorical, local);
    return (targets ** 2 / total) * divergence(top, local, this.#isLocal);
  }
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

function singleLosses(
  history: History,
  trials: readonly number[],
  never: ReadonlySet<number>,
  objective: number,
): Float64Array {
  return Float64Array.from(trials, (number) =>
    never.has(number) ? Number.POSITIVE_INFINITY : lossOf(history, number, objective),
  );
}

/** 0 for the best trials by fronts, infinite for all others. */
function frontLosses(
  history: History,
  trials: readonly number[],
  inside: readonly number[],
  quantile: number,
): Float64Array {
  const chosen = new Set(bestByFronts(history, inside, Math.ceil(quantile * trials.length)));
  return Float64Array.from(trials, (number) => (chosen.has(number) ? 0 : Number.POSITIVE_INFINITY));
}

function ascending(losses: Float64Array): Uint32Array {
  return Uint32Array.from(losses.keys()).sort((a, b) => {
    const [x, y] = [losses[a], losses[b]];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
}

/**
 * By place 1 for the trials of `isIn` whose loss is finite and not above the ⌈quantile · n⌉-th smallest one: more than that
 * many when there are equals.
 */
function best(losses: Float64Array, order: Uint32Array, isIn: Uint8Array, quantile: number): Uint8Array {
  const isBest = new Uint8Array(isIn.length);
  const room = Math.ceil(quantile * isIn.reduce((sum, one) => sum + one, 0));
  let count = 0;
  let cutoff = Number.NEGATIVE_INFINITY;
  for (const place of order) {
    if (!isIn[place]) continue;
    const loss = losses[place];
    if (loss === Number.POSITIVE_INFINITY || (count >= room && loss > cutoff)) break;
    isBest[place] = 1;
    cutoff = loss;
    count++;
  }
  return isBest;
}

/** A parameter's regimes, without those in which it has a single value. */
function regimesOf(column: ParameterColumn, trials: readonly number[]): Regime[] {
  const byDistribution = new Map<Distribution, number[]>();
  for (const [place, number] of trials.entries()) {
    const distribution = column.distribution(number);
    if (!distribution || isSingle(distribution)) continue;
    const places = byDistribution.get(distribution);
    if (places) places.push(place);
    else byDistribution.set(distribution, [place]);
  }
  return [...byDistribution].map(([distribution, places]) => {
    const { size, cellOf } = parameterGrid(distribution);
    const cells = Uint32Array.from(places, (place) => cellOf(column.internalAt(trials[place])));
    return { size, isCategorical: distribution.type === 'categorical', places: Uint32Array.from(places), cells };
  });
}

/** Pearson's divergence Σ q (p / q − 1)². */
function divergence(top: Float64Array, local: Float64Array, isSmoothed: boolean): number {
  let sum = 0;
  for (let cell = 0; cell < top.length; cell++) {
    const p = top[cell] + 1e-12;
    const q = local[cell] + (isSmoothed ? 1e-12 : 0);
    sum += q * (p / q - 1) ** 2;
  }
  return sum;
}
