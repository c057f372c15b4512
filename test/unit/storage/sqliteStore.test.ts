import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { SqliteLog } from '../../../src/storage/sql/sqlite/sqliteLog.ts';
import { SqliteStore } from '../../../src/storage/sql/sqlite/sqliteStore.ts';
import { trialsJson } from '../../../src/storage/trialsJson.ts';
import { openWritableStorage, storagePlace } from '../../../src/storage/writableStorage.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

process.env['TZ'] = 'Asia/Tokyo';
const fixtures = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));
const filler = fileURLToPath(new URL('../../support/storageFiller.ts', import.meta.url));
const running = { state: TrialState.running } as const;
const FLOAT: Distribution = { type: 'float', low: 1e-7, high: 1, log: true, step: null };
const INT: Distribution = { type: 'int', low: 1, high: 9, log: false, step: 2 };
const CHOICE: Distribution = { type: 'categorical', choices: ['é"', null, true, 2.5] };

function query(path: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path);
  const rows = db
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }));
  db.close();
  return rows;
}

async function openNew(t: TestContext): Promise<{ path: string; store: SqliteStore; study: StudyRecord }> {
  const path = join(temporaryFolder(t), 'study.db');
  const store = await SqliteStore.open(path, { create: true });
  t.after(() => store.close());
  return { path, store, study: await store.createStudy({ name: 's', directions: [Direction.minimize] }) };
}

async function openCopy(t: TestContext, fixture: string): Promise<{ path: string; store: SqliteStore }> {
  const path = join(temporaryFolder(t), 'copy.db');
  copyFileSync(join(fixtures, fixture), path);
  const store = await SqliteStore.open(path);
  t.after(() => store.close());
  return { path, store };
}

/** What a reader that starts anew tells. */
async function readAnew(path: string): Promise<string> {
  const log = await SqliteLog.open(path);
  const text = trialsJson(log);
  assert.deepEqual(log.warnings, []);
  await log.close();
  return text;
}

/** Attributes in one order. */
const sorted = (json: string): unknown =>
  JSON.parse(json, (key, value) => (/_attrs$/.test(key) ? Object.entries(value).sort() : value));

test('a new database is as Optuna 5 makes it, to the letter, with a write-ahead log', async (t) => {
  const { path } = await openNew(t);
  const theirs = join(fixtures, 'v5/study.sqlite');
  for (const sql of [
    'SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid',
    'SELECT * FROM alembic_version',
    'SELECT * FROM version_info',
    'PRAGMA user_version',
  ]) {
    assert.deepEqual(query(path, sql), query(theirs, sql));
  }
  if (process.platform !== 'win32') assert.deepEqual(query(path, 'PRAGMA journal_mode'), [{ journal_mode: 'wal' }]);
});

