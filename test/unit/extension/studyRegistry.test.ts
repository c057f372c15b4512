import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { studyLinks } from '../../../src/extension/studies/studyLinks.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import type { RunRecord } from '../../../src/protocol/runRecord.ts';
import { processStart } from '../../../src/runs/processIdentity.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';
import { writeRunRecord } from '../../../src/runs/runRecords.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { runRecord } from './studyList.ts';

function registryOf(
  t: TestContext,
  options: { livenessMs?: number } = {},
): { registry: StudyRegistry; reported: unknown[] } {
  const reported: unknown[] = [];
  const registry = new StudyRegistry({
    explain: (error) => (error as Error).message,
    report: (error) => reported.push(error),
    ...options,
  });
  t.after(() => registry.dispose());
  return { registry, reported };
}

async function makeRun(workspace: string, name: string, more: Partial<RunRecord> = {}): Promise<JournalLog> {
  const folder = runFolderAt(join(workspace, '.tuneboard', name));
  mkdirSync(folder.trials, { recursive: true });
  const log = await JournalLog.open(folder.journal, { create: true });
  await log.createStudy({ name, directions: [Direction.maximize] });
  const source = join(workspace, `${name}.study.yaml`);
  const record = runRecord('finished', { studyName: name, source, storage: folder.journal, ...more });
  writeFileSync(folder.record, JSON.stringify(record));
  return log;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (condition()) return;
    await delay(20);
  }
  assert.fail(`after a minute still not: ${what}`);
}

test('runs of a folder are found with their studies and how they ended', async (t) => {
  const workspace = temporaryFolder(t);
  const log = await makeRun(workspace, 'b-study');
  await log.createTrial(log.studies()[0] as never, { state: TrialState.complete, values: [0.5] });
  await log.close();
  await (await makeRun(join(workspace, 'deeper'), 'a-study', { state: 'stopped' })).close();
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  assert.deepEqual(
    registry.studies.map(({ name, state, finished }) => [name, state, finished]),
    [
      ['a-study', 'stopped', 0],
      ['b-study', 'finished', 1],
    ],
  );
  assert.equal(registry.studiesFrom(join(workspace, 'b-study.study.yaml')).length, 1);
});

test('studies of one name in two folders know of each other', async (t) => {
  const workspace = temporaryFolder(t);
  for (const name of ['one', 'two']) await (await makeRun(join(workspace, name), 'train')).close();
  await (await makeRun(workspace, 'alone')).close();
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const seen = () => registry.studies.map(({ name, hasNamesake }) => [name, hasNamesake]);
  assert.deepEqual(seen(), [
    ['alone', false],
    ['train', true],
    ['train', true],
  ]);
  registry.close(registry.studies[2]?.storage ?? assert.fail());
  assert.deepEqual(seen(), [
    ['alone', false],
    ['train', false],
  ]);
});

test('a record that says running without its process is an interrupted run', async (t) => {
  const workspace = temporaryFolder(t);
  const log = await makeRun(workspace, 'killed', { state: 'running', pid: 2 ** 22 + 1, processStart: 'long ago' });
  await log.createTrial(log.studies()[0] as never, { state: TrialState.running, startedAt: 2000 });
  await log.close();
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const [study] = registry.studies;
  assert.equal(study?.state, 'interrupted');
  assert.equal(study?.isInterrupted(0), true);
});

test('both studies of a script belong to it, each with the objective that it ran', async (t) => {
  const workspace = temporaryFolder(t);
  const source = join(workspace, 'two.py');
  const ran = (name: string) => ({ name, objective: { name: `objective_${name}`, file: source, line: 3 } });
  const studies = [ran('svm'), ran('rf')];
  const log = await makeRun(workspace, 'svm', { studyName: 'two.py', storedName: 'rf', source, studies });
  await log.createStudy({ name: 'rf', directions: [Direction.maximize] });
  await log.createStudy({ name: 'stranger', directions: [Direction.maximize] });
  await log.close();
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const links = studyLinks(registry.studies, (path) => path);
  assert.deepEqual(
    links.map(({ studyName, sources, objective }) => [studyName, sources, objective]),
    [
      ['rf', [source], 'objective_rf'],
      ['stranger', [], undefined],
      ['svm', [source], 'objective_svm'],
    ],
  );
});

