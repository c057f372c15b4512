import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { FastRandom } from '../../../src/core/samplers/forest/fastRandom.ts';
import { Losses } from '../../../src/core/samplers/forest/losses.ts';
import { RegressionForest } from '../../../src/core/samplers/forest/regressionForest.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { normalCdf } from '../../../src/core/stats/normal.ts';
import { normalQuantile } from '../../../src/core/stats/normalQuantile.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { rebuilt, stored } from '../../support/histories.ts';

samplerContract('forest', { create: (seed) => createSampler({ type: 'forest', seed }) });

test('the normal quantile is the inverse of the distribution', () => {
  for (const p of [1e-12, 1e-6, 0.01, 0.02425, 0.3, 0.5, 0.8, 0.99, 1 - 1e-9]) {
    assert.ok(Math.abs(normalCdf(normalQuantile(p)) / p - 1) < 1e-7, `${p}`);
  }
});

describe('the forest', () => {
  /** x numeric, kind of 40 choices, y numeric and inactive for every third row. */
  const makeData = (count: number) => {
    const random = new Random(1, count);
    const points = new Float64Array(3 * count);
    const targets = new Float64Array(count);
    for (let row = 0; row < count; row++) {
      const x = random.uniform();
      const kind = random.integer(40);
      const y = row % 3 === 0 ? Number.NaN : random.uniform();
      points.set([x, kind, y], 3 * row);
      targets[row] = valueAt(x, kind, y);
    }
    return { points, targets, rows: Int32Array.from(targets.keys()), choices: Int32Array.from([0, 40, 0]) };
  };
  const valueAt = (x: number, kind: number, y: number) =>
    (x > 0.6 ? 1 : 0) + (kind % 2) + (Number.isNaN(y) ? 3 : 2 * y);

  test('learns steps, choices and what is inactive', () => {
    const forest = new RegressionForest();
    forest.grow(makeData(1_500), new FastRandom(new Random(2, 0)));
    const random = new Random(3, 0);
    let squares = 0;
    for (let count = 0; count < 300; count++) {
      const [x, kind, y] = [random.uniform(), random.integer(40), count % 3 === 0 ? Number.NaN : random.uniform()];
      forest.predict(Float64Array.from([9, x, kind, y]), 1);
      squares += (forest.mean - valueAt(x, kind, y)) ** 2 / 300;
    }
    // The values' own variance is about 1.9.
    assert.ok(squares < 0.15, `mean squared error ${squares}`);
  });

  test('predicts many points at once as it does each', () => {
    const forest = new RegressionForest();
    forest.grow(makeData(200), new FastRandom(new Random(2, 0)));
    const { points } = makeData(50);
    const [means, variances] = [new Float64Array(50), new Float64Array(50)];
    forest.predictMany(points, 50, means, variances);
    for (let place = 0; place < 50; place++) {
      forest.predict(points, 3 * place);
      assert.deepEqual([means[place], variances[place]], [forest.mean, forest.variance]);
    }
  });

  test('is sure where it has seen a point and unsure far from all', () => {
    const forest = new RegressionForest();
    const points = Float64Array.from([0.1, 0.12, 0.15, 0.2, 0.8, 0.9]);
    const targets = Float64Array.from([1, 1.1, 0.9, 1, 5, 7]);
    const rows = Int32Array.from(targets.keys());
    forest.grow({ points, targets, rows, choices: Int32Array.of(0) }, new FastRandom(new Random(2, 0)));
    forest.predict(Float64Array.of(0.1), 0);
    assert.deepEqual([forest.mean, forest.variance < 1e-12], [1, true]);
    forest.predict(Float64Array.of(0.5), 0);
    assert.ok(forest.variance > 1, `${forest.variance}`);
  });

  test('takes in an observation afterwards, and forgets it', () => {
    const data = makeData(100);
    const forest = new RegressionForest();
    forest.grow(data, new FastRandom(new Random(2, 0)));
    const at = () => {
      forest.predict(data.points, 30);
      return forest.mean;
    };
    const before = at();
    forest.add(data.points, 30, before + 4);
    assert.ok(Math.abs(at() - before - 2) < 1e-9, `${at()} from ${before}`);
    forest.forgetAdded();
    assert.equal(at(), before);
  });
});

test('losses rank feasible trials, failed ones, then infeasible ones, whatever the scale', () => {
  for (const direction of Object.values(Direction)) {
    const sign = direction === Direction.maximize ? -1 : 1;
    const history = new History([direction]);
    const complete = (value: number, systemAttrs = {}) =>
      history.add({ state: TrialState.complete, values: [sign * value], systemAttrs });
    const pruned = (value: number) =>
      history.add({ state: TrialState.pruned, values: [sign * value], intermediate: [[1, sign * value]] });
    const expected = [
      [complete(Number.NEGATIVE_INFINITY)],
      [complete(1)],
      [complete(2), pruned(-50)],
      [pruned(2.5)],
      [complete(3)],
      [complete(1e300)],
      [history.add({ state: TrialState.fail })],
      [complete(-9, { constraints: [1, -5] })],
      [complete(-99, { 'constraints:a': 1, 'constraints:b': 1 })],
    ];
    const losses = new Losses(history, expected.flat(), 1, 99);
    const scores = expected.map((equals) => equals.map((number) => losses.score(number)));
    for (const [place, equals] of scores.entries()) {
      assert.ok(equals.every((score) => score === equals[0]));
      if (place > 0) assert.ok((equals[0] as number) > (scores[place - 1]?.[0] as number), `place ${place}`);
    }
  }
});

