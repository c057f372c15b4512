import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import type { History } from '../study/history.ts';
import type { Sampler, SuggestContext, Suggestion } from './sampler.ts';

/** Another sampler as it is; what wraps one overrides the part that it changes. */
export abstract class WrappedSampler implements Sampler {
  readonly name: string;
  readonly drawsJointly: boolean;
  readonly modelsTraining: boolean;
  protected readonly inner: Sampler;

  constructor(inner: Sampler) {
    this.name = inner.name;
    this.drawsJointly = inner.drawsJointly ?? false;
    this.modelsTraining = inner.modelsTraining ?? false;
    this.inner = inner;
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed?: Params): Suggestion {
    return this.inner.suggest(space, context, fixed);
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.inner.suggestOne(name, distribution, known, context);
  }

  isExhausted(space: SearchSpace | undefined, history: History): boolean {
    return this.inner.isExhausted?.(space, history) ?? false;
  }
}
