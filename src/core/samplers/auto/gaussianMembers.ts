import { Random } from '../../random.ts';
import type { Params } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import type { History } from '../../study/history.ts';
import { MAX_ROWS } from '../gp/gpSampler.ts';
import { GpModels } from '../gp/model/gpModels.ts';
import { Proposals, regionWith } from '../gp/proposals.ts';
import { proposeTrial } from '../gp/proposeTrial.ts';
import { proposeSpread } from '../gp/startup.ts';
import type { SuggestContext } from '../sampler.ts';
import { MEMBER } from './router.ts';
import { sideOfRegion } from './sideOfRegion.ts';

/** The members of `auto` that share one Gaussian process, the initial design with them. */
export type GaussianMember = 'initial' | 'gp' | 'trust-region';

export class GaussianMembers {
  readonly #seed: number;
  readonly #models = new GpModels({ deterministicObjective: false, maxRows: MAX_ROWS });

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Whether the process finds the objective noisy. */
  isNoisy(space: SearchSpace, history: History): boolean {
    const model = this.#models.of(history, space);
    return model.follow() > 0 && model.isNoisy;
  }

  suggest(member: GaussianMember, space: SearchSpace, { history, number }: SuggestContext, fixed: Params): Params {
    const model = this.#models.of(history, space);
    const { encoding } = model;
    const random = new Random(this.#seed, number, member);
    const region = regionWith(encoding, fixed);
    if (model.follow() === 0 || member === 'initial') {
      const { point, active } = proposeSpread(model.rows, region, number, random);
      return encoding.params(point, active, fixed);
    }
    if (member === 'gp') return proposeTrial(this.#models, space, { history, number }, fixed, random);
    model.prepare(number);
    const side = sideOfRegion(history, number, encoding.size, (one) => history.systemAttrs(one)[MEMBER] === member);
    const { point, active } = new Proposals(model, number).local(side, region, random);
    return encoding.params(point, active, fixed);
  }
}