test('shows of its own writes what reading them again shows', async (t) => {
  const { path, store, study } = await openNew(t);
  const other = await store.createStudy({
    name: 'zwei "é" 日本',
    directions: [Direction.maximize, Direction.minimize],
  });
  await store.setStudyAttr(study, 'user', '__proto__', { a: [1, 2.5, Number.NaN, null], b: 'é☃' });
  await store.setStudyAttr(study, 'user', '__proto__', 'again');
  const params = [
    { name: 'x', internal: 1e-7, distribution: FLOAT },
    { name: 'c', internal: 2, distribution: CHOICE },
  ];
  await store.createTrial(study, { ...running, params, userAttrs: { 'a b': [Number.NEGATIVE_INFINITY, -0.5] } });
  await store.createTrial(study, { state: TrialState.waiting, systemAttrs: { fixed_params: { x: 0.25 } } });
  await store.createTrial(other, {
    state: TrialState.complete,
    params: [{ name: 'n', internal: 3, distribution: INT }],
    values: [1e300, Number.POSITIVE_INFINITY],
    intermediate: [[5, 1]],
    startedAt: 1_764_000_000_123.456,
    completedAt: 1_764_000_001_000,
  });
  await store.createTrial(study, running);
  await store.commit(study, [
    { type: 'param', number: 2, param: { name: 'n', internal: 5, distribution: INT } },
    { type: 'intermediate', number: 2, step: 10, value: Number.NaN },
    { type: 'intermediate', number: 2, step: 2, value: Number.POSITIVE_INFINITY },
    { type: 'intermediate', number: 2, step: 10, value: 0.1 },
    { type: 'systemAttr', number: 2, key: 'tuneboard:paused', value: { step: 10 } },
    { type: 'userAttr', number: 0, key: 'big', value: [2 ** 60, 1.5e-9] },
    { type: 'state', number: 2, state: TrialState.waiting },
  ]);
  assert.equal(await store.claimWaiting(study, { systemAttrs: { owner: { pid: 1 } } }), 1);
  assert.equal(await store.claimWaiting(study, { number: 2 }), 2);
  await store.commit(study, [
    { type: 'state', number: 1, state: TrialState.pruned, values: [Number.NEGATIVE_INFINITY] },
  ]);
  await store.commit(study, [{ type: 'state', number: 2, state: TrialState.fail, values: [Number.NaN] }]);
  assert.deepEqual(sorted(trialsJson(store)), sorted(await readAnew(path)));
  assert.equal(await store.refresh(), false, 'nothing of its own is read again');
  assert.equal(other.history.startedAt[0], 1_764_000_000_123.456);
  const [row] = query(path, 'SELECT datetime_start FROM trials WHERE study_id = 2');
  assert.equal(row?.['datetime_start'], '2025-11-24 16:00:00.123456', 'UTC, without a zone');
  assert.deepEqual(query(path, 'SELECT count(*) AS n FROM trial_values WHERE trial_id = 4'), [{ n: 0 }]);
});

test('goes on in a database of Optuna with its journal mode and, in one of Optuna 4, with its local times', async (t) => {
  for (const [version, hours] of [
    ['v41', 9],
    ['v5', 0],
  ] as const) {
    const { path, store } = await openCopy(t, `${version}/study.sqlite`);
    const study = store.studies()[0] as StudyRecord;
    const number = await store.createTrial(study, { ...running, startedAt: Date.UTC(2026, 0, 2, 3) });
    assert.equal(number, study.history.length - 1);
    assert.equal(study.history.startedAt[number as number], Date.UTC(2026, 0, 2, 3));
    const [last] = query(path, 'SELECT number, datetime_start FROM trials ORDER BY trial_id DESC LIMIT 1');
    assert.deepEqual(last, { number, datetime_start: `2026-01-02 ${String(3 + hours).padStart(2, '0')}:00:00.000000` });
    assert.deepEqual(query(path, 'PRAGMA journal_mode'), [{ journal_mode: 'delete' }]);
  }
});

test('waits for another writer without holding the event loop', async (t) => {
  const { path, store, study } = await openNew(t);
  const db = new DatabaseSync(path);
  t.after(() => db.close());
  db.exec('BEGIN IMMEDIATE');
  let turns = 0;
  const ticking = setInterval(() => turns++, 10);
  const created = store.createTrial(study, running);
  while (turns <= 5) await sleep(20);
  db.exec("INSERT INTO trials (number, study_id, state) VALUES (0, 1, 'RUNNING')");
  db.exec('COMMIT');
  assert.equal(await created, 1, 'on what the other has written');
  clearInterval(ticking);
});

