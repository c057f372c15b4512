import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { outputIn, tailOf } from '../../../src/extension/storages/runOutput.ts';
import { StorageTrust, trustKey } from '../../../src/extension/storages/storageTrust.ts';
import type { RegistryOptions } from '../../../src/extension/studies/registryChange.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { makeRuns } from '../../support/manyRuns.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { english } from '../../support/words.ts';
import { runRecord } from './studyList.ts';

const URL_TEXT = 'postgresql://ann@db.example/team';

function writeRecord(workspace: string, name: string, more: Readonly<Record<string, unknown>>): void {
  const folder = runFolderAt(join(workspace, '.tuneboard', name));
  mkdirSync(folder.trials, { recursive: true });
  const source = join(workspace, `${name}.study.yaml`);
  writeFileSync(folder.record, JSON.stringify({ ...runRecord('finished', { studyName: name, source }), ...more }));
}

function memory(): { get<T>(key: string, otherwise: T): T; update(key: string, value: unknown): Promise<void> } {
  const kept = new Map<string, unknown>();
  return {
    get: <T>(key: string, otherwise: T) => (kept.get(key) as T | undefined) ?? otherwise,
    update: async (key: string, value: unknown) => void kept.set(key, value),
  };
}

interface Window {
  readonly registry: StudyRegistry;
  readonly trust: StorageTrust;
  /** Locations that were opened. */
  readonly opened: string[];
  rows(): string[];
}

function windowOf(t: TestContext, more: Partial<RegistryOptions> = {}, trust = new StorageTrust(memory())): Window {
  const opened: string[] = [];
  const registry = new StudyRegistry({
    explain: (error) => (error as Error).message,
    report: () => undefined,
    openLog: async (location, within) => {
      opened.push(location);
      if (!/^[a-z]+:/.test(location)) return openTrialLog(location, { within });
      assert.equal(within, undefined);
      // Windows open storages of the table only.
      const log = new MemoryLog();
      Object.defineProperty(log, 'kind', { value: 'journal' });
      const study = await log.createStudy({ name: 'far', directions: [Direction.minimize] });
      await log.createTrial(study, { state: TrialState.complete, values: [0.25] });
      return Object.assign(log, { location });
    },
    mayOpen: (location) => trust.has(location),
    trust: (location) => trust.add(location),
    ...more,
  });
  t.after(() => registry.dispose());
  const model = new TreeModel(registry);
  const rows = () =>
    model.roots().map((node) => {
      const { label, description } = treeRow(node, english, 0);
      return `${label}: ${description}`;
    });
  return { registry, trust, opened, rows };
}

/** What the environment would be asked for. */
const TOKEN = `\${env:HOME}`;

const SERVERS = [
  `postgresql://${TOKEN}:${TOKEN}@db.example/team?sslmode=disable`,
  'mysql+pymysql://ann@db.example/team?ssl_ca=/dev/zero',
  'rediss://db.example:6379/0',
  'grpc://db.example:13000',
  'POSTGRES://db.example/team',
  'sqlite+aiosqlite:///somewhere',
];

test('a server that only a run record names is listed and not asked', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 1);
  for (const [index, storage] of SERVERS.entries()) writeRecord(workspace, `far-${index}`, { storage });
  const { registry, opened, rows } = windowOf(t);
  await registry.discover([workspace]);
  await registry.refresh();
  registry.reconsider();
  for (const study of registry.studies) registry.look(study);
  await registry.settled();
  const own = runFolderAt(join(workspace, '.tuneboard', 'run-0000')).journal;
  assert.deepEqual([...new Set(opened)], [own]);
  assert.deepEqual(
    rows().filter((row) => row.startsWith('far')),
    SERVERS.map((_, index) => `far-${index}: on a server: open to load`),
  );
});

