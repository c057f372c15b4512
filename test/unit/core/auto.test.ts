import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sideOfRegion } from '../../../src/core/samplers/auto/gaussianMembers.ts';
import { memberFor, profileOf, type Situation } from '../../../src/core/samplers/auto/router.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { stored } from '../../support/histories.ts';

samplerContract('auto', { create: (seed) => createSampler({ type: 'auto', seed }), readsAll: true });

const usual: Situation = {
  number: 0,
  informative: 0,
  running: 0,
  hasFailed: false,
  sinceBest: 3,
  objectives: 1,
  space: { dimensions: 6, mostChoices: 4, isNumeric: false },
  isNoisy: () => false,
};

/** The members that propose the trials from `from` on, in a study that is like this. */
function members(from: number, situation: Partial<Situation> = {}): Set<string> {
  const seen = new Set<string>();
  for (let number = from; number < from + 60; number++) {
    seen.add(memberFor({ ...usual, number, informative: number, ...situation }, null));
  }
  return seen;
}

describe('the router', () => {
  const numeric = { dimensions: 6, mostChoices: 0, isNumeric: true };

  test('begins with a design, then asks the Gaussian process most of all', () => {
    assert.deepEqual([...members(0, { informative: 5 })], ['initial']);
    assert.deepEqual([...members(10)].sort(), ['forest', 'gp', 'tpe']);
    assert.deepEqual([...members(230)].sort(), ['forest', 'gp', 'tpe']);
  });

  test('spreads as many trials as there are parameters, from 6 to 10, or as many as the study file says', () => {
    const trials = (dimensions: number, situation: Partial<Situation> = {}) => {
      const space = { dimensions, mostChoices: 0, isNumeric: true };
      let informative = 0;
      while (members(0, { informative, space, ...situation }).has('initial')) informative++;
      return informative;
    };
    assert.deepEqual(
      [1, 6, 8, 10, 40].map((dimensions) => trials(dimensions)),
      [6, 6, 8, 10, 10],
    );
    assert.equal(trials(2, { objectives: 2 }), 10);
    assert.equal(trials(2, { hasFailed: true }), 10);
    const given = memberFor({ ...usual, number: 29, informative: 29 }, 30);
    assert.deepEqual([given, memberFor({ ...usual, number: 4, informative: 4 }, 4)], ['initial', 'gp']);
  });

  test('searches near the best when that is old', () => {
    assert.ok(members(100, { sinceBest: 16 }).has('trust-region'));
    const wide = { dimensions: 20, mostChoices: 0, isNumeric: true };
    assert.ok(!members(100, { sinceBest: 40, space: wide }).has('trust-region'));
    assert.ok(members(100, { sinceBest: 41, space: wide }).has('trust-region'));
  });

  test('searches near the best at two turns of eight under noise, and asks whether there is any only then', () => {
    let asked = 0;
    const isNoisy = (): boolean => {
      asked++;
      return true;
    };
    const turns = Array.from(
      { length: 8 },
      (_, number) => [...members(48 + number, { isNoisy, number: 48 + number })][0],
    );
    assert.equal(turns.filter((member) => member === 'trust-region').length, 2);
    assert.equal(asked, 2 * 60);
    assert.ok(!members(100, { isNoisy: () => false }).has('trust-region'));
  });

  test('leaves it where it would be dear', () => {
    for (const situation of [
      { informative: 300 },
      { informative: 20_000 },
      { running: 120 },
      { space: { dimensions: 70, mostChoices: 0, isNumeric: true } },
      { space: { dimensions: 3, mostChoices: 900, isNumeric: false } },
    ]) {
      const seen = members(40, situation);
      assert.ok(!seen.has('gp') && !seen.has('trust-region'), JSON.stringify(situation));
      assert.ok(seen.has('tpe') && seen.has('forest'), JSON.stringify(situation));
    }
  });

  test('asks the forest, the dearer one, at every third turn from a thousand trials on', () => {
    const turns = (informative: number) =>
      Array.from({ length: 6 }, (_, turn) => [...members(6_000 + turn, { informative, number: 6_000 + turn })][0]);
    const forests = (informative: number) => turns(informative).filter((member) => member === 'forest').length;
    assert.deepEqual([forests(999), forests(1_000)], [3, 2]);
  });

  test('asks CMA-ES in numeric spaces with many trials only', () => {
    assert.ok(members(300, { space: numeric }).has('cma'));
    assert.ok(!members(300).has('cma'));
    assert.ok(!members(100, { space: numeric }).has('cma'));
  });

  test('several objectives: the Gaussian process up to three and 250 trials, then NSGA-II', () => {
    assert.deepEqual([...members(100, { objectives: 2 })], ['gp']);
    assert.deepEqual([...members(100, { objectives: 3 })], ['gp']);
    assert.deepEqual([...members(100, { objectives: 5 })], ['tpe']);
    assert.deepEqual([...members(250, { objectives: 2 })], ['nsga2']);
    assert.deepEqual([...members(250, { objectives: 5 })], ['nsga3']);
  });

  test('asks the Gaussian process beside dozens of running trials too', () => {
    assert.ok(members(40, { running: 64 }).has('gp'));
  });

  test('reads what matters of a space', () => {
    const space = searchSpace([
      { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c']) },
      { name: 'x', distribution: floatDistribution(0, 1), when: { kind: ['a'] } },
      { name: 'one', distribution: intDistribution(3, 3) },
    ]);
    assert.deepEqual(profileOf(space), { dimensions: 2, mostChoices: 3, isNumeric: false });
    const plain = searchSpace([
      { name: 'x', distribution: floatDistribution(0, 1) },
      { name: 'n', distribution: intDistribution(1, 9) },
      { name: 'only', distribution: categoricalDistribution(['a']) },
    ]);
    assert.deepEqual(profileOf(plain), { dimensions: 2, mostChoices: 0, isNumeric: true });
  });
});

test('the trust region grows with successes and shrinks with failures of its own trials', () => {
  const history = new History([Direction.maximize]);
  const add = (value: number, isOwn: boolean, systemAttrs = {}) =>
    history.add({
      state: TrialState.complete,
      values: [value],
      systemAttrs: { ...(isOwn && { own: 1 }), ...systemAttrs },
    });
  const side = () => sideOfRegion(history, history.length, 6, (number) => 'own' in history.systemAttrs(number));
  for (const value of [1, 5, 3, 2]) add(value, false);
  assert.equal(side(), 0.4);
  add(6, true);
  add(7, true);
  assert.ok(Math.abs(side() - 0.64) < 1e-12);
  // Others' trials, and those still running, say nothing.
  for (let count = 0; count < 5; count++) add(0, false);
  history.add({ state: TrialState.running, systemAttrs: { own: 1 } });
  assert.ok(Math.abs(side() - 0.64) < 1e-12);
  // Infeasible, hardly better, failed.
  add(99, true, { constraints: [1] });
  add(7.0001, true);
  history.add({ state: TrialState.fail, systemAttrs: { own: 1 } });
  assert.ok(Math.abs(side() - 0.4) < 1e-12);
});

test('NSGA-II begins with what the others found', () => {
  const space = searchSpace([0, 1, 2].map((index) => ({ name: `x${index}`, distribution: floatDistribution(0, 1) })));
  const history = new History([Direction.minimize, Direction.minimize]);
  const sampler = createSampler({ type: 'auto', seed: 4 });
  // As TPE or the Gaussian process would have left it: good in x1 and x2.
  const { systemAttrs = {} } = sampler.suggest(space, { history, number: 0 });
  for (let number = 0; number < 260; number++) {
    const params = { x0: (number % 26) / 26, x1: 0.01 * (number % 7), x2: 0.5 + 0.01 * (number % 5) };
    const values = [params.x0 + params.x1, 1 - params.x0 + params.x1 + Math.abs(params.x2 - 0.5)];
    history.add({ state: TrialState.complete, params: stored(space, params), values, systemAttrs });
  }
  let near = 0;
  for (let number = 260; number < 300; number++) {
    const { params, systemAttrs: tags = {} } = sampler.suggest(space, { history, number });
    assert.equal(tags['tuneboard:member'], 'nsga2');
    assert.equal(tags['NSGAIISampler:generation'], 1);
    if (Number(params['x1']) < 0.1) near++;
    history.add({ state: TrialState.complete, params: stored(space, params), values: [1, 1], systemAttrs: tags });
  }
  assert.ok(near > 20, `${near} of 40 descend from good trials`);
});

test('keeps with every trial who proposed it', () => {
  const sampler = createSampler({ type: 'auto', seed: 3 });
  const { history } = run(sampler, bowl.space, 24, bowl.value);
  for (let number = 0; number < history.length; number++) {
    const member = history.systemAttrs(number)['tuneboard:member'];
    assert.equal(member === 'initial', number < 6, `trial ${number}: ${String(member)}`);
  }
});

interface Problem {
  readonly space: SearchSpace;
  value(params: Params): number;
}

const bowl: Problem = {
  space: searchSpace([0, 1, 2, 3, 4].map((index) => ({ name: `x${index}`, distribution: floatDistribution(-4, 6) }))),
  value: (params) =>
    Object.values(params).reduce<number>((sum, x, index) => sum + (1 + index) * (Number(x) - index / 2) ** 2, 0),
};

const training: Problem = {
  space: searchSpace([
    { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam', 'none']) },
    { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }), when: { optim: ['sgd', 'adam'] } },
    { name: 'momentum', distribution: floatDistribution(0, 0.99), when: { optim: ['sgd'] } },
    { name: 'units', distribution: intDistribution(4, 1024, { log: true }) },
    { name: 'drop', distribution: floatDistribution(0, 0.6, { step: 0.1 }) },
  ]),
  value: ({ optim, rate, momentum, units, drop }) => {
    const shared = 0.05 * (Math.log2(Number(units)) - 8) ** 2 + (Number(drop) - 0.2) ** 2;
    if (optim === 'none') return 2 + shared;
    const speed = Math.log10(Number(rate));
    if (optim === 'adam') return 0.4 + shared + 0.4 * (speed + 3) ** 2;
    return shared + 0.4 * (speed + 1) ** 2 + 4 * (Number(momentum) - 0.9) ** 2;
  },
};

