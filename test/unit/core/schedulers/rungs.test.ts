import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RandomSampler } from '../../../../src/core/samplers/randomSampler.ts';
import { createScheduler } from '../../../../src/core/schedulers/createScheduler.ts';
import { bracketSize, ladderTo } from '../../../../src/core/schedulers/rungs/ladder.ts';
import { ScheduledStudy } from '../../../../src/core/schedulers/scheduledStudy.ts';
import { floatDistribution } from '../../../../src/core/space/distributionRules.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { Study } from '../../../../src/core/study/study.ts';
import { completedByRung, runScheduled } from '../../../support/schedulerRun.ts';

const space = { parameters: [{ name: 'x', distribution: floatDistribution(0, 1) }] };
/** Curves that never cross: the loss falls to x. */
const train = (params: Readonly<Record<string, unknown>>, _state: unknown, step: number) => ({
  state: step,
  value: (params['x'] as number) + 1 / step,
});
const scheduler =
  (type: string, options: object, seed = 1) =>
  () =>
    createScheduler({ type, seed, options: options as Record<string, number> });

test('the ladders and bracket sizes of the Hyperband paper, table 1 (R = 81, η = 3)', () => {
  assert.deepEqual(ladderTo(81, { minResource: 1, reductionFactor: 3 }), [1, 3, 9, 27, 81]);
  const sizes = [4, 3, 2, 1, 0].map((s) => bracketSize(5, s, 3));
  assert.deepEqual(sizes, [81, 34, 15, 8, 5]);
  assert.deepEqual(ladderTo(243, { minResource: 1, reductionFactor: 3 }), [1, 3, 9, 27, 81, 243]);
  assert.deepEqual(ladderTo(100, { minResource: 4, reductionFactor: 3 }), [11, 33, 100]);
  assert.deepEqual(ladderTo(5, { minResource: 9, reductionFactor: 3 }), [5]);
});

test('Hyperband with R = 9: nine, three, one; five, one; three; everybody else is pruned', async () => {
  const { history, spent } = await runScheduled({
    scheduler: scheduler('hyperband', { maxResource: 9 }),
    space,
    train,
    trials: 17,
  });
  assert.deepEqual(
    [...completedByRung(history)],
    [
      [0, [9, 3, 1]],
      [1, [5, 1]],
      [2, [3]],
    ],
  );
  assert.equal(history.count(TrialState.complete), 5);
  assert.equal(history.count(TrialState.pruned), 12);
  // 9·1 + 3·2 + 1·6, 5·3 + 1·6, 3·9: nothing is trained twice.
  assert.equal(spent, 21 + 21 + 27);
  const first = [...Array(9).keys()].sort((a, b) => Number(history.param(a, 'x')) - Number(history.param(b, 'x')));
  const went = (number: number) => (history.systemAttrs(number)['tuneboard:promoted'] as number[] | undefined) ?? [];
  assert.deepEqual(went(first[0] as number), [3, 9]);
  assert.deepEqual([went(first[1] as number), went(first[2] as number)], [[3], [3]]);
  assert.deepEqual(first.slice(3).flatMap(went), []);
});

test('a budget that ends in the middle of a bracket still trains its best trial to the end', async () => {
  const { history } = await runScheduled({
    scheduler: scheduler('hyperband', { maxResource: 27 }),
    space,
    train,
    trials: 5,
  });
  assert.deepEqual([...completedByRung(history)], [[0, [5, 1, 1, 1]]]);
  assert.equal(history.param(history.best as number, 'x'), Math.min(...xs(history)));
});

function xs(history: Awaited<ReturnType<typeof runScheduled>>['history']): number[] {
  return Array.from({ length: history.length }, (_, number) => Number(history.param(number, 'x')));
}

test('workers that would wait for a rung begin the next bracket', async () => {
  const { history } = await runScheduled({
    scheduler: scheduler('hyperband', { maxResource: 9 }),
    space,
    train,
    trials: 17,
    workers: 4,
  });
  assert.deepEqual(
    [...completedByRung(history)].sort(([a], [b]) => a - b),
    [
      [0, [9, 3, 1]],
      [1, [5, 1]],
      [2, [3]],
    ],
  );
});

