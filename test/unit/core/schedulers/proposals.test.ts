import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { RandomSampler } from '../../../../src/core/samplers/randomSampler.ts';
import { createScheduler } from '../../../../src/core/schedulers/createScheduler.ts';
import { FidelityViews } from '../../../../src/core/schedulers/fidelityViews.ts';
import { floatDistribution } from '../../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../../src/core/space/distributions.ts';
import { History } from '../../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { runScheduled } from '../../../support/schedulerRun.ts';

const distribution = floatDistribution(0, 1);
const names = ['a', 'b', 'c', 'd'];
const space = { parameters: names.map((name) => ({ name, distribution })) };
const scheduler = (type: string, options: object, seed: number) => () =>
  createScheduler({ type, seed, options: options as Record<string, number> });

/** A bowl that every training falls towards; `a` decides how fast, so that early values mislead a little. */
function bowl(params: Params, _state: unknown, step: number) {
  const end = names.reduce((sum, name) => sum + (Number(params[name]) - 0.3) ** 2, 0);
  return { state: step, value: end + (1 + step / (1 + 4 * Number(params['a']))) ** -2 };
}

test('a view shows trials as they were at its step, under their own numbers, and follows them', () => {
  const history = new History([Direction.minimize]);
  const params = [{ name: 'a', internal: 0.5, distribution }];
  const rung = (step: number) => ({ 'tuneboard:rung': { bracket: 0, rung: 0, step } });
  const report = (number: number, step: number, value: number) =>
    history.apply({ type: 'intermediate', number, step, value });
  for (let number = 0; number < 4; number++) history.add({ state: TrialState.running, params, systemAttrs: rung(3) });
  const views = new FidelityViews(history);
  for (let step = 1; step <= 3; step++) report(0, step, step / 10);
  report(1, 1, 0.5);
  report(2, 1, Number.NaN);
  history.apply({ type: 'state', number: 3, state: TrialState.fail });
  history.apply({ type: 'state', number: 1, state: TrialState.waiting });
  const low = views.at([1, 3, 9], 3);
  const states = (view: History) => [...view.states];
  const { complete, pruned, fail, running, waiting } = TrialState;
  assert.deepEqual(states(low), [complete, complete, pruned, fail], 'a value that is NaN is the worst');
  assert.deepEqual([low.value(0), low.value(1)], [0.1, 0.5]);
  const middle = views.at([1, 3, 9], 1);
  assert.deepEqual(states(middle), [complete, waiting, running, fail]);
  assert.equal(middle.value(0), 0.3);
  history.apply({ type: 'state', number: 1, state: TrialState.running });
  report(1, 2, 0.4);
  report(1, 3, 0.2);
  assert.deepEqual(states(views.at([1, 3, 9], 2)), [complete, complete, running, fail]);
  assert.equal(views.at([1, 3, 9], 2).param(1, 'a'), 0.5);
});

async function reached(type: string, options: object, sampler: string): Promise<number> {
  let sum = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const { history } = await runScheduled({
      scheduler: scheduler(type, { maxResource: 27, ...options }, seed),
      space,
      train: bowl,
      trials: 150,
      workers: 2,
      isUnchecked: true,
      sampler: createSampler({ type: sampler, seed }),
    });
    sum += history.value(history.best as number) / 6;
  }
  return sum;
}

test('BOHB and TPE under Hyperband and ASHA are better than random configurations', async () => {
  const random = await reached('hyperband', {}, 'random');
  const results = {
    bohb: await reached('bohb', {}, 'tpe'),
    hyperband: await reached('hyperband', {}, 'tpe'),
    asha: await reached('asha', {}, 'tpe'),
  };
  console.log(`# mean of the best: random ${random.toFixed(4)}, ${JSON.stringify(results)}`);
  for (const [name, result] of Object.entries(results)) {
    assert.ok(result < (name === 'bohb' ? 0.95 : 0.7) * random, `${name}: ${result}`);
  }
});

test('BOHB draws its share at random, by number and seed alone', () => {
  const bohb = createScheduler({ type: 'bohb', seed: 3, options: { maxResource: 9 } });
  const history = new History([Direction.minimize]);
  const isRandom = Array.from(
    { length: 600 },
    (_, number) => bohb.proposal(history, number, space, new RandomSampler(3)).sampler !== undefined,
  );
  const share = isRandom.filter(Boolean).length / 600;
  assert.ok(Math.abs(share - 1 / 3) < 0.06, String(share));
});

/** Paces differ thirtyfold, so that many pairs of curves cross; what counts is the end. */
const crossing = { parameters: names.map((name) => ({ name, distribution })) };
function cross(params: Params, _state: unknown, step: number) {
  const end = names.slice(1).reduce((sum, name) => sum + (Number(params[name]) - 0.6) ** 2, 0);
  return { state: step, value: end + (1.5 - end) * (1 + step / 30 ** Number(params['a'])) ** -2 };
}

test('promotion by probability does better than by rank where curves cross', async () => {
  const ends = { rank: 0, probability: 0 };
  for (const promotion of ['rank', 'probability'] as const) {
    for (let seed = 1; seed <= 6; seed++) {
      const { history } = await runScheduled({
        scheduler: scheduler('asha', { maxResource: 81, promotion }, seed),
        space: crossing,
        train: cross,
        trials: 10_000,
        steps: 81 * 15,
        isUnchecked: true,
        sampler: createSampler({ type: 'tpe', seed }),
      });
      ends[promotion] += history.value(history.best as number) / 6;
    }
  }
  console.log(`# mean of the best: ${JSON.stringify(ends)}`);
  assert.ok(ends.probability < ends.rank);
});

test('no rung takes more by probability than its share', async () => {
  const random = new Random(1, 0, 'settings');
  for (let round = 0; round < 10; round++) {
    const eta = 2 + random.integer(3);
    const { history } = await runScheduled({
      scheduler: scheduler('asha', { maxResource: 30, reductionFactor: eta, promotion: 'probability' }, round),
      space: crossing,
      train: cross,
      trials: 40,
      workers: 1 + random.integer(5),
      sampler: createSampler({ type: 'random', seed: round }),
    });
    const completed = (rung: number) =>
      [...Array(40).keys()].filter((n) => history.systemAttrs(n)[`completed_rung_${rung}`] !== undefined).length;
    for (let rung = 1; completed(rung) > 0; rung++) {
      assert.ok(completed(rung) <= Math.max(1, Math.floor(completed(rung - 1) / eta)), `rung ${rung}, η = ${eta}`);
    }
  }
});