test('a process that says how it ended and is gone at once was not interrupted', async (t) => {
  const workspace = temporaryFolder(t);
  const own = { pid: process.pid, processStart: processStart(process.pid) as string };
  await (await makeRun(workspace, 'quick', { state: 'running', ...own })).close();
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const [study] = registry.studies;
  assert.equal(study?.isLive, true);
  const states = new Set<string | undefined>();
  registry.onDidChange(() => states.add(study?.state));
  const folder = runFolderAt(join(workspace, '.tuneboard', 'quick'));
  // Its record is read, then its process is asked for: between the two it writes that it has stopped, and exits.
  t.mock.method(process, 'kill', () => {
    writeRunRecord(folder, { ...(study?.run?.record as RunRecord), state: 'stopped' });
    throw Object.assign(new Error('no such process'), { code: 'ESRCH' });
  });
  await registry.noteRecord(folder.record);
  await until(() => study?.state === 'stopped', 'it has stopped');
  assert.deepEqual([...states], ['stopped']);
});

test('a trial appended by another process is told of, and the study keeps its identity', async (t) => {
  const workspace = temporaryFolder(t);
  const log = await makeRun(workspace, 'live');
  t.after(() => log.close());
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const [study] = registry.studies;
  let told = 0;
  registry.onDidChange(({ studies }) => {
    if (study && studies.has(study)) told++;
  });
  await log.createTrial(log.studies()[0] as never, { state: TrialState.complete, values: [0.75] });
  await until(() => study?.history?.best === 0, 'the trial is seen');
  assert.ok(told > 0);
  assert.equal(registry.studies[0], study);
});

test('a study that comes later into an open storage is listed', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  const log = await JournalLog.open(path, { create: true });
  t.after(() => log.close());
  await log.createStudy({ name: 'first', directions: [Direction.minimize] });
  const { registry } = registryOf(t);
  await registry.open(path);
  await log.createStudy({ name: 'second', directions: [Direction.minimize] });
  await until(() => registry.studies.length === 2, 'the second study is listed');
});

test('a storage that cannot be opened is refused with its reason and not listed', async (t) => {
  const path = join(temporaryFolder(t), 'notes.txt');
  writeFileSync(path, 'nothing to see here\n');
  const { registry } = registryOf(t);
  await assert.rejects(registry.open(path), /notes\.txt/);
  await assert.rejects(registry.open(join(path, '..', 'missing.db')), /missing\.db/);
  assert.deepEqual(registry.storages, []);
});

test('a run before its storage is known is listed, and becomes its study afterwards', async (t) => {
  const workspace = temporaryFolder(t);
  const folder = runFolderAt(join(workspace, '.tuneboard', 'script.py'));
  const base = runRecord('running', { studyName: 'script.py', source: join(workspace, 'script.py'), pid: process.pid });
  const { registry } = registryOf(t);
  await registry.addRun({ ...base, storage: null }, folder);
  assert.deepEqual(
    registry.studies.map(({ name, record }) => [name, record]),
    [['script.py', null]],
  );
  const [row] = registry.studies;
  const id = row?.id as string;
  await (await makeRun(workspace, 'script.py')).close();
  await registry.addRun({ ...base, storage: folder.journal }, folder);
  assert.deepEqual(registry.studies, [row]);
  assert.notEqual(row?.record, null);
  assert.equal(row?.id, id, 'who holds its row holds it still');
  assert.deepEqual([registry.study(id), registry.study(row?.place ?? '')], [row, row]);
});

