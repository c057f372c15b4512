import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { AppendFile } from '../../../src/storage/journal/appendFile.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import type { ObjectiveOutcome, ObjectiveRunner } from '../../../src/tuner/objective/objective.ts';
import type { RunHost } from '../../../src/tuner/run/runHost.ts';
import { newOwner, SignedLog } from '../../../src/tuner/trials/ownership.ts';
import { StudySession } from '../../../src/tuner/trials/studySession.ts';
import { verbatim } from '../../../src/words/message.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const FAILED: ObjectiveOutcome = { type: 'failed', code: 'exit', reason: verbatim('It failed.'), lastLines: [] };

/** A session over a journal whose flushes take a while, and everything that it does, in order. */
async function openSession(
  t: TestContext,
  options: { trials: number; parallel: number; outcome?: ObjectiveOutcome; failingFlush?: number },
): Promise<{ session: StudySession; study: Study; order: string[] }> {
  const log = await JournalLog.open(join(temporaryFolder(t), 'j'), { create: true });
  t.after(() => log.close());
  const record = await log.createStudy({ name: 's', directions: [Direction.maximize] });
  const owner = newOwner();
  const study = new Study(new SignedLog(log, owner), record, {
    space: { parameters: [{ name: 'x', distribution: floatDistribution(0, 1) }] },
    sampler: createSampler({ type: 'random', seed: 1 }),
    pruner: null,
  });
  const order: string[] = [];
  let flushes = 0;
  t.mock.method(AppendFile.prototype, 'flush', async () => {
    await sleep(3);
    order.push('flush');
    if (++flushes === options.failingFlush) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  });
  const runner: ObjectiveRunner = {
    async start(trial) {
      order.push(`run ${trial.number}`);
      if (!options.outcome) trial.report({ f1: trial.params['x'] as number, loss: 1 }, null);
      return {
        pid: null,
        outcome: Promise.resolve(options.outcome ?? { type: 'done', lastLines: [] }),
        end: () => order.push(`cut off ${trial.number}`),
      };
    },
    close: async () => void order.push('close'),
  };
  const budget = { trials: options.trials, timeoutMs: null };
  const host = { record: { parallel: options.parallel, budget }, note() {}, update() {}, changed() {} };
  const events = {
    trialStarted: (number: number) => void order.push(`started ${number}`),
    trialEnded: (number: number) => void order.push(`ended ${number}`),
  };
  const session = new StudySession({
    host: host as unknown as RunHost,
    study,
    owner,
    runner,
    metrics: ['f1'],
    gpus: null,
    events,
  });
  return { session, study, order };
}

test('the end of a trial and the next trial are made durable at once, and announced afterwards', async (t) => {
  const { session, order, study } = await openSession(t, { trials: 3, parallel: 1 });
  assert.deepEqual(await session.run(), { state: 'finished' });
  const trial = (number: number): string[] => [
    `started ${number}`,
    `run ${number}`,
    'flush', // its report
    'flush', // its end, its other metric and the next trial
    `ended ${number}`,
  ];
  assert.deepEqual(order, ['flush', ...trial(0), ...trial(1), ...trial(2), 'close']);
  assert.deepEqual([...study.history.states], [TrialState.complete, TrialState.complete, TrialState.complete]);
  assert.deepEqual(study.history.userAttrs(1), { loss: 1 });
});

test('several at a time: every trial is announced once, ended after started, and none is too many', async (t) => {
  const { session, order, study } = await openSession(t, { trials: 40, parallel: 4 });
  assert.deepEqual(await session.run(), { state: 'finished' });
  assert.equal(study.history.length, 40);
  assert.equal(study.history.count(TrialState.complete), 40);
  for (let number = 0; number < 40; number++) {
    const started = order.indexOf(`started ${number}`);
    assert.ok(started >= 0 && started < order.indexOf(`run ${number}`));
    assert.ok(order.indexOf(`run ${number}`) < order.indexOf(`ended ${number}`));
    assert.equal(order.lastIndexOf(`ended ${number}`), order.indexOf(`ended ${number}`));
  }
  assert.equal(order.at(-1), 'close');
});

test('the failure that stops the study leaves no trial behind that never ran', async (t) => {
  const { session, study } = await openSession(t, { trials: 40, parallel: 1, outcome: FAILED });
  const outcome = await session.run();
  assert.equal(outcome.state, 'failed');
  assert.equal(study.history.length, 5);
});

test('an end that cannot be made durable is not announced, and no trial starts after it', async (t) => {
  const { session, order } = await openSession(t, { trials: 40, parallel: 1, failingFlush: 3 });
  const outcome = await session.run();
  assert.equal(outcome.code, 'disk-full');
  assert.deepEqual(order, ['flush', 'started 0', 'run 0', 'flush', 'flush', 'close']);
});
