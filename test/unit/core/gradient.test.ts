import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { GRADIENT } from '../../../src/core/study/attributes.ts';
import { gradientOf } from '../../../src/core/study/gradient.ts';
import { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { stored } from '../../support/histories.ts';
import { bestValue, cube, median, numbersOf, type Result, search } from '../../support/searches.ts';

const gradient = (seed: number) => createSampler({ type: 'gradient', seed });
const random = (seed: number) => createSampler({ type: 'random', seed });

samplerContract('gradient', { create: gradient });
samplerContract('hypergradient', { create: (seed) => createSampler({ type: 'hypergradient', seed }), readsAll: true });

/** Two valleys a coordinate (Styblinski, Tang): 0 at −2.903534 everywhere; and its derivatives. */
function valleys(params: Params): number {
  return numbersOf(params).reduce((sum, x) => sum + (x ** 4 - 16 * x * x + 5 * x) / 2 + 39.16616570377142, 0);
}

function withGradient(params: Params): Result {
  const slopes = Object.fromEntries(
    Object.entries(params).map(([name, x]) => [name, 2 * Number(x) ** 3 - 16 * Number(x) + 2.5]),
  );
  return { values: [valleys(params)], systemAttrs: { [GRADIENT]: slopes } };
}

test('follows a reported gradient to the best of many valleys, alone and with four workers', () => {
  const space = cube(8, -5, 5);
  for (const workers of [1, 4]) {
    const reached = median(
      [1, 2, 3].map((seed) =>
        bestValue(search(gradient(seed), { space, objective: withGradient, trials: 150, workers })),
      ),
    );
    const byChance = median(
      [1, 2, 3].map((seed) => bestValue(search(random(seed), { space, objective: valleys, trials: 150 }))),
    );
    assert.ok(reached < 15 && byChance > 80, `${workers} workers: ${reached}, random ${byChance}`);
  }
});

test('turns a derivative by a parameter into one along its axis, on a log scale too, and climbs when told to', () => {
  const space = searchSpace([
    { name: 'rate', distribution: floatDistribution(1e-8, 1, { log: true }) },
    { name: 'wide', distribution: floatDistribution(-1e6, 1e6) },
    { name: 'narrow', distribution: floatDistribution(0, 1e-6) },
  ]);
  const loss = ({ rate, wide, narrow }: Params) =>
    (Math.log(Number(rate)) + 9) ** 2 + (Number(wide) / 1e6 - 0.3) ** 2 + (Number(narrow) * 1e6 - 0.8) ** 2;
  const slopes = ({ rate, wide, narrow }: Params) => ({
    rate: (2 * (Math.log(Number(rate)) + 9)) / Number(rate),
    wide: (2 * (Number(wide) / 1e6 - 0.3)) / 1e6,
    narrow: 2 * (Number(narrow) * 1e6 - 0.8) * 1e6,
  });
  for (const direction of [1, 2] as const) {
    const sign = direction === 1 ? 1 : -1;
    const objective = (params: Params): Result => ({
      values: [sign * loss(params)],
      systemAttrs: {
        [GRADIENT]: Object.fromEntries(Object.entries(slopes(params)).map(([name, slope]) => [name, sign * slope])),
      },
    });
    const history = search(gradient(1), { space, objective, trials: 60, directions: [direction] });
    assert.ok(sign * bestValue(history) < 1e-4, `direction ${direction}: ${bestValue(history)}`);
  }
});

test('stops at a border and starts elsewhere, where another start leads further', () => {
  const space = cube(2, 0, 1);
  // The middle leads to the left border; only from the far right the deep end is in reach.
  const objective = (params: Params): Result => {
    const [x = 0, y = 0] = numbersOf(params);
    const isRight = x > 0.7;
    return {
      values: [isRight ? 1 - 5 * (x - 0.7) + y : x + y],
      systemAttrs: { [GRADIENT]: { x0: isRight ? -5 : 1, x1: 1 } },
    };
  };
  const history = search(gradient(2), { space, objective, trials: 120 });
  assert.ok(Math.abs(bestValue(history) + 0.5) < 1e-9, `${bestValue(history)}`);
  const first = Array.from({ length: 120 }, (_, number) => number).filter(
    (number) => history.systemAttrs(number)['gradient:run'] === 0,
  );
  assert.deepEqual(history.params(first.at(-1) as number), { x0: 0, x1: 0 });
});

test('without gradients descends by two evaluations a step, also in noise', () => {
  const space = cube(10, -5, 5);
  const loss = (params: Params) => numbersOf(params).reduce((sum, one, axis) => sum + (1 + axis) * (one - 2) ** 2, 0);
  const reached = (make: typeof gradient, noise: number) =>
    median(
      [1, 2, 3].map((seed) => {
        let draws = 0;
        const objective = (params: Params) => loss(params) + noise * new Random(seed, draws++).normal();
        const history = search(make(seed), { space, objective, trials: 300 });
        return loss(history.params(history.best as number));
      }),
    );
  assert.ok(reached(gradient, 0) < 1, `exact ${reached(gradient, 0)}`);
  assert.ok(
    reached(gradient, 10) < 0.3 * reached(random, 10),
    `noisy ${reached(gradient, 10)}, random ${reached(random, 10)}`,
  );
});

test('moves integers without a gradient, keeps them with one, and tries every choice as a start', () => {
  const space = searchSpace([
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c']) },
    { name: 'count', distribution: intDistribution(1, 50) },
    { name: 'x', distribution: floatDistribution(-1, 1) },
    { name: 'extra', distribution: floatDistribution(0, 1), when: { kind: ['c'] } },
  ]);
  const loss = ({ kind, count, x, extra }: Params) =>
    (kind === 'c' ? (Number(extra) - 0.9) ** 2 : 3) + ((Number(count) - 40) / 10) ** 2 + (Number(x) - 0.5) ** 2;
  const plain = search(gradient(3), { space, objective: loss, trials: 250 });
  const best = plain.params(plain.best as number);
  assert.ok(best['kind'] === 'c' && bestValue(plain) < 0.5, `${bestValue(plain)} at ${JSON.stringify(best)}`);
  const sloping = (params: Params): Result => ({
    values: [loss(params)],
    systemAttrs: { [GRADIENT]: { x: 2 * (Number(params['x']) - 0.5), count: 1 } },
  });
  const history = search(gradient(3), { space, objective: sloping, trials: 60 });
  for (let number = 0; number < 60; number++) {
    const start = Array.from({ length: 60 }, (_, other) => other).find(
      (other) => history.systemAttrs(other)['gradient:run'] === history.systemAttrs(number)['gradient:run'],
    ) as number;
    for (const kept of ['count', 'kind', 'extra'])
      assert.equal(history.param(number, kept), history.param(start, kept));
  }
});

test('a step does not depend on which of its two evaluations ended first, and outlives one that failed', () => {
  const space = cube(3, 0, 1);
  const next = (order: readonly number[], failing = -1) => {
    const history = search(gradient(4), { space, objective: (p) => numbersOf(p)[0] as number, trials: 1 });
    for (let number = 1; number <= 2; number++) {
      const { params, systemAttrs = {} } = gradient(4).suggest(space, { history, number });
      history.add({ state: TrialState.running, params: stored(space, params), systemAttrs });
    }
    const watching = gradient(4);
    for (const number of order) {
      const value = Number(history.param(number, 'x0'));
      if (number === failing) history.apply({ type: 'state', number, state: TrialState.fail });
      else history.apply({ type: 'state', number, state: TrialState.complete, values: [value] });
      watching.suggest(space, { history, number: 3 });
    }
    return watching.suggest(space, { history, number: 3 });
  };
  assert.deepEqual(next([1, 2]), next([2, 1]));
  const after = next([1, 2], 2);
  assert.deepEqual([after.systemAttrs?.['gradient:run'], after.systemAttrs?.['gradient:step']], [0, 2]);
});

test('a library objective reports its gradient by setGradient; a user attribute of that name counts too', async () => {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'one', directions: [1] });
  const study = new Study(log, record, { sampler: gradient(5), pruner: null });
  for (let round = 0; round < 60; round++) {
    const trial = await study.ask();
    const x = trial.suggestFloat('x', -4, 4);
    const y = trial.suggestFloat('y', -4, 4);
    await trial.setGradient({ x: 2 * (x - 1), y: 20 * (y + 2) });
    await study.tell(trial, { values: (x - 1) ** 2 + 10 * (y + 2) ** 2 });
  }
  assert.ok(bestValue(study.history) < 1e-3, `${bestValue(study.history)}`);
  const trial = await study.ask();
  await assert.rejects(trial.setGradient({ x: '1' as unknown as number }), { code: 'invalid-gradient' });

  const history = new History([1]);
  const attrs = { [GRADIENT]: { x: 1, y: Number.NaN, z: 'steep' } };
  assert.deepEqual(gradientOf(history, history.add({ state: TrialState.running, userAttrs: attrs })), { x: 1 });
  const nothing = { [GRADIENT]: [1, 2] };
  assert.equal(gradientOf(history, history.add({ state: TrialState.running, systemAttrs: nothing })), undefined);
});