test('a file outside the folder is listed and not read until it is opened', async (t) => {
  const elsewhere = join(temporaryFolder(t), 'elsewhere');
  await makeRuns(elsewhere, 1);
  const storage = runFolderAt(join(elsewhere, '.tuneboard', 'run-0000')).journal;
  const workspace = temporaryFolder(t);
  writeRecord(workspace, 'far', { storage, storedName: 'run-0000' });
  const { registry, opened, rows } = windowOf(t);
  await registry.discover([workspace]);
  assert.deepEqual(rows(), ['far: outside this folder: open to load']);
  assert.deepEqual(opened, []);
  const [study] = registry.studies;
  await registry.load(study?.storage ?? assert.fail());
  assert.equal(registry.studies[0], study);
  assert.equal(study?.history?.length, 20);
});

test('what a person opens once is opened by the next window, also from another record, and nothing else is', async (t) => {
  const workspace = temporaryFolder(t);
  writeRecord(workspace, 'far', { storage: URL_TEXT });
  const first = windowOf(t);
  await first.registry.discover([workspace]);
  const [study] = first.registry.studies;
  await first.registry.load(study?.storage ?? assert.fail());
  assert.equal(study?.history?.length, 1);
  assert.deepEqual(first.opened, [URL_TEXT]);
  writeRecord(workspace, 'other', { storage: `${URL_TEXT}?sslrootcert=%2Fdev%2Fzero` });
  const second = windowOf(t, {}, first.trust);
  await second.registry.discover([workspace]);
  await new Promise<void>((resolve) => {
    if (second.registry.studies.some(({ record }) => record)) resolve();
    second.registry.onDidChange(() => second.registry.studies.some(({ record }) => record) && resolve());
  });
  assert.deepEqual(second.opened, [URL_TEXT]);
  assert.ok(second.rows().includes('other: on a server: open to load'));
});

test('a storage that failed to open when a person asked is not remembered', async (t) => {
  const workspace = temporaryFolder(t);
  writeRecord(workspace, 'far', { storage: URL_TEXT });
  const { registry, trust } = windowOf(t, { openLog: async () => assert.fail('away') });
  await registry.discover([workspace]);
  await assert.rejects(registry.load(registry.studies[0]?.storage ?? assert.fail()), /away/);
  assert.equal(trust.has(URL_TEXT), false);
});

test('a URL that takes a part of it from the environment is never opened from a record', async (t) => {
  const workspace = temporaryFolder(t);
  for (const [index, storage] of [`postgresql://ann@db/${TOKEN}`, `redis://${TOKEN}@db/0`].entries())
    writeRecord(workspace, `far-${index}`, { storage });
  const { registry, opened } = windowOf(t);
  await registry.discover([workspace]);
  for (const { storage } of registry.studies)
    await assert.rejects(registry.load(storage ?? assert.fail()), { code: 'names-environment' });
  assert.deepEqual(opened, []);
});

test('the storage of a study that this window started is opened, also when the script tells it later', async (t) => {
  const workspace = temporaryFolder(t);
  const { registry, opened, trust } = windowOf(t);
  const record = runRecord('finished', { studyName: 'far', source: join(workspace, 'far.py'), storage: null });
  const folder = runFolderAt(join(workspace, '.tuneboard', 'far'));
  await registry.addRun(record, folder, true);
  await registry.addRun({ ...record, storage: URL_TEXT }, folder);
  assert.equal(trust.has(URL_TEXT), true);
  await new Promise<void>((resolve) => {
    if (registry.studies[0]?.record) resolve();
    registry.onDidChange(() => registry.studies[0]?.record && resolve());
  });
  assert.deepEqual(opened, [URL_TEXT]);
});

test('servers that do not answer delay neither the local studies nor each other', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 3);
  const trust = new StorageTrust(memory());
  for (let index = 0; index < 6; index++) {
    const storage = `postgresql://ann@127.0.0.1:1/team${index}`;
    await trust.add(storage);
    writeRecord(workspace, `far-${index}`, { storage });
  }
  const never = (location: string, within?: string) =>
    within === undefined ? new Promise<never>(() => undefined) : openTrialLog(location, { within });
  const { registry } = windowOf(t, { openLog: never }, trust);
  // Resolves although no server ever answers.
  await registry.discover([workspace]);
  await registry.refresh();
  assert.equal(registry.studies.filter(({ history }) => history?.length === 20).length, 3);
  assert.equal(registry.studies.length, 9);
});

