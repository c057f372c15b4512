import { Random } from '../../random.ts';
import type { Params, ParamValue } from '../../space/distributions.ts';
import { fromUnit, type NumericDistribution, toUnit } from '../../space/unitInterval.ts';
import { completedRungs, type Entrant } from '../rungs/rungBook.ts';
import { type ExploreContext, perturb } from './explore.ts';
import type { Member, Population } from './population.ts';
import { TimeVaryingGp } from './timeVaryingGp.ts';

/** The newest of so many intervals are modelled. */
const MODELLED = 160;
const CANDIDATES = 512;
const REFINEMENTS = 128;
/** Chance that a choice is drawn anew, as in PBT: the bandit is for numbers. */
const CHOICE_RESAMPLING = 0.25;

interface Axis {
  readonly name: string;
  readonly distribution: NumericDistribution;
}

/** What a member gained in an interval with its parameters; `gain` is NaN while it runs. */
interface Interval {
  readonly x: Float64Array;
  readonly t: number;
  readonly gain: number;
}

export interface BanditOptions {
  readonly hyperparamMutations: readonly string[] | null;
}

/**
 * PB2's explore step (Parker-Holder, Nguyen, Roberts: "Provably efficient online hyperparameter optimization with
 * population-based bandits", NeurIPS 2020): a time-varying Gaussian process of the gain in an interval, over the
 * parameters that it was trained with; new ones maximise μ + √β σ at the present time, intervals under way counted as seen.
 * Choices are handled as in PBT.
 */
export function banditExplore(
  seed: number,
  { hyperparamMutations }: BanditOptions,
  population: Population,
  parent: Member,
) {
  return (context: ExploreContext): Params => {
    const options = { hyperparamMutations, resampleProbability: CHOICE_RESAMPLING, perturbationFactor: 1 };
    const chosen: Record<string, ParamValue> = { ...context.params };
    for (const [name, value] of Object.entries(perturb(seed, options, context))) {
      const isChoice =
        context.space.parameters.find((known) => known.name === name)?.distribution.type === 'categorical';
      if (isChoice || !Object.hasOwn(chosen, name)) chosen[name] = value;
    }
    const axes = axesOf(context, hyperparamMutations);
    if (axes.length === 0) return chosen;
    const intervals = intervalsOf(population, axes);
    const place = propose(new Random(seed, context.number, 'bandit'), axes, intervals, parent.done);
    for (const [index, { name, distribution }] of axes.entries()) {
      chosen[name] = fromUnit(distribution, place[index]);
    }
    return chosen;
  };
}

function axesOf({ space, params }: ExploreContext, mutations: readonly string[] | null): Axis[] {
  const axes: Axis[] = [];
  for (const { name, distribution } of space.parameters) {
    const isFree = (mutations?.includes(name) ?? true) && Object.hasOwn(params, name);
    if (isFree && distribution.type !== 'categorical') axes.push({ name, distribution });
  }
  return axes;
}

/** Every interval of every trial, in the order of trials. */
function intervalsOf(population: Population, axes: readonly Axis[]): Interval[] {
  const { book } = population;
  const intervals: Interval[] = [];
  for (const trial of book.entrants()) {
    const x = placeOf(population, trial, axes);
    if (!x) continue;
    let before = population.inheritedLoss(trial) ?? Number.NaN;
    for (const [index, loss] of trial.losses.entries()) {
      const gain = before - loss;
      if (Number.isFinite(gain)) intervals.push({ x, t: trial.firstRung + index, gain });
      before = loss;
    }
    if (trial.isRunning) intervals.push({ x, t: completedRungs(trial), gain: Number.NaN });
  }
  return intervals;
}

function placeOf({ book }: Population, { number }: Entrant, axes: readonly Axis[]): Float64Array | undefined {
  const x = new Float64Array(axes.length);
  for (const [index, { name, distribution }] of axes.entries()) {
    const value = book.history.param(number, name);
    if (typeof value !== 'number') return undefined;
    x[index] = toUnit(distribution, value);
  }
  return x;
}

function propose(random: Random, axes: readonly Axis[], intervals: readonly Interval[], t: number): Float64Array {
  const dimensions = axes.length;
  const draw = () => Float64Array.from({ length: dimensions }, () => random.uniform());
  const seen = intervals.filter(({ gain }) => !Number.isNaN(gain)).slice(-MODELLED);
  if (seen.length < 2) return draw();
  const gp = modelOf(
    seen,
    intervals.filter(({ gain }) => Number.isNaN(gain)),
    dimensions,
  );
  const posterior = { mean: 0, deviation: 0 };
  // β of GP-UCB grows with the logarithm of the interval; the constant is that of the authors' code.
  const width = Math.sqrt(0.2 + 0.4 * Math.log(1 + t));
  const score = (x: Float64Array) => {
    gp.at(x, t, posterior);
    return posterior.mean + width * posterior.deviation;
  };
  let best: Float64Array = draw();
  let bestScore = score(best);
  const consider = (x: Float64Array) => {
    const value = score(x);
    if (value > bestScore) {
      best = x;
      bestScore = value;
    }
  };
  for (let index = 1; index < CANDIDATES; index++) consider(draw());
  for (const { x } of seen) consider(x);
  for (let index = 0; index < REFINEMENTS; index++) {
    const radius = 0.2 * 0.97 ** index;
    consider(best.map((value) => Math.min(Math.max(value + radius * random.normal(), 0), 1)));
  }
  return best;
}

function modelOf(seen: readonly Interval[], pending: readonly Interval[], dimensions: number): TimeVaryingGp {
  const all = [...seen, ...pending];
  const x = new Float64Array(all.length * dimensions);
  for (const [index, point] of all.entries()) x.set(point.x, index * dimensions);
  const t = Float64Array.from(all, (point) => point.t);
  const mean = seen.reduce((sum, { gain }) => sum + gain, 0) / seen.length;
  const variance = seen.reduce((sum, { gain }) => sum + (gain - mean) ** 2, 0) / seen.length;
  const scale = Math.sqrt(variance) || 1;
  const y = Float64Array.from(seen, ({ gain }) => (gain - mean) / scale);
  return new TimeVaryingGp({ count: all.length, dimensions, x, t }, y);
}
