import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomSampler } from '../../../../src/core/samplers/randomSampler.ts';
import { createScheduler } from '../../../../src/core/schedulers/createScheduler.ts';
import { perturb } from '../../../../src/core/schedulers/population/explore.ts';
import { ReplayScheduler } from '../../../../src/core/schedulers/replay.ts';
import { scheduleOf } from '../../../../src/core/schedulers/schedule.ts';
import { breedingOf } from '../../../../src/core/schedulers/trialAttrs.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../../src/core/space/distributions.ts';
import type { History } from '../../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { runScheduled } from '../../../support/schedulerRun.ts';

const scheduler = (type: string, options: object, seed: number) => () =>
  createScheduler({ type, seed, options: options as Record<string, number> });

/** The quadratic of the PBT paper (figure 2): gradient ascent on 1.2 − (h₀ θ₀² + h₁ θ₁²), judged by 1.2 − |θ|². */
const quadratic = {
  parameters: [
    { name: 'h0', distribution: floatDistribution(0, 1) },
    { name: 'h1', distribution: floatDistribution(0, 1) },
  ],
};
function climb(params: Params, state: unknown) {
  const [a, b] = (state as [number, number] | undefined) ?? [0.9, 0.9];
  const next: [number, number] = [a - 0.02 * Number(params['h0']) * a, b - 0.02 * Number(params['h1']) * b];
  return { state: next, value: 1.2 - (next[0] ** 2 + next[1] ** 2) };
}
const ends = [
  { h0: 1, h1: 0 },
  { h0: 0, h1: 1 },
];
const paper = (options: object, seed: number) => ({
  scheduler: scheduler('pbt', { populationSize: 2, maxResource: 200, perturbationInterval: 4, ...options }, seed),
  space: quadratic,
  train: climb,
  trials: 1000,
  direction: Direction.maximize,
  enqueued: ends,
});

test('two members on the quadratic of the PBT paper get where neither gets alone', async () => {
  for (const seed of [1, 2, 3]) {
    const alone = await runScheduled(paper({ quantileFraction: 0 }, seed));
    const together = await runScheduled(paper({ quantileFraction: 0.5 }, seed));
    assert.ok(best(alone.history) < 0.4, `alone ${best(alone.history)}`);
    assert.ok(best(together.history) > 1.1, `together ${best(together.history)}`);
    assert.equal(alone.history.length, 2);
    assert.ok(together.spent <= alone.spent, 'exploiting costs no training');
  }
});

function best(history: History): number {
  return history.value(history.best as number);
}

test('the ancestry of a trial is a schedule, and training along it gives the same weights', async () => {
  const { history } = await runScheduled(paper({ quantileFraction: 0.5 }, 1));
  const schedule = scheduleOf(history, history.best as number);
  assert.ok(schedule.length > 3);
  assert.equal(schedule[0]?.from, 0);
  assert.equal(schedule.at(-1)?.to, 200);
  for (const [index, segment] of schedule.entries()) {
    if (index > 0) assert.equal(segment.from, schedule[index - 1]?.to);
  }
  const again = await runScheduled({ ...paper({}, 1), scheduler: () => new ReplayScheduler(schedule), enqueued: [] });
  assert.equal(best(again.history), best(history));
  assert.deepEqual(scheduleOf(again.history, again.history.best as number), schedule);
  assert.equal(again.spent, 200);
});

test('a loser ends pruned, its successor carries its place and its parent; losers come from the worst quantile', async () => {
  for (const synch of [false, true]) {
    const { history } = await runScheduled({
      ...paper({ populationSize: 8, quantileFraction: 0.25, synch }, 4),
      enqueued: [],
      workers: 3,
    });
    let bred = 0;
    for (let number = 0; number < history.length; number++) {
      const breeding = breedingOf(history.systemAttrs(number));
      assert.ok(breeding && breeding.member < 8);
      if (breeding.parent === null) continue;
      bred++;
      assert.ok(breeding.parent < number);
      assert.equal(breeding.step, breeding.generation * 4);
      const before = [...Array(number).keys()].findLast((other) => {
        return breedingOf(history.systemAttrs(other))?.member === breeding.member;
      });
      assert.equal(history.state(before as number), TrialState.pruned);
    }
    assert.ok(bred > 10);
    assert.equal(history.count(TrialState.complete), 8);
    assert.equal(history.count(TrialState.waiting) + history.count(TrialState.running), 0);
  }
});

