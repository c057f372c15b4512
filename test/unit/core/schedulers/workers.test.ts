import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RandomSampler } from '../../../../src/core/samplers/randomSampler.ts';
import { createScheduler } from '../../../../src/core/schedulers/createScheduler.ts';
import { ScheduledStudy } from '../../../../src/core/schedulers/scheduledStudy.ts';
import { floatDistribution } from '../../../../src/core/space/distributionRules.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { Study } from '../../../../src/core/study/study.ts';
import { JournalLog } from '../../../../src/storage/journal/journalLog.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const space = { parameters: [{ name: 'x', distribution: floatDistribution(0, 1) }] };

/** Makes workers, each with its own view of one journal. */
function hyperbandsOver(path: string, t: TestContext): () => Promise<ScheduledStudy> {
  return async () => {
    const log = await JournalLog.open(path, { create: true });
    t.after(() => log.close());
    const record = log.studies()[0] ?? (await log.createStudy({ name: 's', directions: [Direction.minimize] }));
    const study = new Study(log, record, { space, sampler: new RandomSampler(1), pruner: null });
    return new ScheduledStudy(study, createScheduler({ type: 'hyperband', seed: 1, options: { maxResource: 9 } }));
  };
}

/** Starts trials that are paused after one step, with their numbers for values. */
async function pauseTrials(worker: ScheduledStudy, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const next = await worker.next(() => true);
    assert.ok(typeof next === 'object');
    await next.trial.report(number, 1);
    await worker.pause(next.trial.number);
  }
}

test('trials that another worker has pruned in the meantime are left as they are', async (t) => {
  const open = hyperbandsOver(join(temporaryFolder(t), 'study.journal'), t);
  const first = await open();
  await pauseTrials(first, 4);
  const second = await open();
  const { history } = first.study;
  await first.study.commit([{ type: 'state', number: 1, state: TrialState.pruned, values: [1] }]);
  assert.deepEqual(await second.retire(), [0, 1, 2, 3], 'the second worker had not seen it');
  await first.retire();
  assert.equal(history.count(TrialState.pruned), 4);
  assert.deepEqual([history.value(1), second.study.history.value(3)], [1, 3]);
});

test('a worker looks for what others have done before it prunes', async (t) => {
  const open = hyperbandsOver(join(temporaryFolder(t), 'study.journal'), t);
  const first = await open();
  await pauseTrials(first, 9);
  for (let place = 0; place < 3; place++) {
    const next = await first.next(() => true);
    assert.ok(typeof next === 'object' && next.isContinued);
  }
  const second = await open();
  assert.ok(await second.study.claim(5, {}), 'somebody lets a trial go on that is none of the best');
  await first.next(() => true);
  const { history } = first.study;
  assert.equal(history.state(5), TrialState.running);
  assert.equal(history.count(TrialState.pruned), 5);
});
