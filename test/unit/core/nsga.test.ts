import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { categoricalDistribution, floatDistribution } from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { rebuilt, stored } from '../../support/histories.ts';
import { bestValue, cube, dtlz2, median, numbersOf, search, volumeOf, zdt1 } from '../../support/searches.ts';

type Options = Readonly<Record<string, number | boolean | string>>;

const sampler = (type: string, seed: number, options: Options = {}) => createSampler({ type, seed, options });

samplerContract('nsga2', { create: (seed) => sampler('nsga2', seed) });
samplerContract('nsga3', { create: (seed) => sampler('nsga3', seed) });
for (const crossover of ['uniform', 'blxalpha', 'sbx', 'vsbx', 'spx', 'undx']) {
  const type = crossover === 'sbx' || crossover === 'spx' ? 'nsga3' : 'nsga2';
  samplerContract(`${type}, generations of 6, ${crossover}`, {
    create: (seed) =>
      sampler(type, seed, { populationSize: 6, crossover, mutation: seed % 2 ? 'polynomial' : 'resample' }),
  });
}

const overSeeds = (run: (seed: number) => number) => median([1, 2, 3].map(run));

test('covers the front of ZDT1, which random draws do not reach', () => {
  const volume = (type: string, options: Options = {}) =>
    overSeeds((seed) => {
      const objective = (params: Params) => zdt1(numbersOf(params));
      const history = search(sampler(type, seed, options), {
        space: cube(10, 0, 1),
        objective,
        trials: 1_500,
        directions: [1, 1],
      });
      return volumeOf(history, [1.1, 6]);
    });
  // The whole front dominates 6.27.
  assert.ok(volume('random') < 4.6);
  assert.ok(volume('nsga2') > 5.85, `${volume('nsga2')}`);
  assert.ok(volume('nsga3') > 5.85, `${volume('nsga3')}`);
  const continuous = volume('nsga2', { crossover: 'sbx', mutation: 'polynomial' });
  assert.ok(continuous > 6, `${continuous}`);
});

test('covers the spheres of DTLZ2 with three and four objectives, maximised as well', () => {
  for (const objectives of [3, 4]) {
    const volume = (type: string, sign: 1 | -1 = 1) => {
      const history = search(sampler(type, 1), {
        space: cube(10, 0, 1),
        objective: (params) => dtlz2(numbersOf(params), objectives).map((value) => sign * value),
        trials: 1_200,
        directions: new Array<1 | 2>(objectives).fill(sign === 1 ? 1 : 2),
      });
      for (const [place, value] of history.values.entries()) history.values[place] = sign * value;
      return volumeOf(history, new Array<number>(objectives).fill(2));
    };
    const random = volume('random');
    const whole = 2 ** objectives - (objectives === 3 ? Math.PI / 6 : Math.PI ** 2 / 32);
    for (const type of ['nsga2', 'nsga3']) {
      for (const sign of [1, -1] as const) {
        const reached = volume(type, sign);
        assert.ok(whole - reached < 0.45 * (whole - random), `${type}: ${reached}, random ${random}, all ${whole}`);
      }
    }
  }
});

test('works with one objective, with workers, and where constraints forbid the best values', () => {
  const objective = (params: Params) => numbersOf(params).reduce((sum, one) => sum + (one - 0.2) ** 2, 0);
  const space = cube(8, -1, 1);
  const of = (type: string, workers: number) =>
    overSeeds((seed) => bestValue(search(sampler(type, seed), { space, objective, trials: 1_500, workers })));
  const random = of('random', 1);
  assert.ok(of('nsga2', 1) < 0.1 * random && of('nsga2', 6) < 0.15 * random);

  const constrained = (type: string) =>
    overSeeds((seed) => {
      const allowed = (params: Params) => ({
        values: [objective(params)],
        systemAttrs: { 'constraints:sum': numbersOf(params).reduce((sum, one) => sum + one, 0) + 2 },
      });
      return bestValue(search(sampler(type, seed), { space, objective: allowed, trials: 1_500 }));
    });
  // The nearest allowed point is −0.25 everywhere, at 8 · 0.45².
  const reached = constrained('nsga2');
  assert.ok(reached > 1.62 && reached < 1.8 && constrained('random') > 2.2, `${reached}`);
});

