import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import {
  ackley,
  branin,
  ellipsoid,
  type Formula,
  hartmann6,
  minus,
  multiplied,
  rastrigin,
  rosenbrock,
  styblinskiTang,
} from './formulas.ts';
import { type Problem, type ProblemEntry, problemOf } from './problem.ts';
import { sharedJson } from './shared.ts';

interface Transform {
  readonly shift: readonly number[];
  readonly rotation?: readonly (readonly number[])[];
}

/** The formulas that the field compares by. Shifts and rotations come from `synthetic.json`; without it those are left out. */
export function classicEntries(): ProblemEntry[] {
  const transforms = sharedJson<Record<string, Transform>>('synthetic.json');
  const entries = [
    entry('classic/branin', true, () => plain(cube([-5, 10], [0, 15]), branin, 0.397887357729738)),
    entry('classic/hartmann6', true, () => plain(unitCube(6), hartmann6, -3.322368011391339)),
    entry('classic/rosenbrock5', true, () => plain(cube(...repeated(5, -5, 10)), rosenbrock, 0)),
    entry('classic/styblinski8', false, () => plain(cube(...repeated(8, -5, 5)), styblinskiTang, 0)),
    entry('noisy/hartmann6', true, () => plain(unitCube(6), hartmann6, -3.322368011391339, 0.2)),
    entry('noisy/branin', false, () => plain(cube([-5, 10], [0, 15]), branin, 0.397887357729738, 5)),
    entry('conditional/cash_synth', true, cashSynth),
    entry('conditional/optimizers', false, optimizers),
  ];
  if (transforms) {
    for (const [name, formula, range, quick] of TRANSFORMED) {
      const transform = transforms[name] as Transform;
      const space = cube(...repeated(transform.shift.length, -range, range));
      entries.push(entry(`classic/${name}`, quick, () => plain(space, transformed(formula, transform), 0)));
    }
  }
  return entries;
}

const TRANSFORMED: readonly [name: string, formula: Formula, range: number, quick: boolean][] = [
  ['ackley10', ackley, 32.768, true],
  ['rot_ellipsoid5', ellipsoid, 5, true],
  ['rot_rastrigin5', rastrigin, 5, true],
];

/** z = R (x − shift). */
function transformed(formula: Formula, { shift, rotation }: Transform): Formula {
  return (x) => formula(rotation ? multiplied(rotation, minus(x, shift)) : minus(x, shift));
}

function entry(name: string, quick: boolean, make: () => Problem): ProblemEntry {
  return { name, family: name.slice(0, name.indexOf('/')), held: false, quick, make };
}

function plain(space: SearchSpace, formula: Formula, best: number, noise = 0): Problem {
  return problemOf({
    space,
    best,
    noise,
    truth: (params) => formula(space.parameters.map(({ name }) => params[name] as number)),
  });
}

export function cube(...ranges: (readonly [low: number, high: number])[]): SearchSpace {
  return searchSpace(
    ranges.map(([low, high], index) => ({ name: `x${index}`, distribution: floatDistribution(low, high) })),
  );
}

export function repeated(count: number, low: number, high: number): [number, number][] {
  return Array.from({ length: count }, () => [low, high]);
}

function unitCube(count: number): SearchSpace {
  return cube(...repeated(count, 0, 1));
}

/** Two optimisers with parameters of their own, as a training has them: one is better in the end, the other is easier. */
function optimizers(): Problem {
  const space = searchSpace([
    { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam']) },
    { name: 'layers', distribution: intDistribution(1, 8) },
    { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }) },
    { name: 'momentum', distribution: floatDistribution(0, 0.999), when: { optim: ['sgd'] } },
    { name: 'beta', distribution: floatDistribution(0.5, 0.9999), when: { optim: ['adam'] } },
    { name: 'decay', distribution: floatDistribution(1e-8, 1e-1, { log: true }), when: { optim: ['adam'] } },
  ]);
  const distance = (value: unknown, best: number): number => (Math.log10(Number(value)) - best) ** 2;
  const truth = ({ optim, layers, rate, momentum, beta, decay }: Params): number => {
    const depth = 0.1 * (Number(layers) - 3) ** 2;
    if (optim === 'sgd') return depth + distance(rate, -1) + 20 * (Number(momentum) - 0.9) ** 2;
    return 0.2 + depth + 0.3 * distance(rate, -3) + 5 * (Number(beta) - 0.99) ** 2 + 0.05 * distance(decay, -4);
  };
  return problemOf({ space, truth, best: 0 });
}

