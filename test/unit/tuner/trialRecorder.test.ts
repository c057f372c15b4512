import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPruner } from '../../../src/core/pruners/createPruner.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { CurveReach, TrialRecorder } from '../../../src/tuner/trials/trialRecorder.ts';

test('stores with a trial what the pruner wants kept, also at steps where ending it would save nothing', async () => {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const study = new Study(log, record, {
    space: searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]),
    sampler: createSampler({ type: 'random', seed: 0 }),
    pruner: createPruner({ type: 'successive_halving', options: { minResource: 1, reductionFactor: 2 } }),
  });
  const reach = new CurveReach(study.history);
  const play = async (values: readonly number[]) => {
    const { number, params } = await study.ask();
    const recorder = new TrialRecorder({
      study,
      number,
      params,
      metrics: ['loss'],
      reach,
      marker: { name: 'M', value: 'm' },
      gpu: null,
      onWriteError: (error) => assert.fail(String(error)),
    });
    for (const [step, loss] of values.entries()) {
      recorder.report({ loss }, step);
      await recorder.flush();
    }
    const isPrunable = recorder.earlyEnd() === 'pruned';
    await recorder.close();
    await study.tell(number, isPrunable ? { state: TrialState.pruned } : { values: [values.at(-1) ?? 0] });
    return isPrunable;
  };
  assert.equal(await play([3, 2, 1]), false);
  assert.deepEqual(study.history.systemAttrs(0), { completed_rung_0: 2, completed_rung_1: 1 });
  assert.equal(await play([9, 8, 7]), true);
  assert.deepEqual(study.history.systemAttrs(1), { completed_rung_0: 8 });
});

test('a trial that runs again is judged only where it was not before', async () => {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const study = new Study(log, record, {
    space: searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]),
    sampler: createSampler({ type: 'random', seed: 0 }),
    pruner: createPruner({ type: 'median', options: { nStartupTrials: 1 } }),
  });
  const reach = new CurveReach(study.history);
  const recorderOf = ({ number, params }: Awaited<ReturnType<typeof study.ask>>) =>
    new TrialRecorder({
      study,
      number,
      params,
      metrics: ['loss'],
      reach,
      marker: { name: 'M', value: 'm' },
      gpu: null,
      onWriteError: (error) => assert.fail(String(error)),
    });
  /** How each step was judged. */
  const play = async (recorder: TrialRecorder, values: readonly number[]) => {
    const judged = [];
    for (const [step, loss] of values.entries()) {
      recorder.report({ loss }, step);
      await recorder.flush();
      judged.push(recorder.earlyEnd());
    }
    return judged;
  };
  const kept = [undefined, undefined, undefined];
  const first = await study.ask();
  assert.deepEqual(await play(recorderOf(first), [5, 5, 1]), kept);
  await study.tell(first.number, { values: [1] });
  // It is worse at its last step, where ending it saves nothing. Killed there, it starts anew.
  const second = await study.ask();
  assert.deepEqual(await play(recorderOf(second), [4, 4, 4]), kept);
  assert.deepEqual(await play(recorderOf(second), [4, 4, 4]), kept);
});
