import { Random } from '../../random.ts';
import type { Params } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { MEMBER } from '../../study/attributes.ts';
import { isFeasible } from '../../study/constraints.ts';
import type { History } from '../../study/history.ts';
import { Direction, isFinished, TrialState } from '../../study/states.ts';
import { MAX_ROWS } from '../gp/gpSampler.ts';
import { GpModels } from '../gp/model/gpModels.ts';
import { Proposals, regionWith } from '../gp/proposals.ts';
import { proposeTrial } from '../gp/proposeTrial.ts';
import { proposeSpread } from '../gp/startup.ts';
import { TrustRegion } from '../gp/trustRegion.ts';
import type { SuggestContext } from '../sampler.ts';

/** A success improves the best value by so much of the distance from the median to it. */
const SIGNIFICANT = 1e-3;

/** The members of `auto` that share one Gaussian process, the initial design with them. */
export type GaussianMember = 'initial' | 'gp' | 'trust-region';

export class GaussianMembers {
  readonly #seed: number;
  readonly #models = new GpModels({ deterministicObjective: false, maxRows: MAX_ROWS });
  /** At two of its five turns: where optima lie near the ends of ranges the warps settle on a wrong one. */
  readonly #unwarped = new GpModels({ deterministicObjective: false, maxRows: MAX_ROWS, warps: false });

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
    const models = number % 4 === 2 ? this.#unwarped : this.#models;
    if (member === 'gp') return proposeTrial(models, space, { history, number }, fixed, random);
    model.prepare(number);
    const side = sideOfRegion(history, number, encoding.size, (one) => history.systemAttrs(one)[MEMBER] === member);
    const { point, active } = new Proposals(model, number).local(side, region, random);
    return encoding.params(point, active, fixed);
  }
}

/**
 * The side of the trust region as trial `number` finds it, for one objective: told the outcomes of the earlier trials that
 * were proposed within it (`isOwn`). A success is a feasible one that beats all before it significantly.
 */
export function sideOfRegion(
  history: History,
  number: number,
  dimensions: number,
  isOwn: (number: number) => boolean,
): number {
  const region = new TrustRegion(dimensions);
  const losses = feasibleLosses(history, number);
  const threshold = SIGNIFICANT * spread(losses);
  let best = Number.POSITIVE_INFINITY;
  for (let one = 0; one < losses.length; one++) {
    const loss = losses[one];
    if (isFinished(history.state(one)) && isOwn(one)) region.tell(loss < best - threshold);
    best = Math.min(best, loss);
  }
  return region.length;
}

/** Losses of the feasible complete trials before `number`, by number; Infinity for others. */
function feasibleLosses(history: History, number: number): Float64Array {
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  return Float64Array.from({ length: Math.min(number, history.length) }, (_, one) => {
    const counts = history.state(one) === TrialState.complete && isFeasible(history.systemAttrs(one));
    return counts ? sign * history.value(one) : Number.POSITIVE_INFINITY;
  });
}

/** Distance from the best to the median; 0 where it is not finite. */
function spread(losses: Float64Array): number {
  const sorted = losses.filter((loss) => loss < Number.POSITIVE_INFINITY).sort();
  const distance = (sorted[sorted.length >> 1] ?? 0) - (sorted[0] ?? 0);
  return Number.isFinite(distance) ? distance : 0;
}
