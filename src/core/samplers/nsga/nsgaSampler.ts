import { Random } from '../../random.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { NSGA2_TAGS, NSGA3_TAGS } from '../../study/attributes.ts';
import type { JsonValue } from '../../study/changes.ts';
import type { History } from '../../study/history.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { type ChildOptions, Nursery } from './children.ts';
import type { TagNames } from './generationTags.ts';
import { Genes } from './genes.ts';
import { type Ancestry, Population } from './population.ts';
import { simplexLattice } from './references.ts';
import { byFrontsAndCrowding, byFrontsAndReferences, type Selection } from './selection.ts';

/** Named and defaulted as in Optuna 5. */
export interface NsgaOptions extends ChildOptions {
  readonly populationSize: number;
}

export interface Nsga3Options extends NsgaOptions {
  /** Units that the reference directions share out among the objectives. */
  readonly dividingParameter: number;
}

/** NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002), for several objectives and for one. */
export function nsga2(seed: number, options: NsgaOptions): Sampler {
  return new NsgaSampler('nsga2', seed, options, NSGA2_TAGS, byFrontsAndCrowding);
}

/** NSGA-III (Deb, Jain 2014): as NSGA-II, but the population spreads along reference directions; for many objectives. */
export function nsga3(seed: number, options: Nsga3Options): Sampler {
  const lattices = new Map<number, Float64Array>();
  const select = byFrontsAndReferences((objectives) => {
    const known = lattices.get(objectives) ?? simplexLattice(objectives, options.dividingParameter);
    lattices.set(objectives, known);
    return known;
  });
  return new NsgaSampler('nsga3', seed, options, NSGA3_TAGS, select);
}

/**
 * A genetic algorithm over generations that are read from the trials (see `Population`), so that a population can be
 * continued by Optuna, and Optuna's here. The first generation is random; parameters that the space does not name are
 * drawn at random too.
 */
class NsgaSampler implements Sampler {
  readonly name: string;
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: NsgaOptions;
  readonly #tags: TagNames;
  readonly #select: Selection;
  readonly #random: RandomSampler;
  readonly #populations = new WeakMap<History, Population>();
  readonly #nurseries = new WeakMap<History, { space: SearchSpace; parents: readonly number[]; nursery: Nursery }>();

  constructor(name: string, seed: number, options: NsgaOptions, tags: TagNames, select: Selection) {
    this.name = name;
    this.#seed = seed;
    this.#options = options;
    this.#tags = tags;
    this.#select = select;
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const { history, number } = context;
    const ancestry = this.#population(history).ancestry();
    const { generation, parents } = ancestry;
    const tags: Record<string, JsonValue> = { [this.#tags.generation[0]]: generation };
    if (parents.length === 0) return { params: this.#random.suggest(space, context, fixed).params, systemAttrs: tags };
    // A claimed trial is older than those that may have begun its generation, so it does not speak for all of it.
    if (ancestry.isUnsaid && number === history.length) tags[this.#tags.parents] = parents;
    const nursery = this.#nursery(history, space, ancestry);
    return { params: nursery.child(fixed, new Random(this.#seed, number, this.name)), systemAttrs: tags };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#random.suggestOne(name, distribution, known, context);
  }

  #population(history: History): Population {
    let population = this.#populations.get(history);
    if (!population) {
      const settings = {
        names: this.#tags,
        size: this.#options.populationSize,
        select: this.#select,
        seed: this.#seed,
      };
      population = new Population(history, settings);
      this.#populations.set(history, population);
    }
    return population;
  }

  #nursery(history: History, space: SearchSpace, { parents, scores }: Ancestry): Nursery {
    const known = this.#nurseries.get(history);
    if (known?.space === space && known.parents === parents) return known.nursery;
    const nursery = new Nursery(space, new Genes(history, space, parents), scores, this.#options);
    this.#nurseries.set(history, { space, parents, nursery });
    return nursery;
  }
}
