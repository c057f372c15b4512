import { cardinality, gridPoint, toInternal, toValue } from '../distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../distributions.ts';
import type { SearchSpace, SpaceParameter } from '../searchSpace.ts';
import { fromUnit, uniformInternal } from '../unitInterval.ts';
import type { WhereClause } from './clauses.ts';
import { type Enclosure, enclosureOf, numbers } from './enclose.ts';
import { scalarOf } from './evaluate.ts';

/** A range of an axis: indices of values, both ends included, or, of a continuous range, places in [0, 1]. */
export interface Cut {
  readonly low: number;
  readonly high: number;
}

/** Whether a parameter is active somewhere in a box, and whether it is inactive somewhere. */
export interface Activity {
  readonly isSomewhere: boolean;
  readonly isEverywhere: boolean;
}

/** Continuous ranges narrower than this are not cut. */
const NARROWEST = 1e-12;

/** A parameter that decides whether conditions hold, by itself or as what another one depends on. */
export class Axis {
  readonly name: string;
  readonly parameter: SpaceParameter;
  /** Axes that this one depends on, with the internal values that activate it. */
  readonly requirements: readonly { readonly axis: number; readonly allowed: readonly number[] }[];
  /** How many values it has; Infinity for a continuous range. */
  readonly levels: number;
  readonly whole: Cut;
  /** The value that was decided before, in or out of the range. */
  readonly fixed: ParamValue | undefined;

  constructor(parameter: SpaceParameter, requirements: Axis['requirements'], fixed: ParamValue | undefined) {
    this.name = parameter.name;
    this.parameter = parameter;
    this.requirements = requirements;
    this.fixed = fixed;
    this.levels = fixed === undefined ? cardinality(parameter.distribution) : 1;
    this.whole = this.isContinuous ? { low: 0, high: 1 } : { low: 0, high: this.levels - 1 };
  }

  get isContinuous(): boolean {
    return this.levels === Number.POSITIVE_INFINITY;
  }

  get distribution(): Distribution {
    return this.parameter.distribution;
  }

  /** The share of a cut in the draws of the whole axis. */
  share({ low, high }: Cut): number {
    if (this.isContinuous) return high - low;
    return this.#quantile(high + 1) - this.#quantile(low);
  }

  canSplit({ low, high }: Cut): boolean {
    return this.isContinuous ? high - low > NARROWEST : high > low;
  }

  split({ low, high }: Cut): readonly [Cut, Cut] {
    const middle = (low + high) / 2;
    if (this.isContinuous) {
      return [
        { low, high: middle },
        { low: middle, high },
      ];
    }
    const last = Math.floor(middle);
    return [
      { low, high: last },
      { low: last + 1, high },
    ];
  }

  /** The value at quantile `u` in [0, 1) of the draws of a cut. */
  drawn({ low, high }: Cut, u: number): ParamValue {
    const { distribution, fixed } = this;
    if (fixed !== undefined) return fixed;
    if (this.isContinuous) return toValue(distribution, uniformInternal(distribution, low + u * (high - low)));
    const from = this.#quantile(low);
    const internal = uniformInternal(distribution, from + u * (this.#quantile(high + 1) - from));
    if (distribution.type === 'categorical') return toValue(distribution, Math.min(Math.max(internal, low), high));
    const [least, most] = [gridPoint(distribution, low), gridPoint(distribution, high)];
    return toValue(distribution, Math.min(Math.max(internal, least), most));
  }

  /** What values a cut has. */
  enclosure({ low, high }: Cut, mayBeOpen: boolean): Enclosure {
    const { distribution, fixed } = this;
    if (fixed !== undefined) return enclosureOf([scalarOf(fixed)], mayBeOpen);
    if (distribution.type === 'categorical') {
      return enclosureOf(distribution.choices.slice(low, high + 1).map(scalarOf), mayBeOpen);
    }
    return numbers(...this.#ends({ low, high }), false, mayBeOpen);
  }

  /** Whether a cut has one of these internal values, and whether it has no other. */
  meets(cut: Cut, allowed: readonly number[]): Activity {
    const { distribution, fixed } = this;
    if (fixed !== undefined) {
      const isMet = allowed.includes(toInternal(distribution, fixed));
      return { isSomewhere: isMet, isEverywhere: isMet };
    }
    const [low, high] = distribution.type === 'categorical' ? [cut.low, cut.high] : this.#ends(cut);
    const met = allowed.filter((value) => value >= low && value <= high).length;
    const isEverywhere = low === high ? met > 0 : distribution.type === 'categorical' && met === high - low + 1;
    return { isSomewhere: met > 0, isEverywhere };
  }

  #ends({ low, high }: Cut): [low: number, high: number] {
    const { distribution } = this;
    if (distribution.type === 'categorical') return [low, high];
    if (!this.isContinuous) return [gridPoint(distribution, low), gridPoint(distribution, high)];
    return [fromUnit(distribution, low), fromUnit(distribution, high)];
  }

  /** The share of draws below value `index`. */
  #quantile(index: number): number {
    const { distribution } = this;
    if (this.fixed !== undefined || distribution.type === 'categorical' || !distribution.log)
      return index / this.levels;
    const { low, high } = distribution;
    const least = Math.log(low - 0.5);
    return (Math.log(low + index - 0.5) - least) / (Math.log(high + 0.5) - least);
  }
}

/** The parameters that decide whether conditions of a space hold, in its order. `given`: values that are decided. */
export function axesOf({ parameters }: SearchSpace, clauses: readonly WhereClause[], given: Params): readonly Axis[] {
  const wanted = new Set(clauses.flatMap(({ names }) => names));
  // What a parameter depends on comes before it.
  for (const { name, when = {} } of parameters.toReversed()) {
    if (wanted.has(name)) for (const parent of Object.keys(when)) wanted.add(parent);
  }
  const axes: Axis[] = [];
  const places = new Map<string, number>();
  for (const parameter of parameters) {
    const { name, when = {} } = parameter;
    if (!wanted.has(name)) continue;
    const requirements = Object.entries(when).map(([parent, values]) => {
      const axis = places.get(parent) as number;
      const { distribution } = axes[axis];
      return { axis, allowed: values.map((value) => toInternal(distribution, value)) };
    });
    places.set(name, axes.length);
    axes.push(new Axis(parameter, requirements, Object.hasOwn(given, name) ? given[name] : undefined));
  }
  return axes;
}
