import { Random } from '../../../src/core/random.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../../src/core/space/distributions.ts';
import {
  type Condition,
  isActive,
  type SearchSpace,
  type SpaceParameter,
  searchSpace,
} from '../../../src/core/space/searchSpace.ts';
import { between, pick, saturating } from './draws.ts';
import { type Problem, problemOf, unitOf } from './problem.ts';

/** Families with conditions: trees of branches, and algorithm choice as AutoML has it. */

/** A parameter with its part in the error: weight times a power of the distance from its best place, or a level's own. */
interface Term {
  readonly parameter: SpaceParameter;
  readonly weight: number;
  readonly best: number;
  readonly power: number;
  readonly levels: readonly number[];
}

function termOf(random: Random, name: string, distribution: Distribution, when: Condition, weight: number): Term {
  // Half of the best places are an edge of the range.
  const best = random.uniform() < 0.5 ? random.integer(2) : random.uniform();
  const count = distribution.type === 'categorical' ? distribution.choices.length : 0;
  const easiest = random.integer(Math.max(1, count));
  const levels = Array.from({ length: count }, (_, level) => (level === easiest ? 0 : random.uniform()));
  const parameter = Object.keys(when).length > 0 ? { name, distribution, when } : { name, distribution };
  return { parameter, weight, best, power: pick(random, [1.5, 2, 2]), levels };
}

function errorOf({ parameter, weight, best, power, levels }: Term, params: Params): number {
  if (!Object.hasOwn(params, parameter.name)) return 0;
  const unit = unitOf(parameter.distribution, params[parameter.name] as ParamValue);
  return weight * (levels.length > 0 ? (levels[unit] as number) : Math.abs(unit - best) ** power);
}

type Total = (params: Params, sum: number) => number;

function ofTerms(space: SearchSpace, terms: readonly Term[], total: Total, noise: number): Problem {
  const truth = (params: Params): number => {
    let sum = 0;
    for (const term of terms) sum += errorOf(term, params);
    return total(params, sum);
  };
  return problemOf({ space, truth, best: leastOf(space, terms, total), noise });
}

/** The smallest sum of the terms of `space`, by parent categories; `total` makes the error of a sum and the parents' values. */
function leastOf(space: SearchSpace, terms: readonly Term[], total: Total): number {
  const parents = new Set(space.parameters.flatMap(({ when }) => Object.keys(when ?? {})));
  const byName = new Map(terms.map((term) => [term.parameter.name, term]));
  const walk = (place: number, params: Params, distance: number): number => {
    const parameter = space.parameters[place];
    if (!parameter) return total(params, distance);
    if (!isActive(parameter, params)) return walk(place + 1, params, distance);
    const term = byName.get(parameter.name);
    const values = parameter.distribution.type === 'categorical' ? parameter.distribution.choices : [];
    if (!parents.has(parameter.name)) return walk(place + 1, params, distance + (term ? leastError(term) : 0));
    const next = (value: ParamValue): number => {
      const chosen = { ...params, [parameter.name]: value };
      return walk(place + 1, chosen, distance + (term ? errorOf(term, chosen) : 0));
    };
    return Math.min(...values.map(next));
  };
  return walk(0, {}, 0);
}

function leastError({ parameter: { distribution }, weight, best, power, levels }: Term): number {
  if (distribution.type === 'categorical') return weight * Math.min(...levels);
  if (distribution.step === null) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let value = distribution.low; value <= distribution.high; value += distribution.step) {
    least = Math.min(least, weight * Math.abs(unitOf(distribution, value) - best) ** power);
  }
  return least;
}

/**
 * 3 to 6 branches of 1 to 6 parameters. The best branch is narrow, another one is wide and stops a little above it; every
 * second instance has a category inside a branch that opens further parameters, every third is noisy.
 */
export function tree(instance: number): Problem {
  const random = new Random(instance, 0, 'tree');
  const count = 3 + random.integer(4);
  const branches = Array.from({ length: count }, (_, index) => `b${index}`);
  const first = random.integer(count);
  const order = branches.map((name, index) => ({ name, index: (index + first) % count }));
  const terms: Term[] = [];
  const floors = new Map<string, number>();
  for (const { name, index } of order) {
    const [isBest, isWide] = [index === 0, index === count - 1];
    const size = isBest ? 3 + random.integer(3) : 1 + random.integer(6);
    floors.set(name, isBest ? 0 : isWide ? between(random, 0.03, 0.08) : between(random, 0.1, 0.3));
    const weight = isBest ? between(random, 3, 8) : isWide ? 0.3 : between(random, 0.5, 4);
    for (let one = 0; one < size; one++) {
      const distribution = pick(random, [
        floatDistribution(0, 1),
        floatDistribution(1e-4, 1, { log: true }),
        intDistribution(1, 40),
      ]);
      terms.push(
        termOf(random, `${name}_p${one}`, distribution, { branch: [name] }, weight * between(random, 0.5, 1.5)),
      );
    }
    if (instance % 2 === 1 && size >= 3) terms.push(...nested(random, name, weight));
  }
  const root = { name: 'branch', distribution: categoricalDistribution(branches) };
  const space = searchSpace([root, ...terms.map((term) => term.parameter)]);
  const total = (params: Params, sum: number): number => (floors.get(params['branch'] as string) as number) + sum;
  return ofTerms(space, terms, total, instance % 3 === 2 ? 0.05 : 0);
}

