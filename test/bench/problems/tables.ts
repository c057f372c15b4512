import { categoricalDistribution, intDistribution } from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { Direction } from '../../../src/core/study/states.ts';
import { type Problem, type ProblemEntry, problemOf } from './problem.ts';
import { sharedFloats, sharedJson } from './shared.ts';

interface Table {
  readonly keys: readonly string[];
  readonly radix: readonly number[];
  readonly seeds: number;
  readonly rows: number;
  readonly direction: 'minimize' | 'maximize';
  readonly categorical: readonly string[];
}

const QUICK = new Set(['hpolib_protein_structure', 'hpolib_naval_propulsion', 'hpobench_segment', 'nb201_cifar100']);

/** Exhaustive tables of real trainings: an evaluation draws one training of the row, its mean is the score. */
export function tableEntries(): ProblemEntry[] {
  return Object.entries(sharedJson<Record<string, Table>>('tables.json') ?? {}).map(([name, table]) => ({
    name: `table/${name}`,
    family: 'table',
    held: false,
    quick: QUICK.has(name),
    make: () => tabular(table, sharedFloats(`${name}.f32`) as Float32Array),
  }));
}

function tabular({ keys, radix, seeds, rows, direction, categorical }: Table, values: Float32Array): Problem {
  const space = searchSpace(
    keys.map((name, place) => {
      const levels = radix[place] as number;
      if (!categorical.includes(name)) return { name, distribution: intDistribution(0, levels - 1) };
      const choices = Array.from({ length: levels }, (_, level) => `c${level}`);
      return { name, distribution: categoricalDistribution(choices) };
    }),
  );
  const levelOf = (value: unknown): number => (typeof value === 'string' ? Number(value.slice(1)) : Number(value));
  const rowOf = (params: Params): number =>
    keys.reduce((row, name, place) => row * (radix[place] as number) + levelOf(params[name]), 0);
  const runsOf = (row: number): Float32Array =>
    values.subarray(row * seeds, (row + 1) * seeds).filter((value) => !Number.isNaN(value));
  const maximize = direction === 'maximize';
  let best = maximize ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows; row++) {
    const mean = meanOf(runsOf(row));
    if (maximize ? mean > best : mean < best) best = mean;
  }
  return problemOf({
    space,
    best,
    direction: maximize ? Direction.maximize : Direction.minimize,
    truth: (params) => meanOf(runsOf(rowOf(params))),
    noise: (_, params, random) => {
      const runs = runsOf(rowOf(params));
      return runs.length > 0 ? (runs[random.integer(runs.length)] as number) : Number.NaN;
    },
  });
}

/** NaN when there is nothing. */
function meanOf(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
