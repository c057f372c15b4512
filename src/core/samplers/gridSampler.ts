import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { Random, shuffle } from '../random.ts';
import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import { isActive, type SearchSpace } from '../space/searchSpace.ts';
import { violatedClause } from '../space/where/clauses.ts';
import { GRID_ID } from '../study/attributes.ts';
import type { History } from '../study/history.ts';
import { TrialState } from '../study/states.ts';
import { countValues, valueAt } from './finiteValues.ts';
import { RandomSampler } from './randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from './sampler.ts';

/** More points than any budget: a product this large is a mistake in the space. */
const MAX_POINTS = 1_000_000;

interface Grid {
  /** One configuration a point, conditions resolved: inactive parameters take no part in the product, nor what `where` refuses. */
  readonly points: readonly Params[];
  /** Order in which they are tried. */
  readonly order: Uint32Array;
}

/**
 * Every combination once, in an order shuffled by the seed. A point is done when a trial with its `grid_id` is complete,
 * pruned or running; one that failed is tried again after all others, once. A parameter needs a step or choices.
 */
export class GridSampler implements Sampler {
  readonly name = 'grid';
  readonly #seed: number;
  readonly #random: RandomSampler;
  readonly #grids = new WeakMap<SearchSpace, Grid>();
  readonly #visits = new WeakMap<History, GridVisits>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new RandomSampler(seed);
  }

  /** Throws `grid-exhausted` when every point was tried, `invalid-space` for a continuous parameter or a product over a million. */
  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    if (Object.keys(fixed).length > 0) return this.#random.suggest(space, context, fixed);
    const grid = this.#gridOf(space);
    const id = this.#visitsOf(context.history).next(grid.order, context.number);
    if (id === undefined) throw new TuneboardError('grid-exhausted', coreMessage('everyPointGridBeenTried'));
    return { params: grid.points[id], systemAttrs: { [GRID_ID]: id } };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#random.suggestOne(name, distribution, known, context);
  }

  isExhausted(space: SearchSpace | undefined, history: History): boolean {
    if (!space) return false;
    return this.#visitsOf(history).next(this.#gridOf(space).order, history.length) === undefined;
  }

  #gridOf(space: SearchSpace): Grid {
    let grid = this.#grids.get(space);
    if (!grid) {
      const points = productOf(space);
      const order = Uint32Array.from(points.keys());
      shuffle(order, new Random(this.#seed, 0, 'grid'));
      grid = { points, order };
      this.#grids.set(space, grid);
    }
    return grid;
  }

  #visitsOf(history: History): GridVisits {
    let visits = this.#visits.get(history);
    if (!visits) {
      visits = new GridVisits(history);
      this.#visits.set(history, visits);
    }
    return visits;
  }
}

/** Which points the trials of a history have tried. */
class GridVisits {
  readonly #history: History;
  readonly #trials = new Map<number, Set<number>>();
  #revision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** The first point in `order` without a trial, else the first whose one trial failed; `asking` does not count. */
  next(order: Uint32Array, asking: number): number | undefined {
    this.#update();
    let failedOnce: number | undefined;
    for (const id of order) {
      const tried = this.#triedBy(id, asking);
      if (tried.length === 0) return id;
      const isRetry = tried.length === 1 && this.#history.state(tried[0]) === TrialState.fail;
      if (isRetry) failedOnce ??= id;
    }
    return failedOnce;
  }

  #triedBy(id: number, asking: number): number[] {
    const trials = this.#trials.get(id);
    return trials ? [...trials].filter((number) => number !== asking) : [];
  }

  #update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) {
      const id = history.systemAttrs(number)[GRID_ID];
      if (typeof id !== 'number') continue;
      const trials = this.#trials.get(id);
      if (trials) trials.add(number);
      else this.#trials.set(id, new Set([number]));
    }
    this.#revision = history.revision;
  }
}

function productOf(space: SearchSpace): Params[] {
  let points: Record<string, ParamValue>[] = [{}];
  for (const parameter of space.parameters) {
    const values = valuesOf(parameter.name, parameter.distribution);
    const next: Record<string, ParamValue>[] = [];
    for (const point of points) {
      if (!isActive(parameter, point)) next.push(point);
      else {
        for (const value of values) {
          const longer = { ...point, [parameter.name]: value };
          if (!violatedClause(space, longer)) next.push(longer);
        }
      }
      if (next.length > MAX_POINTS) {
        throw new TuneboardError('invalid-space', coreMessage('gridMoreThanMillionPoints'));
      }
    }
    points = next;
  }
  return points;
}

function valuesOf(name: string, distribution: Distribution): ParamValue[] {
  const count = countValues('A grid', name, distribution);
  if (count > MAX_POINTS) {
    throw new TuneboardError('invalid-space', coreMessage('aloneMoreThanMillionValues', { name }));
  }
  return Array.from({ length: count }, (_, index) => valueAt(distribution, index));
}
