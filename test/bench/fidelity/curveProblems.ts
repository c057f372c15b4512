import { Random } from '../../../src/core/random.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { between } from '../problems/draws.ts';
import { hartmann6 } from '../problems/formulas.ts';
import { paramsAt } from '../problems/lowest.ts';
import { type Scenario, scenarioOf } from '../problems/surrogates.ts';

/** Trainings to be maximised whose value can be told after every epoch. */
export interface CurveProblem {
  readonly name: string;
  readonly space: SearchSpace;
  readonly epochs: number;
  /** Standard deviation of what is added to a value that is told. */
  readonly noise: number;
  /** The value after `epoch` epochs, from 1, without noise. */
  valueAt(params: Params, epoch: number): number;
}

/** The curves of LCBench where the public data are present, and synthetic ones. */
export function curveProblems(): CurveProblem[] {
  const scenario = scenarioOf('lcbench');
  const public_ = (scenario?.instances ?? []).map((instance) => lcbench(scenario as Scenario, instance));
  return [...public_, ...[0, 1, 2, 3].map(synthetic)];
}

function lcbench(scenario: Scenario, instance: string): CurveProblem {
  return {
    name: `lcbench_${instance}`,
    space: searchSpace(scenario.parameters),
    epochs: 52,
    noise: 0,
    valueAt: (params, epoch) => scenario.evaluate(instance, { ...params, epoch })['val_accuracy'] as number,
  };
}

const EPOCHS = 81;

/**
 * y(e) = a − (a − y₀)(1 + e/τ)^(−c) in percent: a from hartmann6 of the configuration, τ from one dimension so that about
 * 30 % of the pairs of curves cross, noise of half a percent. Instances differ in that dimension and in c.
 */
function synthetic(instance: number): CurveProblem {
  const random = new Random(instance, 0, 'curves');
  const axis = (instance * 5 + 1) % 6;
  const slope = between(random, 1.5, 2.5);
  const distribution = floatDistribution(0, 1);
  const space = searchSpace(Array.from({ length: 6 }, (_, index) => ({ name: `x${index}`, distribution })));
  return {
    name: `curves_${instance}`,
    space,
    epochs: EPOCHS,
    noise: 0.5,
    valueAt(params, epoch) {
      const x = space.parameters.map(({ name }) => params[name] as number);
      const [start, end] = [10, 40 + (50 * -hartmann6(x)) / 3.32237];
      const pace = 30 ** (x[axis] as number);
      return end - (end - start) * (1 + epoch / pace) ** -slope;
    },
  };
}

/** Share of pairs of random configurations whose order after a twenty-seventh of the epochs is not the final one. */
export function crossings({ space, epochs, valueAt }: CurveProblem): number {
  const random = new Random(0, 0, 'crossings');
  const early = Math.ceil(epochs / 27);
  const ends = Array.from({ length: 100 }, () => {
    const params = paramsAt(
      space,
      Float64Array.from(space.parameters, () => random.uniform()),
    );
    return [valueAt(params, early), valueAt(params, epochs)] as const;
  });
  let crossed = 0;
  for (let pair = 0; pair + 1 < ends.length; pair++) {
    const [a, b] = [ends[pair], ends[pair + 1]] as [readonly [number, number], readonly [number, number]];
    if (Math.sign(a[0] - b[0]) !== Math.sign(a[1] - b[1])) crossed++;
  }
  return crossed / (ends.length - 1);
}
