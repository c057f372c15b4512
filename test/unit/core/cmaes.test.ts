import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { rebuilt, stored } from '../../support/histories.ts';
import { bestValue, cube, median, numbersOf, rotatedEllipsoid, search } from '../../support/searches.ts';

type Options = Readonly<Record<string, number | boolean | string>>;

const cmaes = (seed: number, options: Options = {}) => createSampler({ type: 'cmaes', seed, options });

samplerContract('cmaes', { create: (seed) => cmaes(seed) });
samplerContract('cmaes, separable, small generations, bipop', {
  create: (seed) => cmaes(seed, { useSeparableCma: true, popsize: 3, restart: 'bipop' }),
});
samplerContract('cmaes that adapts its rates', {
  create: (seed) => cmaes(seed, { lrAdapt: true, withMargin: false, popsize: 4 }),
});

test('learns a rotated ellipsoid to many digits, which a separable covariance and random draws do not', () => {
  const space = cube(8, -5, 5);
  const objective = (params: Params) => rotatedEllipsoid(numbersOf(params));
  const reached = (options: Options) =>
    median([1, 2, 3].map((seed) => bestValue(search(cmaes(seed, options), { space, objective, trials: 3_000 }))));
  const random = bestValue(search(createSampler({ type: 'random', seed: 1 }), { space, objective, trials: 3_000 }));
  const full = reached({});
  assert.ok(full < 0.1, `full covariance: ${full}`);
  assert.ok(reached({ useSeparableCma: true }) > 100 * full);
  assert.ok(random > 1e3, `random: ${random}`);
});

test('follows the curved valley of Rosenbrock, whatever the direction of the study', () => {
  const valley = (params: Params) => {
    const x = numbersOf(params);
    return x
      .slice(1)
      .reduce(
        (sum, one, axis) => sum + 100 * (one - (x[axis] as number) ** 2) ** 2 + (1 - (x[axis] as number)) ** 2,
        0,
      );
  };
  const space = cube(5, -2, 2);
  const low = search(cmaes(4), { space, objective: valley, trials: 2_500 });
  assert.ok(bestValue(low) < 1e-8, `minimised: ${bestValue(low)}`);
  const high = search(cmaes(4), { space, objective: (p) => -valley(p), trials: 2_500, directions: [2] });
  assert.equal(bestValue(high), -bestValue(low));
});

test('finds the corner of the cube', () => {
  const objective = (params: Params) => numbersOf(params).reduce((sum, one) => sum + one, 0);
  const corner = bestValue(search(cmaes(5), { space: cube(6, 0, 1), objective, trials: 800 }));
  assert.ok(corner < 0.05, `${corner}`);
});

test('with margin, integers keep moving after the continuous parameters have settled', () => {
  const space = searchSpace(
    Array.from({ length: 12 }, (_, axis) => ({
      name: `x${axis}`,
      distribution: axis < 6 ? floatDistribution(-1, 1) : intDistribution(0, 1),
    })),
  );
  const objective = (params: Params) => {
    const x = numbersOf(params);
    const leadingOnes = [...x.slice(6), 0].indexOf(0);
    return 100 * x.slice(0, 6).reduce((sum, one) => sum + (one - 0.2) ** 2, 0) + 6 - leadingOnes;
  };
  const solved = (withMargin: boolean) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((seed) => {
      const sampler = cmaes(seed, { withMargin, restart: 'none' });
      return bestValue(search(sampler, { space, objective, trials: 2_500 })) < 1e-6;
    }).length;
  assert.equal(solved(true), 9);
  assert.ok(solved(false) < 5, `${solved(false)} of 9 without margin`);
});

const rastrigin = (params: Params) =>
  numbersOf(params).reduce((sum, one) => sum + 10 + (one - 1) ** 2 - 10 * Math.cos(2 * Math.PI * (one - 1)), 0);

const manySeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

test('starts anew after converging, with larger populations', () => {
  const solved = (restart: string) =>
    manySeeds.filter((seed) => {
      const sampler = cmaes(seed, { restart });
      return bestValue(search(sampler, { space: cube(2, -5, 5), objective: rastrigin, trials: 3_000 })) < 1e-6;
    }).length;
  const [none, ipop, bipop] = ['none', 'ipop', 'bipop'].map(solved) as [number, number, number];
  assert.ok(none <= 5, `${none} of 11 without restarts`);
  assert.ok(ipop >= 9, `${ipop} of 11 by ipop`);
  assert.ok(bipop >= 7, `${bipop} of 11 by bipop`);
});

