import type { SearchSpace } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import { GpModels } from './gpModels.ts';
import { MAX_ROWS } from './gpSampler.ts';
import { standingOf } from './standing.ts';

/** A trial and the value, in the objective's units and direction, that it would have on average. */
export interface ExpectedTrial {
  readonly number: number;
  readonly value: number;
}

const models = new GpModels({ deterministicObjective: false, maxRows: MAX_ROWS });

/**
 * The complete, feasible trial with the best *expected* value, by a Gaussian process over all of them: of a noisy objective the
 * trial with the best value owes that to luck in part, and what its neighbours came to tells how much. Without noise both are
 * the same but for ties within what the process takes for noise. Undefined for several objectives and without such a trial.
 */
export function expectedBest(history: History, space: SearchSpace): ExpectedTrial | undefined {
  if (history.directions.length !== 1 || history.best === undefined) return undefined;
  const model = models.of(history, space);
  if (model.follow() === 0) return undefined;
  model.prepare(history.length);
  const { ranked, isFeasible } = standingOf(model);
  if (!isFeasible || !model.lossWarp) return undefined;
  for (const place of ranked) {
    const number = model.rows.numbers[model.chosen[place] ?? -1];
    if (number === undefined || history.state(number) !== TrialState.complete) continue;
    const loss = model.lossWarp.invert(model.means(0)[place] as number);
    return { number, value: history.directions[0] === Direction.maximize ? -loss : loss };
  }
  return undefined;
}
