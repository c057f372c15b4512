import type { GivenOptions } from '../../src/core/methodOptions.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
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
};

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
  const floors = await onAll(entries, async (entry) => {
    const random = (seed: number) => createSampler({ type: 'random', seed });
    const runs = await onAll(seeds, (seed) =>
      simulate(entry.make(), random(seed), seed, { workers: 1, trials, seconds }),
    );
    return Math.max(FLOOR * median(runs.map(({ regret }) => regret)), Number.MIN_VALUE);
  });
  const rows: string[][] = [];
  for (const { name, type, options: given } of parseContestants(options.samplers)) {
    const results = new Map<number, Simulated[][]>();
    for (const count of workers) {
      const sampler = (seed: number) => createSampler({ type, seed, options: given as GivenOptions });
      const simulation = { workers: count, trials, seconds };
      results.set(
        count,
        await onAll(entries, (entry) =>
          onAll(seeds, (seed) => simulate(entry.make(), sampler(seed), seed, simulation)),
        ),
      );
    }
    const first = results.get(workers[0] as number) as Simulated[][];
    for (const [count, own] of results) rows.push([name, String(count), ...cells(own, first, floors)]);
  }
  printTable(['sampler', 'workers', 'efficiency', 'regret', 'SE of its log', 'ratio of medians'], rows);
}

async function onAll<In, Out>(items: readonly In[], each: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (const item of items) results.push(await each(item));
  return results;
}

/** By problem, then by seed. */
type Runs = readonly (readonly Simulated[])[];

function cells(own: Runs, first: Runs, floors: readonly number[]): string[] {
  const logs: number[] = [];
  const medians: number[] = [];
  for (const [place, runs] of own.entries()) {
    const others = (first[place] as readonly Simulated[]).map(({ regret }) => regret);
    const log = (regret: number): number => Math.log(Math.max(regret, floors[place] as number));
    logs.push(mean(runs.map(({ regret }, seed) => log(regret) - log(others[seed] as number))));
    medians.push(log(median(runs.map(({ regret }) => regret))) - log(median(others)));
  }
  return [
    mean(own.flat().map(({ efficiency }) => efficiency)).toFixed(3),
    `× ${Math.exp(mean(logs)).toFixed(2)}`,
    `± ${standardError(logs).toFixed(2)}`,
    `× ${Math.exp(mean(medians)).toFixed(2)}`,
  ];
}
