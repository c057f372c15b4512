import { printTable } from '../table.ts';
import {
  geometricMean,
  meanRanks,
  normalisedRegret,
  type ProblemCurves,
  pairedRatio,
  regretsOf,
  seedGeo,
  verdicts,
  yardstick,
} from './scoring.ts';
import { mean, median } from './statistics.ts';

export interface Measured {
  readonly problems: readonly ProblemCurves[];
  readonly samplers: readonly string[];
  readonly budgets: readonly number[];
  /** Mean milliseconds of an ask + tell, by sampler. */
  readonly ms: ReadonlyMap<string, number>;
}

/** Prints the scoring of all samplers; `each` adds the medians problem by problem. */
export function printReport(measured: Measured, each: boolean): void {
  if (each) printMedians(measured);
  printFamilies(measured);
  printOverall(measured);
  printPairs(measured);
}

function regretsBy({ problems }: Measured, sampler: string, budget: number, family?: string): number[] {
  return problems
    .filter((problem) => family === undefined || problem.family === family)
    .flatMap((problem) => normalisedRegret(problem, sampler, budget) ?? []);
}

function printMedians({ problems, samplers, budgets }: Measured): void {
  console.log('\nmedian distance to the best known value (r in brackets, random search = 1)');
  printTable(
    ['problem', 'trials', 'random', ...samplers],
    problems.flatMap((problem) =>
      budgets.map((budget) => [
        problem.name,
        String(budget),
        short(yardstick(problem, budget) ?? Number.NaN),
        ...samplers.map((sampler) => {
          const regrets = [...regretsOf(problem, sampler, budget).values()];
          if (regrets.length === 0) return '–';
          return `${short(median(regrets))} (${short(normalisedRegret(problem, sampler, budget) ?? Number.NaN)})`;
        }),
      ]),
    ),
  );
}

function printFamilies(measured: Measured): void {
  const { problems, samplers, budgets } = measured;
  const families = [...new Set(problems.map(({ family }) => family))];
  console.log(`\ngeometric mean of r by family, after ${budgets.join(' | ')} trials (random search = 1)`);
  const row = (label: string, count: number, value: (sampler: string, budget: number) => number): string[] => [
    label,
    String(count),
    ...samplers.map((sampler) => budgets.map((budget) => short(value(sampler, budget))).join(' | ')),
  ];
  const rows = families.map((family) =>
    row(family, problems.filter((one) => one.family === family).length, (sampler, budget) =>
      geometricMean(regretsBy(measured, sampler, budget, family)),
    ),
  );
  rows.push(
    row('all families alike', problems.length, (sampler, budget) =>
      geometricMean(
        families.map((family) => geometricMean(regretsBy(measured, sampler, budget, family))).filter(Number.isFinite),
      ),
    ),
  );
  printTable(['family', 'problems', ...samplers], rows);
}

function printOverall(measured: Measured): void {
  const { problems, samplers, budgets, ms } = measured;
  console.log(`\nover all ${problems.length} problems, after ${budgets.join(' | ')} trials`);
  const joined = (value: (budget: number) => number): string =>
    budgets.map((budget) => short(value(budget))).join(' | ');
  const rankings = new Map(budgets.map((budget) => [budget, meanRanks(problems, samplers, budget)]));
  const rows = samplers.map((sampler, place) => [
    sampler,
    joined((budget) => geometricMean(regretsBy(measured, sampler, budget))),
    joined((budget) => mean(regretsBy(measured, sampler, budget).map((r) => Math.min(r, 1_000)))),
    joined((budget) => seedGeo(problems, sampler, budget)),
    joined((budget) => rankings.get(budget)?.[place] as number),
    short(ms.get(sampler) ?? Number.NaN),
  ]);
  printTable(['sampler', 'geo r', 'mean r', 'seedgeo', 'mean rank', 'ms a trial'], rows);
}

function printPairs({ problems, samplers, budgets }: Measured): void {
  const [first = '', ...others] = samplers;
  if (others.length === 0) return;
  console.log(
    `\n${first} against the others (ratio of regrets seed by seed, below 1 is better; Mann–Whitney, Holm, 0.05)`,
  );
  const lost: string[] = [];
  const rows = others.flatMap((other) =>
    budgets.map((budget) => {
      const { ratio, error, problems: count } = pairedRatio(problems, first, other, budget);
      const verdict = verdicts(problems, first, other, budget);
      if (verdict.lost.length > 0) lost.push(`lost to ${other} after ${budget}: ${verdict.lost.join(', ')}`);
      const counts = `${verdict.won.length}/${verdict.tied.length}/${verdict.lost.length}`;
      return [other, String(budget), `× ${ratio.toFixed(3)}`, `± ${error.toFixed(3)}`, String(count), counts];
    }),
  );
  printTable(['against', 'trials', 'ratio', 'SE of its log', 'problems', 'win/tie/loss'], rows);
  for (const line of lost) console.log(line);
}

function short(number: number): string {
  if (!Number.isFinite(number)) return '–';
  return Math.abs(number) >= 0.001 && Math.abs(number) < 10 ? number.toFixed(3) : number.toPrecision(3);
}
