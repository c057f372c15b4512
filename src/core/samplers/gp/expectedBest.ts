import type { SearchSpace } from '../../space/searchSpace.ts';
import { normalCdf } from '../../stats/normal.ts';
import { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import { storedParamsOf } from '../../study/trialParams.ts';
import type { GpModel } from './model/gpModel.ts';
import { GpModels } from './model/gpModels.ts';
import type { Posterior, Surrogate } from './model/surrogate.ts';
import { standingOf } from './standing.ts';

/** Hyperparameters that what is said is the mean of. */
const DRAWS = { count: 64, warmUp: 64, steps: 8 };
/** Trials that it sees at most: a second's work. */
const MOST_ROWS = 150;

/** A trial and the value, in the objective's units and direction, that it would have on average. */
export interface ExpectedTrial {
  readonly number: number;
  readonly value: number;
  /** The value lies between these with a probability of 90 %. */
  readonly low: number;
  readonly high: number;
  /** Share of the variance among the trials' values that is noise, as the process takes it: from 0 to 1. */
  readonly noise: number;
  /** How probable it is that the trial is better on average than `start`; null where that has no value. */
  readonly better: number | null;
}

/**
 * The complete, feasible trial with the best *expected* value, by a Gaussian process over all complete ones: of a noisy objective
 * the trial with the best value owes that to luck in part, and what its neighbours came to tells how much. Without noise both are
 * the same but for ties within what the process takes for noise. Pruned trials have values of shorter trainings and do not
 * count. Undefined for several objectives and without such a trial.
 */
export function expectedBest(history: History, space: SearchSpace, start?: number): ExpectedTrial | undefined {
  if (history.directions.length !== 1 || history.best === undefined) return undefined;
  const complete = new History(history.directions);
  const numbers: number[] = [];
  for (let number = 0; number < history.length; number++) {
    if (history.state(number) !== TrialState.complete || Number.isNaN(history.value(number))) continue;
    const [values, params, systemAttrs] = [
      [history.value(number)],
      storedParamsOf(history, number),
      history.systemAttrs(number),
    ];
    complete.add({ state: TrialState.complete, values, params, systemAttrs });
    numbers.push(number);
  }
  const model = new GpModels({ deterministicObjective: false, maxRows: MOST_ROWS, isLinear: true }).of(complete, space);
  if (model.follow() === 0) return undefined;
  model.prepare(complete.length);
  const { ranked, isFeasible } = standingOf(model);
  const [place] = ranked;
  if (!isFeasible || !model.lossWarp || place === undefined) return undefined;
  const numberAt = (at: number) => numbers[model.rows.numbers[model.chosen[at]]];
  const from = start === undefined ? -1 : model.rows.numbers.findIndex((row) => numbers[row] === start);
  const views = viewsOf(model, place, from);
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const { lossWarp } = model;
  const at = (part: number) => sign * lossWarp.invert(mixtureQuantile(views, part));
  const [one, other] = [at(0.05), at(0.95)];
  return {
    number: numberAt(place),
    value: sign * lossWarp.invert(mean(views.map((view) => view.mean))),
    low: Math.min(one, other),
    high: Math.max(one, other),
    noise: mean(views.map(({ noise }) => noise)),
    better: from < 0 ? null : mean(views.map(({ better }) => better)),
  };
}

/** What one draw of the hyperparameters says of the value at a row, in units of z. */
interface View {
  readonly mean: number;
  readonly deviation: number;
  readonly noise: number;
  readonly better: number;
}

function viewsOf(model: GpModel, place: number, from: number): View[] {
  return model.drawn(DRAWS).map((surrogate) => {
    const covariances = surrogate.covariancesAt(place);
    const { noise, variance } = surrogate.kernel;
    const own = surrogate.meanAt(place);
    const deviation = Math.sqrt(Math.max(covariances[place], 1e-12));
    const better = from < 0 ? 0.5 : betterThan(model, surrogate, { own, place, covariances }, from);
    return { mean: own, deviation, noise: noise / (noise + variance), better };
  });
}

/** How probable a lower value than that of a row is, which need not be among those that the model sees. */
function betterThan(
  model: GpModel,
  surrogate: Surrogate,
  { own, place, covariances }: { own: number; place: number; covariances: Float64Array },
  from: number,
): number {
  const seen = model.chosen.indexOf(from);
  if (seen === place) return 0.5;
  const other: Posterior = { mean: 0, deviation: 0 };
  if (seen < 0) surrogate.predict(model.rows.point(from), null, other);
  const mean = seen < 0 ? other.mean : surrogate.meanAt(seen);
  const variance =
    seen < 0
      ? covariances[place] + other.deviation ** 2
      : covariances[place] + surrogate.covariancesAt(seen)[seen] - 2 * covariances[seen];
  return normalCdf((mean - own) / Math.sqrt(Math.max(variance, 1e-12)));
}

/** Of normal distributions with equal weights, by bisection. */
function mixtureQuantile(views: readonly View[], part: number): number {
  const below = (z: number) => mean(views.map((view) => normalCdf((z - view.mean) / view.deviation)));
  let low = Math.min(...views.map(({ mean: middle, deviation }) => middle - 6 * deviation));
  let high = Math.max(...views.map(({ mean: middle, deviation }) => middle + 6 * deviation));
  for (let turn = 0; turn < 50; turn++) {
    const middle = (low + high) / 2;
    if (below(middle) < part) low = middle;
    else high = middle;
  }
  return high;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
