import { Random } from '../../random.ts';
import { RandomSampler } from '../../samplers/randomSampler.ts';
import { nearestValid } from '../../space/distributionRules.ts';
import type { CategoricalDistribution, Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import type { NumericDistribution } from '../../space/unitInterval.ts';
import type { History } from '../../study/history.ts';

export interface ExploreContext {
  readonly history: History;
  readonly space: SearchSpace;
  /** The number of the new trial. */
  readonly number: number;
  /** Of the trial whose weights are copied. */
  readonly params: Params;
}

/** New parameters for a copy of a trial. */
export type Explore = (context: ExploreContext) => Params;

export interface PerturbOptions {
  /** Parameters that change; null: all. */
  readonly hyperparamMutations: readonly string[] | null;
  readonly resampleProbability: number;
  /** A number is multiplied by this or by 2 minus this. */
  readonly perturbationFactor: number;
}

/**
 * PBT's explore step (Jaderberg et al.: "Population based training of neural networks", 2017, with Ray Tune's rules): each
 * parameter is drawn anew with a small probability, else perturbed: a number by a factor, at least to the next point of its
 * grid; a choice among numbers to a neighbouring one; another choice stays.
 */
export function perturb(
  seed: number,
  options: PerturbOptions,
  { space, history, number, params }: ExploreContext,
): Params {
  const sampler = new RandomSampler(seed);
  const chosen: Record<string, ParamValue> = {};
  for (const parameter of space.parameters) {
    const { name, distribution } = parameter;
    if (!isActive(parameter, chosen)) continue;
    const random = new Random(seed, number, `explore:${name}`);
    const isFree = options.hyperparamMutations?.includes(name) ?? true;
    const isDrawn = random.uniform() < options.resampleProbability;
    if (!Object.hasOwn(params, name) || (isFree && isDrawn)) {
      chosen[name] = sampler.suggestOne(name, distribution, chosen, { history, number });
    } else {
      const value = params[name];
      chosen[name] = isFree ? perturbed(distribution, value, options.perturbationFactor, random) : value;
    }
  }
  return chosen;
}

function perturbed(distribution: Distribution, value: ParamValue, factor: number, random: Random): ParamValue {
  const isUp = random.uniform() < 0.5;
  if (distribution.type === 'categorical') return neighbour(distribution, value, isUp);
  return typeof value === 'number' ? scaled(distribution, value, isUp ? factor : 2 - factor, isUp) : value;
}

function scaled(distribution: NumericDistribution, value: number, factor: number, isUp: boolean): number {
  const { low, high, step } = distribution;
  const clipped = (wanted: number) => Math.min(Math.max(wanted, low), high);
  const next = nearestValid(distribution, clipped(value * factor));
  if (next !== value || factor === 1) return next;
  // Nought, or a grid too coarse for the factor.
  const stride = step ?? Math.abs(factor - 1) * (high - low);
  return nearestValid(distribution, clipped(value + (isUp ? stride : -stride)));
}

function neighbour({ choices, isOrdered }: CategoricalDistribution, value: ParamValue, isUp: boolean): ParamValue {
  const areNumbers = choices.every((choice) => typeof choice === 'number');
  if (!isOrdered && !areNumbers) return value;
  const sorted = isOrdered ? choices : [...choices].sort((a, b) => Number(a) - Number(b));
  const place = sorted.indexOf(value) + (isUp ? 1 : -1);
  return sorted[Math.min(Math.max(place, 0), sorted.length - 1)];
}
