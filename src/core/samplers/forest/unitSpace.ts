import { cardinality } from '../../space/distributionRules.ts';
import type { Params } from '../../space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../../space/searchSpace.ts';
import { scaleOf } from '../../space/unitInterval.ts';
import type { FeasibleSpace } from '../../space/where/feasible.ts';
import type { ParameterColumn } from '../../study/columns/parameterColumn.ts';
import type { History } from '../../study/history.ts';
import { Encoding } from '../encoding.ts';

/**
 * A search space as the forest sees it: coordinates of `Encoding`, NaN for a parameter that is inactive or that a trial lacks,
 * whatever the space says: a tree takes any row. A value outside its range counts as one at the border.
 */
export class UnitSpace {
  readonly parameters: readonly SpaceParameter[];
  readonly where: SearchSpace['where'];
  readonly width: number;
  /** Number of choices; 0 for a numeric parameter. */
  readonly choices: Int32Array;
  /** Number of values of a numeric parameter or choices; Infinity for a continuous range. */
  readonly levels: Float64Array;
  readonly #encoding: Encoding;
  readonly #isLinear: readonly boolean[];
  readonly #marks: Uint8Array;

  constructor(space: SearchSpace) {
    const { parameters } = space;
    const distributions = parameters.map(({ distribution }) => distribution);
    this.parameters = parameters;
    this.where = space.where;
    this.width = parameters.length;
    this.choices = Int32Array.from(distributions, (one) => (scaleOf(one) === null ? cardinality(one) : 0));
    this.levels = Float64Array.from(distributions, cardinality);
    this.#encoding = new Encoding(space);
    this.#isLinear = distributions.map((one) => scaleOf(one)?.log !== true);
    this.#marks = new Uint8Array(this.width);
  }

  get isConditional(): boolean {
    return this.#encoding.isConditional;
  }

  /** Whether the coordinates before `index` make this parameter active. */
  isActive(index: number, point: Float64Array): boolean {
    return this.#encoding.isActive(index, point);
  }

  /** Where values have to satisfy conditions. */
  get feasible(): FeasibleSpace | undefined {
    return this.#encoding.feasible;
  }

  /** Whether a point satisfies the conditions of the space. */
  isAllowed(point: Float64Array): boolean {
    return this.#encoding.isAllowed(point);
  }

  /** The internal value at a coordinate. */
  internal(index: number, coordinate: number): number {
    return this.#encoding.internalAt(index, coordinate);
  }

  /** The coordinate of the value that a numeric coordinate stands for. */
  snap(index: number, coordinate: number): number {
    const levels = this.levels[index];
    const inside = Math.min(Math.max(coordinate, 0), 1);
    if (levels === Number.POSITIVE_INFINITY) return inside;
    if (this.#isLinear[index]) return (Math.min(levels - 1, Math.floor(inside * levels)) + 0.5) / levels;
    return this.#encoding.place(index, this.internal(index, inside));
  }

  /** Coordinates of given values, NaN where there is none. */
  place(params: Params, point: Float64Array): void {
    this.#encoding.fix(params, point.fill(Number.NaN), this.#marks);
  }

  /** The active parameters of a point, without those in `fixed`. */
  params(point: Float64Array, fixed: Params): Params {
    for (let index = 0; index < this.width; index++) this.#marks[index] = Number.isNaN(point[index]) ? 0 : 1;
    return this.#encoding.params(point, this.#marks, fixed);
  }

  /** The columns of a history by parameter; undefined where it has none, or one of another kind under that name. */
  columns(history: History): (ParameterColumn | undefined)[] {
    return this.parameters.map(({ name, distribution }) => {
      const column = history.parameters.get(name);
      return column?.accepts(distribution) ? column : undefined;
    });
  }

  /** Writes a trial's coordinates at `offset`; returns how many parameters it has. */
  read(columns: readonly (ParameterColumn | undefined)[], number: number, out: Float64Array, offset: number): number {
    let present = 0;
    for (let index = 0; index < this.width; index++) {
      const column = columns[index];
      out[offset + index] = Number.NaN;
      if (!column?.has(number) || !column.isComparable(number)) continue;
      out[offset + index] = this.#encoding.place(index, column.internalAt(number));
      present++;
    }
    return present;
  }
}
