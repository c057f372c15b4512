import { Random } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { toInternal } from '../../src/core/space/distributionRules.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import type { Belief, SearchSpace, SpaceParameter } from '../../src/core/space/searchSpace.ts';
import { fromUnit, toUnit } from '../../src/core/space/unitInterval.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { Direction } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { selected } from './problems/catalogue.ts';
import { directionsOf, type Problem } from './problems/problem.ts';
import { mean, median } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = {
  problems: 'classic/branin,classic/hartmann6,smooth/0,smooth/1,corner/1,mixed/1',
  seeds: '4',
  trials: '50',
  sampler: 'auto',
};
const MARKS = [10, 25, 50];
/** A good belief is off by this deviation, as a share of the range, and says so. */
const OFF = 0.1;
const FLOOR = 1e-3;
/** Trials of a study without beliefs that set the target. */
const TARGET = 25;

/**
 * What beliefs about the parameters are worth: distance to the best known value as a share of what a study without beliefs
 * has left (geometric mean), with beliefs that are about right and with beliefs in the far ends of the ranges.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const seeds = numberRange(options.seeds, 'seeds');
  const trials = wholeNumber(options.trials, 'trials');
  const marks = MARKS.filter((mark) => mark <= trials);
  const logs = { right: marks.map(() => [] as number[]), wrong: marks.map(() => [] as number[]) };
  const catchUp = { right: [] as number[], wrong: [] as number[] };
  for (const entry of selected(options.problems, false)) {
    const problem = entry.make();
    const best = await bestParams(problem, options.sampler);
    for (const seed of seeds) {
      const none = await regrets(problem, problem.space, { sampler: options.sampler, seed, trials });
      for (const kind of ['right', 'wrong'] as const) {
        const random = new Random(seed, 0, kind);
        const space = withBeliefs(problem.space, (parameter) => beliefIn(parameter, best, kind, random));
        const own = await regrets(problem, space, { sampler: options.sampler, seed, trials });
        for (const [at, mark] of marks.entries())
          logs[kind][at]?.push(Math.log(atLeast(own[mark - 1]) / atLeast(none[mark - 1])));
        const reached = own.findIndex((regret) => regret <= (none[TARGET - 1] as number));
        catchUp[kind].push(reached < 0 ? 2 * trials : reached + 1);
      }
    }
  }
  const row = (kind: 'right' | 'wrong') => [
    kind,
    ...logs[kind].map((all) => `× ${Math.exp(mean(all)).toPrecision(2)}`),
    String(median(catchUp[kind])),
  ];
  const head = ['belief', ...marks.map((mark) => `after ${mark}`), `median trials to what none has after ${TARGET}`];
  printTable(head, [row('right'), row('wrong')]);
}

const atLeast = (regret: number | undefined) => Math.max(regret ?? Number.NaN, FLOOR);

async function bestParams(problem: Problem, sampler: string): Promise<Params> {
  let [best, lowest]: [Params, number] = [{}, Number.POSITIVE_INFINITY];
  for (const seed of [900, 901, 902]) {
    const sign = problem.direction === Direction.maximize ? -1 : 1;
    await search(problem, problem.space, { sampler, seed, trials: 100 }, (params) => {
      const value = sign * problem.truth(params);
      if (value < lowest) [best, lowest] = [params, value];
    });
  }
  return best;
}

interface SearchOptions {
  readonly sampler: string;
  readonly seed: number;
  readonly trials: number;
}

async function regrets(problem: Problem, space: SearchSpace, options: SearchOptions): Promise<number[]> {
  const sign = problem.direction === Direction.maximize ? -1 : 1;
  const curve: number[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  await search(problem, space, options, (params) => {
    lowest = Math.min(lowest, sign * (problem.truth(params) - problem.best));
    curve.push(lowest);
  });
  return curve;
}

async function search(
  problem: Problem,
  space: SearchSpace,
  { sampler, seed, trials }: SearchOptions,
  onTrial: (params: Params) => void,
): Promise<void> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [...directionsOf(problem)] });
  const study = new Study(log, record, { space, sampler: createSampler({ type: sampler, seed }), pruner: null });
  for (let number = 0; number < trials; number++) {
    const trial = await study.ask();
    onTrial(trial.params);
    await study.tell(trial, { values: problem.observe(trial.params, new Random(seed, number, 'noise')) });
  }
}

function withBeliefs(space: SearchSpace, beliefIn: (parameter: SpaceParameter) => Belief | undefined): SearchSpace {
  const parameters = space.parameters.map((parameter) => {
    const prior = beliefIn(parameter);
    return prior ? { ...parameter, prior } : parameter;
  });
  return { ...space, parameters };
}

function beliefIn(
  { name, distribution, when }: SpaceParameter,
  best: Params,
  kind: 'right' | 'wrong',
  random: Random,
): Belief | undefined {
  if (when || !Object.hasOwn(best, name)) return undefined;
  const internal = toInternal(distribution, best[name]);
  if (distribution.type === 'categorical') {
    const about = kind === 'right' ? internal : (internal + 1) % distribution.choices.length;
    return { about, deviation: 0 };
  }
  const place = toUnit(distribution, internal);
  const believed = kind === 'right' ? place + OFF * random.normal() : place < 0.5 ? 0.95 : 0.05;
  const { low, high, log } = distribution;
  return {
    about: fromUnit(distribution, Math.min(1, Math.max(0, believed))),
    deviation: OFF * (log ? Math.log(high / low) : high - low),
  };
}