test('with synch the losers of an interval are the worst of all members at its end', async () => {
  const { history } = await runScheduled({
    ...paper({ populationSize: 8, quantileFraction: 0.25, synch: true, maxResource: 8 }, 4),
    enqueued: [],
    workers: 3,
  });
  const values = [...Array(8).keys()].map((number) => Number(history.systemAttrs(number)['completed_rung_0']));
  const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
  assert.equal(history.length, 10);
  for (const number of [8, 9]) {
    const { member, parent } = breedingOf(history.systemAttrs(number)) ?? {};
    assert.ok(order.slice(6).includes(member as number));
    assert.ok(order.slice(0, 2).includes(parent as number));
  }
});

/** The best rate falls over time: a fixed one is never right. The gain is (1 − (log₁₀ rate − best)²) / 100 a step. */
const drifting = { parameters: [{ name: 'rate', distribution: floatDistribution(1e-4, 1, { log: true }) }] };
function drift(params: Params, state: unknown, step: number) {
  const wanted = -0.5 - (2.5 * step) / 100;
  const gain = Math.max(0, 1 - (Math.log10(Number(params['rate'])) - wanted) ** 2) / 100;
  const value = ((state as number | undefined) ?? 0) + gain;
  return { state: value, value };
}

test('PB2 follows a rate that should fall, better than PBT with few members, and both better than fixed rates', async () => {
  const reached = { pb2: 0, pbt: 0, fixed: 0 };
  for (let seed = 1; seed <= 8; seed++) {
    const run = async (type: string, more: object) => {
      const options = { populationSize: 4, maxResource: 100, perturbationInterval: 5, ...more };
      const { history } = await runScheduled({
        scheduler: scheduler(type, options, seed),
        space: drifting,
        train: drift,
        trials: 1000,
        workers: 2,
        direction: Direction.maximize,
        sampler: new RandomSampler(seed),
      });
      return best(history) / 8;
    };
    reached.pb2 += await run('pb2', {});
    reached.pbt += await run('pbt', {});
    reached.fixed += await run('pbt', { quantileFraction: 0 });
  }
  console.log(`# mean of 8 seeds, 1 is perfect: ${JSON.stringify(reached)}`);
  assert.ok(reached.pbt > 1.1 * reached.fixed);
  assert.ok(reached.pb2 > 1.1 * reached.pbt);
});

test('perturbing keeps to ranges and grids, always moves a number, and leaves frozen parameters alone', () => {
  const space = {
    parameters: [
      { name: 'lr', distribution: floatDistribution(1e-5, 1, { log: true }) },
      { name: 'batch', distribution: intDistribution(1, 8) },
      { name: 'width', distribution: categoricalDistribution([16, 64, 32]) },
      { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam']) },
      { name: 'momentum', distribution: floatDistribution(0, 0.9), when: { optim: ['sgd'] } },
      { name: 'layers', distribution: intDistribution(1, 4) },
    ],
  };
  const params = { lr: 1e-3, batch: 1, width: 32, optim: 'sgd', momentum: 0, layers: 2 };
  const mutations = ['lr', 'batch', 'width', 'optim', 'momentum'];
  const options = { hyperparamMutations: mutations, resampleProbability: 0, perturbationFactor: 1.2 };
  const lr = new Set<number>();
  const widths = new Set<number>();
  for (let number = 0; number < 40; number++) {
    const next = perturb(3, options, { space, history: undefined as never, number, params });
    lr.add(Number(Number(next['lr']).toPrecision(6)));
    widths.add(next['width'] as number);
    assert.ok([1, 2].includes(next['batch'] as number));
    assert.equal(next['layers'], 2);
    assert.equal(next['optim'], 'sgd');
    assert.ok(Number(next['momentum']) >= 0 && Number(next['momentum']) <= 0.9);
  }
  assert.deepEqual([...lr].sort(), [0.0008, 0.0012]);
  assert.deepEqual([...widths].sort(), [16, 64]);
});