test('a commit that fails is refused to all whose writes it held, and none of them stays', async (t) => {
  const { path, store, study } = await openNew(t);
  await store.createTrial(study, running);
  const trigger =
    "BEFORE INSERT ON trial_user_attributes WHEN NEW.value_json = '13' BEGIN SELECT RAISE(ABORT, 'no 13'); END";
  const db = new DatabaseSync(path);
  db.exec(`CREATE TRIGGER t ${trigger}`);
  db.close();
  const results = await Promise.allSettled([
    store.createTrial(study, running),
    store.commit(study, [{ type: 'userAttr', number: 0, key: 'k', value: 13 }]),
    store.commit(study, [{ type: 'state', number: 0, state: TrialState.complete, values: [1] }]),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.match(String((results[1] as PromiseRejectedResult).reason), /Cannot write .*no 13/);
  await store.refresh();
  const now = store.studies()[0] as StudyRecord;
  assert.equal(now.history.length, 1);
  assert.equal(now.history.state(0), TrialState.running);
  await assert.rejects(store.createTrial(study, running), { code: 'study-replaced' });
  assert.equal(await store.createTrial(now, running), 1);
});

test('a replaced file is seen before anything is written', async (t) => {
  const { path, store, study } = await openNew(t);
  const theirs = `${path}.new`;
  copyFileSync(join(fixtures, 'v5/study.sqlite'), theirs);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  renameSync(theirs, path);
  await assert.rejects(store.createTrial(study, running), { code: 'no-study' });
  await store.refresh();
  rmSync(path);
  await assert.rejects(store.createTrial(study, running), { code: 'not-found' });
});

test('a full disk is one clear error, and what was acknowledged stays', {
  skip: process.platform === 'win32',
}, async (t) => {
  const { path, store } = await openNew(t);
  await store.close();
  // The shell's file size limit (in blocks of 512 or 1024 bytes) stands in for a small disk.
  const output = execFileSync('sh', ['-c', 'ulimit -f 400; exec "$0" "$@"', process.execPath, filler, path], {
    encoding: 'utf8',
  });
  const { code, message } = JSON.parse(output);
  assert.equal(code, 'io');
  assert.equal(message, `Cannot write ${path}: the disk refused it, maybe it is full. Check it and resume.`);
  const again = await SqliteStore.open(path);
  t.after(() => again.close());
  const study = again.studies()[0] as StudyRecord;
  assert.match(JSON.stringify(study.userAttrs), /^{"k":"\d+x+"}$/);
  assert.equal(await again.createTrial(study, running), 0);
  assert.deepEqual(query(path, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
});

test('a database that cannot be written says so', { skip: process.platform === 'win32' }, async (t) => {
  const { path } = await openCopy(t, 'v5/study.sqlite');
  const folder = join(path, '..');
  chmodSync(path, 0o444);
  chmodSync(folder, 0o555);
  // Root may write anywhere: it has to be somebody else.
  const somebody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const output = execFileSync(process.execPath, [filler, path], { encoding: 'utf8', ...somebody });
  chmodSync(folder, 0o755);
  const { code, message } = JSON.parse(output);
  assert.equal(code, 'read-only');
  assert.equal(message, `Cannot write ${path}: permission denied. The file and its folder must be writable.`);
});

test('what a file holds counts more than its name, and other files are left alone', async (t) => {
  const folder = temporaryFolder(t);
  const kindOf = async (storage: string): Promise<string> => {
    const log = await openWritableStorage(storagePlace(storage, folder));
    await log.close();
    return log.kind;
  };
  assert.equal(await kindOf('sqlite:///plain'), 'sqlite');
  assert.equal(await kindOf('plain'), 'sqlite');
  assert.equal(await kindOf('sqlite+pysqlite:///new.file?timeout=9'), 'sqlite');
  assert.equal(await kindOf(`sqlite:///${join(folder, 'absolute.db')}`), 'sqlite');
  writeFileSync(join(folder, 'journal.db'), '{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}\n');
  assert.equal(await kindOf('journal.db'), 'journal');
  assert.equal(await kindOf('new.log'), 'journal');
  const db = new DatabaseSync(join(folder, 'foreign.db'));
  db.exec('CREATE TABLE t (x)');
  db.close();
  await assert.rejects(kindOf('foreign.db'), { code: 'not-a-storage' });
  assert.equal(query(join(folder, 'foreign.db'), 'SELECT * FROM sqlite_master').length, 1);
  for (const url of ['sqlite://', 'sqlite:///:memory:', 'mongodb://ann:secret@host/db']) {
    assert.throws(
      () => storagePlace(url, folder),
      (error: Error & { code: string }) => error.code === 'unsupported-storage' && !error.message.includes('secret'),
    );
  }
});
