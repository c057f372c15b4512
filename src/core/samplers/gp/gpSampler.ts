import { Random } from '../../random.ts';
import { contains, toInternal } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { GpModels } from './model/gpModels.ts';
import { regionWith } from './proposals.ts';
import { proposeTrial } from './proposeTrial.ts';
import { proposeSpread } from './startup.ts';

export interface GpOptions {
  /** Finished trials before the model is used; until then points are spread evenly. Optuna's name; 10. */
  readonly nStartupTrials: number;
  /** Whether the same parameters always give the same value. Optuna's name; false. */
  readonly deterministicObjective: boolean;
  /** Whether gradients that trials report are seen too; false by default. */
  readonly slopes?: boolean;
}

/** Trials that a model sees at most (see `chooseRows`): an ask costs the same from then on. */
export const MAX_ROWS = 300;

/**
 * Bayesian optimisation with Gaussian processes: a Matérn-5/2 kernel with a length-scale a parameter and an additive part
 * (`Kernel`), hyperparameters of maximum posterior density (`Likelihood`), losses made normal (`OutputWarp`), the trial with
 * the highest log expected improvement (`Proposals`, `Search`). Several objectives: the expected gain of hypervolume, exact.
 * Constraints, and failures once there are any, have a process each, and a point's log probability to keep them all is added.
 * Running trials are believed to end as expected. A pruned trial counts as no better than the median.
 *
 * A parameter of a define-by-run objective that not every trial has is drawn when it is asked for, by a model over it and what
 * the trial has already.
 */
export class GpSampler implements Sampler {
  readonly name = 'gp';
  readonly drawsJointly = true;
  readonly modelsTraining = true;
  readonly #seed: number;
  readonly #nStartupTrials: number;
  readonly #models: GpModels;
  /** At every third trial: where optima lie near the ends of ranges the warps settle on a wrong one. */
  readonly #unwarped: GpModels;

  constructor(seed: number, { nStartupTrials, deterministicObjective, slopes = false }: GpOptions) {
    this.#seed = seed;
    this.#nStartupTrials = nStartupTrials;
    this.#models = new GpModels({ deterministicObjective, maxRows: MAX_ROWS, slopes });
    this.#unwarped = new GpModels({ deterministicObjective, maxRows: MAX_ROWS, slopes, warps: false });
  }

  suggest(space: SearchSpace, { history, number }: SuggestContext, fixed: Params = {}): Suggestion {
    return { params: this.#propose(space, history, number, fixed, 'gp') };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, { history, number }: SuggestContext): ParamValue {
    const earlier: SpaceParameter[] = [];
    for (const other in known) {
      const column = history.parameters.get(other);
      if (column && other !== name && isValueOf(column.latest, known[other]))
        earlier.push({ name: other, distribution: column.latest });
    }
    const together: SearchSpace = { parameters: [...earlier, { name, distribution }] };
    const model = this.#models.of(history, together);
    const space = model.follow() < this.#nStartupTrials ? { parameters: [{ name, distribution }] } : together;
    return this.#propose(space, history, number, known, `gp ${name}`)[name] ?? null;
  }

  #propose(space: SearchSpace, history: History, number: number, fixed: Params, stream: string): Params {
    const model = this.#models.of(history, space);
    const { encoding } = model;
    const random = new Random(this.#seed, number, stream);
    const region = regionWith(encoding, fixed);
    if (model.follow() < this.#nStartupTrials || encoding.size === 0) {
      const { point, active } = proposeSpread(model.rows, region, number, random);
      return encoding.params(point, active, fixed);
    }
    const models = number % 3 === 2 ? this.#unwarped : this.#models;
    return proposeTrial(models, space, { history, number }, fixed, random);
  }
}

/** False for a value of a trial whose parameter is of another kind than the study's. */
function isValueOf(distribution: Distribution, value: unknown): boolean {
  try {
    return contains(distribution, toInternal(distribution, value));
  } catch {
    return false;
  }
}
