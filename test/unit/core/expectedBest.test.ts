import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { GaussianMembers } from '../../../src/core/samplers/auto/gaussianMembers.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { expectedBest } from '../../../src/core/samplers/gp/expectedBest.ts';
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
