import { Random } from '../../random.ts';
import { isSingle, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace, type SpaceParameter } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { type BelowSelector, BestFronts, BestRanked } from './belowSelector.ts';
import { Dimension } from './dimension.ts';
import { GroupModel } from './groupModel.ts';

/** Named and defaulted as in Optuna 5. */
export interface TpeOptions {
  /** Finished (complete or pruned) trials before the model is used; until then draws are uniform. */
  readonly nStartupTrials: number;
  /** Points drawn from l, of which the one with the highest l/g is taken. */
  readonly nEiCandidates: number;
  /** Draw parameters together. Null: yes with one objective, no with several. */
  readonly multivariate: boolean | null;
  /** Draw the parameters of one condition together; off: each conditional parameter by itself. */
  readonly group: boolean;
  /** Count running trials as bad ones, so that parallel trials spread. */
  readonly constantLiar: boolean;
}

/** Parameters that are drawn together: active under the same condition. */
interface Group {
  readonly key: string;
  readonly members: readonly SpaceParameter[];
}

/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kégl: "Algorithms for hyper-parameter optimization",
 * NIPS 2011) with the settings of Optuna 5: see `Kernels` for the densities, `Ranking` and `BestRanked` for what is good.
 *
 * A conditional space is a tree of groups (Optuna's `group`). Good and bad are told apart among all trials; a group is
 * modelled over those of each kind that had it.
 */
export class TpeSampler implements Sampler {
  readonly name = 'tpe';
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: TpeOptions;
  readonly #random: RandomSampler;
  readonly #selectors = new WeakMap<History, BelowSelector>();
  readonly #models = new WeakMap<History, Map<string, GroupModel>>();
  readonly #groups = new WeakMap<SearchSpace, readonly Group[]>();
  readonly #dimensions = new WeakMap<Distribution, Dimension>();

  constructor(seed: number, options: TpeOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    if (context.history.informative < this.#options.nStartupTrials) return this.#random.suggest(space, context, fixed);
    const drawn = new Map<string, ParamValue>();
    const chosen: Record<string, ParamValue> = { ...fixed };
    const groups = this.#groupsOf(space, context.history);
    // Conditions name earlier parameters only, so a group's condition is decided before its first member comes.
    for (const group of groups) {
      const active = group.members.filter(({ name }) => !Object.hasOwn(fixed, name));
      const first = active[0];
      if (!first || !isActive(first, chosen)) continue;
      for (const [name, value] of this.#drawGroup(group.key, active, context)) {
        drawn.set(name, value);
        chosen[name] = value;
      }
    }
    return { params: inOrder(space, drawn) };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    if (context.history.informative < this.#options.nStartupTrials) {
      return this.#random.suggestOne(name, distribution, known, context);
    }
    return this.#drawGroup(`=${name}`, [{ name, distribution }], context)[0]?.[1] ?? null;
  }

  #drawGroup(
    key: string,
    members: readonly SpaceParameter[],
    { history, number }: SuggestContext,
  ): [string, ParamValue][] {
    const result: [string, ParamValue][] = [];
    const open: SpaceParameter[] = [];
    for (const member of members) {
      const { name, distribution } = member;
      if (isSingle(distribution)) result.push([name, toValue(distribution, firstOf(distribution))]);
      else open.push(member);
    }
    if (open.length === 0) return result;
    const dimensions = open
      .map(({ name, distribution }) => this.#dimension(name, distribution))
      .sort((a, b) => a.kind - b.kind);
    const model = this.#model(history, dimensions);
    model.update(number, dimensions);
    const internals = model.propose(new Random(this.#seed, number, key));
    for (const [index, { name, distribution }] of dimensions.entries()) {
      result.push([name, toValue(distribution, internals[index] as number)]);
    }
    return result;
  }

  #model(history: History, dimensions: readonly Dimension[]): GroupModel {
    let models = this.#models.get(history);
    if (!models) {
      models = new Map();
      this.#models.set(history, models);
    }
    let key = '';
    for (const { name, kind, choices } of dimensions) key += `${kind}${choices}:${name.length}:${name}`;
    let model = models.get(key);
    if (!model) {
      model = new GroupModel(history, dimensions, {
        selector: this.#selector(history),
        countsRunning: this.#options.constantLiar,
        candidates: this.#options.nEiCandidates,
      });
      models.set(key, model);
    }
    return model;
  }

  #selector(history: History): BelowSelector {
    let selector = this.#selectors.get(history);
    if (!selector) {
      selector = history.directions.length === 1 ? new BestRanked(history) : new BestFronts(history);
      this.#selectors.set(history, selector);
    }
    return selector;
  }

  #dimension(name: string, distribution: Distribution): Dimension {
    const known = this.#dimensions.get(distribution);
    if (known?.name === name) return known;
    const dimension = new Dimension(name, distribution);
    this.#dimensions.set(distribution, dimension);
    return dimension;
  }

  #groupsOf(space: SearchSpace, history: History): readonly Group[] {
    let groups = this.#groups.get(space);
    if (!groups) {
      groups = decompose(space, this.#options.multivariate ?? history.directions.length === 1, this.#options.group);
      this.#groups.set(space, groups);
    }
    return groups;
  }
}

/** Groups in the order of their first member. */
function decompose(space: SearchSpace, multivariate: boolean, group: boolean): Group[] {
  const groups = new Map<string, SpaceParameter[]>();
  for (const parameter of space.parameters) {
    const together = multivariate && (group || !parameter.when);
    const key = together ? conditionKey(parameter) : `=${parameter.name}`;
    const members = groups.get(key);
    if (members) members.push(parameter);
    else groups.set(key, [parameter]);
  }
  return [...groups].map(([key, members]) => ({ key, members }));
}

function conditionKey({ when = {} }: SpaceParameter): string {
  const entries = Object.entries(when).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries.map(([name, values]) => [name, values.map((value) => JSON.stringify(value)).sort()]));
}

function inOrder(space: SearchSpace, drawn: ReadonlyMap<string, ParamValue>): Params {
  const params: Record<string, ParamValue> = {};
  for (const { name } of space.parameters) if (drawn.has(name)) params[name] = drawn.get(name) as ParamValue;
  return params;
}

function firstOf(distribution: Distribution): number {
  return distribution.type === 'categorical' ? 0 : distribution.low;
}