/** Algorithm choice with parameters of its own for each (the public `cash_synth`): the easiest branch is not the best one. */
function cashSynth(): Problem {
  const [svm, rf, mlp] = [{ algo: ['svm'] }, { algo: ['rf'] }, { algo: ['mlp'] }];
  const log = { log: true };
  const space = searchSpace([
    { name: 'algo', distribution: categoricalDistribution(['svm', 'rf', 'mlp']) },
    { name: 'svm_C', distribution: floatDistribution(0.001, 1000, log), when: svm },
    { name: 'svm_kernel', distribution: categoricalDistribution(['linear', 'rbf', 'poly']), when: svm },
    { name: 'svm_gamma', distribution: floatDistribution(1e-5, 10, log), when: { svm_kernel: ['rbf', 'poly'] } },
    { name: 'rf_trees', distribution: intDistribution(8, 1024, log), when: rf },
    { name: 'rf_feat', distribution: floatDistribution(0.05, 1), when: rf },
    { name: 'rf_depth', distribution: intDistribution(1, 32), when: rf },
    { name: 'mlp_lr', distribution: floatDistribution(1e-5, 1, log), when: mlp },
    { name: 'mlp_wd', distribution: floatDistribution(1e-8, 0.1, log), when: mlp },
    { name: 'mlp_units', distribution: intDistribution(8, 1024, log), when: mlp },
    { name: 'mlp_layers', distribution: intDistribution(1, 5), when: mlp },
    { name: 'mlp_opt', distribution: categoricalDistribution(['adam', 'sgd']), when: mlp },
    { name: 'mlp_mom', distribution: floatDistribution(0, 0.99), when: { mlp_opt: ['sgd'] } },
  ]);
  return problemOf({ space, truth: (params) => Math.min(0.9, cashError(params)), best: 0.03 });
}

function cashError(params: Params): number {
  const at = (name: string): number => Number(params[name]);
  const log10 = (name: string): number => Math.log10(at(name));
  if (params['algo'] === 'svm') {
    const c = log10('svm_C');
    if (params['svm_kernel'] === 'linear') return 0.2 + 0.02 * (c - 0.5) ** 2;
    const valley = 0.03 * (c - 1.5 + 0.8 * (log10('svm_gamma') + 2.2)) ** 2;
    return 0.05 + valley + 0.01 * (c - 1.5) ** 2 + (params['svm_kernel'] === 'poly' ? 0.04 : 0);
  }
  if (params['algo'] === 'rf') {
    const few = at('rf_trees') < 256 ? 0.004 * (Math.log2(at('rf_trees')) - 8) ** 2 : 0;
    return 0.11 + few + 0.15 * (at('rf_feat') - 0.35) ** 2 + 0.0006 * (at('rf_depth') - 14) ** 2;
  }
  const rate = log10('mlp_lr') + 2.7;
  const size = 0.02 * Math.abs(Math.log2(at('mlp_units')) - 7) + 0.03 * (at('mlp_layers') - 2) ** 2;
  const error = 0.03 + 0.05 * rate ** 2 + 0.006 * (log10('mlp_wd') + 4) ** 2 + size;
  return params['mlp_opt'] === 'sgd' ? error + 0.04 + 0.3 * (at('mlp_mom') - 0.9) ** 2 - 0.02 * rate : error;
}
