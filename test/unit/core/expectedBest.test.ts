import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { GaussianMembers } from '../../../src/core/samplers/auto/gaussianMembers.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { expectedBest } from '../../../src/core/samplers/gp/expectedBest.ts';
import { drawHyperparameters } from '../../../src/core/samplers/gp/model/drawHyperparameters.ts';
import type { KernelLayout } from '../../../src/core/samplers/gp/model/kernelLayout.ts';
import type { Likelihood } from '../../../src/core/samplers/gp/model/likelihood.ts';
import { noiseFindings } from '../../../src/core/samplers/gp/noiseFindings.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

const distribution = floatDistribution(0, 1);
const names = ['a', 'b'];
const space = { parameters: names.map((name) => ({ name, distribution })) };
const bowl = (params: Params) => names.reduce((sum, name) => sum + (Number(params[name]) - 0.4) ** 2, 0);

function studied(seed: number, noise: number, { sign = 1, count = 60, attrs = {} } = {}): History {
  const history = new History([sign > 0 ? Direction.minimize : Direction.maximize]);
  const sampler = createSampler({ type: 'random', seed });
  for (let number = 0; number < count; number++) {
    const { params } = sampler.suggest(space, { history, number });
    history.add({
      state: TrialState.complete,
      params: names.map((name) => ({ name, internal: Number(params[name]), distribution })),
      values: [sign * (bowl(params) + noise * new Random(seed, number, 'noise').normal())],
      systemAttrs: number % 2 ? attrs : {},
    });
  }
  return history;
}

test('the expected best of noisy trials is truly better than the luckiest one, in both directions', () => {
  const [lucky, expected] = [[] as number[], [] as number[]];
  for (let seed = 0; seed < 8; seed++) {
    for (const sign of [1, -1]) {
      const history = studied(seed, 0.1, { sign });
      const found = expectedBest(history, space);
      assert.ok(found);
      lucky.push(bowl(history.params(history.best as number)));
      expected.push(bowl(history.params(found.number)));
      assert.ok(Math.abs(sign * found.value - bowl(history.params(found.number))) < 0.1, 'in units of the objective');
    }
  }
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  console.log(`# summed true losses: luckiest ${sum(lucky).toFixed(2)}, expected best ${sum(expected).toFixed(2)}`);
  assert.ok(sum(expected) < 0.6 * sum(lucky));
});

test('without noise it is the best trial; infeasible ones are passed over; nothing without a trial', () => {
  const history = studied(3, 0);
  assert.equal(expectedBest(history, space)?.number, history.best);
  const constrained = studied(3, 0, { attrs: { constraints: [1] } });
  assert.equal((expectedBest(constrained, space)?.number as number) % 2, 0);
  assert.equal(expectedBest(studied(3, 0, { count: 0 }), space), undefined);
  assert.equal(expectedBest(new History([Direction.minimize, Direction.minimize]), space), undefined);
});

test('values of trainings that were cut short do not count', () => {
  const history = studied(3, 0, { count: 20 });
  const { best } = history;
  const params = history.paramNames(best as number).map((name) => {
    return { name, internal: Number(history.param(best as number, name)), distribution };
  });
  for (let one = 0; one < 20; one++) history.add({ state: TrialState.pruned, params, values: [0.9] });
  const found = expectedBest(history, space);
  assert.equal(found?.number, best);
  assert.ok(Math.abs((found?.value as number) - history.value(best as number)) < 0.02);
});

test('the Gaussian process says whether an objective is noisy', () => {
  const isNoisy = (noise: number) => new GaussianMembers(1).isNoisy(space, studied(2, noise));
  assert.deepEqual([isNoisy(0), isNoisy(0.3)], [false, true]);
});

test('the interval holds the true value, and a better trial than the first is found to be one', () => {
  let inside = 0;
  let sure = 0;
  const seeds = 20;
  for (let seed = 0; seed < seeds; seed++) {
    const history = studied(seed, 0.1, { count: 40 });
    const start = [...Array(40).keys()].reduce((worst, number) =>
      bowl(history.params(number)) > bowl(history.params(worst)) ? number : worst,
    );
    const found = expectedBest(history, space, start);
    assert.ok(found && found.low < found.value && found.value < found.high);
    assert.ok(found.noise > 0.02);
    const truth = bowl(history.params(found.number));
    if (truth >= found.low && truth <= found.high) inside++;
    if ((found.better as number) > 0.95) sure++;
  }
  console.log(`# of ${seeds}: ${inside} inside, ${sure} surely better than the worst`);
  assert.ok(inside >= 15);
  assert.ok(sure >= 16);
});

test('where no parameter does anything hardly any trial is said to be better than the first', () => {
  let sure = 0;
  for (let seed = 0; seed < 20; seed++) {
    const history = new History([Direction.minimize]);
    for (let number = 0; number < 40; number++) {
      const random = new Random(seed, number, 'nothing');
      const params = names.map((name) => ({ name, internal: random.uniform(), distribution }));
      history.add({ state: TrialState.complete, params, values: [random.normal()] });
    }
    if ((expectedBest(history, space, 0)?.better as number) > 0.95) sure++;
    const said = noiseFindings(history).map(({ text }) => text);
    assert.match(said[0] ?? '', /^Runs differ by chance: trial \d+ is expected to be best, with \S+ on average/);
    assert.equal(said.length, 1, 'nothing of values that nobody began with');
  }
  assert.ok(sure <= 2, `${sure} of 20`);
});

test('a first trial that the model does not see is compared all the same; nothing is said without noise', () => {
  const history = studied(5, 0.1, { count: 400 });
  assert.ok((expectedBest(history, space, 7)?.better as number) >= 0);
  assert.equal(expectedBest(history, space)?.better, null);
  assert.deepEqual(noiseFindings(studied(3, 0)), []);
  assert.deepEqual(noiseFindings(studied(3, 0.1, { count: 9 })), []);
});

test('draws of the hyperparameters follow the posterior of a density that is known', () => {
  // A noise of w and of the noise variance alone: exponential with mean 1 in each, walls far away.
  const layout = { size: 1, noiseAt: 1 } as KernelLayout;
  const likelihood = {
    lower: Float64Array.of(-20, -20),
    upper: Float64Array.of(20, 20),
    evaluate: (theta: Float64Array, gradient: Float64Array) => {
      for (const [at, one] of theta.entries()) gradient[at] = Math.exp(one);
      return Math.exp(theta[0] as number) + Math.exp(theta[1] as number);
    },
  } as Likelihood;
  const draws = drawHyperparameters(likelihood, layout, new Float64Array(2), new Random(1, 0, 'draws'), {
    count: 12_000,
    warmUp: 200,
    steps: 8,
  });
  for (const at of [0, 1]) {
    const values = draws.map((theta) => Math.exp(theta[at] as number));
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    const below = values.filter((one) => one < Math.LN2).length / values.length;
    assert.ok(Math.abs(mean - 1) < 0.08, `mean ${mean}`);
    assert.ok(Math.abs(below - 0.5) < 0.04, `median at ${below}`);
  }
});
