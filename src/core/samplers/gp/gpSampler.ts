import { Random } from '../../random.ts';
import { toInternal } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { Encoding } from './encoding.ts';
import { GpModel } from './gpModel.ts';
import { Proposals, wholeRegion } from './proposals.ts';
import { proposeSpread } from './startup.ts';

export interface GpOptions {
  /** Finished trials before the model is used; until then points are spread evenly. Optuna's name; 10. */
  readonly nStartupTrials: number;
  /** Whether the same parameters always give the same value. Optuna's name; false. */
  readonly deterministicObjective: boolean;
}

/** Models kept for one history: an objective may change its ranges from trial to trial. */
const MOST_MODELS = 12;
const MAX_ROWS = 300;

/** Bayesian optimisation with Gaussian processes. */
export class GpSampler implements Sampler {
  readonly name = 'gp';
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: GpOptions;
  readonly #models = new WeakMap<History, Map<string, GpModel>>();

  constructor(seed: number, options: GpOptions) {
    this.#seed = seed;
    this.#options = options;
  }

  suggest(space: SearchSpace, { history, number }: SuggestContext, fixed: Params = {}): Suggestion {
    return { params: this.#propose(space, history, number, fixed, 'gp') };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, { history, number }: SuggestContext): ParamValue {
    const space: SearchSpace = { parameters: [{ name, distribution }] };
    void known;
    void toInternal;
    return this.#propose(space, history, number, {}, `gp ${name}`)[name] ?? null;
  }

  #propose(space: SearchSpace, history: History, number: number, fixed: Params, stream: string): Params {
    const model = this.#model(history, space);
    const { encoding } = model;
    const random = new Random(this.#seed, number, stream);
    const known = new Float64Array(encoding.size);
    const isFixed = new Uint8Array(encoding.size);
    encoding.fix(fixed, known, isFixed);
    const region = wholeRegion(encoding, known, isFixed);
    const count = model.follow();
    if (count < this.#options.nStartupTrials || encoding.size === 0) {
      const { point, active } = proposeSpread(model.rows, region, number, random);
      return encoding.params(point, active, fixed);
    }
    model.prepare(number);
    const { point, active } = new Proposals(model, number).global(region, random);
    return encoding.params(point, active, fixed);
  }

  #model(history: History, space: SearchSpace): GpModel {
    let models = this.#models.get(history);
    if (!models) {
      models = new Map();
      this.#models.set(history, models);
    }
    const key = keyOf(space);
    const known = models.get(key);
    const model =
      known ??
      new GpModel(history, new Encoding(space), {
        deterministicObjective: this.#options.deterministicObjective,
        maxRows: MAX_ROWS,
      });
    models.delete(key);
    models.set(key, model);
    if (models.size > MOST_MODELS) models.delete(models.keys().next().value as string);
    return model;
  }
}

function keyOf(space: SearchSpace): string {
  return JSON.stringify(space.parameters);
}
