/** What the window keeps of studies that only a stranger's run record names. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { openLog } from '../../../src/extension/storages/openLog.ts';
import { StrangersReader } from '../../../src/extension/storages/strangersReader.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const THREAD = new URL('../../../src/extension/storages/logThread.ts', import.meta.url);
const LR = { type: 'float', low: 0, high: 1, log: false, step: null } as const;

async function journal(path: string, trials: number): Promise<void> {
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name: 'digits', directions: [Direction.maximize] });
  const made = Array.from({ length: trials }, (_, number) =>
    log.createTrial(study, {
      state: number % 5 === 4 ? TrialState.fail : TrialState.complete,
      values: number % 5 === 4 ? null : [number % 997],
      params: [{ name: 'lr', internal: number / trials, distribution: LR }],
      intermediate: [
        [1, 0.5],
        [2, number],
      ],
      userAttrs: { note: 'x'.repeat(200) },
    }),
  );
  await Promise.all(made);
  await log.close();
}

/** Writes a log with attributes of 100 kB each. */
function attributes(path: string, count: number): void {
  const study = { op_code: 0, worker_id: 'w', study_name: 's', directions: [1] };
  const attr = (at: number) => ({
    op_code: 2,
    worker_id: 'w',
    study_id: 0,
    user_attr: { [`k${at}`]: `${at}`.repeat(20_000) },
  });
  const lines = [study, ...Array.from({ length: count }, (_, at) => attr(at + 10_000))];
  writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}

test("of a stranger's large study what its row shows is kept, and all of it is read when it is looked at", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  await journal(path, 2500);
  const reader = new StrangersReader(THREAD);
  t.after(() => reader.dispose());
  const options = { within: folder };
  const once = { reader, names: ['digits'], mayBeDigest: true };
  const digest = await openLog(path, options, THREAD, false, once);
  const whole = await openLog(path, options, THREAD, false, { ...once, mayBeDigest: false });
  assert.deepEqual(
    [digest, whole].map((log) => 'isDigest' in log && log.isDigest),
    [true, false],
  );
  const [kept, all] = [digest, whole].map((log) => log.studies()[0]?.history ?? assert.fail('no study'));
  assert.ok(kept && all);
  assert.deepEqual([...kept.states], [...all.states]);
  assert.equal(kept.best, all.best);
  assert.equal(kept.value(kept.best ?? 0, 0), all.value(all.best ?? 0, 0));
  assert.deepEqual(kept.userAttrs(7), {});
  assert.equal((all.userAttrs(7)['note'] as string).length, 200);
});

test("a stranger's small study is kept whole, and what is no log is refused while the next is read", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  await journal(path, 20);
  const noLog = join(folder, 'no.log');
  writeFileSync(noLog, '{'.repeat(1000));
  const reader = new StrangersReader(THREAD);
  t.after(() => reader.dispose());
  const once = { reader, names: [], mayBeDigest: true };
  const [bad, good] = await Promise.allSettled(
    [noLog, path].map((location) => openLog(location, { within: folder }, THREAD, false, once)),
  );
  assert.equal(bad?.status, 'rejected');
  assert.ok(good?.status === 'fulfilled');
  assert.equal('isDigest' in good.value && good.value.isDigest, false);
  assert.equal(good.value.studies()[0]?.history.length, 20);
});

test('a log that takes more memory than the thread may have is refused, and the next one is read', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  await journal(path, 20);
  const bomb = join(folder, 'bomb.log');
  attributes(bomb, 1200);
  const reader = new StrangersReader(THREAD);
  t.after(() => reader.dispose());
  const read = (location: string) =>
    openLog(location, { within: folder }, THREAD, false, { reader, names: [], mayBeDigest: true });
  await assert.rejects(read(bomb), { name: 'StorageError' });
  assert.equal((await read(path)).studies()[0]?.history.length, 20);
});

test('a thread that took much memory has ended when the next one starts', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  attributes(path, 300);
  const alive: number[] = [];
  const threads: Worker[] = [];
  const count = (started: Worker) => {
    threads.push(started);
    alive.push(threads.filter(({ threadId }) => threadId !== -1).length);
  };
  process.on('worker', count);
  t.after(() => process.off('worker', count));
  const reader = new StrangersReader(THREAD);
  t.after(() => reader.dispose());
  for (let round = 0; round < 3; round++) await reader.read(path, { within: folder }, [], true);
  assert.deepEqual(alive, [1, 1, 1]);
});

test("of a stranger's trials that are looked at, no more comes into the window than a tuner writes", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name: 'digits', directions: [Direction.maximize] });
  const choices = Array.from({ length: 100_000 }, (_, choice) => choice);
  await log.createTrial(study, {
    state: TrialState.complete,
    values: [1],
    params: [
      { name: 'lr', internal: 0.5, distribution: LR },
      { name: 'many', internal: 3, distribution: { type: 'categorical', choices } },
    ],
    userAttrs: { note: 'short', long: 'x'.repeat(500_000) },
  });
  for (let count = 0; count < 1000; count++)
    await log.createStudy({ name: `s${count}`, directions: [Direction.minimize] });
  await log.close();
  const reader = new StrangersReader(THREAD);
  t.after(() => reader.dispose());
  const once = { reader, names: ['digits'], mayBeDigest: false };
  const read = await openLog(path, { within: folder }, THREAD, false, once);
  const [first] = read.studies();
  assert.deepEqual(first?.history.paramNames(0), ['lr']);
  assert.deepEqual(first?.history.userAttrs(0), { note: 'short' });
  assert.ok(read.studies().length <= 501, `${read.studies().length} studies`);
  const own = await openLog(path, { within: folder }, THREAD, true);
  t.after(() => own.close());
  assert.equal(own.studies().length, 1001, "of the person's own record nothing is left out");
});
