/** Disks that are away or full for a while: nothing is lost, nothing is there twice. Faults are put between a log and its file. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { AppendFile, TornWrite } from '../../../src/storage/journal/appendFile.ts';
import { JournalLock } from '../../../src/storage/journal/journalLock.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { JournalReader } from '../../../src/storage/journal/journalReader.ts';
import type { OnWaiting } from '../../../src/storage/retry.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const running = { state: TrialState.running } as const;
const fault = (code: string) => Object.assign(new Error(`fault ${code}`), { code });

async function openJournal(t: TestContext, patienceMs = 60_000) {
  const path = join(temporaryFolder(t), 'j');
  const said: string[] = [];
  const onWaiting: OnWaiting = ({ text }) => void said.push(text);
  const log = await JournalLog.open(path, { create: true, patienceMs, onWaiting });
  t.after(() => log.close());
  const study = await log.createStudy({ name: 's', directions: [1] });
  // What is written at once after it shares its lock.
  while (existsSync(`${path}.lock`)) await new Promise((resolve) => setImmediate(resolve));
  return { path, log, study, said };
}

const complete = (log: JournalLog, study: StudyRecord, number: number) =>
  log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [number] }]);

/** Ten trials, several at a time; what `path` has then is what was acknowledged, once. */
async function runTen(t: TestContext, log: JournalLog, study: StudyRecord, path: string): Promise<void> {
  const numbers = await Promise.all(Array.from({ length: 10 }, () => log.createTrial(study, running)));
  assert.deepEqual(numbers.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await Promise.all(numbers.map((number) => complete(log, study, number as number)));
  assert.equal(log.studies()[0], study, 'the record goes on');
  t.mock.restoreAll();
  const other = await JournalLog.open(path);
  const { history } = other.studies()[0] as StudyRecord;
  await other.close();
  assert.equal(history.length, 10);
  assert.equal(history.count(TrialState.complete), 10);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 21, 'one line for the study, two for each trial');
}

const CODES = ['ESTALE', 'EIO', 'ENOSPC'];
for (const code of CODES) {
  for (const method of ['write', 'flush', 'restore'] as const) {
    test(`a journal waits through ${code} of its file's ${method}`, async (t) => {
      const { path, log, study } = await openJournal(t);
      const original = AppendFile.prototype[method] as (...args: unknown[]) => unknown;
      let calls = 0;
      // Where lines are looked for, a flush has failed before.
      if (method === 'restore') {
        const flush = AppendFile.prototype.flush;
        let flushes = 0;
        t.mock.method(AppendFile.prototype, 'flush', async function (this: AppendFile) {
          if (++flushes === 2) throw fault(code);
          return flush.call(this);
        });
      }
      t.mock.method(AppendFile.prototype, method, function (this: AppendFile, ...args: unknown[]) {
        if (++calls < 3) throw fault(code);
        return original.apply(this, args);
      });
      await runTen(t, log, study, path);
      assert.ok(calls > 2);
    });
  }

  test(`a journal waits through ${code} of its lock and of reading`, async (t) => {
    const { path, log, study } = await openJournal(t);
    const { acquire } = JournalLock.prototype;
    let calls = 0;
    t.mock.method(JournalLock.prototype, 'acquire', async function (this: JournalLock) {
      if (++calls < 3) throw fault(code);
      return acquire.call(this);
    });
    const { sync } = JournalReader.prototype;
    let reads = 0;
    t.mock.method(JournalReader.prototype, 'sync', async function (this: JournalReader) {
      if (++reads < 3) throw fault(code);
      return sync.call(this);
    });
    await runTen(t, log, study, path);
    assert.ok(calls > 2 && reads > 2);
  });
}

test('a piece of a write that could not be taken back is completed, not written again', async (t) => {
  const { path, log, study } = await openJournal(t);
  const { write } = AppendFile.prototype;
  let calls = 0;
  t.mock.method(AppendFile.prototype, 'write', function (this: AppendFile, text: string, at: number) {
    if (++calls !== 1) return write.call(this, text, at);
    // Two whole lines of ten, and half of the third.
    appendFileSync(path, text.slice(0, Math.floor(text.length / 4)));
    throw new TornWrite('EIO', { cause: fault('EIO') });
  });
  await runTen(t, log, study, path);
});

test('lines that another writer wrote behind are left, and acknowledged', async (t) => {
  const { path, log, study } = await openJournal(t);
  const other = await JournalLog.open(path);
  t.after(() => other.close());
  const { flush } = AppendFile.prototype;
  let calls = 0;
  t.mock.method(AppendFile.prototype, 'flush', async function (this: AppendFile) {
    if (++calls === 1) throw fault('EIO');
    return flush.call(this);
  });
  const mine = log.createTrial(study, running);
  await new Promise((resolve) => setImmediate(resolve));
  const theirs = (async () => {
    for (;;) {
      await other.refresh();
      const record = other.studies()[0] as StudyRecord;
      if (record.history.length === 1) return other.createTrial(record, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  assert.deepEqual(await Promise.all([mine, theirs]), [0, 1]);
  await log.refresh();
  assert.equal(study.history.length, 2);
});

test('what is not there in time is one sentence, and nothing of it stays', async (t) => {
  const { path, log, study, said } = await openJournal(t, 6000);
  const before = readFileSync(path, 'utf8');
  const failing = t.mock.method(AppendFile.prototype, 'flush', async () => {
    throw fault('ENOSPC');
  });
  const sentence = `Cannot write ${path}: the disk is full. Free some space and resume.`;
  await assert.rejects(log.createTrial(study, running), { code: 'disk-full', message: sentence });
  assert.deepEqual(said, [`${sentence} It is waited for, 6 s at most.`]);
  assert.equal(readFileSync(path, 'utf8'), before);
  failing.mock.restore();
  await log.refresh();
  assert.equal(await log.createTrial(log.studies()[0] as StudyRecord, running), 0);
});
