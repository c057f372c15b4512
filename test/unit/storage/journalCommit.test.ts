import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { AppendFile } from '../../../src/storage/journal/appendFile.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const running = { state: TrialState.running } as const;

async function openJournal(t: TestContext) {
  const path = join(temporaryFolder(t), 'j');
  const log = await JournalLog.open(path, { create: true });
  t.after(() => log.close());
  const study = await log.createStudy({ name: 's', directions: [1] });
  return { path, log, study };
}

/** Ends trial `number`, creates the next as soon as that is applied, and says what became of both. */
async function endAndStart(log: JournalLog, study: StudyRecord, number: number) {
  let next: Promise<number | undefined> | undefined;
  const told = log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [number] }], {
    onApplied: () => {
      next = log.createTrial(study, running, { ifNumber: number + 1 });
      // It may be rejected before anybody waits for it.
      next.catch(() => {});
    },
  });
  const [end] = await Promise.allSettled([told]);
  const [start] = await Promise.allSettled([next]);
  return { end, start };
}

test('the next trial shares the flush of the end that made room for it', async (t) => {
  const { path, log, study } = await openJournal(t);
  await log.createTrial(study, running);
  const flush = t.mock.method(AppendFile.prototype, 'flush');
  for (let number = 0; number < 25; number++) await endAndStart(log, study, number);
  assert.equal(flush.mock.callCount(), 25);
  const operations = readFileSync(path, 'utf8').trimEnd().split('\n').slice(2);
  // The end first: a writer killed between the two has lost nothing that it told.
  assert.deepEqual(
    operations.map((line) => JSON.parse(line).op_code),
    Array.from({ length: 25 }, () => [6, 4]).flat(),
  );
});

test('a study that asks on applied flushes once a trial, and its sampler has seen the value', async (t) => {
  const { log, study: record } = await openJournal(t);
  const space = { parameters: [{ name: 'x', distribution: floatDistribution(0, 1) }] };
  const sampler = createSampler({ type: 'random', seed: 1 });
  const study = new Study(log, record, { space, sampler, pruner: null });
  const seen: number[] = [];
  t.mock.method(sampler, 'suggest', (...args: Parameters<typeof sampler.suggest>) => {
    seen.push(args[1].history.count(TrialState.complete));
    return { params: { x: 0.5 } };
  });
  const flush = t.mock.method(AppendFile.prototype, 'flush');
  let told: Promise<unknown> = Promise.resolve();
  for (let number = 0; number < 10; number++) {
    const trial = await study.ask();
    await told;
    await new Promise<void>((resolve, reject) => {
      told = study.tell(trial, { values: [number], onApplied: resolve });
      told.catch(reject);
    });
  }
  await told;
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(flush.mock.callCount(), 11);
});

test('when the flush fails, neither the end nor the trial after it stays', async (t) => {
  const { path, log, study } = await openJournal(t);
  await log.createTrial(study, running);
  const before = readFileSync(path);
  const flush = t.mock.method(AppendFile.prototype, 'flush');
  flush.mock.mockImplementationOnce(async () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  });
  const { end, start } = await endAndStart(log, study, 0);
  for (const result of [end, start]) {
    assert.equal(result?.status, 'rejected');
    assert.equal((result as PromiseRejectedResult).reason.code, 'disk-full');
  }
  assert.deepEqual(readFileSync(path), before);
  await log.refresh();
  const [fresh] = log.studies() as [StudyRecord];
  assert.equal(fresh.history.length, 1);
  assert.equal(fresh.history.state(0), TrialState.running);
  assert.equal((await endAndStart(log, fresh, 0)).start?.status, 'fulfilled');
});

test('when only the second write fails, the end stays and the trial does not', async (t) => {
  const { path, log, study } = await openJournal(t);
  await log.createTrial(study, running);
  const original = AppendFile.prototype.write;
  let writes = 0;
  t.mock.method(AppendFile.prototype, 'write', function (this: AppendFile, ...args: Parameters<typeof original>) {
    if (++writes === 2) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    original.apply(this, args);
  });
  const { end, start } = await endAndStart(log, study, 0);
  assert.equal(end?.status, 'fulfilled');
  assert.equal((start as PromiseRejectedResult).reason.code, 'disk-full');
  const other = await JournalLog.open(path);
  t.after(() => other.close());
  const { history } = other.studies()[0] as StudyRecord;
  assert.equal(history.length, 1);
  assert.equal(history.state(0), TrialState.complete);
});

test('a listener that throws takes nothing from the others', async (t) => {
  const { log, study } = await openJournal(t);
  await log.createTrial(study, running);
  await log.createTrial(study, running);
  const thrown = new Promise<Error>((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve);
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  });
  const end = (number: number, onApplied: () => void): Promise<void> =>
    log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [1] }], { onApplied });
  let isApplied = false;
  await Promise.all([
    end(0, () => {
      throw new Error('a bug');
    }),
    end(1, () => {
      isApplied = true;
    }),
  ]);
  assert.equal((await thrown).message, 'a bug');
  assert.ok(isApplied);
});
