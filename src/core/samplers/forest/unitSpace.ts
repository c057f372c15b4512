import { setOwn } from '../../ownProperty.ts';
import { cardinality, toInternal, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../../space/searchSpace.ts';
import { fromUnit, toUnit } from '../../space/unitInterval.ts';
import type { History } from '../../study/history.ts';
import type { ParameterColumn } from '../../study/parameterColumn.ts';

/** A condition on one earlier parameter: the internal values that make it true. */
interface Requirement {
  readonly parent: number;
  readonly internals: readonly number[];
}

/**
 * A search space as points: a number of [0, 1] for a numeric parameter (grid points in the middle of their cells), the
 * index of a choice, NaN for a parameter that is inactive.
 */
export class UnitSpace {
  readonly parameters: readonly SpaceParameter[];
  readonly width: number;
  /** Number of choices; 0 for a numeric parameter. */
  readonly choices: Int32Array;
  /** Number of values of a numeric parameter or choices; Infinity for a continuous range. */
  readonly levels: Float64Array;
  readonly #requirements: readonly (readonly Requirement[])[];

  constructor({ parameters }: SearchSpace) {
    this.parameters = parameters;
    this.width = parameters.length;
    const distributions = parameters.map(({ distribution }) => distribution);
    this.choices = Int32Array.from(distributions, (one) => (one.type === 'categorical' ? one.choices.length : 0));
    this.levels = Float64Array.from(distributions, cardinality);
    this.#requirements = requirementsOf(parameters);
  }

  get isConditional(): boolean {
    return this.#requirements.some((requirements) => requirements.length > 0);
  }

  /** Whether the coordinates before `index` make this parameter active. */
  isActive(index: number, point: Float64Array): boolean {
    for (const { parent, internals } of this.#requirements[index] as readonly Requirement[]) {
      const coordinate = point[parent] as number;
      if (Number.isNaN(coordinate) || !internals.includes(this.internal(parent, coordinate))) return false;
    }
    return true;
  }

  /** The internal value at a coordinate. */
  internal(index: number, coordinate: number): number {
    const { distribution } = this.parameters[index] as SpaceParameter;
    return distribution.type === 'categorical' ? coordinate : fromUnit(distribution, coordinate);
  }

  /** The coordinate of an internal value; one outside the range counts as one at its border. */
  coordinate(index: number, internal: number): number {
    const { distribution } = this.parameters[index] as SpaceParameter;
    return distribution.type === 'categorical' ? internal : toUnit(distribution, internal);
  }

  /** The coordinate of the value that a numeric coordinate stands for. */
  snap(index: number, coordinate: number): number {
    const levels = this.levels[index] as number;
    const inside = Math.min(Math.max(coordinate, 0), 1);
    if (levels === Number.POSITIVE_INFINITY) return inside;
    const { distribution } = this.parameters[index] as SpaceParameter;
    if (isLinear(distribution)) return (Math.min(levels - 1, Math.floor(inside * levels)) + 0.5) / levels;
    return this.coordinate(index, this.internal(index, inside));
  }

  /** Coordinates of given values, NaN where there is none. */
  place(params: Params, point: Float64Array): void {
    for (const [index, { name, distribution }] of this.parameters.entries()) {
      const isGiven = Object.hasOwn(params, name);
      point[index] = isGiven ? this.coordinate(index, toInternal(distribution, params[name])) : Number.NaN;
    }
  }

  /** The active parameters of a point, without those in `fixed`. */
  params(point: Float64Array, fixed: Params): Params {
    const params: Record<string, ParamValue> = {};
    for (const [index, { name, distribution }] of this.parameters.entries()) {
      const coordinate = point[index] as number;
      if (Object.hasOwn(fixed, name) || Number.isNaN(coordinate)) continue;
      setOwn(params, name, toValue(distribution, this.internal(index, coordinate)));
    }
    return params;
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
      out[offset + index] = this.coordinate(index, column.internal[number] as number);
      present++;
    }
    return present;
  }
}

function requirementsOf(parameters: readonly SpaceParameter[]): Requirement[][] {
  const places = new Map(parameters.map(({ name }, index) => [name, index]));
  return parameters.map(({ when = {} }) =>
    Object.entries(when).map(([name, values]) => {
      const parent = places.get(name) as number;
      const { distribution } = parameters[parent] as SpaceParameter;
      return { parent, internals: values.map((value) => toInternal(distribution, value)) };
    }),
  );
}

function isLinear(distribution: Distribution): boolean {
  return distribution.type === 'categorical' || !distribution.log;
}
