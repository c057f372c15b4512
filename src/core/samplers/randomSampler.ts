import { Random } from '../random.ts';
import { toValue } from '../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import { isActive, type SearchSpace } from '../space/searchSpace.ts';
import { uniformInternal } from '../space/unitInterval.ts';
import { violatedClause } from '../space/where/clauses.ts';
import { FeasibleSpace } from '../space/where/feasible.ts';
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
    if (!violatedClause(space, chosen)) return { params };
    // Uniform in what satisfies the conditions, as draws that are repeated until they do would be.
    const random = new Random(this.#seed, context.number, 'where');
    return { params: FeasibleSpace.of(space)?.draw(random, fixed) ?? params };
  }

  suggestOne(name: string, distribution: Distribution, _known: Params, context: SuggestContext): ParamValue {
    const random = new Random(this.#seed, context.number, name);
    return toValue(distribution, uniformInternal(distribution, random.uniform()));
  }
}
