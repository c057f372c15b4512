import { Random } from '../random.ts';
import { gridPoint, toValue } from '../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import { isActive, type SearchSpace } from '../space/searchSpace.ts';
import type { Sampler, SuggestContext, Suggestion } from './sampler.ts';

/** Independent uniform draws; log-uniform on a log scale, every grid point equally likely. */
export class RandomSampler implements Sampler {
  readonly name = 'random';
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const params: Record<string, ParamValue> = {};
    const chosen: Record<string, ParamValue> = { ...fixed };
    for (const parameter of space.parameters) {
      const { name, distribution } = parameter;
      if (Object.hasOwn(fixed, name) || !isActive(parameter, chosen)) continue;
      chosen[name] = params[name] = this.suggestOne(name, distribution, chosen, context);
    }
    return { params };
  }

  suggestOne(name: string, distribution: Distribution, _known: Params, context: SuggestContext): ParamValue {
    const random = new Random(this.#seed, context.number, name);
    return toValue(distribution, uniformInternal(distribution, random.uniform()));
  }
}

/**
 * The internal value at quantile `u` in [0, 1) of the uniform distribution over a range. Integers on a log scale follow
 * Optuna: log-uniform over [low − ½, high + ½], then rounded.
 */
export function uniformInternal(distribution: Distribution, u: number): number {
  if (distribution.type === 'categorical') return Math.floor(u * distribution.choices.length);
  const { low, high, step } = distribution;
  if (distribution.log) {
    const half = distribution.type === 'int' ? 0.5 : 0;
    const logLow = Math.log(low - half);
    const value = Math.exp(logLow + u * (Math.log(high + half) - logLow));
    return Math.min(Math.max(half > 0 ? Math.round(value) : value, low), high);
  }
  if (step === null) {
    const value = low * (1 - u) + high * u;
    return Math.min(Math.max(value, low), high);
  }
  const points = Math.round((high - low) / step) + 1;
  return gridPoint(distribution, Math.min(points - 1, Math.floor(u * points)));
}
