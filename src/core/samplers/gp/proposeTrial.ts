import type { Random } from '../../random.ts';
import type { Params } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import type { SuggestContext } from '../sampler.ts';
import { branchesOf, proposeByBranch } from './branches.ts';
import type { GpModels } from './model/gpModels.ts';
import { Proposals, regionWith } from './proposals.ts';

/**
 * The next trial by Gaussian processes, without the parameters in `known`: by the model over the whole space; in a conditional
 * one two trials in four by its branches (two, so that it comes out even where another sampler has every second trial).
 */
export function proposeTrial(
  models: GpModels,
  space: SearchSpace,
  context: SuggestContext,
  known: Params,
  random: Random,
): Params {
  const { history, number } = context;
  if (history.directions.length === 1 && number % 4 >= 2) {
    const branches = branchesOf(space);
    const isOpen = branches.length > 0 && !Object.hasOwn(known, branches[0].only.name);
    const params = isOpen ? proposeByBranch(models, branches, context, known, random) : undefined;
    if (params) return params;
  }
  const model = models.of(history, space);
  model.follow();
  model.prepare(number);
  const { point, active } = new Proposals(model, number).global(regionWith(model.encoding, known), random);
  return model.encoding.params(point, active, known);
}
