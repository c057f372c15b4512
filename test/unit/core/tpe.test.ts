import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { Ranking } from '../../../src/core/samplers/tpe/ranking.ts';
import { Thinning, vanDerCorput } from '../../../src/core/samplers/tpe/thinning.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { uniformInternal } from '../../../src/core/space/unitInterval.ts';
import { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { rebuilt, scoreOf, stored } from '../../support/histories.ts';

const mixed = searchSpace([
  { name: 'x', distribution: floatDistribution(-5, 5) },
  { name: 'n', distribution: intDistribution(1, 50) },
  { name: 'c', distribution: categoricalDistribution(['a', 'b', 'c']) },
]);

test('answers the same after a restart when kernels are thinned, and with running trials that live long', () => {
  for (const directions of [[Direction.minimize], [Direction.minimize, Direction.maximize]]) {
    const history = new History(directions);
    const sampler = createSampler({ type: 'tpe', seed: 5 });
    const add = (state: TrialState, params: Params) => {
      const score = scoreOf(mixed, params);
      const values =
        state === TrialState.complete ? directions.map((_, index) => (index ? 2 - score ** 2 : score)) : null;
      return history.add({ state, params: stored(mixed, params), values });
    };
    let early = -1;
    for (let number = 0; number < 1800; number++) {
      if (number < 1000 || number % 50 !== 0) {
        const random = new Random(3, number);
        const params = Object.fromEntries(
          mixed.parameters.map(({ name, distribution }) => {
            const internal = uniformInternal(distribution, random.uniform());
            return [name, distribution.type === 'categorical' ? distribution.choices[internal] : internal];
          }),
        ) as Params;
        const added = add(number % 40 === 7 ? TrialState.running : TrialState.complete, params);
        if (number === 7) early = added;
        continue;
      }
      const context = { history, number: history.length };
      const { params } = sampler.suggest(mixed, context);
      const copy = rebuilt(history);
      const fresh = createSampler({ type: 'tpe', seed: 5 });
      assert.deepEqual(fresh.suggest(mixed, { history: copy, number: copy.length }).params, params, `trial ${number}`);
      add(TrialState.complete, params);
      if (number === 1500)
        history.apply({ type: 'state', number: early, state: TrialState.complete, values: directions.map(() => -1) });
    }
  }
});

test('an earlier number than the last one is answered as by a fresh sampler', () => {
  const history = new History([Direction.minimize]);
  const sampler = createSampler({ type: 'tpe', seed: 5 });
  for (let number = 0; number < 40; number++) {
    const { params } = sampler.suggest(mixed, { history, number });
    history.add({
      state: number === 20 ? TrialState.running : TrialState.complete,
      params: stored(mixed, params),
      values: [number % 7],
    });
  }
  const context = { history, number: 20 };
  assert.deepEqual(sampler.suggest(mixed, context), createSampler({ type: 'tpe', seed: 5 }).suggest(mixed, context));
});

describe('thinning', () => {
  test('keeps everything up to its limit and about as many from then on', () => {
    for (const number of [0, 10, 1024])
      assert.ok([...Array(number).keys()].every((one) => new Thinning(number).keeps(one)));
    for (const number of [1025, 5_000, 100_000]) {
      const thinning = new Thinning(number);
      const kept = [...Array(number).keys()].filter((one) => thinning.keeps(one));
      assert.ok(Math.abs(kept.length - 1024) < 30, `${kept.length} of ${number}`);
      const weight = kept.reduce((sum, one) => sum + thinning.multiplicity(one), 0);
      assert.ok(Math.abs(weight / number - 1) < 0.05, `they stand for ${weight} of ${number}`);
    }
  });

  test('a trial that was dropped never comes back', () => {
    const kept = new Set(Array.from({ length: 3000 }, (_, number) => number));
    for (let number = 3000; number < 9000; number += 7) {
      const thinning = new Thinning(number);
      for (const one of [...Array(3000).keys()]) {
        if (!thinning.keeps(one)) kept.delete(one);
        else assert.ok(kept.has(one), `${one} at ${number}`);
      }
    }
  });

  test('the van der Corput sequence mirrors the bits', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 6].map(vanDerCorput), [0, 0.5, 0.25, 0.75, 0.125, 0.375]);
  });
});

