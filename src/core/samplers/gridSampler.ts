import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { Random, shuffle } from '../random.ts';
import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import { isActive, type SearchSpace } from '../space/searchSpace.ts';
import { violatedClause } from '../space/where/clauses.ts';
import { GRID_ID } from '../study/attributes.ts';
import type { JsonValue } from '../study/changes.ts';
import type { History } from '../study/history.ts';
import { isFinished, TrialState } from '../study/states.ts';
import { dumpJson } from '../text/pythonJson.ts';
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
  readonly visits: WeakMap<History, GridVisits>;
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

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new RandomSampler(seed);
  }

  /** Throws `grid-exhausted` when every point was tried, `invalid-space` for a continuous parameter or a product over a million. */
  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    if (Object.keys(fixed).length > 0) return this.#random.suggest(space, context, fixed);
    const grid = this.#gridOf(space);
    const id = visitsOf(grid, context.history).next(grid.order, context.number);
    if (id === undefined) throw new TuneboardError('grid-exhausted', coreMessage('everyPointGridBeenTried'));
    return { params: grid.points[id], systemAttrs: { [GRID_ID]: id } };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#random.suggestOne(name, distribution, known, context);
  }

  isExhausted(space: SearchSpace | undefined, history: History): boolean {
    if (!space) return false;
    const grid = this.#gridOf(space);
    return visitsOf(grid, history).next(grid.order, history.length) === undefined;
  }

  #gridOf(space: SearchSpace): Grid {
    let grid = this.#grids.get(space);
    if (!grid) {
      const points = productOf(space);
      const order = Uint32Array.from(points.keys());
      shuffle(order, new Random(this.#seed, 0, 'grid'));
      grid = { points, order, visits: new WeakMap() };
      this.#grids.set(space, grid);
    }
    return grid;
  }
}

function visitsOf({ visits, points }: Grid, history: History): GridVisits {
  let known = visits.get(history);
  if (!known) {
    known = new GridVisits(history, points);
    visits.set(history, known);
  }
  return known;
}

/** Which points the trials of a history have tried. */
class GridVisits {
  readonly #history: History;
  readonly #points: readonly Params[];
  /** A trial may have others: of an earlier space, or of what the objective asked for by itself. */
  readonly #names: ReadonlySet<string>;
  #idsByContent: ReadonlyMap<string, number> | undefined;
  readonly #trials = new Map<number, Set<number>>();
  #revision = 0;

  constructor(history: History, points: readonly Params[]) {
    this.#history = history;
    this.#points = points;
    this.#names = new Set(points.flatMap((point) => Object.keys(point)));
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

  /** The point that a trial tried: another one than it says where the space was edited since. */
  #idOf(number: number, given: number): number | undefined {
    const params = this.#history.params(number);
    const point = this.#points[given];
    // The parameters of a trial that was just made may follow.
    if (Object.keys(params).length === 0 && !isFinished(this.#history.state(number))) return given;
    const own = Object.fromEntries(Object.entries(params).filter(([name]) => this.#names.has(name)));
    const content = contentOf(own);
    if (point && contentOf(point) === content) return given;
    this.#idsByContent ??= new Map(this.#points.map((one, id) => [contentOf(one), id]));
    return this.#idsByContent.get(content);
  }

  #update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) {
      const given = history.systemAttrs(number)[GRID_ID];
      const id = typeof given === 'number' ? this.#idOf(number, given) : undefined;
      if (id === undefined) continue;
      const trials = this.#trials.get(id);
      if (trials) trials.add(number);
      else this.#trials.set(id, new Set([number]));
    }
    this.#revision = history.revision;
  }
}

/** The same for points with the same values. */
function contentOf(params: Params): string {
  return dumpJson(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)) as JsonValue);
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
