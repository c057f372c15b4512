import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Trial } from '../../../src/core/study/trial.ts';
import { createStudy, TrialPruned } from '../../../src/library/node.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const space = { x: { type: 'float', low: -1, high: 1 } } as const;
const sampler = { type: 'random', seed: 3 } as const;

/** What a training of `x` shows after `step` steps: it falls towards x². */
const loss = (trial: Trial, step: number) => Number(trial.params['x']) ** 2 + 1 / step;

/** A program that keeps its state: it trains each part from where the one before ended, and counts its steps. */
function training(from: 0 | 1) {
  const trained = new Map<number, number>();
  const parts: { number: number; start: number; budget: number }[] = [];
  const objective = async (trial: Trial) => {
    const { number, startStep } = trial;
    assert.equal(trained.get(number) ?? 0, startStep, 'a part begins where the last one ended');
    parts.push({ number, start: startStep, budget: trial.budget });
    for (let done = startStep + 1; done <= trial.budget; done++) {
      await trial.report(loss(trial, done), done - 1 + from);
      trained.set(number, done);
      if (trial.shouldPrune()) throw new TrialPruned();
    }
    return loss(trial, trial.budget);
  };
  const steps = () => [...trained.values()].reduce((sum, done) => sum + done, 0);
  return { objective, parts, steps, trained };
}

describe('a study with a scheduler', () => {
  for (const from of [0, 1] as const) {
    test(`trains in parts and promotes the best, steps counted from ${from}`, async () => {
      const study = createStudy({ space, sampler, scheduler: { type: 'hyperband', max_resource: 27 } });
      const { objective, parts, steps, trained } = training(from);
      await study.optimize(objective, { trials: 40 });
      assert.equal(study.trials.length, 40);
      assert.deepEqual([...new Set(parts.map(({ budget }) => budget))].sort(), [1, 27, 3, 9]);
      assert.ok(steps() < (40 * 27) / 2, `${steps()} steps`);
      for (const { number, state } of study.trials) assert.equal(state === 'complete', trained.get(number) === 27);
      const first = study.trials.slice(0, 27);
      const best = first.reduce((a, b) => (Number(a.params['x']) ** 2 < Number(b.params['x']) ** 2 ? a : b));
      assert.equal(best.state, 'complete', 'the best of the first bracket came to its end');
      assert.equal(first.filter(({ state }) => state === 'complete').length, 1);
    });
  }

  test('repeats itself for a seed, several at a time', async () => {
    const run = async () => {
      const study = createStudy({ space, sampler, scheduler: { type: 'asha', max_resource: 9 } });
      const { objective } = training(1);
      await study.optimize(objective, { trials: 30, parallel: 4 });
      return study.trials.map(({ params, state, values }) => ({ params, state, values }));
    };
    assert.deepEqual(await run(), await run());
  });

  test('a trial that is promoted at once goes on in the same part', async () => {
    const study = createStudy({ space, sampler, scheduler: { type: 'asha', max_resource: 9, promotion: 'rank' } });
    let grown = 0;
    const { objective, parts } = training(1);
    await study.optimize(
      async (trial) => {
        const before = trial.budget;
        const value = await objective(trial).finally(() => {
          if (trial.budget > before) grown++;
        });
        return value;
      },
      { trials: 30 },
    );
    assert.ok(grown > 0);
    assert.ok(
      parts.some(({ start }) => start > 0),
      'others are promoted later',
    );
  });

  test('a value alone counts as the report at the budget', async () => {
    const study = createStudy({ direction: 'maximize', space, sampler, scheduler: { type: 'asha', max_resource: 9 } });
    for (let part = 0; part < 60; part++) {
      const trial = await study.ask();
      await study.tell(part % 2 === 0 ? trial : trial.number, -loss(trial, trial.budget));
    }
    const complete = study.trials.filter(({ state }) => state === 'complete');
    assert.ok(complete.length > 0);
    for (const { intermediateValues } of complete) assert.deepEqual([...intermediateValues.keys()], [1, 3, 9]);
    assert.ok(study.trials.some(({ state }) => state === 'waiting'));
    await study.tell(await study.ask(), 'fail');
    await study.tell(await study.ask(), Number.NaN);
    assert.equal(study.trials.filter(({ state }) => state === 'fail').length, 2);
  });

  test('learns from the first trial how long a training is', async () => {
    const study = createStudy({ space, sampler, scheduler: 'hyperband' });
    const budgets: number[] = [];
    const objective = async (trial: Trial) => {
      budgets.push(trial.budget);
      for (let done = trial.startStep + 1; done <= Math.min(9, trial.budget); done++) {
        await trial.report(loss(trial, done), done);
      }
      return loss(trial, 9);
    };
    await study.optimize(objective, { trials: 12 });
    assert.equal(budgets[0], Number.POSITIVE_INFINITY);
    assert.deepEqual([...new Set(budgets.slice(1))].sort(), [1, 3, 9]);
  });

  test('goes on with what is paused in a journal, and lets a pruner end a part', async (t) => {
    const storage = join(temporaryFolder(t), 'study.journal');
    const open = () =>
      createStudy({
        space,
        sampler,
        storage,
        scheduler: { type: 'hyperband', max_resource: 9, min_resource: 3 },
        pruner: { type: 'threshold', upper: 1.8 },
      });
    const { objective, trained } = training(1);
    const first = open();
    await first.optimize(objective, { onTrial: ({ number }) => (number === 2 ? first.stop() : undefined) });
    assert.ok(first.trials.some(({ state }) => state === 'waiting'));
    await first.close();
    const second = open();
    await second.optimize(objective, { trials: 20 });
    const states = new Set(second.trials.map(({ state }) => state));
    assert.ok(states.has('complete') && states.has('pruned'));
    const ended = second.trials.filter(({ number, state }) => state === 'pruned' && trained.get(number) === 1);
    assert.ok(ended.length > 0 && ended.every(({ params }) => Number(params['x']) ** 2 > 0.8));
    await second.close();
  });

  test('is refused in one sentence where it can not be', () => {
    const study = { space, sampler } as const;
    const cases = [
      [{ ...study, scheduler: 'hyperbend' }, /no scheduler "hyperbend"/],
      [{ ...study, scheduler: 'pbt' }, /copies checkpoints/],
      [{ ...study, scheduler: { type: 'asha', keep_checkpoints: 'all' } }, /leave out keep_checkpoints/],
      [{ sampler, scheduler: 'asha' }, /give the study a space/],
      [{ ...study, scheduler: 'asha', directions: ['minimize', 'minimize'] }, /one direction/],
      [{ ...study, scheduler: 'asha', pruner: 'hyperband' }, /both decide/],
      [{ ...study, scheduler: { type: 'asha', maxresource: 9 } }, /no option maxresource/],
    ] as const;
    for (const [options, message] of cases) assert.throws(() => createStudy(options as object), { message });
  });
});