test('no rung of Hyperband ever takes more than its places, whatever the settings', async () => {
  const settings = fc.record({
    maxResource: fc.integer({ min: 1, max: 60 }),
    minResource: fc.integer({ min: 1, max: 5 }),
    reductionFactor: fc.integer({ min: 2, max: 5 }),
    workers: fc.integer({ min: 1, max: 7 }),
    trials: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  await fc.assert(
    fc.asyncProperty(settings, async ({ workers, trials, seed, ...options }) => {
      const { history } = await runScheduled({
        scheduler: scheduler('hyperband', options, seed),
        space,
        train,
        trials,
        workers,
      });
      assert.equal(history.length, trials);
      assert.ok(history.count(TrialState.complete) > 0);
      assert.equal(history.count(TrialState.complete) + history.count(TrialState.pruned), trials);
      for (const counts of completedByRung(history).values()) {
        for (let rung = 1; rung < counts.length; rung++) {
          const places = Math.max(1, Math.floor((counts[0] as number) / options.reductionFactor ** rung));
          assert.ok((counts[rung] as number) <= places, `${counts} with η = ${options.reductionFactor}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('ASHA promotes as soon as a trial is among the best third, and waits for nobody', async () => {
  const { history } = await runScheduled({
    scheduler: scheduler('asha', { maxResource: 9 }),
    space,
    train,
    trials: 30,
  });
  const [counts] = [...completedByRung(history).values()] as [number[]];
  assert.equal(counts[0], 30);
  assert.ok((counts[1] as number) >= 10 && (counts[1] as number) <= 20, String(counts));
  const order = [...Array(30).keys()].sort((a, b) => Number(history.param(a, 'x')) - Number(history.param(b, 'x')));
  for (const number of order.slice(0, 10)) {
    assert.ok(
      history.systemAttrs(number)['completed_rung_1'] !== undefined || history.state(number) === TrialState.complete,
    );
  }
  assert.equal(history.best, order[0]);
  assert.equal(history.count(TrialState.waiting), 0);
});

test('ASHA goes on without a pause where a trial is among the best as it arrives', async () => {
  const run = await runScheduled({ scheduler: scheduler('asha', { maxResource: 9 }), space, train, trials: 30 });
  const unpaused = [...Array(30).keys()].filter((number) => {
    const attrs = run.history.systemAttrs(number);
    return attrs['tuneboard:promoted'] !== undefined && attrs['tuneboard:paused'] === undefined;
  });
  assert.ok(unpaused.length > 0);
});

test('ASHA with workers and several brackets uses them all, and every trial ends', async () => {
  const { history } = await runScheduled({
    scheduler: scheduler('asha', { maxResource: 27, brackets: 3 }),
    space,
    train,
    trials: 60,
    workers: 8,
  });
  const counts = completedByRung(history);
  assert.deepEqual([...counts.keys()].sort(), [0, 1, 2]);
  assert.ok((counts.get(0)?.[0] as number) > (counts.get(2)?.[0] as number));
  assert.equal(history.count(TrialState.waiting) + history.count(TrialState.running), 0);
});

test('a study too small to promote anybody ends with one full training', async () => {
  const { history } = await runScheduled({
    scheduler: scheduler('asha', { maxResource: 27 }),
    space,
    train,
    trials: 2,
  });
  assert.equal(history.count(TrialState.complete), 1);
  assert.equal(history.param(history.best as number, 'x'), Math.min(...xs(history)));
});

test('without max_resource the first trial runs to its end and shows it', async () => {
  for (const workers of [1, 3]) {
    const { history } = await runScheduled({
      scheduler: scheduler('hyperband', {}),
      space,
      train,
      trials: 20,
      workers,
      programSteps: 9,
    });
    const counts = completedByRung(history);
    assert.equal((history.systemAttrs(0)['tuneboard:rung'] as { step: number | null }).step, null);
    assert.deepEqual(history.curve(0).steps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(counts.get(0), [9, 3, 1]);
    assert.equal((history.systemAttrs(workers)['tuneboard:rung'] as { max: number }).max, 9);
  }
});

test('values that are larger the better, NaN last', async () => {
  const { history } = await runScheduled({
    scheduler: scheduler('hyperband', { maxResource: 9 }),
    space,
    train: (params, _state, step) => ({
      state: step,
      value: Number(params['x']) > 0.8 ? Number.NaN : Number(params['x']) - 1 / step,
    }),
    trials: 9,
    direction: 2,
  });
  const usable = xs(history).filter((x) => x <= 0.8);
  assert.ok(usable.length < 9, 'some diverge');
  assert.equal(history.param(history.best as number, 'x'), Math.max(...usable));
});

test('two workers over one log promote each trial once, and never more than the places', async () => {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const workers = [1, 2].map(() => {
    const study = new Study(log, record, { space, sampler: new RandomSampler(1), pruner: null });
    return new ScheduledStudy(study, scheduler('hyperband', { maxResource: 9 })());
  });
  const steps = new Map<number, number>();
  const mayStart = () => record.history.length < 17;
  const work = async (worker: ScheduledStudy) => {
    for (;;) {
      const next = await worker.next(mayStart);
      if (next === 'done') return;
      await new Promise((resolve) => setImmediate(resolve));
      if (next === 'wait') continue;
      const { number, params } = next.trial;
      for (let step = (steps.get(number) ?? 0) + 1; ; step++) {
        await next.trial.report(Number(params['x']) + 1 / step, step);
        await new Promise((resolve) => setImmediate(resolve));
        steps.set(number, step);
        const { type } = await worker.decide(number);
        if (type === 'pause') await worker.pause(number);
        if (type === 'finish') await worker.study.tell(next.trial, { values: Number(params['x']) });
        if (type !== 'continue') break;
      }
    }
  };
  await Promise.all(workers.map(work));
  assert.deepEqual(
    [...completedByRung(record.history)].sort(([a], [b]) => a - b),
    [
      [0, [9, 3, 1]],
      [1, [5, 1]],
      [2, [3]],
    ],
  );
});
