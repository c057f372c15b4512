import type { Params } from '../../space/distributions.ts';
import { logImprovement } from '../../stats/normalTails.ts';
import type { FastRandom } from './fastRandom.ts';
import type { ForestModel } from './forestModel.ts';
import { PointMoves } from './pointMoves.ts';

/** How much a search looks at. */
interface Effort {
  readonly uniform: number;
  readonly local: number;
  readonly starts: number;
}

const USUAL: Effort = { uniform: 500, local: 200, starts: 6 };
/** Once there are so many trials, draws from everywhere rarely are the best, and asks are to be cheap. */
const MANY_TRIALS = 1000;
const WITH_MANY_TRIALS: Effort = { uniform: 150, local: 150, starts: 4 };
const LOCAL_SOURCES = 8;
/** Draws in one search in place of points that violate conditions. */
const MOST_DRAWS = 100;
const SIGMAS = [0.2, 0.08, 0.03, 0.01, 0.003];
const STEPS = 60;
const FIRST_STEP = 0.1;
const SMALLEST_STEP = 5e-4;
const LARGEST_STEP = 0.3;
const LEAST_DEVIATION = 1e-9;

/**
 * The point with the largest expected improvement over the incumbent (the lowest mean among the best seen trials) that a
 * search finds: 500 uniform draws, 200 around the 8 best trials, then from the best 6 of all 60 steps of random pattern
 * search, whose step grows by 1.4 after a success and shrinks by 0.88 after a failure; from 1,000 trials on 150, 150 and 4. A configuration that the study has
 * is taken only where no other was met. `fixed` are coordinates that are given, NaN for the others.
 */
export function propose(model: ForestModel, fixed: Float64Array, random: FastRandom): Float64Array {
  const search = new ProposalSearch(model, fixed, random);
  search.fillPool();
  search.climb();
  return search.best;
}

class ProposalSearch {
  readonly #model: ForestModel;
  readonly #moves: PointMoves;
  readonly #random: FastRandom;
  readonly #width: number;
  readonly #incumbent: number;
  readonly #effort: Effort;
  readonly #known: Params;
  readonly #pool: Float64Array;
  readonly #scores: Float64Array;
  #best: Float64Array | undefined;
  #bestScore = Number.NEGATIVE_INFINITY;

  constructor(model: ForestModel, fixed: Float64Array, random: FastRandom) {
    this.#model = model;
    this.#random = random;
    this.#width = model.space.width;
    this.#moves = new PointMoves(model, fixed, random);
    this.#known = model.space.feasible ? model.space.params(fixed, {}) : {};
    this.#effort = model.number < MANY_TRIALS ? USUAL : WITH_MANY_TRIALS;
    this.#scores = new Float64Array(this.#effort.uniform + this.#effort.local);
    this.#pool = new Float64Array(this.#scores.length * this.#width);
    let incumbent = Number.POSITIVE_INFINITY;
    for (const number of model.leaders) {
      model.forest.predict(model.points, number * this.#width);
      incumbent = Math.min(incumbent, model.forest.mean);
    }
    this.#incumbent = incumbent;
  }

  get best(): Float64Array {
    return this.#best ?? this.#pool.subarray(0, this.#width);
  }

  fillPool(): void {
    const { leaders } = this.#model;
    const sources = Math.min(LOCAL_SOURCES, leaders.length);
    const count = this.#scores.length;
    const { space } = this.#model;
    const { feasible } = space;
    let draws = MOST_DRAWS;
    for (let place = 0; place < count; place++) {
      const point = this.#pool.subarray(place * this.#width, (place + 1) * this.#width);
      if (place < this.#effort.uniform) this.#moves.draw(point);
      else {
        const source = leaders[place % sources];
        const sigma = SIGMAS[this.#random.integer(SIGMAS.length)];
        this.#moves.move(this.#model.points, source * this.#width, point, sigma);
      }
      if (feasible && !space.isAllowed(point) && draws-- > 0) {
        const drawn = feasible.draw(this.#random, this.#known);
        if (drawn) space.place({ ...this.#known, ...drawn }, point);
      }
    }
    const [means, variances] = [new Float64Array(count), new Float64Array(count)];
    this.#model.forest.predictMany(this.#pool, count, means, variances);
    for (let place = 0; place < count; place++) {
      const point = this.#pool.subarray(place * this.#width, (place + 1) * this.#width);
      const isAllowed = !feasible || space.isAllowed(point);
      this.#scores[place] = isAllowed ? this.#improvement(means[place], variances[place]) : Number.NEGATIVE_INFINITY;
    }
  }

  climb(): void {
    const order = Array.from(this.#scores.keys()).sort((a, b) => this.#scores[b] - this.#scores[a] || a - b);
    const { starts } = this.#effort;
    for (const place of order.slice(0, starts)) this.#climbFrom(place);
    // All that was met is there already: the best of the pool that is not.
    for (let index = starts; index < order.length && !this.#best; index++) {
      const at = order[index] * this.#width;
      this.#offer(this.#pool.slice(at, at + this.#width), 0);
    }
  }

  #climbFrom(place: number): void {
    let point = this.#pool.slice(place * this.#width, (place + 1) * this.#width);
    let next = new Float64Array(this.#width);
    let score = this.#scores[place];
    this.#offer(point, score);
    let step = FIRST_STEP;
    for (let count = 0; count < STEPS; count++) {
      this.#moves.move(point, 0, next, step);
      const nextScore = this.#model.space.isAllowed(next) ? this.#score(next, 0) : Number.NEGATIVE_INFINITY;
      if (nextScore > score) {
        [point, next] = [next, point];
        score = nextScore;
        step = Math.min(LARGEST_STEP, step * 1.4);
        this.#offer(point, score);
      } else step = Math.max(SMALLEST_STEP, step * 0.88);
    }
  }

  #offer(point: Float64Array, score: number): void {
    if ((this.#best && score <= this.#bestScore) || this.#model.seen.has(point)) return;
    if (!this.#model.space.isAllowed(point)) return;
    this.#best = point.slice();
    this.#bestScore = score;
  }

  #score(points: Float64Array, offset: number): number {
    const { forest } = this.#model;
    forest.predict(points, offset);
    return this.#improvement(forest.mean, forest.variance);
  }

  #improvement(mean: number, variance: number): number {
    const deviation = Math.sqrt(variance) + LEAST_DEVIATION;
    return Math.log(deviation) + logImprovement((this.#incumbent - mean) / deviation);
  }
}
