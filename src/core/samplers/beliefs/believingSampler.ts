import { TuneboardError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { nearestValid, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { Belief, SearchSpace } from '../../space/searchSpace.ts';
import { violatedClause } from '../../space/where/clauses.ts';
import { BELIEF } from '../../study/attributes.ts';
import type { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { WrappedSampler } from '../wrappedSampler.ts';

/** Chance of a trial from the beliefs at first, and what is left of it after each such trial. */
const FIRST_CHANCE = 0.5;
const DECAY = 0.85;
/** So many trials from the beliefs are judged together. */
const JUDGED = 3;
/** Share of the other trials that must be worse than the best trial from the beliefs: else the data disagree. */
const LEAST_SHARE = 0.5;
/** Chance that a choice that is believed in is drawn; else any choice is. */
const TRUST_IN_CHOICE = 0.7;

/** What a sampler answers where believed values cannot satisfy `where`. */
const CONFLICTS: ReadonlySet<string> = new Set(['violates-where', 'infeasible-space']);

/**
 * Draws some trials from what the person believes about the parameters (`SpaceParameter.prior`), as PriorBand does
 * (Mallik et al., NeurIPS 2023): first the believed values themselves, then around them, ever more rarely, and no more once
 * the data disagree. All other parameters and trials are another sampler's; without beliefs all are, to the bit.
 */
export class BelievingSampler extends WrappedSampler {
  readonly #seed: number;

  constructor(inner: Sampler, seed: number) {
    super(inner);
    this.#seed = seed;
  }

  override suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const believed = space.parameters.some(({ prior, name }) => prior && !Object.hasOwn(fixed, name));
    const drawn = believed ? this.#draw(space, context, fixed) : undefined;
    if (!drawn) return this.inner.suggest(space, context, fixed);
    try {
      const rest = this.inner.suggest(space, context, { ...fixed, ...drawn });
      const params = { ...drawn, ...rest.params };
      if (!violatedClause(space, { ...fixed, ...params }))
        return { params, systemAttrs: { ...rest.systemAttrs, [BELIEF]: true } };
    } catch (error) {
      if (!(error instanceof TuneboardError && CONFLICTS.has(error.code))) throw error;
    }
    return this.inner.suggest(space, context, fixed);
  }

  /** Values of the unconditional parameters that are believed in; undefined: this trial is the other sampler's. */
  #draw({ parameters }: SearchSpace, { history, number }: SuggestContext, fixed: Params): Params | undefined {
    const random = new Random(this.#seed, number, 'belief');
    const own = trialsFromBeliefs(history, number);
    const isFirst = own.length === 0;
    if (!isFirst && (random.uniform() >= FIRST_CHANCE * DECAY ** own.length || doDataDisagree(history, own))) return;
    const drawn: Record<string, ParamValue> = {};
    for (const { name, distribution, prior, when } of parameters)
      if (prior && !when && !Object.hasOwn(fixed, name))
        drawn[name] = drawFrom(distribution, prior, isFirst ? null : random);
    return drawn;
  }
}

/** Null: the believed value itself. */
function drawFrom(distribution: Distribution, { about, deviation }: Belief, random: Random | null): ParamValue {
  if (distribution.type === 'categorical' && distribution.isOrdered) {
    const moved = Math.round(about + (random?.normal() ?? 0));
    return toValue(distribution, Math.min(Math.max(moved, 0), distribution.choices.length - 1));
  }
  if (distribution.type === 'categorical') {
    const isMeant = random === null || random.uniform() < TRUST_IN_CHOICE;
    return toValue(distribution, isMeant ? about : random.integer(distribution.choices.length));
  }
  const step = random === null ? 0 : deviation * random.normal();
  return toValue(distribution, nearestValid(distribution, distribution.log ? about * Math.exp(step) : about + step));
}

function trialsFromBeliefs(history: History, before: number): number[] {
  const numbers: number[] = [];
  for (let number = 0; number < Math.min(before, history.length); number++)
    if (history.systemAttrs(number)[BELIEF] === true) numbers.push(number);
  return numbers;
}

/** Whether the best of the trials from the beliefs is no better than the middle of the others. */
function doDataDisagree(history: History, own: readonly number[]): boolean {
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  if (history.directions.length > 1) return false;
  const isOwn = new Set(own);
  let [best, ended] = [Number.POSITIVE_INFINITY, 0];
  for (const number of own) {
    if (history.state(number) !== TrialState.complete && history.state(number) !== TrialState.fail) continue;
    ended++;
    if (history.state(number) === TrialState.complete) best = Math.min(best, sign * history.value(number));
  }
  if (ended < JUDGED) return false;
  let [worse, others] = [0, 0];
  for (let number = 0; number < history.length; number++) {
    if (isOwn.has(number) || history.state(number) !== TrialState.complete) continue;
    others++;
    if (sign * history.value(number) > best) worse++;
  }
  return others >= JUDGED && worse < LEAST_SHARE * others;
}
