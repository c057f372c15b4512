import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { GRADIENT } from '../../../src/core/study/attributes.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { stored } from '../../support/histories.ts';
import type { TunedSpace } from './spaces.ts';
import type { Trainings } from './trainings.ts';
import type { TrainedTrial } from './trainReviews.ts';

export interface Finished {
  /** Of the study up to where the trial's loss was known, in trainings. */
  readonly cost: number;
  readonly trial: TrainedTrial;
}

/**
 * A study until its budget is spent: a training costs 1, its derivatives, where it has them, afterwards as much more as their
 * CPU time was of the training's.
 */
export function study(
  trainings: Trainings,
  { space, differentiate }: TunedSpace,
  { type, seed, budget }: { type: string; seed: number; budget: number },
): Finished[] {
  const sampler = createSampler({ type, seed });
  const history = new History([Direction.minimize]);
  const finished: Finished[] = [];
  for (let cost = 1; cost <= budget; cost++) {
    const number = history.length;
    const { params, systemAttrs } = sampler.suggest(space, { history, number });
    const below = history.best === undefined ? Number.POSITIVE_INFINITY : history.value(history.best);
    const trial = trainings.of(seed, params, type === 'hypergradient' ? differentiate : [], below);
    finished.push({ cost, trial });
    if (trial.gradient) cost += trial.gradientSeconds / trial.seconds;
    history.add({
      state: TrialState.complete,
      params: stored(space, params),
      systemAttrs: { ...systemAttrs, ...(trial.gradient && { [GRADIENT]: trial.gradient }) },
      values: [trial.validation.loss],
    });
  }
  return finished;
}