test('each run of a script that makes a new study every time has its own row', async (t) => {
  const workspace = temporaryFolder(t);
  const folder = runFolderAt(join(workspace, '.tuneboard', 'script.py'));
  const base = runRecord('running', { studyName: 'script.py', source: join(workspace, 'script.py'), pid: process.pid });
  const { registry } = registryOf(t);
  const log = await makeRun(workspace, 'script.py');
  t.after(() => log.close());
  await log.createStudy({ name: 'at nine', directions: [Direction.maximize] });
  const other = join(workspace, 'other.log');
  await registry.addRun({ ...base, storage: other, storedName: 'at ten' }, folder);
  const [first] = registry.studies;
  const second = await JournalLog.open(other, { create: true });
  t.after(() => second.close());
  await second.createStudy({ name: 'at ten', directions: [Direction.maximize] });
  await registry.addRun({ ...base, storage: other, storedName: 'at ten' }, folder);
  assert.deepEqual(registry.studies, [first]);
  const later = { ...base, startedAt: base.startedAt + 1, storage: folder.journal };
  await registry.addRun({ ...later, storedName: 'at eleven' }, folder);
  const names = () => registry.studies.map(({ name, run }) => [name, run?.record.startedAt]);
  assert.deepEqual(names(), [
    ['at nine', undefined],
    ['at ten', undefined],
    ['script.py', undefined],
    ['script.py', later.startedAt],
  ]);
  assert.equal(new Set(registry.studies.map(({ id }) => id)).size, 4);
  await registry.addRun({ ...later, storedName: 'at nine' }, folder);
  assert.deepEqual(names(), [
    ['at nine', later.startedAt],
    ['at ten', undefined],
    ['script.py', undefined],
  ]);
});

test('a run whose journal is still empty shows its trials once they are there', async (t) => {
  const folder = runFolderAt(join(temporaryFolder(t), '.tuneboard', 'early'));
  mkdirSync(folder.trials, { recursive: true });
  writeFileSync(folder.journal, '');
  const source = join(folder.parent, '..', 'early.study.yaml');
  const { pid } = process;
  const start = processStart(pid) ?? '';
  const record = runRecord('running', {
    studyName: 'early',
    source,
    storage: folder.journal,
    pid,
    processStart: start,
  });
  writeFileSync(folder.record, JSON.stringify(record));
  const { registry } = registryOf(t);
  await registry.addRun(record, folder);
  assert.equal(registry.studies[0]?.record, null);
  const log = await JournalLog.open(folder.journal, { create: true });
  await log.createStudy({ name: 'early', directions: [Direction.maximize] });
  await log.close();
  await until(() => registry.studies[0]?.record?.name === 'early', 'the study is listed');
  assert.equal(registry.studies.length, 1);
});

test('the end of a run is told at once, with its last trial, as soon as its record says so', async (t) => {
  const workspace = temporaryFolder(t);
  const start = processStart(process.pid) ?? '';
  const running = { state: 'running', pid: process.pid, processStart: start } as const;
  const log = await makeRun(workspace, 'live', running);
  t.after(() => log.close());
  // The look that comes from time to time never comes here.
  const { registry } = registryOf(t, { livenessMs: 3_600_000 });
  await registry.discover([workspace]);
  const [study] = registry.studies;
  assert.equal(study?.isLive, true);
  const finished: number[] = [];
  registry.onDidChange(({ runs }) => {
    if (runs) finished.push(study.finished);
  });
  const { folder, record } = study.run ?? assert.fail('no run');
  const trial = { state: TrialState.complete, values: [0.75] } as const;
  await log.createTrial(log.studies()[0] as never, trial);
  writeRunRecord(folder, { ...record, state: 'finished', endedAt: 1 });
  await until(() => !study.isLive, 'the end is known');
  assert.deepEqual(finished, [1], 'told once, and the last trial came with it');
});

