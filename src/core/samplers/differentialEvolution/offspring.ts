import type { Random } from '../../random.ts';
import { isSingle, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { fromUnit, uniformInternal } from '../../space/unitInterval.ts';

export type Strategy = 'currentToPbest1' | 'rand1' | 'best1';

/** Rows of genes (see `Genes`) that a child is made from. */
export interface Family {
  readonly target: Float64Array;
  /** One of the best. */
  readonly best: Float64Array;
  /** Three others. */
  readonly others: readonly [Float64Array, Float64Array, Float64Array];
}

export interface Factors {
  /** F: how much of a difference is taken. */
  readonly factor: number;
  /** CR: share of the parameters that are crossed. */
  readonly crossover: number;
}

/** A choice that is crossed is drawn anew this often, so that one that died out can come back. */
const FRESH_CHOICE = 0.1;

/**
 * The parameters of a child by binomial crossover of the target with a mutant (Storn, Price 1997). Numbers are crossed in
 * the unit cube, those of a grid rounded to its cells; one outside goes half-way from the target to the border (Zhang,
 * Sanderson 2009). Choices are those of the parents. A parameter that a parent lacks comes from one that has it, or from
 * chance. Parameters in `fixed` are left out, and conditions see them.
 */
export function childOf(
  space: SearchSpace,
  family: Family,
  strategy: Strategy,
  { factor, crossover }: Factors,
  fixed: Params,
  random: Random,
): Record<string, ParamValue> {
  const params: Record<string, ParamValue> = {};
  const chosen: Record<string, ParamValue> = { ...fixed };
  const sure = sureAxis(space, family.target, fixed, random);
  for (const [axis, parameter] of space.parameters.entries()) {
    const { name, distribution } = parameter;
    if (Object.hasOwn(fixed, name) || !isActive(parameter, chosen)) continue;
    const isCrossed = random.uniform() < crossover || axis === sure;
    const gene = isCrossed ? crossed(distribution, family, axis, strategy, factor, random) : kept(family, axis);
    chosen[name] = params[name] = toValue(distribution, internalOf(distribution, gene, random));
  }
  return params;
}

/** One parameter of the target with more than one value, which is crossed in any case; −1 when there is none. */
function sureAxis(space: SearchSpace, target: Float64Array, fixed: Params, random: Random): number {
  const axes: number[] = [];
  for (const [axis, { name, distribution }] of space.parameters.entries()) {
    if (!Number.isNaN(target[axis]) && !isSingle(distribution) && !Object.hasOwn(fixed, name)) axes.push(axis);
  }
  return axes.length > 0 ? axes[random.integer(axes.length)] : -1;
}

function kept({ target, best }: Family, axis: number): number {
  const gene = target[axis];
  return Number.isNaN(gene) ? best[axis] : gene;
}

function crossed(
  distribution: Distribution,
  family: Family,
  axis: number,
  strategy: Strategy,
  factor: number,
  random: Random,
): number {
  if (distribution.type === 'categorical')
    return crossedChoice(distribution.choices.length, family, axis, factor, random);
  const [a, b, c] = family.others.map((row) => row[axis]) as [number, number, number];
  const own = kept(family, axis);
  const best = family.best[axis];
  const mutant = mutantOf(strategy, { own, best, a, b, c, factor });
  if (Number.isNaN(mutant)) return own;
  if (mutant >= 0 && mutant <= 1) return mutant;
  const border = mutant < 0 ? 0 : 1;
  return distribution.step === null ? (own + border) / 2 : border;
}

function mutantOf(
  strategy: Strategy,
  { own, best, a, b, c, factor }: Record<'own' | 'best' | 'a' | 'b' | 'c' | 'factor', number>,
): number {
  switch (strategy) {
    case 'currentToPbest1':
      return own + factor * (best - own) + factor * (a - b);
    case 'rand1':
      return a + factor * (b - c);
    case 'best1':
      return best + factor * (a - b);
    default:
      return strategy satisfies never;
  }
}

/** The choice of one of the best, or of one of the others where those differ; sometimes any. */
function crossedChoice(count: number, family: Family, axis: number, factor: number, random: Random): number {
  if (random.uniform() < FRESH_CHOICE) return random.integer(count);
  const candidates = random.uniform() < factor ? [family.best] : family.others;
  const gene = candidates[random.integer(candidates.length)][axis];
  return Number.isNaN(gene) ? kept(family, axis) : gene;
}

function internalOf(distribution: Distribution, gene: number, random: Random): number {
  if (Number.isNaN(gene)) return uniformInternal(distribution, random.uniform());
  return distribution.type === 'categorical' ? gene : fromUnit(distribution, gene);
}
