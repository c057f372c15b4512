import { Random } from '../../random.ts';
import { isSingle, toInternal, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { uniformInternal } from '../../space/unitInterval.ts';
import { DE_CROSSOVER, DE_EPOCH, DE_FACTOR, DE_SLOT } from '../../study/attributes.ts';
import type { JsonValue } from '../../study/changes.ts';
import type { History } from '../../study/history.ts';
import { Genes } from '../nsga/genes.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { LatinHypercube } from './latinHypercube.ts';
import { childOf, type Factors, type Family, type Strategy } from './offspring.ts';
import { Slots } from './slots.ts';

export interface DifferentialEvolutionOptions {
  /** Members; null: 2 a parameter, from 20 to 40. */
  readonly populationSize: number | null;
  readonly strategy: Strategy;
  /** Share of the members that count as the best ones. */
  readonly pBest: number;
}

/** Members as near as this along every axis of the unit cube are in one place. */
const SAME_PLACE = 1e-7;

/** Chance that a child does not take over a factor of the member that it challenges (jDE). */
const RENEWAL = 0.1;

/**
 * Differential evolution (Storn, Price 1997) without generations: every trial is made from the members that there are, and
 * challenges one of them (see `Slots`). Mutants lie between a member and one of the best (current-to-pbest/1: Zhang,
 * Sanderson 2009, JADE); F and CR belong to the members and adapt with them (Brest, Greiner, Bošković, Mernik, Žumer 2006,
 * jDE). The first trials are a Latin hypercube. A population that has drawn together to a point makes room for another.
 */
export class DifferentialEvolutionSampler implements Sampler {
  readonly name = 'de';
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: DifferentialEvolutionOptions;
  readonly #random: RandomSampler;
  readonly #spread: LatinHypercube;
  readonly #slots = new WeakMap<History, Map<number, Slots>>();
  readonly #collapsed = new WeakMap<readonly number[], { space: SearchSpace; isCollapsed: boolean }>();
  readonly #rows = new WeakMap<History, { space: SearchSpace; rows: Map<number, Float64Array> }>();

  constructor(seed: number, options: DifferentialEvolutionOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new RandomSampler(seed);
    this.#spread = new LatinHypercube(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const { history, number } = context;
    const slots = this.#slotsOf(history, space);
    slots.update();
    const slot = slots.next(number);
    const ranking = slots.ranking();
    // A claimed trial is older than the population that it finds.
    const isOver = number === history.length && this.#isCollapsed(history, space, ranking, slots.size);
    const epoch = slots.epoch + (isOver ? 1 : 0);
    const member = isOver ? undefined : slots.member(slot);
    const tags = { [DE_SLOT]: slot, ...(epoch > 0 && { [DE_EPOCH]: epoch }) };
    if (member === undefined || ranking.length < 4) {
      const params = this.#spread.draw(space, { slot, of: slots.size, number, epoch }, fixed);
      return { params, systemAttrs: tags };
    }
    const random = new Random(this.#seed, number, 'de');
    const factors = this.#factors(history.systemAttrs(member), random);
    const family = this.#family(history, space, member, ranking, random);
    const params = childOf(space, family, this.#options.strategy, factors, fixed, random);
    refreshed(space, params, history, member, random);
    return { params, systemAttrs: { ...tags, [DE_FACTOR]: factors.factor, [DE_CROSSOVER]: factors.crossover } };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#random.suggestOne(name, distribution, known, context);
  }

  /** F in 0.1 … 1 and CR in 0 … 1; the first members have 0.5 and 0.9. */
  #factors(attrs: Readonly<Record<string, JsonValue>>, random: Random): Factors {
    const [renewsFactor, factor] = [random.uniform() < RENEWAL, 0.1 + 0.9 * random.uniform()];
    const [renewsCrossover, crossover] = [random.uniform() < RENEWAL, random.uniform()];
    return {
      factor: renewsFactor ? factor : numberIn(attrs[DE_FACTOR], 0.5),
      crossover: renewsCrossover ? crossover : numberIn(attrs[DE_CROSSOVER], 0.9),
    };
  }

  /** Whether every slot has a member and all lie in one point: their differences are nothing to search with. */
  #isCollapsed(history: History, space: SearchSpace, ranking: readonly number[], size: number): boolean {
    if (ranking.length < size) return false;
    const known = this.#collapsed.get(ranking);
    if (known?.space === space) return known.isCollapsed;
    const first = this.#row(history, space, ranking[0]);
    const isCollapsed = ranking.every((number) => {
      const row = this.#row(history, space, number);
      return row.every((gene, axis) => !(Math.abs(gene - first[axis]) > SAME_PLACE));
    });
    this.#collapsed.set(ranking, { space, isCollapsed });
    return isCollapsed;
  }

  #family(history: History, space: SearchSpace, member: number, ranking: readonly number[], random: Random): Family {
    const elite = Math.max(1, Math.min(ranking.length, Math.round(this.#options.pBest * ranking.length)));
    const best = ranking[random.integer(elite)];
    const others: number[] = [];
    while (others.length < 3) {
      const other = ranking[random.integer(ranking.length)];
      if (other !== member && !others.includes(other)) others.push(other);
    }
    const row = (number: number) => this.#row(history, space, number);
    return { target: row(member), best: row(best), others: others.map(row) as unknown as Family['others'] };
  }

  #row(history: History, space: SearchSpace, number: number): Float64Array {
    let known = this.#rows.get(history);
    if (known?.space !== space || known.rows.size > 10_000) {
      known = { space, rows: new Map() };
      this.#rows.set(history, known);
    }
    let row = known.rows.get(number);
    if (!row) {
      row = new Genes(history, space, [number]).rows[0];
      known.rows.set(number, row);
    }
    return row;
  }

  #slotsOf(history: History, space: SearchSpace): Slots {
    const size = this.#options.populationSize ?? Math.min(Math.max(2 * space.parameters.length, 20), 40);
    let known = this.#slots.get(history);
    if (!known) {
      known = new Map();
      this.#slots.set(history, known);
    }
    let slots = known.get(size);
    if (!slots) {
      slots = new Slots(history, size);
      known.set(size, slots);
    }
    return slots;
  }
}

function numberIn(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : otherwise;
}

/** Draws one parameter anew where a child is what the member was: in a finite space most children would be. */
function refreshed(
  space: SearchSpace,
  params: Record<string, ParamValue>,
  history: History,
  member: number,
  random: Random,
): void {
  const open: SearchSpace['parameters'][number][] = [];
  for (const parameter of space.parameters) {
    const { name, distribution } = parameter;
    if (!Object.hasOwn(params, name)) continue;
    if (toInternal(distribution, params[name]) !== history.parameters.get(name)?.internalAt(member)) return;
    if (!isSingle(distribution) && !isDeciding(space, name)) open.push(parameter);
  }
  const one = open[random.integer(open.length)];
  if (one) params[one.name] = toValue(one.distribution, uniformInternal(one.distribution, random.uniform()));
}

/** Whether the activity of another parameter depends on this one. */
function isDeciding(space: SearchSpace, name: string): boolean {
  return space.parameters.some(({ when }) => when !== undefined && Object.hasOwn(when, name));
}