test('ranks complete by value, pruned by last step and value, infeasible by violation', () => {
  for (const direction of Object.values(Direction)) {
    const sign = direction === Direction.maximize ? -1 : 1;
    const history = new History([direction]);
    const complete = (value: number, systemAttrs = {}) =>
      history.add({ state: TrialState.complete, values: [sign * value], systemAttrs });
    const pruned = (...intermediate: [number, number][]) =>
      history.add({
        state: TrialState.pruned,
        intermediate: intermediate.map(([step, value]) => [step, sign * value]),
      });
    const expected = [
      complete(Number.NEGATIVE_INFINITY),
      complete(1),
      complete(1),
      complete(Number.POSITIVE_INFINITY),
      pruned([3, 5], [9, 1]),
      pruned([9, 2], [3, -5]),
      pruned([9, Number.NaN]),
      pruned([0, 0]),
      pruned(),
      complete(-9, { constraints: [1, -5] }),
      complete(-99, { 'constraints:a': 1, 'constraints:b': 1 }),
    ];
    for (const order of [expected, [...expected].reverse()]) {
      const ranking = new Ranking(history);
      for (const number of order) ranking.add([number]);
      assert.deepEqual([...ranking.order], expected);
    }
  }
});

/** Median of the best value of several studies. */
async function medianBest(
  type: string,
  space: SearchSpace,
  trials: number,
  objective: (params: Params) => number,
): Promise<number> {
  const best: number[] = [];
  for (let seed = 0; seed < 11; seed++) {
    const log = new MemoryLog();
    const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    const study = new Study(log, record, { space, sampler: createSampler({ type, seed }), pruner: null });
    for (let round = 0; round < trials; round++) {
      const trial = await study.ask();
      await study.tell(trial, { values: objective(trial.params) });
    }
    best.push(record.history.value(record.history.best ?? -1));
  }
  return best.sort((a, b) => a - b)[5] as number;
}

describe('finds much better points than random draws do', () => {
  test('on a smooth bowl of six dimensions', async () => {
    const space = searchSpace(
      Array.from({ length: 6 }, (_, i) => ({ name: `x${i}`, distribution: floatDistribution(-5, 5) })),
    );
    const bowl = (params: Params) =>
      Object.values(params).reduce<number>((sum, x, i) => sum + (Number(x) - i / 2) ** 2, 0);
    const [random, tpe] = [await medianBest('random', space, 80, bowl), await medianBest('tpe', space, 80, bowl)];
    assert.ok(tpe < 0.25 * random, `${tpe} against ${random}`);
  });

  test('in a conditional space, on a log scale and with categories', async () => {
    const space = searchSpace([
      { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c', 'd']) },
      { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }), when: { kind: ['b'] } },
      { name: 'units', distribution: intDistribution(1, 1024, { log: true }), when: { kind: ['b'] } },
      { name: 'other', distribution: floatDistribution(0, 1), when: { kind: ['a', 'c'] } },
    ]);
    const objective = (params: Params) =>
      params['kind'] === 'b'
        ? (Math.log10(Number(params['rate'])) + 3) ** 2 + (Math.log2(Number(params['units'])) - 6) ** 2
        : 3 + Number(params['other'] ?? 1);
    const [random, tpe] = [
      await medianBest('random', space, 80, objective),
      await medianBest('tpe', space, 80, objective),
    ];
    assert.ok(tpe < 0.3 * random, `${tpe} against ${random}`);
  });
});

test('the constant liar spreads parallel trials', () => {
  const space = searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]);
  const spread = (constantLiar: boolean) => {
    const history = new History([Direction.minimize]);
    for (let number = 0; number < 40; number++) {
      const x = ((number * 17) % 40) / 40;
      history.add({ state: TrialState.complete, params: stored(space, { x }), values: [(x - 0.3) ** 2] });
    }
    const sampler = createSampler({ type: 'tpe', seed: 2, options: { constantLiar } });
    const asked: number[] = [];
    for (let worker = 0; worker < 16; worker++) {
      const { params } = sampler.suggest(space, { history, number: history.length });
      asked.push(Number(params['x']));
      history.add({ state: TrialState.running, params: stored(space, params) });
    }
    const sorted = asked.sort((a, b) => a - b);
    return (sorted[13] as number) - (sorted[2] as number);
  };
  assert.ok(spread(true) > 1.5 * spread(false), `${spread(true)} with, ${spread(false)} without`);
});
