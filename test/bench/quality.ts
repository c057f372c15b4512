import { Random } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { distributionToJson } from '../../src/core/space/distributionJson.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { Direction } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { findPython } from '../support/python.ts';
import { LinePartner } from './linePartner.ts';
import { PROBLEMS, type Problem } from './problems.ts';

const SIZES = [50, 100] as const;
const LARGEST = 100;

/** What is left to the known minimum after so many trials, by `SIZES`. */
type Regrets = readonly number[];

/**
 * How near TPE comes to the minimum of known functions, ours and Optuna 5's with its defaults, seed by seed in turns.
 * The trial that looked best counts with its value without noise. Arguments: `--seeds N` (5).
 */
export async function run(args: readonly string[]): Promise<void> {
  const seeds = args[0] === '--seeds' ? Number(args[1]) : 5;
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error('Write --seeds and a whole number from 1 on.');
  const python = findPython('optuna');
  if (!python)
    console.log('Optuna 5 is left out: no Python here imports it (set TUNEBOARD_PYTHON_OPTUNA5 to one that does).');
  const optuna = python ? new LinePartner(python, 'quality.py') : null;
  console.log(`median distance to the minimum over ${seeds} seeds; won: seeds in which ours is nearer`);
  console.log(`${'problem'.padEnd(12)} ${'trials'.padStart(6)} ${'ours'.padStart(10)} ${'Optuna'.padStart(10)}    won`);
  try {
    for (const problem of PROBLEMS) await compare(problem, seeds, optuna);
  } finally {
    optuna?.close();
  }
}

async function compare(problem: Problem, seeds: number, optuna: LinePartner | null): Promise<void> {
  const ours: Regrets[] = [];
  const theirs: Regrets[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    ours.push(await regretsOf(problem, seed, await ourTrials(problem, seed)));
    if (optuna) theirs.push(await regretsOf(problem, seed, optunaTrials(problem, seed, optuna)));
  }
  for (const [place, size] of SIZES.entries()) {
    const own = ours.map((regrets) => regrets[place] as number);
    const other = theirs.map((regrets) => regrets[place] as number);
    const won = own.filter((regret, seed) => regret < (other[seed] as number)).length;
    const others = optuna ? `${shown(median(other))}  ${won}/${seeds}` : '';
    console.log(`${problem.name.padEnd(12)} ${String(size).padStart(6)} ${shown(median(own))} ${others}`);
  }
}

/** Answers the value of a trial with the parameters of the next one; the first is asked with null. */
type Next = (value: number | null) => Promise<Params>;

async function ourTrials({ name, space }: Problem, seed: number): Promise<Next> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name, directions: [Direction.minimize] });
  const study = new Study(log, record, { space, sampler: createSampler({ type: 'tpe', seed }), pruner: null });
  return async (value) => {
    if (value !== null) await study.tell(study.history.length - 1, { values: value });
    return (await study.ask()).params;
  };
}

function optunaTrials({ space }: Problem, seed: number, optuna: LinePartner): Next {
  const parameters = space.parameters.map(({ name, distribution, when = {} }) => ({
    name,
    distribution: distributionToJson(distribution),
    when,
  }));
  const first = JSON.stringify({ seed, parameters });
  return async (value) => JSON.parse(await optuna.ask(value === null ? first : String(value))) as Params;
}

async function regretsOf(problem: Problem, seed: number, next: Next): Promise<Regrets> {
  const regrets: number[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  let regret = Number.NaN;
  let seen: number | null = null;
  for (let number = 0; number < LARGEST; number++) {
    const value = problem.value(await next(seen));
    seen = value + problem.noise * new Random(seed, number, 'noise').normal();
    if (seen < lowest) {
      lowest = seen;
      regret = value - problem.best;
    }
    if (SIZES.some((size) => size === number + 1)) regrets.push(regret);
  }
  return regrets;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

function shown(number: number): string {
  return number.toPrecision(3).padStart(10);
}
