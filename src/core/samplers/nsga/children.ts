import type { Random } from '../../random.ts';
import { isSingle, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { fromUnit, uniformInternal } from '../../space/unitInterval.ts';
import { type CrossoverName, type CrossoverSpec, crossoverOf } from './crossovers.ts';
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

/** Numbers that some parents all have: their axes, and each parent's places on them. */
interface Shared {
  readonly axes: Uint32Array;
  readonly vectors: readonly Float64Array[];
}

/** Makes children of one generation of parents. */
export class Nursery {
  readonly genes: Genes;
  readonly #space: SearchSpace;
  readonly #scores: Scores;
  readonly #options: ChildOptions;
  readonly #crossover: CrossoverSpec;
  readonly #pool: Uint32Array;
  readonly #numeric: Uint32Array;
  /** 1 for an axis of a grid: it ends with its outermost cells, so that nothing is outside. */
  readonly #isGrid: Uint8Array;
  /** The places of every parent, where all have all numbers. */
  readonly #vectors: readonly Float64Array[] | undefined;
  readonly #child: Float64Array;

  constructor(space: SearchSpace, genes: Genes, scores: Scores, options: ChildOptions) {
    this.genes = genes;
    this.#space = space;
    this.#scores = scores;
    this.#options = options;
    this.#crossover = crossoverOf(options.crossover, options.swappingProb);
    this.#pool = new Uint32Array(genes.rows.length);
    this.#child = new Float64Array(genes.width);
    const { parameters } = space;
    this.#numeric = Uint32Array.from(parameters.keys()).filter((axis) => {
      const { distribution } = parameters[axis];
      return distribution.type !== 'categorical' && !isSingle(distribution);
    });
    this.#isGrid = Uint8Array.from(parameters, ({ distribution }) =>
      distribution.type === 'categorical' || distribution.step !== null ? 1 : 0,
    );
    const vectors = genes.rows.map((row) => placesOn(this.#numeric, row));
    this.#vectors = vectors.some((vector) => vector.some(Number.isNaN)) ? undefined : vectors;
  }

  /**
   * A child of parents that each won a tournament of two by dominance, or with probability 1 − `crossoverProb` a copy of a
   * random one; then mutated. A parameter that only some of the parents have comes from one that has it, one that none has
   * from chance. Parameters in `fixed` are left out, and conditions see them.
   */
  child(fixed: Params, random: Random): Record<string, ParamValue> {
    if (random.uniform() >= this.#options.crossoverProb) {
      const parent = this.genes.rows[random.integer(this.#pool.length)];
      return this.#grown([parent], parent, fixed, random);
    }
    const isSeveral = this.#scores.width > 1;
    for (let tries = 1; ; tries++) {
      const rows = this.#parents(this.#crossover.parents, random);
      const { axes, vectors } = this.#shared(rows);
      const made = new Float64Array(axes.length);
      this.#crossover.cross(vectors, made, random, isSeveral);
      if (tries < MOST_TRIES && !this.#isInside(made, axes)) continue;
      this.#child.fill(Number.NaN);
      for (let place = 0; place < axes.length; place++) this.#child[axes[place]] = made[place];
      const parents = rows.map((row) => this.genes.rows[row]);
      return this.#grown(parents, this.#child, fixed, random);
    }
  }

  /** Rows, different ones as long as there are enough. */
  #parents(count: number, random: Random): number[] {
    const pool = this.#pool;
    for (let row = 0; row < pool.length; row++) pool[row] = row;
    let left = pool.length;
    const rows: number[] = [];
    for (let parent = 0; parent < count; parent++) {
      if (left === 0) left = pool.length;
      const first = random.integer(left);
      const second = random.integer(left);
      const winner = dominates(this.#scores, pool[first], pool[second]) ? first : second;
      const row = pool[winner];
      rows.push(row);
      left--;
      pool[winner] = pool[left];
      pool[left] = row;
    }
    return rows;
  }

  #shared(rows: readonly number[]): Shared {
    if (this.#vectors) {
      return { axes: this.#numeric, vectors: rows.map((row) => this.#vectors?.[row] as Float64Array) };
    }
    const parents = rows.map((row) => this.genes.rows[row]);
    const axes = this.#numeric.filter((axis) => parents.every((parent) => !Number.isNaN(parent[axis])));
    return { axes, vectors: parents.map((parent) => placesOn(axes, parent)) };
  }

  #isInside(made: Float64Array, axes: Uint32Array): boolean {
    for (let place = 0; place < axes.length; place++) {
      const gene = made[place];
      if (!(gene >= 0 && gene <= 1) && !this.#isGrid[axes[place]]) return false;
    }
    return true;
  }

  #grown(
    parents: readonly Float64Array[],
    child: Float64Array,
    fixed: Params,
    random: Random,
  ): Record<string, ParamValue> {
    const params: Record<string, ParamValue> = {};
    const chosen: Record<string, ParamValue> = { ...fixed };
    const mutationProb = this.#options.mutationProb ?? 1 / Math.max(1, activeCount(parents[0]));
    const { parameters } = this.#space;
    for (let axis = 0; axis < parameters.length; axis++) {
      const parameter = parameters[axis];
      const { name, distribution } = parameter;
      if (Object.hasOwn(fixed, name) || !isActive(parameter, chosen)) continue;
      const gene = Number.isNaN(child[axis]) ? this.#inherited(parents, axis, random) : child[axis];
      const isMutated = random.uniform() < mutationProb;
      const internal = this.#internal(distribution, gene, isMutated, random);
      chosen[name] = params[name] = toValue(distribution, internal);
    }
    return params;
  }

  /** From the first or the last parent, whichever has it; NaN when neither does. */
  #inherited(parents: readonly Float64Array[], axis: number, random: Random): number {
    const first = parents[0];
    const last = parents[parents.length - 1];
    const [preferred, other] = random.uniform() >= this.#options.swappingProb ? [last, first] : [first, last];
    const gene = preferred[axis];
    return Number.isNaN(gene) ? other[axis] : gene;
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

function placesOn(axes: Uint32Array, row: Float64Array): Float64Array {
  const places = new Float64Array(axes.length);
  for (let place = 0; place < axes.length; place++) places[place] = row[axes[place]];
  return places;
}
