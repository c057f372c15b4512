import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { RunRecord } from '../../../src/protocol/runRecord.ts';
import { isOwnRecord, recordedPython, recordedStorage } from '../../../src/runs/recordTrust.ts';
import { type RunFolder, runFolderAt, runFolderOf } from '../../../src/runs/runFolder.ts';
import {
  type BadRun,
  createRunFolder,
  findRunRecords,
  isFound,
  readRunRecord,
  readRunRecordSync,
  writeRunRecord,
} from '../../../src/runs/runRecords.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { FILE_LIMITS } from '../../../src/storage/regularFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const RECORD: RunRecord = {
  version: 1,
  pid: 4242,
  processStart: 'then',
  studyName: 'one',
  source: '/home/a.study.yaml',
  storage: '/home/.tuneboard/one/journal.log',
  socket: '/run/user/1000/tuneboard-1000/0123456789abcdef.sock',
  token: 'secret',
  state: 'finished',
  startedAt: 1,
  budget: { trials: 3, timeoutMs: null },
  parallel: 1,
};

/** A run folder with this `run.json`, as a stranger may commit it. */
function committed(base: string, name: string, content: unknown): RunFolder {
  const folder = runFolderAt(join(base, '.tuneboard', name));
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(folder.record, typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
}

const VARIABLE = `$\{env:HOME}`;

const onPosix = { skip: process.platform === 'win32' };

const WRONG: readonly [field: string, value: unknown][] = [
  ['steering', 5],
  ['steering', ['launchMissiles']],
  ['storage', 5],
  ['storage', ['a']],
  ['storage', `/${'a'.repeat(5000)}`],
  ['pid', -1],
  ['pid', 0],
  ['pid', 1.5],
  ['pid', 2 ** 40],
  ['pid', '4242'],
  ['state', 'exploded'],
  ['state', null],
  ['studyName', { toString: 'x' }],
  ['studyName', 'a'.repeat(100_000)],
  ['source', 'a\0b'],
  ['startedAt', 'yesterday'],
  ['startedAt', 1e300],
  ['parallel', 0],
  ['parallel', 1e9],
  ['budget', []],
  ['budget', { trials: 'many', timeoutMs: null }],
  ['budget', { trials: -1, timeoutMs: null }],
  ['workers', { length: 3 }],
  ['workers', [{ id: 1, state: 'running' }]],
  ['workers', [{ id: 'a', state: 'asleep' }]],
  ['left', { engine: 'slurm', place: null, ids: 'all' }],
  ['engine', 'pbs'],
  ['message', 7],
  ['version', 'one'],
];

test('a field of the wrong type or size is named, and costs only its own row', async (t) => {
  const base = temporaryFolder(t);
  committed(base, 'good', RECORD);
  for (const [index, [field, value]] of WRONG.entries()) {
    const folder = committed(base, `bad-${index}`, { ...RECORD, [field]: value });
    const reason = {
      code: 'bad-run-record',
      message: new RegExp(`"${field}[^"]*" must be|"${field}[^"]*" is missing`),
    };
    await assert.rejects(readRunRecord(folder.path), reason, `${field} ${JSON.stringify(value)?.slice(0, 40)}`);
    assert.throws(() => readRunRecordSync(folder.path), reason);
  }
  for (const field of ['pid', 'storage', 'budget', 'token', 'startedAt']) {
    const { [field as 'pid']: _, ...rest } = RECORD;
    await assert.rejects(readRunRecord(committed(base, 'lacking', rest).path), {
      message: new RegExp(`"${field}" is missing`),
    });
  }
  const found = await findRunRecords(base);
  assert.deepEqual(
    found.filter(isFound).map(({ record }) => record),
    [RECORD],
  );
  assert.equal(found.length, WRONG.length + 2);
  const bad = found.filter((run): run is BadRun => !isFound(run));
  assert.ok(bad.every(({ problem }) => problem.code === 'bad-run-record'));
});

test('fields that the schema does not know are not kept', async (t) => {
  const text = `{"__proto__":{"isTrusted":true},"extra":1,${JSON.stringify(RECORD).slice(1)}`;
  assert.deepEqual(await readRunRecord(committed(temporaryFolder(t), 'one', text).path), RECORD);
});

test('a record that is a link, a named pipe, a device, a folder or huge is refused at once', onPosix, async (t) => {
  const base = temporaryFolder(t);
  const outside = join(base, 'outside.json');
  writeFileSync(outside, JSON.stringify(RECORD));
  const study = join(base, 'study');
  const make: Readonly<Record<string, (path: string) => unknown>> = {
    'a symbolic link': (path) => symlinkSync(outside, path),
    'a symbolic link to nothing that ends': (path) => symlinkSync('/dev/zero', path),
    'a named pipe': (path) => execFileSync('mkfifo', [path]),
    'a folder': (path) => mkdirSync(path),
    'larger than': (path) => writeFileSync(path, JSON.stringify({ ...RECORD, junk: 'a'.repeat(3 << 20) })),
  };
  for (const [what, at] of Object.entries(make)) {
    const folder = runFolderAt(join(study, '.tuneboard', what));
    mkdirSync(folder.path, { recursive: true });
    at(folder.record);
    const refused = { code: 'bad-run-record', message: new RegExp(what.split(' to ')[0] as string) };
    await assert.rejects(readRunRecord(folder.path), refused);
    assert.throws(() => readRunRecordSync(folder.path), refused);
  }
  const found = await findRunRecords(study);
  assert.equal(found.length, Object.keys(make).length);
  assert.ok(found.every((run) => !isFound(run)));
});

test('a run folder or `.tuneboard` that is a link is reported and not followed', onPosix, async (t) => {
  const base = temporaryFolder(t);
  const elsewhere = join(base, 'elsewhere');
  committed(elsewhere, 'one', RECORD);
  const [first, second] = [join(base, 'first'), join(base, 'second')];
  mkdirSync(join(first, '.tuneboard'), { recursive: true });
  symlinkSync(join(elsewhere, '.tuneboard', 'one'), join(first, '.tuneboard', 'one'));
  mkdirSync(second);
  symlinkSync(join(elsewhere, '.tuneboard'), join(second, '.tuneboard'));
  for (const study of [first, second]) {
    const [run, ...others] = await findRunRecords(study);
    assert.ok(run && !isFound(run));
    assert.match(run.problem.message, /is a symbolic link, which is not followed/);
    assert.deepEqual(others, []);
    await assert.rejects(readRunRecord(join(study, '.tuneboard', 'one')), { code: 'bad-run-record' });
  }
});

function busyMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

test('a search reads a thousand runs without holding up the event loop', async (t) => {
  const base = temporaryFolder(t);
  const workers = Array.from({ length: 4000 }, (_, id) => ({
    id: `worker-${id}`,
    state: 'ended',
    reason: 'a'.repeat(200),
  }));
  const large = JSON.stringify({ ...RECORD, workers });
  for (let index = 0; index < 1000; index++) {
    const folder = join(base, `folder-${index % 40}`);
    committed(folder, `run-${index}`, index % 20 === 0 ? large : index % 3 === 0 ? { ...RECORD, pid: -1 } : RECORD);
  }
  // In the time of the processor that this thread got: others may be at work on the machine.
  let longest = 0;
  let last = busyMs();
  const look = () => {
    const now = busyMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  const found = await findRunRecords(base);
  clearInterval(timer);
  look();
  assert.equal(found.length, 1000);
  assert.ok(longest < 150, `the event loop was held for ${longest} ms`);
});

test('a storage that a record names is inside the study folder, outside, or on a server', onPosix, () => {
  const folder = runFolderOf('/home/a.study.yaml', 'one');
  const of = (storage: string | null) => recordedStorage({ storage }, folder);
  assert.equal(of(null), null);
  for (const path of [folder.journal, '/home/study.db', '/home/below/study.db', 'study.db', './below/../study.db']) {
    assert.equal(of(path)?.place, 'inside', path);
  }
  for (const path of [
    '/etc/passwd',
    '/homestead/study.db',
    '/home/../etc/passwd',
    '../study.db',
    'C:\\study.db/../../x',
  ]) {
    assert.equal(of(path)?.place, 'outside', path);
  }
  for (const url of [
    'postgresql://host/db',
    'PostgreSQL+psycopg2://host/db',
    'redis://host',
    'grpc://host:13000',
    'sqlite:////home/study.db',
    'file:///home/study.db',
    `${VARIABLE}/study.db`,
    `/home/${VARIABLE}`,
    '\\\\host\\share\\study.db',
    '//host/share/study.db',
  ]) {
    assert.deepEqual(of(url), { place: 'server', url }, url);
  }
});

test("a record is its writer's own only unchanged, in its folder, and with the key of this user", async (t) => {
  const base = temporaryFolder(t);
  const state = process.env['XDG_STATE_HOME'];
  t.after(() => {
    if (state === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = state;
  });
  process.env['XDG_STATE_HOME'] = join(base, 'state');
  const folder = runFolderOf(join(base, 'study', 'a.study.yaml'), 'one');
  createRunFolder(folder);
  writeRunRecord(folder, { ...RECORD, message: 'wörds', python: '/venv/bin/python' });
  const record = (await readRunRecord(folder.path)) as RunRecord;
  assert.ok(isOwnRecord(record, folder));
  assert.equal(recordedPython(record, folder), '/venv/bin/python');
  assert.equal(recordedPython({ ...record, python: './evil' }, folder), undefined, 'nobody runs what a stranger names');
  assert.ok(!isOwnRecord({ ...record, storage: 'postgresql://elsewhere/db' }, folder), 'an edited record');
  const { seal: _, ...unsealed } = record;
  assert.ok(!isOwnRecord(unsealed, folder), 'a record without a seal');
  assert.ok(!isOwnRecord({ ...unsealed, seal: '0'.repeat(64) }, folder));
  const copy = runFolderAt(join(base, 'copied', '.tuneboard', 'one'));
  cpSync(folder.path, copy.path, { recursive: true });
  assert.ok(!isOwnRecord(record, copy), 'a record that was copied to another folder');
  const key = join(base, 'state', 'tuneboard', 'record.key');
  assert.match(readFileSync(key, 'utf8'), /^[0-9a-f]{64}$/);
  process.env['XDG_STATE_HOME'] = join(base, 'of another user');
  assert.ok(!isOwnRecord(record, folder));
});

/** A storage as a record names it, in the folder that it may be in. */
function recorded(location: string, within: string) {
  return openTrialLog(location, { within });
}

test('a storage of a record is a regular file in the study folder, or it is not opened', onPosix, async (t) => {
  const base = temporaryFolder(t);
  const study = join(base, 'study');
  mkdirSync(study);
  const journal = '{"op_code": 0, "worker_id": "w", "study_name": "s", "directions": [1]}\n';
  writeFileSync(join(study, 'journal.log'), journal);
  writeFileSync(join(base, 'journal.log'), journal);
  const log = await recorded(join(study, 'journal.log'), study);
  assert.deepEqual(
    log.studies().map(({ name }) => name),
    ['s'],
  );
  await log.close();
  symlinkSync(join(study, 'journal.log'), join(study, 'link inside'));
  await (await recorded(join(study, 'link inside'), study)).close();

  symlinkSync(join(base, 'journal.log'), join(study, 'link out'));
  symlinkSync(base, join(study, 'folder out'));
  symlinkSync('/dev/zero', join(study, 'zero'));
  execFileSync('mkfifo', [join(study, 'pipe')]);
  const refused: readonly [string, string][] = [
    [join(base, 'journal.log'), 'outside-folder'],
    ['../journal.log', 'outside-folder'],
    ['link out', 'outside-folder'],
    ['folder out/journal.log', 'outside-folder'],
    ['zero', 'outside-folder'],
    ['pipe', 'not-a-file'],
    [study, 'not-a-storage'],
    [`postgresql://${VARIABLE}@127.0.0.1:1/db`, 'needs-consent'],
    [VARIABLE, 'needs-consent'],
    ['redis://127.0.0.1:1/0', 'needs-consent'],
    ['grpc://127.0.0.1:1', 'needs-consent'],
    [`sqlite:///${study}/study.db`, 'needs-consent'],
    ['//host/share/study.db', 'needs-consent'],
  ];
  for (const [location, code] of refused) await assert.rejects(recorded(location, study), { code }, location);
});

test('a named pipe or a device that a person opens is refused, a link to a file is opened', onPosix, async (t) => {
  const base = temporaryFolder(t);
  execFileSync('mkfifo', [join(base, 'pipe')]);
  symlinkSync(join(base, 'pipe'), join(base, 'link to pipe'));
  for (const path of [join(base, 'pipe'), join(base, 'link to pipe'), '/dev/zero']) {
    await assert.rejects(openTrialLog(path), { code: 'not-a-file' }, path);
  }
  writeFileSync(join(base, 'log'), '{"op_code": 0, "worker_id": "w", "study_name": "s", "directions": [1]}\n');
  symlinkSync(join(base, 'log'), join(base, 'link'));
  await (await openTrialLog(join(base, 'link'))).close();
});

test('a database of a record has no companion that leads elsewhere', onPosix, async (t) => {
  const study = temporaryFolder(t);
  const path = join(study, 'study.db');
  cpSync(join(import.meta.dirname, '../../fixtures/optuna/v5/study.sqlite'), path);
  await (await recorded(path, study)).close();
  for (const suffix of ['-wal', '-journal']) {
    symlinkSync(join(dirname(study), 'victim'), path + suffix);
    await assert.rejects(recorded(path, study), { code: 'not-a-file' }, suffix);
    execFileSync('rm', [path + suffix]);
    execFileSync('mkfifo', [path + suffix]);
    await assert.rejects(recorded(path, study), { code: 'not-a-file' }, suffix);
    execFileSync('rm', [path + suffix]);
  }
});

test('a database with tables that run what their maker wrote is none of Optuna', async (t) => {
  const study = temporaryFolder(t);
  const fixture = join(import.meta.dirname, '../../fixtures/optuna/v5/study.sqlite');
  const endless = 'WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i FROM n) SELECT i AS trial_id FROM n';
  const schemas = [
    `DROP TABLE trial_values; CREATE VIEW trial_values AS ${endless}`,
    'DROP TABLE trial_values; CREATE VIRTUAL TABLE trial_values USING fts5(trial_id, objective, value, value_type)',
    'ALTER TABLE studies ADD COLUMN huge AS (hex(zeroblob(500000000)))',
  ];
  for (const [index, schema] of schemas.entries()) {
    const path = join(study, `${index}.db`);
    cpSync(fixture, path);
    const db = new DatabaseSync(path);
    db.exec(schema);
    db.close();
    await assert.rejects(recorded(path, study), { code: 'not-a-storage' }, schema);
  }
});

test('a line of a recorded journal that does not end is not held in memory', async (t) => {
  const study = temporaryFolder(t);
  const path = join(study, 'journal.log');
  writeFileSync(path, `{"op_code": 0, "study_name": "${'a'.repeat(FILE_LIMITS.journalLine + (1 << 20))}`);
  await assert.rejects(recorded(path, study), { code: 'too-large', message: /^Line 1 of .* is longer than 16 MiB/ });
  truncateSync(path, FILE_LIMITS.recordedStorage + 1);
  await assert.rejects(recorded(path, study), { code: 'too-large', message: /larger than 256 MiB/ });
});