function nested(random: Random, branch: string, weight: number): Term[] {
  const kind = `${branch}_kind`;
  const inner = categoricalDistribution(['u', 'v', 'w']);
  return [
    termOf(random, kind, inner, { branch: [branch] }, 0.2),
    termOf(random, `${branch}_v`, floatDistribution(0, 1), { [kind]: ['v'] }, weight),
    termOf(random, `${branch}_vw`, floatDistribution(1e-6, 1, { log: true }), { [kind]: ['v', 'w'] }, 0.5 * weight),
  ];
}

/** Learners with the kinds of parameters that they have. */
const LEARNERS: readonly (readonly [name: string, parameters: readonly (readonly [string, Distribution])[]])[] = [
  [
    'linear',
    [
      ['alpha', floatDistribution(0, 1)],
      ['lambda', floatDistribution(1e-4, 1e3, { log: true })],
    ],
  ],
  [
    'tree',
    [
      ['cp', floatDistribution(1e-4, 1, { log: true })],
      ['depth', intDistribution(1, 30)],
      ['bucket', intDistribution(1, 100)],
      ['split', intDistribution(1, 100)],
    ],
  ],
  [
    'forest',
    [
      ['trees', intDistribution(1, 2000)],
      ['sample', floatDistribution(0.1, 1)],
      ['mtry', floatDistribution(0, 1)],
      ['node', intDistribution(1, 100)],
      ['replace', categoricalDistribution([true, false])],
      ['rule', categoricalDistribution(['gini', 'extra'])],
    ],
  ],
  [
    'svm',
    [
      ['cost', floatDistribution(4.5e-5, 2.2e4, { log: true })],
      ['tolerance', floatDistribution(4.5e-5, 2, { log: true })],
      ['shrinking', categoricalDistribution([true, false])],
      ['kernel', categoricalDistribution(['linear', 'polynomial', 'radial'])],
    ],
  ],
  [
    'neighbours',
    [
      ['k', intDistribution(1, 50)],
      ['distance', categoricalDistribution(['l2', 'cosine', 'ip'])],
      ['m', intDistribution(18, 50)],
      ['ef', intDistribution(8, 256, { log: true })],
    ],
  ],
  [
    'boosting',
    [
      ['rounds', intDistribution(8, 2980, { log: true })],
      ['eta', floatDistribution(1e-3, 1, { log: true })],
      ['lambda', floatDistribution(1e-3, 1e3, { log: true })],
      ['alpha', floatDistribution(1e-3, 1e3, { log: true })],
      ['subsample', floatDistribution(0.1, 1)],
      ['depth', intDistribution(3, 20)],
      ['child', floatDistribution(2.7, 20, { log: true })],
      ['columns', floatDistribution(0.01, 1)],
    ],
  ],
];

const INNER: Readonly<Record<string, readonly (readonly [string, Distribution, Condition])[]>> = {
  svm: [
    ['svm_gamma', floatDistribution(4.5e-5, 2.2e4, { log: true }), { svm_kernel: ['radial'] }],
    ['svm_degree', intDistribution(2, 5), { svm_kernel: ['polynomial'] }],
  ],
  forest: [['forest_splits', intDistribution(1, 100), { forest_rule: ['extra'] }]],
};

/**
 * Algorithm choice in the manner of AutoML benchmarks: 3 to 6 learners with 2 to 9 parameters each, some behind a second
 * category, and parameters of the preparation that all share. An error rate that saturates: most of the space is bad
 * alike, learners end close together, and what is best often lies in a corner of a branch.
 */
export function learners(instance: number): Problem {
  const random = new Random(instance, 0, 'learners');
  const order = LEARNERS.map((learner) => ({ learner, key: random.uniform() })).sort((a, b) => a.key - b.key);
  const chosen = order.slice(0, 3 + random.integer(4)).map(({ learner }) => learner);
  const floors = new Map<unknown, number>();
  const terms: Term[] = [
    termOf(random, 'impute', categoricalDistribution(['mean', 'median', 'hist']), {}, 0.1),
    termOf(random, 'share', floatDistribution(0.03, 1), {}, 0.5),
  ];
  const weight = (): number => 10 ** between(random, -0.8, 0.9);
  for (const [place, [name, parameters]] of chosen.entries()) {
    floors.set(name, 0.08 + (place === 0 ? 0 : between(random, 0.005, 0.08)));
    for (const [key, distribution] of parameters) {
      terms.push(termOf(random, `${name}_${key}`, distribution, { learner: [name] }, weight()));
    }
    for (const [key, distribution, when] of INNER[name] ?? []) {
      terms.push(termOf(random, key, distribution, when, weight()));
    }
  }
  const names = chosen.map(([name]) => name).sort();
  const root = { name: 'learner', distribution: categoricalDistribution(names) };
  const space = searchSpace([root, ...terms.map((term) => term.parameter)]);
  const total = (params: Params, sum: number): number =>
    (floors.get(params['learner']) as number) + 0.5 * saturating(1.5 * sum);
  return ofTerms(space, terms, total, instance % 2 === 1 ? 0.005 : 0);
}
