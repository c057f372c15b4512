import type { Random } from '../../../src/core/random.ts';
import type { Distribution, Params, ParamValue } from '../../../src/core/space/distributions.ts';
import type { SearchSpace } from '../../../src/core/space/searchSpace.ts';
import { Direction } from '../../../src/core/study/states.ts';

/** A problem whose noise-free score, and the best known one, can be told. */
export interface Problem {
  readonly space: SearchSpace;
  /** Of the score: the objective's own, or `maximize` for the hypervolume of several objectives. */
  readonly direction: Direction;
  /** The best score that is known. */
  readonly best: number;
  /** What an optimiser is told: a value an objective; with NaN in it the trial has failed. `random` draws the noise. */
  observe(params: Params, random: Random): readonly number[];
  /** The score without noise of these parameters alone. */
  truth(params: Params): number;
  /** Only with several objectives. */
  readonly front?: Front;
}

/** Several objectives, scored by the hypervolume that the non-dominated trials dominate up to the reference point. */
export interface Front {
  readonly directions: readonly Direction[];
  /** As losses: smaller is better. */
  readonly reference: readonly number[];
  /** Noise-free, smaller is better. */
  losses(params: Params): number[];
}

/** The directions that a study of the problem has. */
export function directionsOf({ direction, front }: Problem): readonly Direction[] {
  return front?.directions ?? [direction];
}

/** A problem in the catalogue, made only when it is needed. */
export interface ProblemEntry {
  /** `family/name`. */
  readonly name: string;
  readonly family: string;
  /** Set aside: run with `--held` only, so that nobody tunes to it. */
  readonly held: boolean;
  /** Part of the small set for a quick comparison. */
  readonly quick: boolean;
  make(): Problem;
}

export interface Recipe {
  readonly space: SearchSpace;
  readonly truth: (params: Params) => number;
  readonly best: number;
  /** Standard deviation of normal noise, or a function that draws what is observed. */
  readonly noise?: number | ((truth: number, params: Params, random: Random) => number);
  readonly fails?: (params: Params) => boolean;
  readonly direction?: Direction;
}

export function problemOf({ space, truth, best, noise = 0, fails, direction = Direction.minimize }: Recipe): Problem {
  const observe = (params: Params, random: Random): number[] => {
    if (fails?.(params)) return [Number.NaN];
    const value = truth(params);
    if (typeof noise === 'function') return [noise(value, params, random)];
    return [noise > 0 ? value + noise * random.normal() : value];
  };
  return { space, direction, best, observe, truth };
}

/** A number in [0, 1] on the scale of its range; the index of a categorical choice. */
export function unitOf(distribution: Distribution, value: ParamValue): number {
  if (distribution.type === 'categorical') return distribution.choices.indexOf(value);
  const { low, high, log } = distribution;
  const number = value as number;
  return log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low);
}

/** Reads all parameters of an unconditional space at once, as `unitOf` each, into the same array every time. */
export function unitReader(space: SearchSpace): (params: Params) => Float64Array {
  const units = new Float64Array(space.parameters.length);
  return (params) => {
    for (const [index, { name, distribution }] of space.parameters.entries()) {
      units[index] = unitOf(distribution, params[name] as ParamValue);
    }
    return units;
  };
}
