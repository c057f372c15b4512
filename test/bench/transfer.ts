import { createSampler } from '../../src/core/samplers/createSampler.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../src/core/space/searchSpace.ts';
import { FIXED_PARAMS } from '../../src/core/study/attributes.ts';
import type { JsonValue } from '../../src/core/study/changes.ts';
import type { History } from '../../src/core/study/history.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { bestPoints, choosePoints } from '../../src/tuner/run/learnFrom.ts';
import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { scenarioOf } from './problems/surrogates.ts';
import { mean } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = { seeds: '3', trials: '50' };
const MARKS = [5, 10, 25, 50];

/**
 * What `learn_from` is worth on LCBench: validation accuracy as a share of the best known after so many trials of `auto`,
 * alone, with the best points of the other tasks, and with those of a study whose objective has nothing to do with it.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const seeds = numberRange(options.seeds, 'seeds');
  const trials = wholeNumber(options.trials, 'trials');
  const scenario = scenarioOf('lcbench');
  if (!scenario) {
    console.log('LCBench is not there.');
    return;
  }
  const space = searchSpace(scenario.parameters);
  const accuracy = (instance: string) => (params: Params) =>
    scenario.evaluate(instance, params)['val_accuracy'] as number;
  const marks = MARKS.filter((mark) => mark <= trials);
  const curves = { alone: [] as number[][], related: [] as number[][], unrelated: [] as number[][] };
  for (const seed of seeds) {
    const earlier: History[] = [];
    for (const [index, instance] of scenario.instances.entries())
      earlier.push(await search(space, accuracy(instance), { trials, seed: 1000 + 10 * seed + index }));
    const stranger = await search(space, unrelated(space, seed), { trials, seed: 2000 + seed });
    for (const [index, instance] of scenario.instances.entries()) {
      const others = earlier.filter((_, other) => other !== index);
      const learnt = (histories: readonly History[]) =>
        choosePoints(
          histories.map((history) => bestPoints(history, space)),
          space,
          trials,
        );
      const starts = { alone: [], related: learnt(others), unrelated: learnt([stranger]) };
      const runs = await Promise.all(
        Object.values(starts).map((start) => search(space, accuracy(instance), { trials, seed, start })),
      );
      const best = Math.max(
        ...[...runs, ...earlier.slice(index, index + 1)].map((history) => history.value(history.best ?? 0)),
      );
      for (const [at, key] of (['alone', 'related', 'unrelated'] as const).entries())
        curves[key].push(marks.map((mark) => (100 * bestAfter(runs[at] as History, mark)) / best));
    }
  }
  const row = (key: keyof typeof curves) => [
    key,
    ...marks.map((_, mark) => mean(curves[key].map((curve) => curve[mark] ?? Number.NaN)).toFixed(2)),
  ];
  printTable(['% of the best known after', ...marks.map(String)], [row('alone'), row('related'), row('unrelated')]);
}

interface SearchOptions {
  readonly trials: number;
  readonly seed: number;
  readonly start?: readonly Params[];
}

async function search(
  space: SearchSpace,
  objective: (params: Params) => number,
  { trials, seed, start = [] }: SearchOptions,
): Promise<History> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.maximize] });
  for (const point of start)
    await log.createTrial(record, { state: TrialState.waiting, systemAttrs: { [FIXED_PARAMS]: point as JsonValue } });
  const study = new Study(log, record, { space, sampler: createSampler({ type: 'auto', seed }), pruner: null });
  for (let trial = 0; trial < trials; trial++) {
    const asked = await study.ask();
    await study.tell(asked, { values: [objective(asked.params)] });
  }
  return record.history;
}

/** A peak somewhere in the space. */
function unrelated(space: SearchSpace, seed: number): (params: Params) => number {
  const places = space.parameters.map((_, index) => (((seed + 1) * 7919 + index * 104_729) % 1000) / 1000);
  return (params) =>
    -space.parameters.reduce((sum, { name, distribution }, index) => {
      if (distribution.type === 'categorical') return sum;
      const { low, high, log } = distribution;
      const value = params[name] as number;
      const place = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
      return sum + (place - (places[index] ?? 0)) ** 2;
    }, 0);
}

function bestAfter(history: History, trials: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let number = 0; number < trials; number++) best = Math.max(best, history.value(number));
  return best;
}
