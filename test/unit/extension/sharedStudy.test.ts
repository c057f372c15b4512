/** A study that several work on, as a window shows it that runs none or only some of its trials. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../../../src/core/study/changes.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { panelHeader } from '../../../src/extension/panel/panelRows.ts';
import { studyLine } from '../../../src/extension/studies/studyLine.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { treeTooltip } from '../../../src/extension/tree/treeTooltip.ts';
import { processStart } from '../../../src/runs/processIdentity.ts';
import { accountName } from '../../../src/runs/runFolder.ts';
import { StorageError } from '../../../src/storage/storageError.ts';
import { newOwner } from '../../../src/tuner/trials/ownership.ts';
import { verbatim } from '../../../src/words/message.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy, setRun } from './studyList.ts';

const NOW = 10_000;
const OURS = {
  steering: ['pause', 'setParallel'],
  pid: process.pid,
  processStart: processStart(process.pid) ?? '',
} as const;

/** A trial that runs since `startedAt`; without an owner, as Python's Optuna leaves it. */
const running = (owner?: object, startedAt = 2000) => ({
  state: TrialState.running,
  startedAt,
  ...(owner ? { systemAttrs: { 'tuneboard:owner': owner as JsonValue } } : {}),
});
const elsewhere = () => ({ ...newOwner({ beats: 30 }), host: 'gpu-2' });
const dead = () => ({ ...newOwner(), pid: 2 ** 22 + 1 });

test('a study that only others run says so, since when each trial runs, and where it lies last', async () => {
  const { list, study, history } = await oneStudy();
  study.storage = { ...(study.storage as object), location: 'postgresql://me@db:5432/team' } as never;
  const model = new TreeModel(list);
  const row = () => treeRow(model.studyNode(study), english, NOW);
  addTrial(history, TrialState.complete, 0.75);
  assert.equal(row().description, '1 trial · best 0.7500 · db:5432/team');
  assert.equal(panelHeader(study, english, { isTrusted: true, now: NOW }).elsewhere, 0);
  const python = history.add(running());
  history.add(running(elsewhere()));
  assert.equal(row().description, '1 trial · best 0.7500 · 2 running elsewhere · db:5432/team');
  assert.equal(row().color, 'charts.blue');
  assert.match(row().spoken, /^digits, running elsewhere, /);
  assert.match(treeTooltip(model.studyNode(study), english, NOW), /running elsewhere/);
  assert.equal(treeRow(model.trialNode(study, python), english, NOW).label, `#${python}  running for 8 s`);
  assert.equal(panelHeader(study, english, { isTrusted: true, now: NOW }).elsewhere, 2);
  study.hasNamesake = true;
  assert.match(row().description, / · db:5432\/team$/);
});

test('a run that has ended takes nothing from those who go on: only its own trials are interrupted', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true, OURS);
  const own = history.add(running(newOwner()));
  const python = history.add(running());
  const worker = history.add(running(elsewhere()));
  const sameMachine = history.add(running({ ...newOwner(), pid: process.ppid, start: processStart(process.ppid) }));
  const model = new TreeModel(list);
  const says = (number: number) => treeRow(model.trialNode(study, number), english, NOW);
  assert.equal(study.runningElsewhere, 3);
  assert.equal(says(own).description, '');
  assert.equal(says(python).description, 'not of this run');
  assert.equal(says(worker).description, 'gpu-2');
  assert.match(treeRow(model.studyNode(study), english, NOW).description, /3 running elsewhere/);
  const gone = history.add(running(dead()));
  assert.deepEqual([study.runningHere, study.runningElsewhere], [1, 3], 'and nobody is at one whose process is gone');
  setRun(study, 'stopped', false, { ...OURS, endedAt: 9000 });
  assert.deepEqual(
    [own, python, worker, sameMachine].map((number) => study.isInterrupted(number)),
    [true, false, false, false],
  );
  assert.deepEqual(panelHeader(study, english, { isTrusted: true, now: NOW }).interrupted, [own, gone]);
  assert.match(treeRow(model.studyNode(study), english, NOW).description, /3 running elsewhere/);
});

test('a study that another account runs says whose it is, and takes no orders here', async () => {
  const { list, study } = await oneStudy();
  setRun(study, 'running', true, { ...OURS, user: 'somebody-else' });
  const model = new TreeModel(list);
  assert.match(treeRow(model.studyNode(study), english, NOW).description, /^run by somebody-else · /);
  assert.equal(study.canSteer('pause'), false);
  setRun(study, 'running', true, { ...OURS, user: accountName() });
  assert.doesNotMatch(treeRow(model.studyNode(study), english, NOW).description, /run by/);
  assert.equal(study.canSteer('pause'), true);
});

test('what others run can neither be killed here, nor has it output here', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true, {
    ...OURS,
    steering: ['setParallel', 'killTrial'],
    workers: [{ id: '7_1', state: 'running' }],
  });
  const own = history.add(running(newOwner()));
  const python = history.add(running());
  const worker = history.add(running(elsewhere()));
  const ofCluster = history.add(running({ ...elsewhere(), engine: 'slurm', job: '7_1' }));
  const model = new TreeModel(list);
  const offers = (number: number) => {
    const { context } = treeRow(model.trialNode(study, number), english, NOW);
    const facts = model.children(model.trialNode(study, number)).map((node) => treeRow(node, english, NOW).label);
    return [context.includes('killable'), context.includes('hasOutput'), facts.includes('Output')];
  };
  for (const number of [own, ofCluster]) assert.deepEqual(offers(number), [true, true, true]);
  for (const number of [python, worker]) assert.deepEqual(offers(number), [false, false, false]);
  for (const number of [own, python, worker, ofCluster])
    history.apply({ type: 'state', number, state: TrialState.complete, values: [1] });
  setRun(study, 'finished', false, OURS);
  assert.deepEqual(
    [own, python, worker, ofCluster].map((number) => study.isForeign(number)),
    [false, true, true, false],
  );
});

