import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../../src/core/study/states.ts';
import { AppendFile } from '../../../src/storage/journal/appendFile.ts';
import { JournalLock } from '../../../src/storage/journal/journalLock.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const STUDY = '{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}\n';

test('a full disk is one clear error, and no half line stays', { skip: process.platform === 'win32' }, async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, STUDY);
  const filler = fileURLToPath(new URL('../../support/storageFiller.ts', import.meta.url));
  // The shell's file size limit (in blocks of 512 or 1024 bytes) stands in for a small disk.
  const output = execFileSync('sh', ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, filler, path], {
    encoding: 'utf8',
  });
  const result = JSON.parse(output);
  assert.equal(result.code, 'disk-full');
  assert.equal(result.message, `Cannot write ${path}: the disk is full. Free some space and resume.`);
  assert.equal(result.isAsBefore, true);
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) JSON.parse(line);
  assert.ok(!existsSync(`${path}.lock`));
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  assert.equal(await log.createTrial(log.studies()[0] as never, { state: TrialState.running }), 0);
});

test('a journal that cannot be written is read, and writing says why', { skip: process.platform === 'win32' }, (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'j');
  writeFileSync(path, STUDY);
  chmodSync(folder, 0o555);
  const filler = fileURLToPath(new URL('../../support/storageFiller.ts', import.meta.url));
  // Root may write anywhere: it has to be somebody else.
  const somebody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const output = execFileSync(process.execPath, [filler, path], { encoding: 'utf8', ...somebody });
  chmodSync(folder, 0o755);
  const result = JSON.parse(output);
  assert.equal(result.code, 'read-only');
  assert.equal(result.message, `Cannot lock ${path}: permission denied.`);
});

test('a missing file is not-found, unless it is to be created', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  await assert.rejects(JournalLog.open(path), {
    code: 'not-found',
    message: `Cannot read ${path}: there is no such file.`,
  });
  const log = await JournalLog.open(path, { create: true });
  assert.deepEqual(log.studies(), []);
  await log.close();
  await assert.rejects(log.createStudy({ name: 's', directions: [1] }), { code: 'closed' });
  await assert.rejects(JournalLog.open(join(path, 'below'), { create: true }), /Cannot create/);
});

test('a lock whose holder died is broken after its time, without spinning, and only then', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'j');
  writeFileSync(path, STUDY);
  symlinkSync(path, `${path}.lock`);
  const lock = new JournalLock(path, 400);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await lock.acquire();
  const waited = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  assert.ok(waited >= 400, `${waited} ms`);
  assert.ok((user + system) / 1000 < waited / 2, 'waits without spinning');
  lock.release();
  assert.deepEqual(readdirSync(folder), ['j']);
});

test('a lock of a killed process of ours is broken at once, a living one is waited for', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, STUDY);
  const lockModule = new URL('../../../src/storage/journal/journalLock.ts', import.meta.url).href;
  const script = `const { JournalLock } = await import(process.argv[1]); await new JournalLock(process.argv[2]).acquire(); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, lockModule, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const lock = new JournalLock(path);
  let isAcquired = false;
  const acquiring = lock.acquire().then(() => {
    isAcquired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(isAcquired, false);
  child.kill('SIGKILL');
  const startedAt = performance.now();
  await acquiring;
  assert.ok(
    performance.now() - startedAt < 20_000,
    'long before the 30 seconds of a lock that nobody is known to hold',
  );
  lock.release();
});

test('a lock behind which the journal still grows is not broken', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, STUDY);
  symlinkSync(path, `${path}.lock`);
  const touching = setInterval(() => utimesSync(path, new Date(), new Date()), 50);
  let isAcquired = false;
  const lock = new JournalLock(path, 1500);
  const acquiring = lock.acquire().then(() => {
    isAcquired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  clearInterval(touching);
  assert.equal(isAcquired, false);
  await acquiring;
  lock.release();
});

function keepsAccessTimes(folder: string): boolean {
  const probe = join(folder, 'probe');
  symlinkSync(folder, probe);
  lutimesSync(probe, 1, 1);
  statSync(probe);
  return lstatSync(probe).atimeMs !== 1000;
}

test('the holder of a lock sees that another process waits for it', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'j');
  writeFileSync(path, STUDY);
  const lock = new JournalLock(path);
  const wantedWhile = async (lookForIt: () => unknown): Promise<boolean> => {
    await lock.acquire();
    lookForIt();
    const isWanted = lock.isWanted();
    lock.release();
    return isWanted;
  };
  assert.equal(await wantedWhile(() => readFileSync(path)), false);
  if (!keepsAccessTimes(folder)) return t.skip('the file system keeps no access times');
  // As Optuna does, to learn how old the lock is.
  assert.equal(await wantedWhile(() => statSync(`${path}.lock`)), true);
});

test('a waiter of ours is seen too', { skip: process.platform !== 'linux' }, async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, STUDY);
  const lock = new JournalLock(path);
  await lock.acquire();
  const other = new JournalLock(path);
  const waiting = other.acquire();
  if (keepsAccessTimes(join(path, '..'))) assert.equal(lock.isWanted(), true);
  lock.release();
  await waiting;
  // It had to wait itself.
  assert.equal(other.isWanted(), true);
  other.release();
});

test('nothing is written behind lines that another program added without the lock', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, STUDY);
  const file = new AppendFile(path);
  t.after(() => file.close());
  file.write('{"a":1}\n', STUDY.length);
  const foreign = `${readFileSync(path, 'utf8')}{"b":2}\n`;
  writeFileSync(path, foreign);
  for (const at of [STUDY.length, STUDY.length + 8, foreign.length + 1]) {
    assert.throws(() => file.write('{"c":3}\n', at), /without its lock/, String(at));
  }
  assert.equal(readFileSync(path, 'utf8'), foreign);
  file.write('{"c":3}\n', foreign.length);
  assert.equal(readFileSync(path, 'utf8'), `${foreign}{"c":3}\n`);
});

test('several waiters of a stale lock never hold it together', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'j');
  writeFileSync(path, STUDY);
  symlinkSync(path, `${path}.lock`);
  let holders = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const lock = new JournalLock(path, 200);
      await lock.acquire();
      assert.equal(++holders, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      holders--;
      lock.release();
    }),
  );
  assert.deepEqual(readdirSync(folder), ['j']);
});

test('one lock, one write and one flush serve many concurrent commits', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const log = await JournalLog.open(path, { create: true });
  t.after(() => log.close());
  const study = await log.createStudy({ name: 's', directions: [1] });
  await Promise.all(Array.from({ length: 160 }, () => log.createTrial(study, { state: TrialState.running })));
  const tell = (number: number): Promise<void> =>
    log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [1] }]);
  const one = performance.now();
  for (let number = 0; number < 40; number++) await tell(number);
  const together = performance.now();
  await Promise.all(Array.from({ length: 40 }, (_, at) => tell(40 + at)));
  const end = performance.now();
  assert.ok((end - together) * 2 < together - one, `${together - one} ms one by one, ${end - together} ms together`);
});