test('inherits conditional parameters from the parents that have them', () => {
  const space = searchSpace([
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c']) },
    ...['u', 'v', 'w'].map((name) => ({ name, distribution: floatDistribution(0, 1), when: { kind: ['b'] } })),
    { name: 'other', distribution: floatDistribution(0, 1), when: { kind: ['a', 'c'] } },
  ]);
  const objective = ({ kind, u, v, w, other }: Params) =>
    kind === 'b' ? [Number(u), (Number(v) - 0.7) ** 2 + (Number(w) - 0.3) ** 2] : [1 + Number(other), 1];
  const history = search(sampler('nsga2', 3, { populationSize: 20 }), {
    space,
    objective,
    trials: 400,
    directions: [1, 1],
  });
  const late = Array.from({ length: 100 }, (_, place) => history.params(300 + place));
  const inBranch = late.filter(({ kind }) => kind === 'b');
  assert.ok(inBranch.length > 80, `${inBranch.length} of 100 in the good branch`);
  const distance = median(inBranch.map(({ v, w }) => Math.hypot(Number(v) - 0.7, Number(w) - 0.3)));
  assert.ok(distance < 0.1, `${distance} from the best values; 0.4 by chance`);
});

test('mutates as often as it should: a parameter in a child by default', () => {
  const space = cube(10, 0, 1);
  const history = new History([1]);
  for (let number = 0; number < 50; number++) {
    const params = Object.fromEntries(space.parameters.map(({ name }) => [name, 0.25]));
    const systemAttrs = { 'NSGAIISampler:generation': 0 };
    history.add({ state: TrialState.complete, params: stored(space, params), values: [1], systemAttrs });
  }
  const mutations = (options: Options) => {
    const one = sampler('nsga2', 1, options);
    let count = 0;
    for (let number = 50; number < 1_050; number++) {
      const { params } = one.suggest(space, { history, number });
      count += numbersOf(params).filter((one) => one !== 0.25).length;
    }
    return count / 1_000;
  };
  assert.ok(Math.abs(mutations({}) - 1) < 0.15);
  assert.ok(Math.abs(mutations({ mutationProb: 0.5 }) - 5) < 0.3);
  assert.equal(mutations({ mutationProb: 0 }), 0);
});

test('a trial that ends late changes no generation that began without it', () => {
  const space = cube(3, 0, 1);
  for (const type of ['nsga2', 'nsga3']) {
    const one = sampler(type, 6, { populationSize: 8 });
    const history = new History([1, 1]);
    const options = { space, objective: (params: Params) => zdt1(numbersOf(params)), history };
    search(one, { ...options, trials: 3 });
    const { params, systemAttrs = {} } = one.suggest(space, { history, number: history.length });
    const late = history.add({ state: TrialState.running, params: stored(space, params), systemAttrs });
    search(one, { ...options, trials: 30 });
    const next = () => one.suggest(space, { history, number: 1_000 }).params;
    const before = next();
    history.apply({ type: 'state', number: late, state: TrialState.complete, values: [-100, -100] });
    assert.deepEqual(next(), before);
    const fresh = sampler(type, 6, { populationSize: 8 });
    assert.deepEqual(fresh.suggest(space, { history: rebuilt(history), number: 1_000 }).params, before);
  }
});

test('takes an enqueued trial into the population', () => {
  const space = cube(4, 0, 1);
  const one = sampler('nsga2', 2, { populationSize: 10 });
  const history = search(one, {
    space,
    objective: (params) => 1 + numbersOf(params).reduce((a, b) => a + b, 0),
    trials: 9,
  });
  const fixed = { x0: 0.123, x1: 0.456, x2: 0.789, x3: 0.012 };
  const { params, systemAttrs = {} } = one.suggest(space, { history, number: 9 }, fixed);
  assert.deepEqual(params, {});
  history.add({ state: TrialState.complete, params: stored(space, fixed), values: [0], systemAttrs });
  let inherited = 0;
  for (let number = 10; number < 1_010; number++) {
    const child = one.suggest(space, { history, number }).params;
    inherited += Object.entries(fixed).filter(([name, value]) => child[name] === value).length;
  }
  assert.ok(inherited > 400, `${inherited} of 4,000 values; every tenth parent alone would give 300`);
});
