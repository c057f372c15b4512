import type { GivenOptions } from '../../src/core/methodOptions.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import type { Sampler } from '../../src/core/samplers/sampler.ts';
import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { type Simulated, simulate } from './parallel/simulate.ts';
import { selected } from './problems/catalogue.ts';
import { parseContestants } from './quality/contestant.ts';
import { mean, median, standardError } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = {
  problems:
    'classic/branin,classic/hartmann6,noisy/0,smooth/0,mixed/1,corner/1,tree/1,learners/0,tabular/1,table/hpobench_segment',
  samplers: 'random,tpe',
  workers: '1,4,16,64',
  seeds: '8',
  trials: '100',
  /** Seconds of the median trial. */
  seconds: '10',
  /** Every problem too. */
  each: false,
};

const BUDGETS: readonly number[] = [25, 50, 100];

/** Regrets below this share of random search's median are taken for it. */
const FLOOR = 1e-3;

/**
 * Simulated workers with log-normal durations (σ 0.5): how busy they are, and what is left to the best known value after
 * equally many completed trials, as a ratio to the first number of workers.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const entries = selected(options.problems, false);
  const workers = options.workers.split(',').map((text) => wholeNumber(text, 'workers'));
  const seeds = numberRange(options.seeds, 'seeds');
  const [trials, seconds] = [wholeNumber(options.trials, 'trials'), Number(options.seconds)];
  console.log(`${entries.length} problems, ${seeds.length} seeds, ${trials} completed trials of ${seconds} s (median)`);
  const budgets = BUDGETS.filter((budget) => budget < trials).concat(trials);
  const all = (own: number, make: (seed: number) => Sampler): Promise<Simulated[][]> =>
    onAll(entries, (entry) =>
      onAll(seeds, (seed) => simulate(entry.make(), make(seed), seed, { workers: own, trials, seconds })),
    );
  const random = await all(1, (seed) => createSampler({ type: 'random', seed }));
  const rows: string[][] = [];
  for (const { name, type, options: given } of parseContestants(options.samplers)) {
    let first: Simulated[][] | undefined;
    for (const count of workers) {
      const own = await all(count, (seed) => createSampler({ type, seed, options: given as GivenOptions }));
      first ??= own;
      const efficiency = mean(own.flat().map(({ efficiency }) => efficiency)).toFixed(3);
      const ratios = budgets.flatMap((budget) => cells(own, first as Runs, random, budget));
      rows.push([name, String(count), efficiency, ...ratios]);
      if (options.each) {
        for (const [place, { name: problem }] of entries.entries()) {
          const one = (runs: Runs): Runs => [runs[place] as readonly Simulated[]];
          const each = budgets.flatMap((budget) => cells(one(own), one(first as Runs), one(random), budget));
          rows.push([`  ${problem}`, String(count), '', ...each]);
        }
      }
    }
  }
  printTable(
    ['sampler', 'workers', 'efficiency', ...budgets.flatMap((budget) => [`at ${budget}`, 'SE of its log'])],
    rows,
  );
}

async function onAll<In, Out>(items: readonly In[], each: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (const item of items) results.push(await each(item));
  return results;
}

/** By problem, then by seed. */
type Runs = readonly (readonly Simulated[])[];

/** The geometric mean over problems and seeds of a regret after so many trials, as a ratio to that of `first`. */
function cells(own: Runs, first: Runs, random: Runs, budget: number): string[] {
  const logs = own.map((_, place) => {
    const regrets = (of: Runs): number[] =>
      (of[place] as readonly Simulated[]).map(({ regrets }) => regrets[budget - 1] as number);
    const floor = Math.max(FLOOR * median(regrets(random)), Number.MIN_VALUE);
    const log = (regret: number): number => Math.log(Math.max(regret, floor));
    const others = regrets(first);
    return mean(regrets(own).map((regret, seed) => log(regret) - log(others[seed] as number)));
  });
  return [`× ${Math.exp(mean(logs)).toFixed(2)}`, logs.length > 1 ? `± ${standardError(logs).toFixed(2)}` : ''];
}
