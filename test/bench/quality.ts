import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { catalogue, selected } from './problems/catalogue.ts';
import type { ProblemEntry } from './problems/problem.ts';
import { type Contestant, parseContestants } from './quality/contestant.ts';
import { runTasks } from './quality/pool.ts';
import { printReport } from './quality/report.ts';
import { coreVersion, DEFAULT_RESULTS, readResult } from './quality/results.ts';
import type { ProblemCurves } from './quality/scoring.ts';
import { mean } from './quality/statistics.ts';
import type { Task } from './qualityWorker.ts';

const DEFAULTS = {
  problems: 'dev',
  samplers: 'tpe,optuna:tpe',
  seeds: '8',
  trials: '100',
  jobs: '2',
  results: DEFAULT_RESULTS,
  /** The problems that are set aside, and only they. */
  held: false,
  /** The medians of every problem too. */
  each: false,
  /** Only what has been measured already. */
  report: false,
  /** Names the problems and ends. */
  list: false,
};

const BUDGETS = [25, 50, 100, 200] as const;
/** Random search is the unit of all others, so its median is taken over more seeds. */
const YARDSTICK_SEEDS = 20;
const RANDOM = parseContestants('random')[0] as Contestant;

/** Compares samplers by what they reach after so many trials: see docs/benchmarks.md for the problems and the scoring. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const entries = selected(options.problems, options.held);
  if (options.list) {
    for (const { name, held, quick } of catalogue())
      console.log(`${name}${held ? ' (held)' : quick ? ' (quick)' : ''}`);
    return;
  }
  if (entries.length === 0) throw new Error(`No problem here is named ${options.problems}: see --list.`);
  const trials = wholeNumber(options.trials, 'trials');
  const seeds = numberRange(options.seeds, 'seeds');
  const contestants = parseContestants(options.samplers);
  const tasks = tasksOf(entries, contestants, seeds, { trials, folder: options.results });
  if (!options.report) await measure(tasks, wholeNumber(options.jobs, 'jobs'));
  const budgets = BUDGETS.filter((budget) => budget < trials);
  const { problems, ms } = collected(entries, tasks, contestants);
  const samplers = contestants.map(({ name }) => name);
  printReport({ problems, samplers, budgets: [...budgets, trials], ms }, options.each);
}

function tasksOf(
  entries: readonly ProblemEntry[],
  contestants: readonly Contestant[],
  seeds: readonly number[],
  { trials, folder }: { trials: number; folder: string },
): Task[] {
  const code = coreVersion();
  const known = { trials, folder, code };
  const yardstick = Array.from({ length: YARDSTICK_SEEDS }, (_, seed) => seed);
  return entries.flatMap(({ name: problem }) => [
    ...yardstick.map((seed) => ({ ...known, problem, contestant: RANDOM, seed })),
    ...contestants
      .filter(({ name }) => name !== RANDOM.name)
      .flatMap((contestant) => seeds.map((seed) => ({ ...known, problem, contestant, seed }))),
  ]);
}

async function measure(tasks: readonly Task[], jobs: number): Promise<void> {
  const errors = new Map<string, number>();
  const start = Date.now();
  let [ended, measured, shown] = [0, 0, start];
  await runTasks(tasks, jobs, ({ contestant, problem }, end) => {
    ended++;
    if ('error' in end) {
      const text = `${contestant.name} on ${problem}: ${end.error}`;
      errors.set(text, (errors.get(text) ?? 0) + 1);
    } else if (end.done === 'measured') measured++;
    if (Date.now() - shown < 20_000) return;
    shown = Date.now();
    console.error(`${ended} of ${tasks.length} runs, ${((shown - start) / 60_000).toFixed(1)} minutes`);
  });
  console.log(`${measured} of ${tasks.length} runs measured now, in ${((Date.now() - start) / 1000).toFixed(0)} s`);
  for (const [text, count] of errors) console.log(`failed ${count} ×: ${text}`);
}

function collected(
  entries: readonly ProblemEntry[],
  tasks: readonly Task[],
  contestants: readonly Contestant[],
): { problems: ProblemCurves[]; ms: Map<string, number> } {
  const times = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  const curves = new Map(entries.map(({ name }) => [name, new Map<string, Map<number, readonly (number | null)[]>>()]));
  for (const task of tasks) {
    const result = readResult(task.folder, task);
    if (!result || result.best.length < task.trials) continue;
    const own = curves.get(task.problem);
    const bySeed = own?.get(task.contestant.name) ?? new Map<number, readonly (number | null)[]>();
    bySeed.set(task.seed, result.best);
    own?.set(task.contestant.name, bySeed);
    times.get(task.contestant.name)?.push(result.ms / result.best.length);
  }
  const problems = entries.map(({ name, family, make }) => {
    const { direction, best } = make();
    return { name, family, direction, best, curves: curves.get(name) ?? new Map() };
  });
  return { problems, ms: new Map([...times].map(([name, values]) => [name, mean(values)])) };
}
