import { Random } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { expectedBest } from '../../src/core/samplers/gp/expectedBest.ts';
import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { Direction } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { benchOptions, numberRange } from './benchOptions.ts';
import { selected } from './problems/catalogue.ts';
import { type Problem, problemOf } from './problems/problem.ts';
import { mean } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = { seeds: '8', problems: 'noisy', trials: '20,50,100', sampler: 'auto', held: false };
/** A trial that is better than trial 0 with this probability is said to be better. */
const SURE = 0.95;
/** Studies in which no parameter does anything. */
const NULL_DIMENSIONS = [1, 2, 4, 6];

interface Found {
  /** Whether the true value lies in the interval of 90 %. */
  readonly isInside: boolean;
  readonly isSure: boolean;
  /** Whether it was said to be better than trial 0 and is not. */
  readonly isWrong: boolean;
  /** How far its true value, and that of the trial with the best observed one, are from the best known. */
  readonly regret: number;
  readonly lucky: number;
}

/**
 * What `expectedBest` says of noisy studies: how often the true value of its trial lies in the interval of 90 %, how its
 * regret compares with that of the best observed trial, how often it is said to be better than trial 0, and wrongly so; and
 * the last for studies in which no parameter does anything.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const seeds = numberRange(options.seeds, 'seeds');
  const counts = options.trials.split(',').map(Number);
  const problems = selected(options.problems, options.held).map((entry) => entry.make());
  const nothing = NULL_DIMENSIONS.map(nullProblem);
  const rows: string[][] = [];
  const found = await findAll(problems, seeds, counts, options.sampler);
  const none = await findAll(nothing, seeds, counts, options.sampler);
  for (const [at, count] of counts.entries()) {
    const all = found[at] as Found[];
    const empty = none[at] as Found[];
    const share = (of: readonly Found[], has: (one: Found) => boolean) =>
      `${(100 * mean(of.map((one) => Number(has(one))))).toFixed(1)} %`;
    const ratio = mean(all.map(({ regret }) => regret)) / mean(all.map(({ lucky }) => lucky));
    rows.push([
      String(count),
      share(all, ({ isInside }) => isInside),
      ratio.toFixed(2),
      share(all, ({ isSure }) => isSure),
      share(all, ({ isWrong }) => isWrong),
      share(empty, ({ isInside }) => isInside),
      share(empty, ({ isSure }) => isSure),
    ]);
  }
  printTable(['trials', 'in 90 %', 'regret / luckiest', 'better', 'wrongly', 'null: in 90 %', 'null: better'], rows);
}

/** By the number of trials. */
async function findAll(
  problems: readonly Problem[],
  seeds: readonly number[],
  counts: readonly number[],
  type: string,
) {
  const found = counts.map(() => [] as Found[]);
  for (const problem of problems) {
    for (const seed of seeds) {
      for (const [at, one] of (await findings(problem, seed, counts, type)).entries()) found[at]?.push(one);
    }
  }
  return found;
}

async function findings(problem: Problem, seed: number, counts: readonly number[], type: string): Promise<Found[]> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'noisy', directions: [problem.direction] });
  const study = new Study(log, record, { space: problem.space, sampler: createSampler({ type, seed }), pruner: null });
  const { history } = study;
  const found: Found[] = [];
  const sign = problem.direction === Direction.maximize ? -1 : 1;
  while (history.length < Math.max(...counts)) {
    const { params, number } = await study.ask();
    await study.tell(number, { values: [...problem.observe(params, new Random(seed, number, 'noise'))] });
    if (!counts.includes(history.length)) continue;
    const best = expectedBest(history, problem.space, 0);
    if (!best) continue;
    const truth = (number: number) => problem.truth(history.params(number));
    const value = truth(best.number);
    const isSure = (best.better ?? 0) > SURE;
    found.push({
      isInside: value >= best.low && value <= best.high,
      isSure,
      isWrong: isSure && sign * value >= sign * truth(0),
      regret: sign * (value - problem.best),
      lucky: sign * (truth(history.best as number) - problem.best),
    });
  }
  return found;
}

function nullProblem(dimensions: number): Problem {
  const distribution = floatDistribution(0, 1);
  const parameters = Array.from({ length: dimensions }, (_, at) => ({ name: `x${at}`, distribution }));
  return problemOf({ space: { parameters }, truth: () => 0, best: 0, noise: 1 });
}
