import { Random } from '../../../src/core/random.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { between, type Field, pick, vector } from './draws.ts';
import { onUnits } from './numeric.ts';
import type { Problem } from './problem.ts';

/** Two families that are wholly set aside: nothing is tuned on any instance of them. */

function anyParameter(random: Random, index: number): { name: string; distribution: Distribution } {
  const distribution = pick<Distribution>(random, [
    floatDistribution(1e-5, 1, { log: true }),
    floatDistribution(-1, 1),
    floatDistribution(0, 1),
    intDistribution(1, 30),
    categoricalDistribution(['a', 'b', 'c', 'd']),
  ]);
  return { name: `h${index}`, distribution };
}

/** A random net of two layers over a mixed space, squashed: what a surrogate of real trainings looks like. */
export function nets(instance: number): Problem {
  const random = new Random(instance, 0, 'nets');
  const space = searchSpace(Array.from({ length: 4 + random.integer(7) }, (_, index) => anyParameter(random, index)));
  const offsets = space.parameters.map(({ distribution }) =>
    vector(distribution.type === 'categorical' ? distribution.choices.length : 0, () => random.normal()),
  );
  const count = space.parameters.length;
  const width = 24;
  const first = Array.from({ length: width }, () => vector(count + 1, () => random.normal() * 1.6));
  const second = Array.from({ length: width }, () => vector(width, () => random.normal() * 0.45));
  const last = vector(width, () => random.normal() * 0.5);
  const field: Field = (units) => {
    const input = offsets.map((own, index) =>
      own.length > 0 ? (own[units[index] as number] as number) : 2 * (units[index] as number) - 1,
    );
    const hidden = first.map((row) => {
      let total = row[count] as number;
      for (let index = 0; index < count; index++) total += (row[index] as number) * (input[index] as number);
      return Math.tanh(total);
    });
    let output = 0;
    for (const [unit, row] of second.entries()) {
      let total = 0;
      for (let index = 0; index < width; index++) total += (row[index] as number) * (hidden[index] as number);
      output += (last[unit] as number) * Math.tanh(total);
    }
    return 1 / (1 + Math.exp(-1.5 * output));
  };
  return onUnits(space, field, instance % 2 === 1 ? { noise: 0.01 } : {});
}

/** A sum of random trees of axis-parallel steps over a slope: flat pieces and jumps. */
export function forest(instance: number): Problem {
  const random = new Random(instance, 0, 'forest');
  const count = 3 + random.integer(6);
  const space = searchSpace(Array.from({ length: count }, (_, index) => anyParameter(random, index)));
  const sizes = space.parameters.map(({ distribution }) =>
    distribution.type === 'categorical' ? distribution.choices.length : 1,
  );
  const centre = vector(count, () => random.uniform());
  const depth = 3;
  const trees = Array.from({ length: 40 }, () => ({
    axes: Array.from({ length: 2 ** depth - 1 }, () => random.integer(count)),
    cuts: vector(2 ** depth - 1, () => between(random, 0.1, 0.9)),
    leaves: vector(2 ** depth, () => random.normal() / Math.sqrt(40)),
  }));
  const field: Field = (units) => {
    const at = (axis: number): number =>
      ((units[axis] as number) + (sizes[axis] === 1 ? 0 : 0.5)) / (sizes[axis] as number);
    let total = 0;
    for (let axis = 0; axis < count; axis++) total += Math.abs(at(axis) - (centre[axis] as number)) / count;
    for (const { axes, cuts, leaves } of trees) {
      let node = 0;
      while (node < axes.length) node = 2 * node + (at(axes[node] as number) < (cuts[node] as number) ? 1 : 2);
      total += leaves[node - axes.length] as number;
    }
    return total;
  };
  return onUnits(space, field);
}
