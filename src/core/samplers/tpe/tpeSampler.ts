import { setOwn } from '../../ownProperty.ts';
import { Random } from '../../random.ts';
import { isSingle, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace, type SpaceParameter } from '../../space/searchSpace.ts';
import { violatedClause } from '../../space/where/clauses.ts';
import type { History } from '../../study/history.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { type BelowSelector, BestFronts, BestRanked } from './belowSelector.ts';
import { Dimension } from './dimension.ts';
import { GroupModel, type IsAllowed } from './groupModel.ts';

/** Named as in Optuna; null: as the preset has it. */
export interface TpeOptions {
  /** Finished (complete or pruned) trials before the model is used; until then draws are uniform. */
  readonly nStartupTrials: number;
  /** Points drawn from l, of which the one with the highest l/g is taken. */
  readonly nEiCandidates: number;
  /**
   * `optuna5`, or what Optuna 4 does by default: parameters one by one, running trials not counted, other bandwidths (see
   * `Bandwidth`), at most 25 good trials of several objectives, weighted by hypervolume.
   */
  readonly preset: 'optuna5' | 'optuna4';
  /** Draw parameters together. Null: with `optuna5` and one objective. */
  readonly multivariate: boolean | null;
  /** Draw the parameters of one condition together; off: each conditional parameter by itself. */
  readonly group: boolean | null;
  /** Count running trials as bad ones, so that parallel trials spread. */
  readonly constantLiar: boolean | null;
}

/** What is the same for a whole suggestion. */
interface Draw {
  readonly space: SearchSpace;
  readonly context: SuggestContext;
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
  readonly #isOptuna4: boolean;
  readonly #random: RandomSampler;
  readonly #selectors = new WeakMap<History, BelowSelector>();
  readonly #models = new WeakMap<History, Map<string, GroupModel>>();
  readonly #groups = new WeakMap<SearchSpace, readonly Group[]>();
  readonly #dimensions = new WeakMap<Distribution, Dimension>();

  constructor(seed: number, options: TpeOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#isOptuna4 = options.preset === 'optuna4';
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    if (context.history.informative < this.#options.nStartupTrials) return this.#random.suggest(space, context, fixed);
    const chosen: Record<string, ParamValue> = { ...fixed };
    // Conditions name earlier parameters only, so a group's condition is decided before its first member comes.
    for (const group of this.#groupsOf(space, context.history)) {
      const active = activeMembers(group, chosen, fixed);
      if (active.length === 0) continue;
      const values = this.#drawGroup(group.key, active, { space, context }, chosen);
      for (const [name, value] of values) setOwn(chosen, name, value);
    }
    return { params: inOrder(space, chosen, fixed) };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    if (context.history.informative < this.#options.nStartupTrials) {
      return this.#random.suggestOne(name, distribution, known, context);
    }
    const alone = { space: { parameters: [] }, context };
    return this.#drawGroup(`=${name}`, [{ name, distribution }], alone, {})[0]?.[1] ?? null;
  }

  #drawGroup(
    key: string,
    members: readonly SpaceParameter[],
    { space, context }: Draw,
    chosen: Params,
  ): [string, ParamValue][] {
    const dimensions = this.#openDimensions(members);
    if (dimensions.length === 0) return valuesOf(members, [], []);
    const model = this.#model(context.history, dimensions);
    model.update(context.number, dimensions);
    const isAllowed = allowanceOf(space, members, dimensions, chosen);
    return valuesOf(members, dimensions, model.propose(new Random(this.#seed, context.number, key), isAllowed));
  }

  /** The members that have more than one value, in the order that the kernels want. */
  #openDimensions(members: readonly SpaceParameter[]): Dimension[] {
    const open = members.filter(({ distribution }) => !isSingle(distribution));
    return open.map(({ name, distribution }) => this.#dimension(name, distribution)).sort((a, b) => a.kind - b.kind);
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
        countsRunning: this.#options.constantLiar ?? !this.#isOptuna4,
        candidates: this.#options.nEiCandidates,
        bandwidths: this.#isOptuna4 ? (this.#isMultivariate(history) ? 'scott' : 'neighbourOrPrior') : 'neighbour',
      });
      models.set(key, model);
    }
    return model;
  }

