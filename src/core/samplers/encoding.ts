import { setOwn } from '../ownProperty.ts';
import { cardinality, gridPoint, isSingle, toInternal, toValue } from '../space/distributionRules.ts';
import type { Choice, Distribution, Params, ParamValue } from '../space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../space/searchSpace.ts';
import { fromUnit, type NumericDistribution, scaleOf, toUnit } from '../space/unitInterval.ts';
import { isKept, type WhereClause } from '../space/where/clauses.ts';
import { evaluate, type Scalar, scalarOf } from '../space/where/evaluate.ts';
import { FeasibleSpace } from '../space/where/feasible.ts';
import type { History } from '../study/history.ts';

/** What a parameter can be in the model. A constant has one value and takes no part. */
export const DimensionKind = { constant: 0, numeric: 1, categorical: 2 } as const;

/** A condition in internal values: active while the dimension at `parent` has one of `allowed`. */
interface Requirement {
  readonly parent: number;
  readonly allowed: ReadonlySet<number>;
}

export interface Dimension {
  readonly name: string;
  readonly distribution: Distribution;
  /** See `scaleOf`. */
  readonly scale: NumericDistribution | null;
  readonly kind: (typeof DimensionKind)[keyof typeof DimensionKind];
  /** How many values there are, Infinity for a continuous range. */
  readonly levels: number;
  /** Whether a trial may lack it. */
  readonly isConditional: boolean;
  readonly requirements: readonly Requirement[];
  /** Whether other dimensions depend on it. */
  readonly isParent: boolean;
}

/**
 * A search space as coordinates. A *point* has one number a parameter: a place in [0, 1] (`toUnit`) or the index of a choice.
 * An inactive parameter of a candidate keeps a latent value, so that its branch has one when it is switched on; in an
 * observed trial it is NaN. `activate` says which of a point's coordinates count.
 */
export class Encoding {
  readonly dimensions: readonly Dimension[];
  readonly size: number;
  readonly isConditional: boolean;
  /** Number of configurations, Infinity where a range is continuous; with conditions an upper bound. */
  readonly cardinality: number;
  /** Where values have to satisfy conditions. */
  readonly feasible: FeasibleSpace | undefined;
  readonly #where: readonly PlacedClause[];

  constructor(space: SearchSpace) {
    const { parameters } = space;
    const places = new Map(parameters.map(({ name }, index) => [name, index]));
    const parents = new Set(parameters.flatMap(({ when = {} }) => Object.keys(when)));
    this.dimensions = parameters.map((parameter) => dimensionOf(parameter, parameters, places, parents));
    this.size = parameters.length;
    this.cardinality = this.dimensions.reduce((product, { levels }) => product * levels, 1);
    this.isConditional = this.dimensions.some((dimension) => dimension.isConditional);
    this.feasible = FeasibleSpace.of(space);
    this.#where = (space.where ?? []).map((clause) => placedClause(clause, places, space.given));
  }

  /** Whether a point satisfies the conditions of the space. `active` as in `activate`; without it, what is NaN is inactive. */
  isAllowed(point: Float64Array, active?: Uint8Array): boolean {
    for (const { root, places, values } of this.#where) {
      for (let slot = 0; slot < places.length; slot++) {
        const index = places[slot];
        if (index < 0) continue;
        const isInactive = active ? active[index] === 0 : Number.isNaN(point[index]);
        const { distribution } = this.dimensions[index];
        values[slot] = isInactive ? undefined : scalarOf(toValue(distribution, this.internal(point, index)));
      }
      if (!isKept(evaluate(root, values))) return false;
    }
    return true;
  }

  /** Sets `active` to 1 where a point's coordinate counts, else 0. */
  activate(point: Float64Array, active: Uint8Array): void {
    for (let index = 0; index < this.size; index++) {
      active[index] = 1;
      for (const { parent, allowed } of this.dimensions[index].requirements) {
        if (active[parent] === 0 || !allowed.has(this.internal(point, parent))) active[index] = 0;
      }
    }
  }

  /** Whether the coordinates before `index`, NaN for what is inactive, make this one active. */
  isActive(index: number, point: Float64Array): boolean {
    for (const { parent, allowed } of this.dimensions[index].requirements) {
      if (Number.isNaN(point[parent]) || !allowed.has(this.internal(point, parent))) return false;
    }
    return true;
  }

  /** The internal value at a coordinate. */
  internal(point: Float64Array, index: number): number {
    return this.internalAt(index, point[index]);
  }

  internalAt(index: number, place: number): number {
    const { scale } = this.dimensions[index];
    return scale === null ? place : fromUnit(scale, place);
  }

