import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { type CurveProblem, crossings, curveProblems } from './fidelity/curveProblems.ts';
import { parseMethod } from './fidelity/method.ts';
import { type Trained, train } from './fidelity/train.ts';
import { splitOutsideBraces } from './quality/contestant.ts';
import { mean, median } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = {
  problems: '',
  methods:
    'random,tpe,random/hyperband,tpe/hyperband,tpe/bohb,random/asha,tpe/asha,tpe+median,tpe+successive_halving,tpe+hyperband,tpe+extrapolation',
  seeds: '8',
  trainings: '50',
  /** A continued trial pays for its first epochs again, as without checkpoints. */
  rerun: false,
};

/** A stopped trial counts as missed if it would have ended higher by so much of the range of the values. */
const MATTERS = 0.005;

/**
 * What methods reach with a budget of epochs, counted in full trainings (10, 25, 50): the final accuracy of the best complete
 * trial, and how often the best configuration that was begun has been stopped.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const trainings = wholeNumber(options.trainings, 'trainings');
  const budgets = [...[10, 25].filter((budget) => budget < trainings), trainings];
  const seeds = numberRange(options.seeds, 'seeds');
  const methods = splitOutsideBraces(options.methods).map(parseMethod);
  const wanted = options.problems === '' ? null : options.problems.split(',');
  const families = new Map<string, Map<string, Study[]>>();
  for (const problem of curveProblems()) {
    if (wanted?.some((name) => problem.name.startsWith(name)) === false) continue;
    console.log(
      `\n${problem.name}: ${problem.epochs} epochs, ${(100 * crossings(problem)).toFixed(0)} % of pairs cross`,
    );
    const rows: string[][] = [];
    for (const method of methods) {
      const start = performance.now();
      const results: Trained[] = [];
      for (const seed of seeds) results.push(await train(problem, method, seed, { budgets, rerun: options.rerun }));
      const family = problem.name.split('_')[0] as string;
      const all = families.get(family) ?? new Map<string, Study[]>();
      families.set(family, all);
      all.set(method.name, [...(all.get(method.name) ?? []), ...results.map((result) => ({ problem, result }))]);
      rows.push([method.name, ...cells(problem, results, budgets), seconds(start, seeds.length)]);
    }
    printTable(['method', ...budgets.map((n) => `after ${n}`), 'begun', 'complete', 'best stopped', 's a study'], rows);
  }
  for (const [family, methods] of families) {
    console.log(`\n${family}: means over all its studies`);
    const rows = [...methods].map(([name, studies]) => [name, ...means(studies, budgets)]);
    printTable(['method', ...budgets.map((n) => `after ${n}`), 'studies', 'best stopped'], rows);
  }
}

interface Study {
  readonly problem: CurveProblem;
  readonly result: Trained;
}

function means(studies: readonly Study[], budgets: readonly number[]): string[] {
  const missed = studies.filter(({ problem, result }) => result.missed > MATTERS * rangeOf(problem));
  return [
    ...budgets.map((_, place) => mean(studies.map(({ result }) => result.best[place] ?? 0)).toFixed(2)),
    String(studies.length),
    String(missed.length),
  ];
}

/** Width of the values' range, in their own units. */
function rangeOf({ name }: CurveProblem): number {
  return name.startsWith('lcbench') ? 100 : 90;
}

function cells(problem: CurveProblem, results: readonly Trained[], budgets: readonly number[]): string[] {
  const missed = results.filter((result) => result.missed > MATTERS * rangeOf(problem)).length;
  return [
    ...budgets.map((_, place) => median(results.map(({ best }) => best[place] ?? 0)).toFixed(2)),
    mean(results.map(({ begun }) => begun)).toFixed(0),
    mean(results.map(({ completed }) => completed)).toFixed(0),
    `${((100 * missed) / results.length).toFixed(0)} %`,
  ];
}

function seconds(start: number, count: number): string {
  return ((performance.now() - start) / 1000 / count).toFixed(1);
}