  #selector(history: History): BelowSelector {
    let selector = this.#selectors.get(history);
    if (!selector) {
      selector =
        history.directions.length === 1
          ? new BestRanked(history)
          : new BestFronts(history, { asOptuna4: this.#isOptuna4 });
      this.#selectors.set(history, selector);
    }
    return selector;
  }

  #dimension(name: string, distribution: Distribution): Dimension {
    const known = this.#dimensions.get(distribution);
    if (known?.name === name) return known;
    const dimension = new Dimension(name, distribution, { asOptuna4: this.#isOptuna4 });
    this.#dimensions.set(distribution, dimension);
    return dimension;
  }

  #isMultivariate(history: History): boolean {
    return this.#options.multivariate ?? (!this.#isOptuna4 && history.directions.length === 1);
  }

  #groupsOf(space: SearchSpace, history: History): readonly Group[] {
    let groups = this.#groups.get(space);
    if (!groups) {
      const group = this.#options.group ?? !this.#isOptuna4;
      groups = groupsOf(space, { multivariate: this.#isMultivariate(history), group });
      this.#groups.set(space, groups);
    }
    return groups;
  }
}

function activeMembers({ members }: Group, chosen: Params, fixed: Params): readonly SpaceParameter[] {
  const free = members.filter(({ name }) => !Object.hasOwn(fixed, name));
  return free[0] && isActive(free[0], chosen) ? free : [];
}

/** Values of the open members from their internal ones, and of those that have one value only. */
function valuesOf(
  members: readonly SpaceParameter[],
  dimensions: readonly Dimension[],
  internals: ArrayLike<number>,
): [string, ParamValue][] {
  const values: [string, ParamValue][] = [];
  for (const { name, distribution } of members) {
    if (isSingle(distribution)) values.push([name, toValue(distribution, firstOf(distribution))]);
  }
  for (const [index, { name, distribution }] of dimensions.entries()) {
    values.push([name, toValue(distribution, internals[index])]);
  }
  return values;
}

/** Whether values of members satisfy the conditions of a space, those that come later left open; undefined without conditions. */
function allowanceOf(
  space: SearchSpace,
  members: readonly SpaceParameter[],
  dimensions: readonly Dimension[],
  chosen: Params,
): IsAllowed | undefined {
  if (!space.where) return undefined;
  return (internals) => {
    const params: Record<string, ParamValue> = { ...chosen };
    for (const [name, value] of valuesOf(members, dimensions, internals)) setOwn(params, name, value);
    return !violatedClause(space, params);
  };
}

function inOrder(space: SearchSpace, chosen: Params, fixed: Params): Params {
  const params: Record<string, ParamValue> = {};
  for (const { name } of space.parameters) {
    if (Object.hasOwn(chosen, name) && !Object.hasOwn(fixed, name)) setOwn(params, name, chosen[name]);
  }
  return params;
}

function firstOf(distribution: Distribution): number {
  return distribution.type === 'categorical' ? 0 : distribution.low;
}

/** Parameters that are drawn together: active under the same condition. */
interface Group {
  readonly key: string;
  readonly members: readonly SpaceParameter[];
}

interface GroupOptions {
  /** Put parameters together at all. */
  readonly multivariate: boolean;
  /** Put conditional parameters together with those of the same condition. */
  readonly group: boolean;
}

/** The groups of a space in the order of their first member. */
function groupsOf(space: SearchSpace, { multivariate, group }: GroupOptions): Group[] {
  const members = new Map<string, SpaceParameter[]>();
  for (const parameter of space.parameters) {
    const together = multivariate && (group || !parameter.when);
    const key = together ? conditionKey(parameter) : `=${parameter.name}`;
    const known = members.get(key);
    if (known) known.push(parameter);
    else members.set(key, [parameter]);
  }
  return [...members].map(([key, own]) => ({ key, members: own }));
}

function conditionKey({ when = {} }: SpaceParameter): string {
  const entries = Object.entries(when).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries.map(([name, values]) => [name, values.map((value) => JSON.stringify(value)).sort()]));
}
