import { Random } from '../../../src/core/random.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { between, type Field, hashed, pick, saturating, smoothField, vector } from './draws.ts';
import { onUnits } from './numeric.ts';
import type { Problem } from './problem.ts';

/** Families over mixed spaces without conditions: mixed, tabular, corner. */

/** Ints, log floats and categoricals with many levels; the best numbers depend on a category. */
export function mixed(instance: number): Problem {
  const random = new Random(instance, 0, 'mixed');
  const kinds = Array.from({ length: 4 + random.integer(5) }, () => anyDistribution(random));
  const leading = categoricalDistribution(names(3 + random.integer(4)));
  const space = searchSpace([leading, ...kinds].map((distribution, index) => ({ name: `p${index}`, distribution })));
  const widths = vector(kinds.length + 1, () => 10 ** between(random, -1.2, 0.7));
  const centres = leading.choices.map(() => vector(kinds.length + 1, () => between(random, -0.05, 1.05)));
  const floors = vector(leading.choices.length, () => between(random, 0, 0.4));
  const levels = kinds.map((kind) =>
    vector(kind.type === 'categorical' ? kind.choices.length : 0, () => random.uniform() ** 2),
  );
  const common = vector(kinds.length + 1, () => between(random, 0, 1));
  const field: Field = (units) => {
    const lead = units[0] as number;
    const own = centres[lead] as Float64Array;
    let total = 0;
    for (const [index, kind] of kinds.entries()) {
      const unit = units[index + 1] as number;
      const width = widths[index] as number;
      if (kind.type === 'categorical') total += 0.3 * width * (levels[index]?.[unit] as number);
      else total += width * (unit - 0.65 * (common[index] as number) - 0.35 * (own[index] as number)) ** 2;
      if (index > 0 && kind.type !== 'categorical' && kinds[index - 1]?.type !== 'categorical') {
        total +=
          0.4 * width * ((units[index] as number) - (common[index - 1] as number)) * (unit - (common[index] as number));
      }
    }
    return (floors[lead] as number) + total;
  };
  return onUnits(space, field, instance % 3 === 2 ? { noise: 0.05 } : {});
}

function anyDistribution(random: Random): Distribution {
  switch (random.integer(6)) {
    case 0:
      return categoricalDistribution(names(2 + random.integer(4)));
    case 1:
      return categoricalDistribution(names(8 + random.integer(13)));
    case 2:
      return intDistribution(1, 2 + random.integer(8));
    case 3:
      return intDistribution(1, pick(random, [64, 256, 1024]), { log: true });
    case 4:
      return floatDistribution(10 ** -pick(random, [3, 5, 8]), 1, { log: true });
    default:
      return pick(random, [floatDistribution(-2, 3), floatDistribution(0, 1, { step: 0.05 })]);
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

/**
 * As in a table of finished trainings: few levels, some unordered; better with more budget-like levels, so that the best
 * rows lie in a corner; a twist of every row's own; observed is one of four trainings of a row. Some rows never learn.
 */
export function tabular(instance: number): Problem {
  const random = new Random(instance, 0, 'tabular');
  const sizes = Array.from({ length: 4 + random.integer(5) }, () => 2 + random.integer(9));
  const unordered = sizes.map((size) => size <= 5 && random.uniform() < 0.4);
  const space = searchSpace(
    sizes.map((size, index) => ({
      name: `k${index}`,
      distribution: unordered[index] ? categoricalDistribution(names(size)) : intDistribution(0, size - 1),
    })),
  );
  const weights = vector(sizes.length, () => 10 ** between(random, -1.2, 0.3));
  const corner = sizes.map(() => random.uniform() < 0.5);
  const centres = vector(sizes.length, () => between(random, 0, 1));
  const effects = sizes.map((size) => vector(size, () => random.uniform()));
  const wave = smoothField(
    random,
    vector(sizes.length, () => between(random, 0.5, 1.5)),
  );
  const twist = between(random, 0.003, 0.02);
  const field: Field = (units) => {
    let distance = 0;
    for (const [index, size] of sizes.entries()) {
      const weight = weights[index] as number;
      const unit = units[index] as number;
      if (unordered[index]) distance += weight * (effects[index]?.[unit] as number);
      else if (corner[index]) distance += weight * saturating(3 * (1 - unit)) * (1 + 1 / size);
      else distance += 3 * weight * (unit - (centres[index] as number)) ** 2;
    }
    const scaled = sizes.map((size, index) =>
      unordered[index] ? (units[index] as number) / size : (units[index] as number),
    );
    const key = `${instance}:${Array.from(units).join()}`;
    if (hashed(`dead${key}`) > 0.9 && distance > 0.4) return 0.95;
    return 0.1 + 0.8 * saturating(distance * (1 + 0.3 * wave(scaled))) + twist * hashed(key);
  };
  return onUnits(space, field, { noise: (truth, _, draw) => truth + twist * pick(draw, [-1.3, -0.4, 0.4, 1.3]) });
}

/** Parameters of a training, as in LCBench; the best ones lie at edges of their ranges. */
const TRAINING = [
  { name: 'batch_size', distribution: intDistribution(16, 512, { log: true }) },
  { name: 'learning_rate', distribution: floatDistribution(1e-4, 0.1, { log: true }) },
  { name: 'momentum', distribution: floatDistribution(0.1, 0.99) },
  { name: 'weight_decay', distribution: floatDistribution(1e-5, 0.1) },
  { name: 'num_layers', distribution: intDistribution(1, 5) },
  { name: 'max_units', distribution: intDistribution(64, 1024, { log: true }) },
  { name: 'max_dropout', distribution: floatDistribution(0, 1) },
];

/** Error after a full training: a ridge between rate, batch and momentum, monotone in the rest, some cliffs; in percent. */
export function corner(instance: number): Problem {
  const random = new Random(instance, 0, 'corner');
  const space = searchSpace(TRAINING);
  const signs = vector(TRAINING.length, () => (random.uniform() < 0.5 ? 1 : 0));
  const weights = vector(TRAINING.length, () => 10 ** between(random, -1.3, 0));
  const [ridgeAt, ridgeWidth] = [between(random, 0.5, 1.2), between(random, 1, 6)];
  const wave = smoothField(
    random,
    vector(TRAINING.length, () => between(random, 0.7, 2)),
  );
  const cliff = between(random, 1.5, 2.2);
  const field: Field = (units) => {
    const [batch = 0, rate = 0, momentum = 0] = [units[0], units[1], units[2]];
    let distance = ridgeWidth * (rate - 0.6 * batch + 0.5 * momentum - ridgeAt) ** 2;
    for (let axis = 0; axis < TRAINING.length; axis++) {
      distance += (weights[axis] as number) * Math.abs((units[axis] as number) - (signs[axis] as number)) ** 1.5;
    }
    const diverged = 1 / (1 + Math.exp(-12 * (rate + momentum - 0.4 * batch - cliff)));
    return 5 + 80 * saturating(distance * (1 + 0.25 * wave(units)) + 2 * diverged);
  };
  return onUnits(space, field);
}
