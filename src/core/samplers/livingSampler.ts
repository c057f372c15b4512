import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import type { History } from '../study/history.ts';
import { type Foreign, presentHistory } from '../study/living/presentHistory.ts';
import type { Sampler, SuggestContext, Suggestion } from './sampler.ts';

/** Shows another sampler the trials of a study whose space was edited as trials of the space as it is now. */
export class LivingSampler implements Sampler {
  readonly name: string;
  readonly drawsJointly: boolean;
  readonly modelsTraining: boolean;
  readonly #inner: Sampler;
  readonly #foreign: Foreign;

  constructor(inner: Sampler, foreign: Foreign) {
    this.name = inner.name;
    this.drawsJointly = inner.drawsJointly ?? false;
    this.modelsTraining = inner.modelsTraining ?? false;
    this.#inner = inner;
    this.#foreign = foreign;
  }

  suggest(space: SearchSpace, { history, number }: SuggestContext, fixed?: Params): Suggestion {
    return this.#inner.suggest(space, { history: presentHistory(history, space, this.#foreign), number }, fixed);
  }

  suggestOne(name: string, distribution: Distribution, known: Params, { history, number }: SuggestContext): ParamValue {
    const space = { parameters: [{ name, distribution }], isInferred: true } as const;
    const present = presentHistory(history, space, this.#foreign);
    return this.#inner.suggestOne(name, distribution, known, { history: present, number });
  }

  isExhausted(space: SearchSpace | undefined, history: History): boolean {
    const present = space ? presentHistory(history, space, 'exact') : history;
    return this.#inner.isExhausted?.(space, present) ?? false;
  }
}
