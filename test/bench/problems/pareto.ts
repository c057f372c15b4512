import { hypervolume } from '../../../src/core/fronts/hypervolume.ts';
import { Random } from '../../../src/core/random.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { Direction } from '../../../src/core/study/states.ts';
import { between } from './draws.ts';
import { type Front, type Problem, type ProblemEntry, unitReader } from './problem.ts';

/** Problems with several objectives, all to be minimised, scored by the hypervolume that the front without noise dominates. */
export function paretoEntries(): ProblemEntry[] {
  return SHAPES.flatMap(({ name }, shape) =>
    [0, 100].map((first) => ({
      name: `pareto/${name}_${first}`,
      family: 'pareto',
      held: first > 0,
      quick: false,
      make: () => problemOf(shape, first),
    })),
  );
}

interface Shape {
  readonly name: string;
  readonly objectives: number;
  readonly reference: readonly number[];
  readonly mixed: boolean;
  readonly noise: number;
  /** Losses from the first parameters (positions along the front) and the distance g ≥ 1 from it. */
  losses(units: ArrayLike<number>, g: number): number[];
}

/** Zitzler, Deb and Thiele (2000): f1 = x, f2 = g h(x / g). */
function zdt(name: string, h: (ratio: number, x: number) => number, rest: Partial<Shape> = {}): Shape {
  return {
    name,
    objectives: 2,
    reference: [1.1, 8],
    mixed: false,
    noise: 0,
    losses: (units, g) => [units[0] as number, g * h((units[0] as number) / g, units[0] as number)],
    ...rest,
  };
}

const convex = (ratio: number): number => 1 - Math.sqrt(ratio);
const concave = (ratio: number): number => 1 - ratio ** 2;

const SHAPES: readonly Shape[] = [
  zdt('zdt1', convex),
  zdt('zdt2', concave),
  zdt('zdt3', (ratio, x) => 1 - Math.sqrt(ratio) - ratio * Math.sin(10 * Math.PI * x)),
  zdt('zdt1_noisy', convex, { noise: 0.1 }),
  zdt('zdt1_mixed', convex, { mixed: true }),
  {
    // DTLZ2 (Deb, Thiele, Laumanns and Zitzler 2002): an eighth of a sphere.
    name: 'dtlz2',
    objectives: 3,
    reference: [3, 3, 3],
    mixed: false,
    noise: 0,
    losses(units, g) {
      const [a, b] = [((units[0] as number) * Math.PI) / 2, ((units[1] as number) * Math.PI) / 2];
      return [g * Math.cos(a) * Math.cos(b), g * Math.cos(a) * Math.sin(b), g * Math.sin(a)];
    },
  },
];

const KINDS: readonly Distribution[] = [
  floatDistribution(1e-5, 1, { log: true }),
  intDistribution(1, 20),
  categoricalDistribution(['a', 'b', 'c', 'd']),
];

function problemOf(place: number, instance: number): Problem {
  const shape = SHAPES[place] as Shape;
  const random = new Random(instance, place, 'pareto');
  const positions = shape.objectives - 1;
  const space = searchSpace(
    Array.from({ length: positions + 5 }, (_, index) => ({
      name: `x${index}`,
      distribution: shape.mixed && index >= positions ? (KINDS[index % 3] as Distribution) : floatDistribution(0, 1),
    })),
  );
  const centre = space.parameters.map(({ distribution }) =>
    distribution.type === 'categorical'
      ? random.integer(4)
      : distribution.type === 'int'
        ? random.integer(20) / 19
        : between(random, 0, 1),
  );
  const read = unitReader(space);
  const distanceOf = (units: ArrayLike<number>): number => {
    let g = 1;
    for (let axis = positions; axis < space.parameters.length; axis++) {
      const gap = Math.abs((units[axis] as number) - (centre[axis] as number));
      g += space.parameters[axis]?.distribution.type === 'categorical' ? 0.4 * Math.min(gap, 1) : 2 * gap ** 1.5;
    }
    return g;
  };
  const front: Front = {
    directions: Array.from({ length: shape.objectives }, () => Direction.minimize),
    reference: shape.reference,
    losses: (params) => {
      const units = read(params);
      return shape.losses(units, distanceOf(units));
    },
  };
  return {
    space,
    front,
    direction: Direction.maximize,
    best: shape.objectives === 3 ? 27 - Math.PI / 6 : frontVolume(shape),
    truth: (params) => hypervolume([Float64Array.from(front.losses(params))], Float64Array.from(shape.reference)),
    observe: (params, draw) => front.losses(params).map((loss) => loss + shape.noise * draw.normal()),
  };
}

/** Of 20,000 points along the front, to about 1e-4. */
function frontVolume(shape: Shape): number {
  const points = Array.from({ length: 20_001 }, (_, index) => Float64Array.from(shape.losses([index / 20_000], 1)));
  return hypervolume(points, Float64Array.from(shape.reference));
}