test('a worker of this machine that died is seen by every window, whoever started it', async () => {
  const { study, history } = await oneStudy();
  const number = history.add(running(dead()));
  const there = history.add(running({ ...dead(), host: 'gpu-2' }));
  assert.deepEqual([study.isInterrupted(number), study.isInterrupted(there)], [true, false]);
  assert.equal(study.runningElsewhere, 1);
});

test('a run that failed before it had written anything says why it failed, and nothing of its missing file', async () => {
  const { study } = await oneStudy();
  const storage = study.storage as { problem: string | null; failure: unknown };
  study.record = null;
  setRun(study, 'failed', false, { message: 'The script has an error.' });
  storage.problem = 'journal.log is empty: no study was written to it yet.';
  for (const code of ['not-found', 'no-study'] as const) {
    storage.failure = new StorageError(code, verbatim(storage.problem));
    assert.match(studyLine(study, english, NOW), /^The script has an error\./);
    assert.equal(panelHeader(study, english, { isTrusted: true, now: NOW }).message, 'The script has an error.');
  }
  storage.failure = new StorageError('unreachable', verbatim(storage.problem));
  assert.match(studyLine(study, english, NOW), /^unreadable · The script has an error\./);
});

test('a study whose storage cannot be read says so, and one that is gone from it', async () => {
  const { list, study, history } = await oneStudy();
  addTrial(history, TrialState.complete, 0.5);
  const model = new TreeModel(list);
  const node = model.studyNode(study);
  model.changed(study);
  (study.storage as { problem: string | null }).problem = 'The server cannot be reached. Start it.';
  assert.deepEqual(model.changed(study), [node], 'its row is drawn again');
  assert.match(treeRow(node, english, NOW).description, /^unreadable · 1 trial/);
  assert.equal(treeRow(node, english, NOW).icon, 'warning');
  assert.match(treeTooltip(node, english, NOW), /cannot be reached/);
  assert.match(panelHeader(study, english, { isTrusted: true, now: NOW }).message ?? '', /cannot be reached/);
  (study.storage as { problem: string | null }).problem = null;
  setRun(study, 'running', true, { message: 'The server is waited for, 180 s at most.' });
  assert.match(treeRow(node, english, NOW).description, /^waiting · /);
  setRun(study, 'stopped', false);
  study.record = null;
  assert.equal(treeRow(node, english, NOW).description, 'no longer in its storage');
});

async function logOf(name: string) {
  // Windows open storages of the table only.
  const log = new MemoryLog();
  Object.defineProperty(log, 'kind', { value: 'journal' });
  await log.createStudy({ name, directions: [Direction.maximize] });
  return log;
}

/** A registry whose storages are there when `ready` says so; `code` is why they are not. */
function registryOf(t: TestContext, ready: () => boolean, code: string) {
  let tries = 0;
  const registry = new StudyRegistry({
    explain: (error) => (error as Error).message,
    report: () => {},
    openLog: async (location) => {
      tries++;
      if (!ready()) throw Object.assign(new Error(`${location} is not there.`), { code });
      return Object.defineProperty(await logOf('shared'), 'location', { value: location });
    },
    retryMs: 20,
  });
  t.after(() => registry.dispose());
  return { registry, tries: () => tries };
}

test('a storage that was open comes back into the list even where it cannot be read, and is read once it can', async (t) => {
  let isUp = false;
  const { registry } = registryOf(t, () => isUp, 'unreachable');
  const storage = await registry.reopen('postgresql://me@db/team');
  assert.equal(storage.problem, 'postgresql://me@db/team is not there.');
  const [root] = new TreeModel(registry).roots();
  assert.equal(root?.kind, 'storage');
  assert.equal(treeRow(root as never, english, NOW).description, 'is not there.');
  isUp = true;
  while (registry.studies.length === 0) await delay(10);
  assert.equal(registry.studies[0]?.name, 'shared');
  assert.equal(storage.problem, null);
});

test('a storage that is closed while it is tried again stays closed, whether or not it answers then', async (t) => {
  for (const answers of [true, false]) {
    let settle = (): void => {};
    let isUp = false;
    let closed = 0;
    const registry = new StudyRegistry({
      explain: (error) => (error as Error).message,
      report: () => {},
      openLog: async (location) => {
        if (isUp) await new Promise<void>((resolve) => (settle = resolve));
        if (!isUp || !answers) throw Object.assign(new Error(`${location} is not there.`), { code: 'unreachable' });
        const close = async () => void closed++;
        return Object.defineProperties(await logOf('shared'), {
          location: { value: location },
          close: { value: close },
        });
      },
      retryMs: 5,
    });
    t.after(() => registry.dispose());
    const storage = await registry.reopen('postgresql://me@db/team');
    const pending = settle;
    isUp = true;
    while (settle === pending) await delay(5);
    registry.close(storage);
    settle();
    // One that has been opened meanwhile is closed again; one that has not never comes.
    while (answers && closed === 0) await delay(5);
    assert.deepEqual(registry.storages, []);
    assert.deepEqual(registry.studies, []);
    assert.equal(closed, answers ? 1 : 0);
  }
});

test('a storage that wants a password is not asked again and again, and stays listed when the person gives none', async (t) => {
  const { registry, tries } = registryOf(t, () => false, 'missing-password');
  const storage = await registry.reopen('postgresql://me@db/team');
  await delay(120);
  assert.equal(tries(), 1);
  await assert.rejects(registry.open('postgresql://me@db/team'));
  assert.deepEqual(registry.storages, [storage]);
});
