import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { MEMBER } from '../../study/attributes.ts';
import { TrialState } from '../../study/states.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { type GaussianMember, GaussianMembers } from './gaussianMembers.ts';
import { firstGeneration, type Member, memberFor, profileOf, type SpaceProfile } from './router.ts';

export interface AutoOptions {
  /**
   * Finished (complete or pruned) trials before a model is used; until then points are spread evenly. Null: as many as there are
   * parameters, from 6 to 10; 10 for several objectives or once a trial has failed.
   */
  readonly nStartupTrials: number | null;
}

/** The samplers that `auto` asks besides the Gaussian process. */
export type OtherMembers = Readonly<Record<Exclude<Member, GaussianMember>, Sampler>>;

/**
 * Asks another member for every trial: see `memberFor`. All of them learn from all trials, whoever proposed them. Which one it
 * is depends on the trial's number and the history alone.
 */
export class AutoSampler implements Sampler {
  readonly name = 'auto';
  readonly drawsJointly = true;
  readonly modelsTraining = true;
  readonly #options: AutoOptions;
  readonly #gaussian: GaussianMembers;
  readonly #others: OtherMembers;
  readonly #profiles = new WeakMap<SearchSpace, SpaceProfile>();

  constructor(seed: number, options: AutoOptions, others: OtherMembers) {
    this.#options = options;
    this.#gaussian = new GaussianMembers(seed);
    this.#others = others;
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const { history, number } = context;
    const running = history.running.size - (history.running.has(number) ? 1 : 0);
    const member = memberFor(
      {
        number,
        informative: history.informative,
        running,
        hasFailed: history.count(TrialState.fail) > 0,
        sinceBest: history.best === undefined ? 0 : number - history.best,
        objectives: history.directions.length,
        space: this.#profile(space),
        isNoisy: () => this.#gaussian.isNoisy(space, history),
      },
      this.#options.nStartupTrials,
    );
    const { params, systemAttrs } = this.#ask(member, space, context, fixed);
    const generation = firstGeneration(history.directions.length);
    return { params, systemAttrs: { ...generation, ...systemAttrs, [MEMBER]: member } };
  }

  /** By the forest, which sees what the trial has already. */
  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#others.forest.suggestOne(name, distribution, known, context);
  }

  #ask(member: Member, space: SearchSpace, context: SuggestContext, fixed: Params): Suggestion {
    switch (member) {
      case 'initial':
      case 'gp':
      case 'trust-region':
        return { params: this.#gaussian.suggest(member, space, context, fixed) };
      default:
        return this.#others[member].suggest(space, context, fixed);
    }
  }

  #profile(space: SearchSpace): SpaceProfile {
    let profile = this.#profiles.get(space);
    if (!profile) {
      profile = profileOf(space);
      this.#profiles.set(space, profile);
    }
    return profile;
  }
}
