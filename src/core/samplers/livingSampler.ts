import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import type { History } from '../study/history.ts';
import { type Foreign, presentHistory } from '../study/living/presentHistory.ts';
import type { Sampler, SuggestContext, Suggestion } from './sampler.ts';
import { WrappedSampler } from './wrappedSampler.ts';

/** Shows another sampler the trials of a study whose space was edited as trials of the space as it is now. */
export class LivingSampler extends WrappedSampler {
  readonly #foreign: Foreign;

  constructor(inner: Sampler, foreign: Foreign) {
    super(inner);
    this.#foreign = foreign;
  }

  override suggest(space: SearchSpace, { history, number }: SuggestContext, fixed?: Params): Suggestion {
    return this.inner.suggest(space, { history: presentHistory(history, space, this.#foreign), number }, fixed);
  }

  override suggestOne(
    name: string,
    distribution: Distribution,
    known: Params,
    { history, number }: SuggestContext,
  ): ParamValue {
    const space = { parameters: [{ name, distribution }], isInferred: true } as const;
    const present = presentHistory(history, space, this.#foreign);
    return this.inner.suggestOne(name, distribution, known, { history: present, number });
  }

  override isExhausted(space: SearchSpace | undefined, history: History): boolean {
    const present = space ? presentHistory(history, space, 'exact') : history;
    return super.isExhausted(space, present);
  }
}