test('a bad record costs its own row, which says why', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 1);
  writeRecord(workspace, 'bad-steering', { steering: 5 });
  writeRecord(workspace, 'bad-storage', { storage: 5 });
  const linked = runFolderAt(join(workspace, '.tuneboard', 'bad-link'));
  mkdirSync(linked.path);
  symlinkSync('/dev/zero', linked.record);
  const { registry, rows } = windowOf(t);
  await registry.discover([workspace]);
  assert.equal(registry.studies.length, 1);
  const bad = rows().filter((row) => row.startsWith('bad'));
  assert.match(bad.join('\n'), /^bad-link: .+\nbad-steering: .*"steering".+\nbad-storage: .*"storage"/);
  // Once it is right, it is a run like any other.
  writeRecord(workspace, 'bad-storage', { storage: null });
  await registry.noteRecord(runFolderAt(join(workspace, '.tuneboard', 'bad-storage')).record);
  assert.equal(registry.badRuns.length, 2);
  assert.equal(registry.studies.length, 2);
});

test('a journal that is a named pipe or a link out of the folder is refused in its row', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 3);
  const journalOf = (name: string) => runFolderAt(join(workspace, '.tuneboard', name)).journal;
  rmSync(journalOf('run-0000'));
  execFileSync('mkfifo', [journalOf('run-0000')]);
  rmSync(journalOf('run-0001'));
  symlinkSync('/etc/passwd', journalOf('run-0001'));
  const { registry } = windowOf(t);
  await registry.discover([workspace]);
  const [pipe, link, good] = registry.studies;
  assert.match(pipe?.storageProblem ?? '', /named pipe/);
  assert.match(link?.storageProblem ?? '', /link/);
  assert.equal(good?.history?.length, 20);
});

test('a record names no program elsewhere: what is resumed lies beside its run folder', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 1);
  writeRecord(workspace, 'run-0000', { source: '/elsewhere/evil.py', studyName: 'other', storage: null });
  const { registry } = windowOf(t);
  await registry.discover([workspace]);
  assert.equal(registry.studies[0]?.run?.record.source, join(workspace, 'evil.py'));
});

test('a storage is remembered by all that says where it is, without its password', () => {
  assert.equal(trustKey('postgresql+psycopg2://ann:secret@db:5433/team'), 'postgresql://ann@db:5433/team');
  assert.notEqual(trustKey(`${URL_TEXT}?host=evil`), trustKey(URL_TEXT));
  assert.notEqual(trustKey(`${URL_TEXT}?sslrootcert=x`), trustKey(URL_TEXT));
  assert.doesNotMatch(trustKey('grpc://ann:secret@db:1'), /secret/);
  assert.equal(trustKey('/a/b/../c.db'), '/a/c.db');
});

test('only regular files of a run folder are its outputs, and of a large one the end is shown', (t) => {
  const folder = runFolderAt(join(temporaryFolder(t), '.tuneboard', 'run'));
  mkdirSync(folder.trials, { recursive: true });
  const at = (number: number) => join(folder.trials, `${number}.log`);
  writeFileSync(at(0), 'hello\n');
  symlinkSync('/etc/passwd', at(1));
  execFileSync('mkfifo', [at(2)]);
  assert.match(outputIn(folder, at(0)) ?? '', /0\.log$/);
  assert.equal(outputIn(folder, at(9)), undefined);
  assert.throws(() => outputIn(folder, at(1)), /link/);
  assert.throws(() => outputIn(folder, at(2)), /named pipe/);
  writeFileSync(at(0), `${'x'.repeat(79)}\n`.repeat(100_000));
  const { text, skipped } = tailOf(at(0));
  assert.equal(text.length + skipped, 8_000_000);
  assert.match(text.slice(0, 80), /^x{79}\n$/);
});
