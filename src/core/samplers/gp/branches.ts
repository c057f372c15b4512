import { setOwn } from '../../ownProperty.ts';
import type { Random } from '../../random.ts';
import { toInternal } from '../../space/distributionRules.ts';
import type { Choice, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../../space/searchSpace.ts';
import { FeasibleSpace } from '../../space/where/feasible.ts';
import type { SuggestContext } from '../sampler.ts';
import type { GpModel } from './model/gpModel.ts';
import type { GpModels } from './model/gpModels.ts';
import type { Only } from './model/trialRows.ts';
import { Proposals, regionWith } from './proposals.ts';
import type { Found } from './search.ts';
import { proposeSpread } from './startup.ts';

/** A parameter with more choices than this opens no branches of its own. */
const MOST_BRANCHES = 12;
/** Trials that a branch has before it is judged by its model: so many more than it has parameters, at most. */
const EXTRA_TRIALS = 2;
const ENOUGH_TRIALS = 8;
/** Below this number a branch is filled evenly. */
const LEAST_TRIALS = 3;
/** Searches of single branches look at this share of the usual candidates. */
const EFFORT = 0.4;

/** What is left of a space once its root has one of its choices. */
export interface Branch {
  readonly only: Only;
  readonly choice: Choice;
  readonly space: SearchSpace;
}

/**
 * The branches of a conditional space: by its root, the unconditional categorical parameter that decides over most others
 * (the first of equals). Empty where nothing depends on such a one.
 */
export function branchesOf(space: SearchSpace): readonly Branch[] {
  let branches = known.get(space);
  if (!branches) {
    branches = divided(space);
    known.set(space, branches);
  }
  return branches;
}

const known = new WeakMap<SearchSpace, readonly Branch[]>();

function divided(whole: SearchSpace): readonly Branch[] {
  const { parameters } = whole;
  let root: SpaceParameter | undefined;
  let most = 0;
  for (const parameter of parameters) {
    const { distribution, name, when } = parameter;
    if (distribution.type !== 'categorical' || when || distribution.choices.length > MOST_BRANCHES) continue;
    const dependents = parameters.filter((other) => Object.hasOwn(other.when ?? {}, name)).length;
    if (dependents <= most || distribution.choices.length < 2) continue;
    most = dependents;
    root = parameter;
  }
  if (root?.distribution.type !== 'categorical') return [];
  const { name, distribution } = root;
  const branches = distribution.choices.map((choice) => ({
    choice,
    only: { name, internal: toInternal(distribution, choice) },
    space: { ...whole, parameters: remaining(parameters, name, choice), given: { ...whole.given, [name]: choice } },
  }));
  return branches.filter(({ space }) => FeasibleSpace.of(space)?.isEmpty() !== true);
}

function remaining(parameters: readonly SpaceParameter[], root: string, choice: Choice): SpaceParameter[] {
  const kept: SpaceParameter[] = [];
  const gone = new Set<string>();
  for (const parameter of parameters) {
    const { name, distribution, when = {} } = parameter;
    if (name === root) continue;
    const isClosed = Object.hasOwn(when, root) && !when[root].includes(choice);
    if (isClosed || Object.keys(when).some((parent) => gone.has(parent))) {
      gone.add(name);
      continue;
    }
    const rest = Object.entries(when).filter(([parent]) => parent !== root);
    kept.push(rest.length > 0 ? { name, distribution, when: Object.fromEntries(rest) } : { name, distribution });
  }
  return kept;
}

interface BranchState {
  readonly branch: Branch;
  readonly model: GpModel;
  /** Finished and running trials. */
  readonly trials: number;
}

/**
 * A trial by models of single branches, each over its own trials and with its own scale of losses: one model over all takes a
 * branch whose losses vary much for hopeless as soon as its first trials are bad. Branches with few trials come first, the one
 * with the fewest before others (spread evenly at first, then by its model against its own best); after that the one where the
 * loss is expected to fall most below the best of all. Undefined when there is nothing to compare. For one objective.
 */
export function proposeByBranch(
  models: GpModels,
  branches: readonly Branch[],
  { history, number }: SuggestContext,
  known: Params,
  random: Random,
): Params | undefined {
  const states = branches
    .map((branch) => {
      const model = models.of(history, branch.space, branch.only);
      return { branch, model, trials: model.follow() + model.rows.running(number).length };
    })
    .filter(({ model }) => model.rows.distinct < model.encoding.cardinality);
  const needy = states
    .filter(({ branch, trials }) => trials < Math.min(ENOUGH_TRIALS, branch.space.parameters.length + EXTRA_TRIALS))
    .sort((a, b) => a.trials - b.trials)[0];
  if (needy) return explored(needy, number, known, random);
  return mostPromising(states, number, known, random);
}

/** One more trial of a branch that is hardly known. */
function explored({ branch, model, trials }: BranchState, number: number, known: Params, random: Random): Params {
  const region = regionWith(model.encoding, known);
  if (trials < LEAST_TRIALS || model.rows.count < LEAST_TRIALS) {
    return paramsOf(branch, model, proposeSpread(model.rows, region, number, random), known);
  }
  model.prepare(number);
  return paramsOf(branch, model, new Proposals(model, number).global(region, random, { effort: EFFORT }), known);
}

function mostPromising(
  states: readonly BranchState[],
  number: number,
  known: Params,
  random: Random,
): Params | undefined {
  const rivals = states.flatMap(({ branch, model }) => {
    if (model.rows.count === 0) return [];
    model.prepare(number);
    const proposals = new Proposals(model, number);
    const { best } = proposals;
    const warp = model.lossWarp;
    return best === undefined || !warp ? [] : [{ branch, model, proposals, best, warp, loss: warp.invert(best) }];
  });
  const lowest = Math.min(...rivals.map(({ loss }) => loss));
  let highest = Number.NEGATIVE_INFINITY;
  let chosen: Params | undefined;
  for (const { branch, model, proposals, best, warp, loss } of rivals) {
    const threshold = loss <= lowest ? best : Math.min(best, warp.apply(lowest));
    const region = regionWith(model.encoding, known);
    const found = proposals.global(region, random, { threshold, effort: EFFORT });
    // Expected improvements in the units of the losses: each model has its own.
    const score = found.score - warp.logSlope(lowest);
    if (score <= highest) continue;
    highest = score;
    chosen = paramsOf(branch, model, found, known);
  }
  return chosen;
}

function paramsOf({ only, choice }: Branch, model: GpModel, { point, active }: Found, known: Params): Params {
  const params: Record<string, ParamValue> = {};
  setOwn(params, only.name, choice);
  const others = model.encoding.params(point, active, known);
  for (const name in others) setOwn(params, name, others[name]);
  return params;
}