function run(sampler: ReturnType<typeof createSampler>, space: SearchSpace, trials: number, value: Problem['value']) {
  const history = new History([Direction.minimize]);
  for (let number = 0; number < trials; number++) {
    const { params, systemAttrs } = sampler.suggest(space, { history, number });
    history.add({
      state: TrialState.complete,
      params: stored(space, params),
      values: [value(params)],
      ...(systemAttrs && { systemAttrs }),
    });
  }
  return { history, best: history.value(history.best ?? -1) };
}

describe('is far ahead of TPE and of random draws', () => {
  const median = (type: string, { space, value }: Problem) => {
    const all = [0, 1, 2, 3, 4].map((seed) => run(createSampler({ type, seed }), space, 60, value).best);
    return all.sort((a, b) => a - b)[2] as number;
  };
  for (const [name, problem] of Object.entries({ bowl, training })) {
    test(name, () => {
      const [auto, tpe, random] = [median('auto', problem), median('tpe', problem), median('random', problem)];
      assert.ok(auto < 0.3 * tpe && auto < 0.1 * random, `${auto} against ${tpe} and ${random}`);
    });
  }
});

test('sixteen workers who are always busy come near the best place of a bowl with few trials', () => {
  const distribution = floatDistribution(0, 1);
  const names = ['a', 'b', 'c', 'd'];
  const reached = (type: string): number => {
    const history = new History([Direction.minimize]);
    const sampler = createSampler({ type, seed: 3 });
    const space = { parameters: names.map((name) => ({ name, distribution })) };
    for (let number = 0; number < 80; number++) {
      const { params, systemAttrs = {} } = sampler.suggest(space, { history, number });
      const given = names.map((name) => ({ name, internal: Number(params[name]), distribution }));
      history.add({ state: TrialState.running, params: given, systemAttrs });
      const done = number - 15;
      if (done < 0) continue;
      const value = names.reduce((sum, name, j) => sum + (Number(history.param(done, name)) - 0.15 * (j + 1)) ** 2, 0);
      history.apply({ type: 'state', number: done, state: TrialState.complete, values: [value] });
    }
    return history.value(history.best as number);
  };
  const [auto, tpe] = [reached('auto'), reached('tpe')];
  console.log(`# 65 trials of sixteen workers: auto ${auto.toExponential(1)}, tpe ${tpe.toExponential(1)}`);
  assert.ok(auto < 0.1 * tpe);
});