test('several objectives: every trial looks at them with other weights', () => {
  const history = new History([Direction.minimize, Direction.maximize]);
  for (let number = 0; number < 20; number++) {
    history.add({ state: TrialState.complete, values: [number, number] });
  }
  const rows = [...Array(20).keys()];
  const best = new Set<number>();
  for (let number = 20; number < 60; number++) {
    const losses = new Losses(history, rows, 5, number);
    best.add(rows.reduce((a, b) => (losses.score(b) < losses.score(a) ? b : a)));
  }
  assert.ok(best.size > 5, `${best.size} different best trials`);
});

/** What is 1 + the trial's place in a branch, in steps, as a training that fails to learn on most settings gives it. */
const steps: { space: SearchSpace; value(params: Params): number } = {
  space: searchSpace([
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c', 'd', 'e']) },
    { name: 'width', distribution: intDistribution(1, 512, { log: true }), when: { kind: ['b', 'd'] } },
    { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }), when: { kind: ['b', 'd'] } },
    { name: 'mode', distribution: categoricalDistribution([...'pqrstu']), when: { kind: ['d'] } },
    { name: 'share', distribution: floatDistribution(0, 1), when: { kind: ['a', 'c'] } },
  ]),
  value: ({ kind, width, rate, mode, share }) => {
    if (kind === 'e') return 8;
    if (kind === 'a' || kind === 'c') return 4 + Math.floor(4 * Math.abs(Number(share) - 0.2));
    const size = Math.abs(Math.round(Math.log2(Number(width))) - 6);
    const speed = Math.floor(2 * Math.abs(Math.log10(Number(rate)) + 3));
    return kind === 'b' ? 3 + size + speed : size + speed + (mode === 's' ? 0 : mode === 'p' ? 1 : 3);
  },
};

function bestOf(type: string, seed: number, trials: number): number {
  const sampler = createSampler({ type, seed });
  const history = new History([Direction.minimize]);
  for (let number = 0; number < trials; number++) {
    const { params } = sampler.suggest(steps.space, { history, number });
    history.add({
      state: TrialState.complete,
      params: stored(steps.space, params),
      values: [steps.value(params)],
    });
  }
  return history.value(history.best ?? -1);
}

test('finds the best of a conditional space with steps, which random draws miss', () => {
  const seeds = [...Array(8).keys()];
  const mean = (type: string) => seeds.reduce((sum, seed) => sum + bestOf(type, seed, 100), 0) / seeds.length;
  const [random, forest] = [mean('random'), mean('forest')];
  assert.ok(forest < 0.5 * random, `${forest} against ${random}`);
});

test('answers the same after a restart with thousands of trials, late ends and running ones', () => {
  const history = new History([Direction.minimize]);
  const sampler = createSampler({ type: 'forest', seed: 5 });
  const draws = createSampler({ type: 'random', seed: 6 });
  for (let number = 0; number < 1_400; number++) {
    const isAsked = number > 120 && number % 90 === 3;
    const { params } = (isAsked ? sampler : draws).suggest(steps.space, { history, number });
    if (isAsked) {
      const copy = rebuilt(history);
      const fresh = createSampler({ type: 'forest', seed: 5 });
      assert.deepEqual(fresh.suggest(steps.space, { history: copy, number }).params, params, `trial ${number}`);
    }
    const added = history.add({ state: TrialState.running, params: stored(steps.space, params) });
    // Some end 50 trials later, some never.
    const ending = number % 20 === 7 ? -1 : number % 20 === 8 ? number - 51 : added;
    if (ending < 0) continue;
    history.apply({ type: 'state', number: ending, state: TrialState.complete, values: [steps.value(params)] });
  }
});

test('a liar keeps parallel trials apart', () => {
  const space = searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]);
  const history = new History([Direction.minimize]);
  for (let number = 0; number < 30; number++) {
    const x = ((number * 17) % 30) / 30;
    history.add({ state: TrialState.complete, params: stored(space, { x }), values: [(x - 0.3) ** 2] });
  }
  const sampler = createSampler({ type: 'forest', seed: 2, options: { randomShare: 0 } });
  const asked: number[] = [];
  for (let worker = 0; worker < 8; worker++) {
    const { params } = sampler.suggest(space, { history, number: history.length });
    asked.push(Number(params['x']));
    history.add({ state: TrialState.running, params: stored(space, params) });
  }
  const sorted = asked.sort((a, b) => a - b);
  assert.ok(
    sorted.every((x, index) => index === 0 || x - (sorted[index - 1] as number) > 1e-4),
    sorted.join(),
  );
});
