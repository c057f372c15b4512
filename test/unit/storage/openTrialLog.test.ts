import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { findStudy } from '../../../src/storage/findStudy.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { StorageError } from '../../../src/storage/storageError.ts';
import { trialsJson } from '../../../src/storage/trialsJson.ts';
import { watchTrialLog } from '../../../src/storage/watchTrialLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));
const STUDY = '{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}\n';

test('a storage is recognised by its content, whatever its name', async (t) => {
  const folder = temporaryFolder(t);
  const kinds: [string, string][] = [];
  const open = async (name: string): Promise<void> => {
    const log = await openTrialLog(join(folder, name));
    kinds.push([name, log.kind]);
    assert.ok(log.studies().length > 0);
    await log.close();
  };
  copyFileSync(join(fixtures, 'v5/study.sqlite'), join(folder, 'a.log'));
  copyFileSync(join(fixtures, 'v41/study.journal'), join(folder, 'b.db'));
  writeFileSync(
    join(folder, 'c.sqlite3'),
    `${'x = 1\n'.repeat(400_000)}[I 2026-11-24 06:39:02,772] Trial 0 pruned. \n`,
  );
  writeFileSync(join(folder, 'd'), `{"op_code":4,"wor\n${STUDY}`);
  for (const name of ['a.log', 'b.db', 'c.sqlite3', 'd']) await open(name);
  assert.deepEqual(
    kinds.map(([, kind]) => kind),
    ['sqlite', 'journal', 'text', 'journal'],
  );
  const log = await openTrialLog(`sqlite:///${join(folder, 'a.log')}`);
  assert.equal(log.kind, 'sqlite');
  await log.close();
});

test('the address of another service is refused without showing its password', async () => {
  for (const url of ['mongodb://ann:secret@host', 'https://ann:secret@host/study.db']) {
    await assert.rejects(openTrialLog(url), (error: StorageError) => {
      assert.equal(error.code, 'unsupported-url');
      assert.doesNotMatch(error.message, /secret/);
      assert.match(error.message, /host.* is a service that cannot be opened/);
      return true;
    });
  }
});

const bad: [name: string, code: string, message: RegExp, prepare: (path: string) => void][] = [
  ['a missing file', 'not-found', /there is no such file/, () => {}],
  ['a folder', 'not-a-storage', /is a folder/, (path) => mkdirSync(path)],
  ['a gzip file', 'not-a-storage', /compressed/, (path) => writeFileSync(path, gzipSync(STUDY))],
  ['an empty file', 'no-study', /is empty/, (path) => writeFileSync(path, '')],
  ['a text', 'not-a-storage', /neither an Optuna database/, (path) => writeFileSync(path, 'hello\nTrial by fire\n')],
  ['a JSON file', 'not-a-storage', /neither/, (path) => writeFileSync(path, '{"op":1}\n[2]')],
  [
    'a picture',
    'not-a-storage',
    /neither/,
    (path) => writeFileSync(path, Buffer.from('89504e470d0a1a0a0000ff', 'hex')),
  ],
];
for (const [name, code, message, prepare] of bad) {
  test(`${name} is refused in one sentence that names it`, async (t) => {
    const path = join(temporaryFolder(t), 'what is "this" 日本');
    prepare(path);
    await assert.rejects(openTrialLog(path), (error: Error) => {
      assert.ok(error instanceof StorageError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.message.includes(path));
      return true;
    });
  });
}

test('property: any bytes open or give a StorageError', async (t) => {
  const path = join(temporaryFolder(t), 'f');
  const start = fc.constantFrom(
    '',
    'SQLite format 3\u0000',
    '{"op_code":',
    STUDY,
    'Trial 1 finished with value: ',
    'BestRun(',
  );
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (head, bytes) => {
      writeFileSync(path, Buffer.concat([Buffer.from(head), bytes]));
      try {
        const log = await openTrialLog(path);
        trialsJson(log);
        await log.close();
      } catch (error) {
        assert.ok(error instanceof StorageError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('the study asked for, the only one, or a sentence with the names', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, STUDY);
  const log = await openTrialLog(path);
  t.after(() => log.close());
  assert.equal(findStudy(log).name, 's');
  assert.throws(() => findStudy(log, 'x'), {
    code: 'no-study',
    message: `${path} has no study named "x". It has: "s".`,
  });
  appendFileSync(path, STUDY.replace('"s"', '"two"'));
  await log.refresh();
  assert.throws(() => findStudy(log), {
    code: 'no-study',
    message: `${path} has 2 studies: "s", "two". Name one of them.`,
  });
  assert.equal(JSON.parse(trialsJson(log, 'two')).studies.length, 1);
  appendFileSync(path, '{"op_code":1,"worker_id":"w","study_id":0}\n{"op_code":1,"worker_id":"w","study_id":1}\n');
  await log.refresh();
  assert.throws(() => findStudy(log), { code: 'no-study', message: `${path} has no study yet. Start one first.` });
});

async function watching(
  t: TestContext,
  path: string,
): Promise<{ next(): Promise<void>; count(): number; dispose(): void }> {
  const log = await openTrialLog(path);
  let count = 0;
  let wake = (): void => {};
  const watcher = watchTrialLog(log, () => {
    count++;
    wake();
  });
  t.after(async () => {
    watcher.dispose();
    await log.close();
  });
  // The first look at the file, which finds nothing new.
  await new Promise((resolve) => setTimeout(resolve, 150));
  return {
    count: () => count,
    dispose: () => watcher.dispose(),
    next: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
  };
}

test('a watched journal tells of appended lines soon, of a burst once, and of a replaced file', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'j');
  writeFileSync(path, STUDY);
  const watcher = await watching(t, path);
  const line = '{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"2026-11-24T06:38:21.024411"}\n';
  let change = watcher.next();
  for (let at = 0; at < 20; at++) appendFileSync(path, line);
  await change;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(watcher.count() <= 3, `${watcher.count()} changes`);
  writeFileSync(join(folder, 'next'), STUDY.repeat(1) + line);
  change = watcher.next();
  renameSync(join(folder, 'next'), path);
  await change;
  const before = watcher.count();
  watcher.dispose();
  appendFileSync(path, line);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(watcher.count(), before);
});

test('a watched database tells of rows in its write-ahead log', async (t) => {
  const path = join(temporaryFolder(t), 'd');
  copyFileSync(join(fixtures, 'v5/study.sqlite'), path);
  const db = new DatabaseSync(path);
  t.after(() => db.close());
  db.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0');
  const watcher = await watching(t, path);
  const change = watcher.next();
  db.exec("INSERT INTO studies VALUES (50, 'new')");
  await change;
  assert.equal(watcher.count(), 1);
});
