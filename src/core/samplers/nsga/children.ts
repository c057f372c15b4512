import type { Random } from '../../random.ts';
import { isSingle, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { fromUnit } from '../../space/unitInterval.ts';
import { uniformInternal } from '../randomSampler.ts';
import { type CrossoverName, crossoverOf } from './crossovers.ts';
import type { Genes } from './genes.ts';
import { dominates, type Scores } from './scores.ts';

export interface ChildOptions {
  readonly crossover: CrossoverName;
  readonly crossoverProb: number;
  /** Chance that a parameter is inherited from the first parent. */
  readonly swappingProb: number;
  readonly mutation: 'resample' | 'polynomial';
  /** Chance of each parameter; null: one parameter in a child on average. */
  readonly mutationProb: number | null;
}

/** Children outside the ranges are made again from other parents, so often at most; then they are clipped. */
const MOST_TRIES = 100;

/** Makes children of one generation of parents. */
export class Nursery {
  readonly genes: Genes;
  readonly #space: SearchSpace;
  readonly #scores: Scores;
  readonly #options: ChildOptions;
  readonly #pool: Uint32Array;
  readonly #numeric: Uint8Array;

  constructor(space: SearchSpace, genes: Genes, scores: Scores, options: ChildOptions) {
    this.genes = genes;
    this.#space = space;
    this.#scores = scores;
    this.#options = options;
    this.#pool = new Uint32Array(genes.rows.length);
    this.#numeric = Uint8Array.from(space.parameters, ({ distribution }) =>
      distribution.type === 'categorical' || isSingle(distribution) ? 0 : 1,
    );
  }

  /**
   * A child of parents that each won a tournament of two by dominance, or with probability 1 − `crossoverProb` a copy of a
   * random one; then mutated. A parameter that only some of the parents have comes from one that has it, one that none has
   * from chance. Parameters in `fixed` are left out, and conditions see them.
   */
  child(fixed: Params, random: Random): Record<string, ParamValue> {
    const { crossover, crossoverProb, swappingProb } = this.#options;
    if (random.uniform() >= crossoverProb) {
      const parent = this.genes.rows[random.integer(this.#pool.length)] as Float64Array;
      return this.#grown([parent], parent, fixed, random);
    }
    const { parents: count, cross } = crossoverOf(crossover, swappingProb);
    const child = new Float64Array(this.genes.width);
    const isSeveral = this.#scores.width > 1;
    for (let tries = 1; ; tries++) {
      const parents = this.#parents(count, random);
      const axes = this.#sharedAxes(parents);
      const part = new Float64Array(axes.length);
      cross(
        parents.map((parent) => Float64Array.from(axes, (axis) => parent[axis] as number)),
        part,
        random,
        isSeveral,
      );
      child.fill(Number.NaN);
      for (const [place, axis] of axes.entries()) child[axis] = part[place] as number;
      if (tries === MOST_TRIES || this.#isInside(child, axes)) return this.#grown(parents, child, fixed, random);
    }
  }

  /** Different ones, as long as there are enough. */
  #parents(count: number, random: Random): Float64Array[] {
    const pool = this.#pool;
    for (let row = 0; row < pool.length; row++) pool[row] = row;
    let left = pool.length;
    return Array.from({ length: count }, () => {
      if (left === 0) left = pool.length;
      const first = random.integer(left);
      const second = random.integer(left);
      const winner = dominates(this.#scores, pool[first] as number, pool[second] as number) ? first : second;
      const row = pool[winner] as number;
      left--;
      pool[winner] = pool[left] as number;
      pool[left] = row;
      return this.genes.rows[row] as Float64Array;
    });
  }

  /** Numeric parameters that all parents have. */
  #sharedAxes(parents: readonly Float64Array[]): number[] {
    const axes: number[] = [];
    for (let axis = 0; axis < this.genes.width; axis++) {
      if (this.#numeric[axis] && parents.every((parent) => !Number.isNaN(parent[axis]))) axes.push(axis);
    }
    return axes;
  }

  /** Grids end with their outermost cells; only a continuous parameter can be outside. */
  #isInside(child: Float64Array, axes: readonly number[]): boolean {
    return axes.every((axis) => {
      const { distribution } = this.#space.parameters[axis] as SearchSpace['parameters'][number];
      const place = child[axis] as number;
      return (place >= 0 && place <= 1) || (distribution.type !== 'categorical' && distribution.step !== null);
    });
  }

  #grown(
    parents: readonly Float64Array[],
    child: Float64Array,
    fixed: Params,
    random: Random,
  ): Record<string, ParamValue> {
    const params: Record<string, ParamValue> = {};
    const chosen: Record<string, ParamValue> = { ...fixed };
    const mutationProb = this.#options.mutationProb ?? 1 / Math.max(1, activeCount(parents[0] as Float64Array));
    for (const [axis, parameter] of this.#space.parameters.entries()) {
      const { name, distribution } = parameter;
      if (Object.hasOwn(fixed, name) || !isActive(parameter, chosen)) continue;
      const gene = Number.isNaN(child[axis]) ? this.#inherited(parents, axis, random) : (child[axis] as number);
      const isMutated = random.uniform() < mutationProb;
      const internal = this.#internal(distribution, gene, isMutated, random);
      chosen[name] = params[name] = toValue(distribution, internal);
    }
    return params;
  }

  /** From the first or the last parent, whichever has it; NaN when neither does. */
  #inherited(parents: readonly Float64Array[], axis: number, random: Random): number {
    const first = parents[0] as Float64Array;
    const last = parents.at(-1) as Float64Array;
    const [preferred, other] = random.uniform() >= this.#options.swappingProb ? [last, first] : [first, last];
    const gene = preferred[axis] as number;
    return Number.isNaN(gene) ? (other[axis] as number) : gene;
  }

  #internal(distribution: Distribution, gene: number, isMutated: boolean, random: Random): number {
    const isPolynomial = this.#options.mutation === 'polynomial' && distribution.type !== 'categorical';
    if (Number.isNaN(gene) || (isMutated && !isPolynomial)) return uniformInternal(distribution, random.uniform());
    if (distribution.type === 'categorical') return gene;
    return fromUnit(distribution, isMutated ? mutated(gene, random.uniform()) : gene);
  }
}

/** Distribution index of the polynomial mutation. */
const ETA = 20;

/** Polynomial mutation within [0, 1] (Deb et al. 2002, as in the authors' program, revision 1.1.6). */
function mutated(gene: number, u: number): number {
  const place = Math.min(Math.max(gene, 0), 1);
  const power = 1 / (ETA + 1);
  if (u <= 0.5) return place + (2 * u + (1 - 2 * u) * (1 - place) ** (ETA + 1)) ** power - 1;
  return place + 1 - (2 * (1 - u) + 2 * (u - 0.5) * place ** (ETA + 1)) ** power;
}

function activeCount(row: Float64Array): number {
  let count = 0;
  for (const gene of row) if (!Number.isNaN(gene)) count++;
  return count;
}
