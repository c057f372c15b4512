import type { SearchSpace } from '../../space/searchSpace.ts';
import { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import { storedParamsOf } from '../../study/trialParams.ts';
import { MAX_ROWS } from './gpSampler.ts';
import { GpModels } from './model/gpModels.ts';
import { standingOf } from './standing.ts';

/** A trial and the value, in the objective's units and direction, that it would have on average. */
export interface ExpectedTrial {
  readonly number: number;
  readonly value: number;
}

/**
 * The complete, feasible trial with the best *expected* value, by a Gaussian process over all complete ones: of a noisy objective
 * the trial with the best value owes that to luck in part, and what its neighbours came to tells how much. Without noise both are
 * the same but for ties within what the process takes for noise. Pruned trials have values of shorter trainings and do not
 * count. Undefined for several objectives and without such a trial.
 */
export function expectedBest(history: History, space: SearchSpace): ExpectedTrial | undefined {
  if (history.directions.length !== 1 || history.best === undefined) return undefined;
  const complete = new History(history.directions);
  const numbers: number[] = [];
  for (let number = 0; number < history.length; number++) {
    if (history.state(number) !== TrialState.complete) continue;
    const [values, params, systemAttrs] = [
      [history.value(number)],
      storedParamsOf(history, number),
      history.systemAttrs(number),
    ];
    complete.add({ state: TrialState.complete, values, params, systemAttrs });
    numbers.push(number);
  }
  const model = new GpModels({ deterministicObjective: false, maxRows: MAX_ROWS }).of(complete, space);
  if (model.follow() === 0) return undefined;
  model.prepare(complete.length);
  const { ranked, isFeasible } = standingOf(model);
  const [place] = ranked;
  if (!isFeasible || !model.lossWarp || place === undefined) return undefined;
  const row = model.chosen[place];
  const loss = model.lossWarp.invert(model.means(0)[place]);
  return {
    number: numbers[model.rows.numbers[row]],
    value: history.directions[0] === Direction.maximize ? -loss : loss,
  };
}
