import { categoricalDistribution, floatDistribution, intDistribution } from '../../src/core/space/distributionRules.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../src/core/space/searchSpace.ts';

/** A function to minimise whose smallest value is known. */
export interface Problem {
  readonly name: string;
  readonly space: SearchSpace;
  readonly best: number;
  /** Standard deviation of what is added to the value that the optimiser sees. */
  readonly noise: number;
  value(params: Params): number;
}

/** Formulas and minima: Surjanovic and Bingham, Virtual Library of Simulation Experiments; the conditional one is ours. */
export const PROBLEMS: readonly Problem[] = [
  problem('branin', cube([-5, 10], [0, 15]), 0.397887, branin),
  problem('hartmann6', cube(...repeated(6, 0, 1)), -3.32237, hartmann6),
  problem('rosenbrock5', cube(...repeated(5, -5, 10)), 0, rosenbrock),
  problem('ackley10', cube(...repeated(10, -32.768, 32.768)), 0, ackley),
  { name: 'conditional', space: conditionalSpace(), best: 0, noise: 0, value: conditional },
  { ...problem('noisy', cube([-5, 10], [0, 15]), 0.397887, branin), noise: 5 },
];

function problem(name: string, space: SearchSpace, best: number, compute: (x: readonly number[]) => number): Problem {
  return { name, space, best, noise: 0, value: (params) => compute(Object.values(params) as number[]) };
}

function cube(...ranges: (readonly [low: number, high: number])[]): SearchSpace {
  return searchSpace(
    ranges.map(([low, high], index) => ({ name: `x${index}`, distribution: floatDistribution(low, high) })),
  );
}

function repeated(count: number, low: number, high: number): [number, number][] {
  return Array.from({ length: count }, () => [low, high]);
}

function branin([x = 0, y = 0]: readonly number[]): number {
  const bend = y - (5.1 / (4 * Math.PI ** 2)) * x ** 2 + (5 / Math.PI) * x - 6;
  return bend ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}

const HARTMANN_WEIGHTS = [1, 1.2, 3, 3.2];
const HARTMANN_WIDTHS = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN_CENTRES = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

function hartmann6(x: readonly number[]): number {
  return -sum(HARTMANN_WEIGHTS, (weight, hill) => {
    const centres = HARTMANN_CENTRES[hill] as number[];
    const distance = sum(
      HARTMANN_WIDTHS[hill] as number[],
      (width, axis) => width * ((x[axis] as number) - (centres[axis] as number)) ** 2,
    );
    return weight * Math.exp(-distance);
  });
}

function rosenbrock(x: readonly number[]): number {
  return sum(x.slice(1), (next, index) => {
    const own = x[index] as number;
    return 100 * (next - own ** 2) ** 2 + (1 - own) ** 2;
  });
}

function ackley(x: readonly number[]): number {
  const size = Math.sqrt(sum(x, (one) => one ** 2) / x.length);
  const waves = sum(x, (one) => Math.cos(2 * Math.PI * one)) / x.length;
  return -20 * Math.exp(-0.2 * size) - Math.exp(waves) + 20 + Math.E;
}

/** Two optimisers with parameters of their own, as a training has them: one is better in the end, the other is easier. */
function conditionalSpace(): SearchSpace {
  return searchSpace([
    { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam']) },
    { name: 'layers', distribution: intDistribution(1, 8) },
    { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }) },
    { name: 'momentum', distribution: floatDistribution(0, 0.999), when: { optim: ['sgd'] } },
    { name: 'beta', distribution: floatDistribution(0.5, 0.9999), when: { optim: ['adam'] } },
    { name: 'decay', distribution: floatDistribution(1e-8, 1e-1, { log: true }), when: { optim: ['adam'] } },
  ]);
}

function conditional({ optim, layers, rate, momentum, beta, decay }: Params): number {
  const depth = 0.1 * (Number(layers) - 3) ** 2;
  const distance = (value: unknown, best: number): number => (Math.log10(Number(value)) - best) ** 2;
  if (optim === 'sgd') return depth + distance(rate, -1) + 20 * (Number(momentum) - 0.9) ** 2;
  return 0.2 + depth + 0.3 * distance(rate, -3) + 5 * (Number(beta) - 0.99) ** 2 + 0.05 * distance(decay, -4);
}

function sum(items: readonly number[], term: (item: number, index: number) => number): number {
  let total = 0;
  for (const [index, item] of items.entries()) total += term(item, index);
  return total;
}
