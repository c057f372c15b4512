import { Random } from '../../random.ts';
import { sameDistribution, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { FastRandom } from './fastRandom.ts';
import { ForestModel } from './forestModel.ts';
import { propose } from './proposal.ts';
import { UnitSpace } from './unitSpace.ts';

export interface ForestOptions {
  /** Finished (complete or pruned) trials before the model is used; until then draws are uniform. */
  readonly nStartupTrials: number;
  /** Share of the later trials that are uniform draws. */
  readonly randomShare: number;
}

/**
 * Bayesian optimisation with a regression forest (Hutter, Hoos, Leyton-Brown 2011: "Sequential model-based optimization
 * for general algorithm configuration"): steps, interactions and parameters that are inactive at times suit it. Every
 * suggestion has the largest expected improvement that a search finds; a small share is random, as in SMAC.
 */
export class ForestSampler implements Sampler {
  readonly name = 'forest';
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: ForestOptions;
  readonly #random: RandomSampler;
  readonly #models = new WeakMap<History, Map<string, ForestModel>>();
  readonly #spaces = new WeakMap<SearchSpace, UnitSpace>();

  constructor(seed: number, options: ForestOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    if (space.parameters.length === 0) return { params: {} };
    const point = this.#isRandom(context) ? undefined : this.#propose(this.#unitSpace(space), -1, fixed, context);
    if (!point) return this.#random.suggest(space, context, fixed);
    return { params: this.#unitSpace(space).params(point, fixed) };
  }

  /** Models the parameter together with those that the trial has already, over the trials that had it. */
  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    const parameters: SpaceParameter[] = [];
    for (const other of Object.keys(known)) {
      const latest = context.history.parameters.get(other)?.latest;
      if (latest && other !== name) parameters.push({ name: other, distribution: latest });
    }
    const required = parameters.push({ name, distribution }) - 1;
    const unitSpace = new UnitSpace({ parameters });
    const point = this.#isRandom(context) ? undefined : this.#propose(unitSpace, required, known, context);
    if (!point) return this.#random.suggestOne(name, distribution, known, context);
    return toValue(distribution, unitSpace.internal(required, point[required]));
  }

  #isRandom({ history, number }: SuggestContext): boolean {
    if (history.informative < this.#options.nStartupTrials) return true;
    return new Random(this.#seed, number, 'forest random').uniform() < this.#options.randomShare;
  }

  /** The point to try; undefined when no trial has these parameters. */
  #propose(
    space: UnitSpace,
    required: number,
    fixed: Params,
    { history, number }: SuggestContext,
  ): Float64Array | undefined {
    const model = this.#model(history, space, required, number);
    if (!model.update(number)) return undefined;
    const given = new Float64Array(space.width);
    space.place(fixed, given);
    if (required >= 0) given[required] = Number.NaN;
    const stream = `forest ${required < 0 ? '' : space.parameters[required]?.name}`;
    return propose(model, given, new FastRandom(new Random(this.#seed, number, stream)));
  }

  #model(history: History, space: UnitSpace, required: number, number: number): ForestModel {
    let models = this.#models.get(history);
    if (!models) {
      models = new Map();
      this.#models.set(history, models);
    }
    const where = space.where?.map(({ text }) => text);
    const key = `${required}${JSON.stringify([space.parameters.map(({ name, when }) => [name, when]), where])}`;
    let model = models.get(key);
    if (!model || !sameParameters(model.space, space) || number < model.number) {
      model = new ForestModel(history, space, { seed: this.#seed, required });
      models.set(key, model);
    }
    return model;
  }

  #unitSpace(space: SearchSpace): UnitSpace {
    let unitSpace = this.#spaces.get(space);
    if (!unitSpace) {
      unitSpace = new UnitSpace(space);
      this.#spaces.set(space, unitSpace);
    }
    return unitSpace;
  }
}

/** Whether the coordinates mean the same; names and conditions are equal. */
function sameParameters(a: UnitSpace, b: UnitSpace): boolean {
  return a.parameters.every(({ distribution }, index) =>
    sameDistribution(distribution, b.parameters[index].distribution),
  );
}