test('adapted learning rates pass over local minima without larger populations', () => {
  const reached = (lrAdapt: boolean) => {
    const values = manySeeds.map((seed) => {
      const sampler = cmaes(seed, { lrAdapt, restart: 'none' });
      return bestValue(search(sampler, { space: cube(3, -5, 5), objective: rastrigin, trials: 8_000 }));
    });
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const [fixed, adapted] = [reached(false), reached(true)];
  assert.ok(adapted < 0.6 * fixed, `${adapted} adapted, ${fixed} fixed`);
});

test('begins where the best of earlier trials lie', () => {
  const space = cube(6, -5, 5);
  const objective = (params: Params) => numbersOf(params).reduce((sum, one) => sum + (one - 3) ** 2, 0);
  const after = (warmStart: boolean) =>
    median(
      manySeeds.map((seed) => {
        const history = search(createSampler({ type: 'random', seed }), { space, objective, trials: 60 });
        return bestValue(search(cmaes(seed, { warmStart }), { space, objective, trials: 60, history }));
      }),
    );
  const [cold, warm] = [after(false), after(true)];
  assert.ok(warm < 0.7 * cold, `${warm} warm, ${cold} cold`);
});

test('a trial that ends late changes nothing that was decided without it', () => {
  const space = cube(3, 0, 1);
  const objective = (params: Params) => numbersOf(params).reduce((sum, one) => sum + one, 0);
  const history = new History([1]);
  const sampler = cmaes(6);
  search(sampler, { space, objective, trials: 3, history });
  const late = history.add({ state: TrialState.running, ...suggestion() });
  search(sampler, { space, objective, trials: 40, history });
  const next = () => sampler.suggest(space, { history, number: 1_000 }).params;
  const before = next();
  history.apply({ type: 'state', number: late, state: TrialState.complete, values: [-100] });
  assert.deepEqual(next(), before);
  assert.deepEqual(cmaes(6).suggest(space, { history: rebuilt(history), number: 1_000 }).params, before);

  function suggestion() {
    const { params, systemAttrs = {} } = sampler.suggest(space, { history, number: history.length });
    return { params: stored(space, params), systemAttrs };
  }
});

test('loses nothing with workers that end in another order, and needs no more generations than trials', () => {
  const space = cube(5, -5, 5);
  const objective = (params: Params) => rotatedEllipsoid(numbersOf(params));
  const alone = bestValue(search(cmaes(7), { space, objective, trials: 1_500 }));
  const together = bestValue(search(cmaes(7), { space, objective, trials: 1_500, workers: 4 }));
  assert.ok(alone < 1e-3 && together < 0.1, `${alone} alone, ${together} together`);
});

test('goes on with generations that Optuna tagged, and is not led astray by damaged tags', () => {
  const space = cube(4, -5, 5);
  const objective = (params: Params) => numbersOf(params).reduce((sum, one) => sum + (one - 1) ** 2, 0);
  const history = search(cmaes(8), { space, objective, trials: 300 });
  const foreign = new History([1]);
  for (let number = 0; number < history.length; number++) {
    const generation = history.systemAttrs(number)['cma:generation'];
    const damaged = [-1, 1e12, 'seven', 0.5][number % 4] as number | string;
    foreign.add({
      state: TrialState.complete,
      params: stored(space, history.params(number)),
      values: [history.value(number)],
      systemAttrs: { 'cma:generation': number % 50 === 49 ? damaged : (generation ?? null) },
    });
  }
  const { params } = cmaes(8).suggest(space, { history: foreign, number: foreign.length });
  assert.ok(objective(params) < 1e-3, `continues at ${objective(params)}`);
});

test('finds the right choice and the numbers that go with it, where the space has both', () => {
  const space = searchSpace([
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c', 'd']) },
    { name: 'x', distribution: floatDistribution(-5, 5) },
    { name: 'y', distribution: floatDistribution(-5, 5) },
    { name: 'z', distribution: floatDistribution(0, 1), when: { kind: ['c'] } },
  ]);
  const objective = ({ kind, x, y, z }: Readonly<Record<string, unknown>>) =>
    (kind === 'c' ? 3 * (Number(z) - 0.8) ** 2 : 2) + (Number(x) - 1) ** 2 + (Number(x) + Number(y)) ** 2;
  const reached = median([1, 2, 3].map((seed) => bestValue(search(cmaes(seed), { space, objective, trials: 400 }))));
  const random = median(
    [1, 2, 3].map((seed) =>
      bestValue(search(createSampler({ type: 'random', seed }), { space, objective, trials: 400 })),
    ),
  );
  assert.ok(reached < 0.02 && reached < 0.2 * random, `${reached}, random ${random}`);
});

test('tags the trials of a define-by-run study too, and learns from them', async () => {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'one', directions: [1] });
  const study = new Study(log, record, { sampler: cmaes(9), pruner: null });
  for (let round = 0; round < 400; round++) {
    const trial = await study.ask();
    const x = trial.suggestFloat('x', -5, 5);
    const y = trial.suggestFloat('y', -5, 5);
    await study.tell(trial, { values: 1e4 * (x + y - 1) ** 2 + (x - y) ** 2 });
  }
  assert.ok(bestValue(study.history) < 1e-6, `${bestValue(study.history)}`);
  assert.equal(typeof study.history.systemAttrs(399)['cma:generation'], 'number');
});
