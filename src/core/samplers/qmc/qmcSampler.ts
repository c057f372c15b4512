import { toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { uniformInternal } from '../../space/unitInterval.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { Halton } from './halton.ts';
import { Sobol } from './sobol.ts';

export interface QmcOptions {
  readonly qmcType: 'sobol' | 'halton';
  /**
   * Randomises the sequence by the seed. True by default, unlike Optuna's: plain points start at the low corner, and
   * studies with different seeds would all be the same.
   */
  readonly scramble: boolean;
}

/**
 * Quasi-Monte Carlo: trial n takes point n of a low-discrepancy sequence, one dimension for each parameter of the space in
 * its order, inactive and fixed ones included, so that what a trial gets depends on its number alone. Categorical choices
 * and grid points are cells of equal width. A parameter that a define-by-run study has not had in every trial is drawn at
 * random (Optuna does the same).
 */
export class QmcSampler implements Sampler {
  readonly name = 'qmc';
  readonly drawsJointly = true;
  readonly #options: QmcOptions;
  readonly #seed: number;
  readonly #random: RandomSampler;
  #sequence: Sobol | Halton | undefined;
  #point = new Float64Array(0);

  constructor(seed: number, options: QmcOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const point = this.#pointOf(space.parameters.length, context.number);
    const params: Record<string, ParamValue> = {};
    const chosen: Record<string, ParamValue> = { ...fixed };
    for (const [dimension, parameter] of space.parameters.entries()) {
      const { name, distribution } = parameter;
      if (Object.hasOwn(fixed, name) || !isActive(parameter, chosen)) continue;
      const internal = uniformInternal(distribution, point[dimension]);
      chosen[name] = params[name] = toValue(distribution, internal);
    }
    return { params };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#random.suggestOne(name, distribution, known, context);
  }

  #pointOf(dimensions: number, index: number): Float64Array {
    if (this.#sequence?.dimensions !== dimensions) {
      const seed = this.#options.scramble ? this.#seed : null;
      this.#sequence = this.#options.qmcType === 'sobol' ? new Sobol(dimensions, seed) : new Halton(dimensions, seed);
      this.#point = new Float64Array(dimensions);
    }
    this.#sequence.point(index, this.#point);
    return this.#point;
  }
}
