import { Random } from '../../../src/core/random.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { cube, repeated } from './classic.ts';
import { between, bowl, type Field, ridge, rotationOf, smoothField, vector } from './draws.ts';
import { minus, multiplied } from './formulas.ts';
import { knownLowest } from './knownLowest.ts';
import { type Problem, problemOf, type Recipe, unitReader } from './problem.ts';

/** Families over floats only: smooth, noisy, sparse (many dimensions, few that matter) and failing. */

/** By instance: a GP draw, a ridge, a rotated multimodal bowl, a badly scaled one (log-needed parameters given linear). */
export function smooth(instance: number): Problem {
  const random = new Random(instance, 0, 'smooth');
  const count = 2 + random.integer(7);
  const kind = instance % 4;
  if (kind === 3) return badlyScaled(random, 3 + random.integer(4));
  const space = cube(...repeated(count, 0, 1));
  if (kind === 0) return onUnits(space, smoothField(random, lengthScales(random, count)));
  const centre = vector(count, () => between(random, 0.1, 0.9));
  if (kind === 1) return onUnits(space, ridge(random, centre, 10 ** between(random, 0, 2)), { best: 0 });
  const rotation = rotationOf(random, count);
  const base = bowl(random, centre, 30);
  const waves: Field = (units) => {
    const z = multiplied(rotation, minus(units, centre));
    return z.reduce((total, value) => total + 0.15 * (1 - Math.cos(2 * Math.PI * 4 * value)), 0);
  };
  return onUnits(space, (units) => base(units) + waves(units), { best: 0 });
}

/** Short scales for some axes, long ones for others. */
function lengthScales(random: Random, count: number): Float64Array {
  return vector(count, () => 10 ** between(random, -0.6, 0.5) * Math.sqrt(count / 3));
}

function badlyScaled(random: Random, count: number): Problem {
  const space = searchSpace(
    Array.from({ length: count }, (_, index) => ({ name: `x${index}`, distribution: floatDistribution(1e-5, 1) })),
  );
  const centre = vector(count, () => between(random, -4, -0.2));
  const field = bowl(random, centre, 10);
  const truth: Field = (units) => field(Float64Array.from(units, (unit) => Math.log10(Math.max(unit, 1e-5))));
  return onUnits(space, (units) => Math.sqrt(truth(units)), { best: 0 });
}

/** By instance: normal noise, noise that grows away from or towards the optimum, heavy tails. */
export function noisy(instance: number): Problem {
  const random = new Random(instance, 0, 'noisy');
  const count = 2 + random.integer(5);
  const space = cube(...repeated(count, 0, 1));
  const centre = vector(count, () => between(random, 0.05, 0.95));
  const steep = bowl(random, centre, 20);
  const rough = smoothField(random, lengthScales(random, count));
  const field: Field = (units) => Math.sqrt(steep(units)) + 0.3 * rough(units);
  const size = between(random, 0.1, 0.5);
  const kind = instance % 4;
  const read = unitReader(space);
  return onUnits(space, field, {
    noise: (truth, params, draw) => {
      const near = Math.exp(-steep(read(params)));
      const spread = kind === 1 ? size * (1.5 - 1.4 * near) : kind === 2 ? size * (0.2 + 1.3 * near) : size;
      const tail = kind === 3 ? 1 / Math.sqrt(-Math.log(1 - draw.uniform()) + 0.05) : 1;
      return truth + spread * tail * draw.normal();
    },
  });
}

/** 15 to 40 floats, of which 3 to 6 matter and the others hardly. */
export function sparse(instance: number): Problem {
  const random = new Random(instance, 0, 'sparse');
  const count = 15 + random.integer(26);
  const active = 3 + random.integer(4);
  const space = cube(...repeated(count, 0, 1));
  const places = vector(count, () => random.uniform());
  const order = [...places.keys()].sort((a, b) => (places[a] as number) - (places[b] as number)).slice(0, active);
  const centre = vector(count, () => between(random, 0, 1));
  const core = bowl(
    random,
    order.map((place) => centre[place] as number),
    10,
  );
  const waves =
    instance % 2 === 1
      ? smoothField(
          random,
          vector(active, () => between(random, 0.4, 1)),
        )
      : () => 0;
  const field: Field = (units) => {
    const own = order.map((place) => units[place] as number);
    return core(own) + 0.5 * waves(own) + 0.002 * minus(units, centre).reduce((total, value) => total + value ** 2, 0);
  };
  return onUnits(space, field, instance % 2 === 1 ? {} : { best: 0 });
}

/** A part of the space fails, with the optimum near its edge: learning rates that diverge, batches that do not fit. */
export function failing(instance: number): Problem {
  const random = new Random(instance, 0, 'failing');
  const count = 3 + random.integer(4);
  const space = cube(...repeated(count, 0, 1));
  const normal = rotationOf(random, count)[0] as Float64Array;
  const centre = vector(count, () => between(random, 0.2, 0.8));
  const edge = between(random, 0.02, 0.1);
  const field = bowl(random, centre, 20);
  const read = unitReader(space);
  const beyond: Field = (units) => multiplied([normal], minus(units, centre))[0] as number;
  const holes = smoothField(
    random,
    vector(count, () => 0.4),
  );
  return onUnits(space, (units) => Math.sqrt(field(units)), {
    best: 0,
    noise: instance % 2 === 1 ? 0.02 : 0,
    fails: (params) => {
      const units = read(params);
      return beyond(units) > edge || (instance % 4 >= 2 && holes(units) > 1.2 && field(units) > 0.05);
    },
  });
}

/** A field over the unit cube of a space as a problem; its best value is searched for where it is not given. */
export function onUnits(space: SearchSpace, field: Field, recipe: Partial<Recipe> = {}): Problem {
  const read = unitReader(space);
  const truth: Recipe['truth'] = (params) => field(read(params));
  return problemOf({ space, truth, ...recipe, best: recipe.best ?? knownLowest(space, truth) });
}