test('the end of a run on a server is told with the last trial', async (t) => {
  const workspace = temporaryFolder(t);
  const storage = 'postgresql://ann@db.example/team';
  const folder = runFolderAt(join(workspace, '.tuneboard', 'far'));
  mkdirSync(folder.trials, { recursive: true });
  const source = join(workspace, 'far.study.yaml');
  const start = processStart(process.pid) ?? '';
  const running = { studyName: 'far', source, storage, pid: process.pid, processStart: start } as const;
  const log = new MemoryLog();
  Object.defineProperty(log, 'kind', { value: 'journal' });
  const far = await log.createStudy({ name: 'far', directions: [Direction.maximize] });
  const answers: (() => void)[] = [];
  // What others wrote comes with the answer of the server.
  const refresh = async () => {
    await new Promise<void>((resolve) => answers.push(resolve));
    await log.createTrial(far, { state: TrialState.complete, values: [0.75] });
    return true;
  };
  const registry = new StudyRegistry({
    explain: (error) => (error as Error).message,
    report: () => undefined,
    openLog: async () => Object.assign(log, { location: storage }),
    livenessMs: 3_600_000,
  });
  t.after(() => registry.dispose());
  const record = runRecord('running', running);
  writeFileSync(folder.record, JSON.stringify(record));
  await registry.addRun(record, folder, true);
  await registry.settled();
  const study = () => registry.studies.find(({ name }) => name === 'far') ?? assert.fail('no study');
  await until(() => study().record !== null, 'the study is read');
  assert.equal(study().isLive, true);
  const told: number[] = [];
  registry.onDidChange(({ runs }) => runs && told.push(study().finished));
  Object.assign(log, { refresh });
  writeRunRecord(folder, { ...record, state: 'finished', endedAt: 1 });
  await until(() => answers.length > 0, 'the server is asked for what is new');
  assert.deepEqual(told, []);
  answers.shift()?.();
  await until(() => !study().isLive, 'the end is known');
  assert.ok((told[0] ?? 0) >= 1, 'the last trial is counted in the first notice');
});

test('a folder that was copied shows its own study, not the one it was copied from', async (t) => {
  const original = join(temporaryFolder(t), 'original');
  await (await makeRun(original, 'digits', { script: join(original, 'train.py') })).close();
  const copy = join(temporaryFolder(t), 'copy');
  cpSync(original, copy, { recursive: true });
  const { registry } = registryOf(t);
  await registry.discover([copy]);
  const [study] = registry.studies;
  assert.equal(registry.studies.length, 1);
  assert.equal(study?.run?.record.script, join(copy, 'train.py'));
  assert.equal(study?.storage?.location, join(copy, '.tuneboard', 'digits', 'journal.log'));
});

test('a script that fails before its study is made fails the study of its earlier run', async (t) => {
  const workspace = temporaryFolder(t);
  await (await makeRun(workspace, 'script.py')).close();
  const folder = runFolderAt(join(workspace, '.tuneboard', 'script.py'));
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const [study] = registry.studies;
  await registry.addRun(runRecord('failed', { studyName: 'script.py', storage: null, message: 'No Python.' }), folder);
  assert.deepEqual(registry.studies, [study]);
  assert.equal(study?.state, 'failed');
});

test('a run record that is not one is reported and hides nothing else', async (t) => {
  const workspace = temporaryFolder(t);
  await (await makeRun(workspace, 'good')).close();
  const bad = runFolderAt(join(workspace, '.tuneboard', 'bad'));
  mkdirSync(bad.path, { recursive: true });
  appendFileSync(bad.record, '{"version": 1');
  const { registry, reported } = registryOf(t);
  await registry.discover([workspace]);
  assert.deepEqual(
    registry.studies.map(({ name }) => name),
    ['good'],
  );
  await registry.noteRecord(bad.record);
  assert.equal(reported.length, 1);
});

test('a closed storage is gone from the list', async (t) => {
  const workspace = temporaryFolder(t);
  await (await makeRun(workspace, 'over')).close();
  const { registry } = registryOf(t);
  await registry.discover([workspace]);
  const [storage] = registry.storages;
  assert.ok(storage);
  registry.close(storage);
  assert.deepEqual([registry.studies, registry.storages], [[], []]);
});

test('what a person cannot open is told with its own code and is not listed', async (t) => {
  const { registry } = registryOf(t);
  const path = join(temporaryFolder(t), 'notes.txt');
  writeFileSync(path, 'nothing to do with trials');
  await assert.rejects(registry.open(path), { code: 'not-a-storage' });
  await assert.rejects(registry.open(join(path, '..', 'gone.db')), { code: 'not-found' });
  assert.deepEqual(registry.storages, []);
});
