import { Random } from '../../random.ts';
import { toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { fromUnit } from '../../space/unitInterval.ts';
import { CMA_TAGS, UNROUNDED } from '../../study/attributes.ts';
import type { JsonValue } from '../../study/changes.ts';
import type { History } from '../../study/history.ts';
import { TrialState } from '../../study/states.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { drawChoices } from './choices.ts';
import { Evolution, type Present } from './evolution.ts';
import { withAdaptedRates } from './learningRate.ts';
import { type Plan, planOf } from './plan.ts';
import type { RestartRule, Run } from './run.ts';
import { draw } from './searchState.ts';

/** Named as in Optuna where it has the option. */
export interface CmaesOptions {
  /** Complete trials before the search begins; until then draws are uniform. */
  readonly nStartupTrials: number;
  /** Trials a generation; null: 4 + ⌊3 ln d⌋. */
  readonly popsize: number | null;
  /** First step size, in widths of the ranges. */
  readonly sigma0: number;
  /** Learn the variance of each parameter only: linear cost, faster where parameters do not interact. */
  readonly useSeparableCma: boolean;
  /** Keep a chance to leave the present value of every integer and step; null: yes, where there are any. */
  readonly withMargin: boolean | null;
  /** Adapt the learning rates to the noise. */
  readonly lrAdapt: boolean;
  /** What follows on convergence. */
  readonly restart: RestartRule;
  /** Begin where the best of at least ten earlier trials lie. */
  readonly warmStart: boolean;
}

/**
 * CMA-ES (Hansen) in the unit cube over the numeric parameters that are always active; integers and steps by CMA-ES with
 * margin, categorical parameters by probabilities that learn beside it, as in CatCMA; restarts (IPOP, BIPOP); warm start
 * from earlier trials. Conditional parameters, and a space without numbers, are drawn by `independent`, given the rest. With several objectives a generation is ranked by fronts and crowding.
 *
 * The search is read from the trials (see `Evolution`), at a cost that does not grow with their number.
 */
export class CmaesSampler implements Sampler {
  readonly name = 'cmaes';
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: CmaesOptions;
  readonly #independent: Sampler;
  readonly #random: RandomSampler;
  readonly #plans = new WeakMap<SearchSpace, Plan>();
  readonly #evolutions = new WeakMap<History, Map<string, Evolution>>();
  #point = new Float64Array(0);

  constructor(seed: number, options: CmaesOptions, independent: Sampler) {
    this.#seed = seed;
    this.#options = options;
    this.#independent = independent;
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const { history, number } = context;
    const plan = this.#plan(space);
    if (history.count(TrialState.complete) < this.#options.nStartupTrials) {
      return this.#random.suggest(space, context, fixed);
    }
    if (plan.names.length === 0) return this.#independent.suggest(space, context, fixed);
    const present = this.#evolution(history, plan).present();
    const drawn = this.#draw(plan, present.run, number);
    // A trial whose place was given does not tell how good the distribution is.
    const isOwn = Object.keys(fixed).every((name) => !Object.hasOwn(drawn, name));
    for (const name in fixed) delete drawn[name];
    const systemAttrs = isOwn ? this.#tags(plan, present, number === history.length) : undefined;
    const params = plan.isPartial || plan.choices.length > 0 ? this.#completed(space, context, fixed, drawn) : drawn;
    return { params, ...(systemAttrs && { systemAttrs }) };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#independent.suggestOne(name, distribution, known, context);
  }

  /** Draws a point, which stays in the buffer, and returns its parameters. */
  #draw(plan: Plan, { state, choices }: Run, number: number): Record<string, ParamValue> {
    if (this.#point.length !== plan.names.length) this.#point = new Float64Array(plan.names.length);
    draw(state, new Random(this.#seed, number, 'cmaes'), plan.isContinuous, this.#point);
    const params: Record<string, ParamValue> = {};
    for (let axis = 0; axis < plan.names.length; axis++) {
      const distribution = plan.distributions[axis];
      params[plan.names[axis]] = toValue(distribution, fromUnit(distribution, this.#point[axis]));
    }
    const random = new Random(this.#seed, number, 'choices');
    for (const [place, index] of drawChoices(choices, random).entries()) {
      const { name, distribution } = plan.choices[place];
      params[name] = toValue(distribution, index);
    }
    return params;
  }

  /** A claimed trial is older than those that may have begun its generation, so it does not speak for all of it. */
  #tags(plan: Plan, { generation, parents }: Present, isNew: boolean): Record<string, JsonValue> {
    const tags: Record<string, JsonValue> = { [CMA_TAGS.generation[0]]: generation };
    if (parents && isNew) tags[CMA_TAGS.parents] = parents;
    if (this.#keepsMargin(plan)) {
      tags[UNROUNDED] = Array.from(this.#point).filter((_, axis) => !plan.isContinuous[axis]);
    }
    return tags;
  }

  #completed(space: SearchSpace, context: SuggestContext, fixed: Params, drawn: Params): Params {
    const known = { ...fixed, ...drawn };
    const isComplete = !this.#plan(space).isPartial;
    const rest = isComplete ? {} : this.#independent.suggest(space, context, known).params;
    const params: Record<string, ParamValue> = {};
    for (const { name } of space.parameters) {
      if (Object.hasOwn(drawn, name)) params[name] = drawn[name];
      else if (Object.hasOwn(rest, name)) params[name] = rest[name];
    }
    return params;
  }

  #keepsMargin({ isContinuous }: Plan): boolean {
    return this.#options.withMargin !== false && isContinuous.includes(0);
  }

  #plan(space: SearchSpace): Plan {
    let plan = this.#plans.get(space);
    if (!plan) {
      plan = planOf(space);
      this.#plans.set(space, plan);
    }
    return plan;
  }

  /** Only the newest axes of a history are kept: an objective may change its ranges in every trial. */
  #evolution(history: History, plan: Plan): Evolution {
    let known = this.#evolutions.get(history);
    let evolution = known?.get(plan.key);
    if (!known || !evolution) {
      const options = this.#options;
      evolution = new Evolution(history, plan, {
        population: options.popsize,
        sigma: options.sigma0,
        isSeparable: options.useSeparableCma,
        counts: plan.choices.map(({ distribution }) => distribution.choices.length),
        withMargin: this.#keepsMargin(plan),
        restart: options.restart,
        warmStart: options.warmStart,
        adapt: options.lrAdapt ? withAdaptedRates : (_, after) => after,
      });
      known = new Map([[plan.key, evolution]]);
      this.#evolutions.set(history, known);
    }
    return evolution;
  }
}