  /** The coordinate of value `level` (from 0) of a finite dimension. */
  level(index: number, level: number): number {
    const { scale } = this.dimensions[index];
    return scale === null ? level : toUnit(scale, gridPoint(scale, level));
  }

  /** The coordinate of an internal value. */
  place(index: number, internal: number): number {
    const { scale } = this.dimensions[index];
    return scale === null ? internal : toUnit(scale, internal);
  }

  /** Moves a coordinate onto the grid of its range. */
  snap(point: Float64Array, index: number): void {
    const { scale, levels } = this.dimensions[index];
    if (scale !== null && levels !== Number.POSITIVE_INFINITY) {
      point[index] = toUnit(scale, fromUnit(scale, point[index]));
    }
  }

  /** A uniform place at quantile `u`, on the grid. */
  spread(index: number, u: number): number {
    const { scale, levels } = this.dimensions[index];
    if (scale === null) return Math.min(levels - 1, Math.floor(u * levels));
    return levels === Number.POSITIVE_INFINITY ? u : toUnit(scale, fromUnit(scale, u));
  }

  /**
   * Reads a trial into `point` from `offset` on, NaN for what it lacks. False when it has no place in this space: an
   * unconditional parameter is missing, of another kind, or outside its range.
   */
  read(history: History, number: number, point: Float64Array, offset: number): boolean {
    for (let index = 0; index < this.size; index++) {
      const { name, distribution, isConditional } = this.dimensions[index];
      const column = history.parameters.get(name);
      if (!column?.has(number)) {
        if (!isConditional) return false;
        point[offset + index] = Number.NaN;
        continue;
      }
      const internal = column.internalAt(number);
      if (!column.isComparable(number) || !column.accepts(distribution) || !isWithin(distribution, internal))
        return false;
      point[offset + index] = this.place(index, internal);
    }
    return true;
  }

  /** Puts known parameters into a point and marks them in `isFixed`; what the space does not have is passed over. */
  fix(known: Params, point: Float64Array, isFixed?: Uint8Array): void {
    for (let index = 0; index < this.size; index++) {
      const { name, distribution } = this.dimensions[index];
      if (!Object.hasOwn(known, name)) continue;
      if (isFixed) isFixed[index] = 1;
      point[index] = this.place(index, toInternal(distribution, known[name]));
    }
  }

  /** The active parameters of a point as an objective sees them, without those in `known`. */
  params(point: Float64Array, active: Uint8Array, known: Params = {}): Params {
    const params: Record<string, ParamValue> = {};
    for (let index = 0; index < this.size; index++) {
      const { name, distribution } = this.dimensions[index];
      if (active[index] === 0 || Object.hasOwn(known, name)) continue;
      setOwn(params, name, toValue(distribution, this.internal(point, index)));
    }
    return params;
  }
}

/** A condition with the dimension of each of its names, −1 for what is decided: its value is in `values` already. */
interface PlacedClause {
  readonly root: WhereClause['root'];
  readonly places: readonly number[];
  readonly values: Scalar[];
}

function placedClause(
  { root, names }: WhereClause,
  places: ReadonlyMap<string, number>,
  given: Params = {},
): PlacedClause {
  const values = names.map((name) => (Object.hasOwn(given, name) ? scalarOf(given[name]) : undefined));
  return { root, places: names.map((name) => places.get(name) ?? -1), values };
}

function isWithin(distribution: Distribution, internal: number): boolean {
  if (distribution.type === 'categorical') return internal < distribution.choices.length;
  return internal >= distribution.low && internal <= distribution.high;
}

function dimensionOf(
  { name, distribution, when }: SpaceParameter,
  parameters: readonly SpaceParameter[],
  places: ReadonlyMap<string, number>,
  parents: ReadonlySet<string>,
): Dimension {
  const requirements = Object.entries(when ?? {}).map(([parentName, values]) => {
    const parent = places.get(parentName) as number;
    return { parent, allowed: internalsOf(parameters[parent].distribution, values) };
  });
  const scale = scaleOf(distribution);
  return {
    name,
    distribution,
    scale,
    kind: isSingle(distribution)
      ? DimensionKind.constant
      : scale === null
        ? DimensionKind.categorical
        : DimensionKind.numeric,
    levels: isSingle(distribution) ? 1 : cardinality(distribution),
    isConditional: requirements.length > 0,
    requirements,
    isParent: parents.has(name),
  };
}

function internalsOf(distribution: Distribution, values: readonly Choice[]): ReadonlySet<number> {
  return new Set(values.map((value) => toInternal(distribution, value)));
}
