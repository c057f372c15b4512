import { Random } from '../../random.ts';
import type { Params } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { FastRandom } from '../forest/fastRandom.ts';
import { UnitSpace } from '../forest/unitSpace.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { WrappedSampler } from '../wrappedSampler.ts';
import { FailureModel } from './failureModel.ts';

/** The chance to fail that a trial may have while a fifth or more of the recent ones failed. */
const LEAST_RISK = 0.15;
/** What each recent failure takes from it; while there is none any risk is taken, as one failure may have been chance. */
const RISK_BY_SHARE = 4;
const DRAWS = 400;

/**
 * Keeps another sampler's trials from failing. A suggestion that is too likely to fail (`FailureModel`) is moved towards a
 * trial that did not fail, no farther than it has to be: in all coordinates or a few. How likely is too likely falls from 1 to
 * 0.15 as more of the recent trials fail. Without failures suggestions are the other sampler's, to the bit.
 */
export class CarefulSampler extends WrappedSampler {
  readonly #seed: number;
  readonly #spaces = new WeakMap<SearchSpace, UnitSpace>();

  constructor(inner: Sampler, seed: number) {
    super(inner);
    this.#seed = seed;
  }

  override suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const suggestion = this.inner.suggest(space, context, fixed);
    if (Object.keys(suggestion.params).length === 0) return suggestion;
    const unit = this.#unitSpace(space);
    const model = FailureModel.of(unit, context.history, context.number, this.#seed);
    if (!model) return suggestion;
    const point = new Float64Array(unit.width);
    unit.place({ ...fixed, ...suggestion.params }, point);
    const risk = Math.max(LEAST_RISK, 1 - RISK_BY_SHARE * model.recentShare);
    if (model.chance(point, 0) <= risk) return suggestion;
    const given = new Float64Array(unit.width);
    unit.place(fixed, given);
    const random = new FastRandom(new Random(this.#seed, context.number, 'careful'));
    const safer = new SaferSearch(unit, model, { point, given, risk }).find(random);
    return { ...suggestion, params: unit.params(safer, fixed) };
  }

  #unitSpace(space: SearchSpace): UnitSpace {
    let unit = this.#spaces.get(space);
    if (!unit) {
      unit = new UnitSpace(space);
      this.#spaces.set(space, unit);
    }
    return unit;
  }
}

interface Wanted {
  /** The suggestion. */
  readonly point: Float64Array;
  /** Coordinates that are decided, NaN for the others. */
  readonly given: Float64Array;
  readonly risk: number;
}

/** Looks for the point nearest to a suggestion whose chance to fail is small enough, or else is the smallest. */
class SaferSearch {
  readonly #space: UnitSpace;
  readonly #model: FailureModel;
  readonly #wanted: Wanted;
  readonly #next: Float64Array;

  constructor(space: UnitSpace, model: FailureModel, wanted: Wanted) {
    this.#space = space;
    this.#model = model;
    this.#wanted = wanted;
    this.#next = new Float64Array(space.width);
  }

  find(random: FastRandom): Float64Array {
    const { point, risk } = this.#wanted;
    const goods = this.#model.good.length / this.#space.width;
    let best = point;
    let nearest = Number.POSITIVE_INFINITY;
    let least = this.#model.chance(point, 0);
    for (let draw = 0; draw < DRAWS; draw++) {
      const distance = this.#draw(random.integer(goods) * this.#space.width, random);
      if (!this.#space.isAllowed(this.#next)) continue;
      const chance = this.#model.chance(this.#next, 0);
      const isBetter = chance > risk ? chance < least : least > risk || distance < nearest;
      if (!isBetter) continue;
      least = chance;
      nearest = distance;
      best = this.#next.slice();
    }
    return best;
  }

  /** Moves some coordinates by one share of the way to the good trial at `offset`; returns the squared distance. */
  #draw(offset: number, random: FastRandom): number {
    const { point, given } = this.#wanted;
    const { width, choices } = this.#space;
    const next = this.#next;
    const way = random.uniform();
    const share = random.uniform();
    const always = random.integer(width);
    let distance = 0;
    for (let index = 0; index < width; index++) {
      const moves = index === always || random.uniform() < share;
      if (!Number.isNaN(given[index])) next[index] = given[index];
      else if (!this.#space.isActive(index, next)) next[index] = Number.NaN;
      else next[index] = this.#coordinate(index, this.#model.good[offset + index], moves ? way : 0, random);
      if (Number.isNaN(next[index]) || next[index] === point[index]) continue;
      distance += choices[index] > 0 || Number.isNaN(point[index]) ? 1 : (next[index] - point[index]) ** 2;
    }
    return distance;
  }

  #coordinate(index: number, theirs: number, way: number, random: FastRandom): number {
    const mine = this.#wanted.point[index];
    const choices = this.#space.choices[index];
    if (Number.isNaN(mine)) {
      if (!Number.isNaN(theirs)) return theirs;
      return choices > 0 ? random.integer(choices) : this.#space.snap(index, random.uniform());
    }
    if (way === 0 || Number.isNaN(theirs)) return mine;
    return choices > 0 ? theirs : this.#space.snap(index, mine + way * (theirs - mine));
  }
}
