import { join } from 'node:path';
import { cacheFolder } from '../support/cache.ts';
import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { MODELS } from './hypergradient/models.ts';
import { reviewsBackend } from './hypergradient/reviewsBackend.ts';
import { tunedSpaces } from './hypergradient/spaces.ts';
import { type Finished, study } from './hypergradient/study.ts';
import { Trainings } from './hypergradient/trainings.ts';
import { mean } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = {
  model: 'small',
  backend: 'tensorflow',
  spaces: 'rate,layers',
  samplers: 'hypergradient,gp,random',
  seeds: '4',
  budget: '12',
  results: join(cacheFolder, 'bench', 'hypergradient'),
};

/**
 * What samplers reach at equal cost with a character BERT on real reviews: the validation loss that they see, and loss without
 * smoothing and F1 of the same trial on a third part of the reviews, as means over seeds (of the reviews and of the sampler).
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const seeds = numberRange(options.seeds, 'seeds');
  const budget = wholeNumber(options.budget, 'budget');
  const setting = MODELS[options.model];
  if (!setting) throw new Error(`There is no model ${options.model}: use ${Object.keys(MODELS).join(', ')}.`);
  const backend = await reviewsBackend(options.backend);
  if (!backend) return;
  const trainings = new Trainings(backend, setting, options.results);
  for (const tuned of tunedSpaces(setting).filter(({ name }) => options.spaces.split(',').includes(name))) {
    console.log(`\n${tuned.name}: ${tuned.space.parameters.map(({ name }) => name).join(', ')}`);
    const rows = options.samplers.split(',').map((type) => {
      const studies = seeds.map((seed) => study(trainings, tuned, { type, seed, budget }));
      return [type, ...cells(studies, budget)];
    });
    const head = [
      `loss after ${budget / 2}`,
      `after ${budget}`,
      'each seed',
      'test loss',
      'F1',
      'trials',
      'cost ratio',
    ];
    printTable(['sampler', ...head], rows);
  }
}

function cells(studies: readonly (readonly Finished[])[], budget: number): string[] {
  const best = studies.map((finished) => bestOf(finished, budget));
  const lossAt = (cost: number) =>
    mean(studies.map((finished) => bestOf(finished, cost)?.trial.validation.loss ?? Number.NaN));
  const differentiated = studies.flat().filter(({ trial }) => trial.gradient);
  const ratio = mean(differentiated.map(({ trial }) => trial.gradientSeconds / trial.seconds));
  return [
    lossAt(budget / 2).toFixed(4),
    lossAt(budget).toFixed(4),
    best.map((one) => one?.trial.validation.loss.toFixed(4)).join(' '),
    mean(best.map((one) => one?.trial.test.plain ?? Number.NaN)).toFixed(4),
    mean(best.map((one) => one?.trial.test.f1 ?? Number.NaN)).toFixed(3),
    mean(studies.map(({ length }) => length)).toFixed(0),
    differentiated.length > 0 ? ratio.toFixed(2) : '',
  ];
}

function bestOf(finished: readonly Finished[], budget: number): Finished | undefined {
  const within = finished.filter(({ cost }) => cost <= budget);
  return within.sort((a, b) => a.trial.validation.loss - b.trial.validation.loss)[0];
}
