/** The studies list of a folder that somebody else's tuner filled, and that came with a clone or an archive. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TrialTemplate } from '../../../src/core/study/changes.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { openLog } from '../../../src/extension/storages/openLog.ts';
import { StrangersReader } from '../../../src/extension/storages/strangersReader.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import type { RunRecord } from '../../../src/protocol/runRecord.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { english } from '../../support/words.ts';
import { runRecord } from './studyList.ts';

const THREAD = new URL('../../../src/extension/storages/logThread.ts', import.meta.url);
const LR = { type: 'float', low: 0, high: 1, log: false, step: null } as const;

interface Window {
  readonly registry: StudyRegistry;
  readonly reader: StrangersReader;
  /** Name, trials and description of each row. */
  rows(): (readonly [name: string, trials: number | undefined, description: string])[];
}

/** A window that reads as the extension does. */
function windowOf(t: TestContext): Window {
  const reader = new StrangersReader(THREAD);
  const registry = new StudyRegistry({
    explain: (error) => (error as Error).message,
    report: () => undefined,
    openLog: (location, within, isOwn, strange) =>
      openLog(location, { within }, THREAD, isOwn, strange && { ...strange, reader }),
  });
  t.after(() => {
    registry.dispose();
    reader.dispose();
  });
  const model = new TreeModel(registry);
  const rows = () =>
    registry.studies.map((study) => {
      const { description } = treeRow(model.studyNode(study), english, 0);
      return [study.name, study.history?.length, description] as const;
    });
  return { registry, reader, rows };
}

function writeRecord(workspace: string, name: string, more: Partial<RunRecord> = {}): string {
  const folder = runFolderAt(join(workspace, '.tuneboard', name));
  mkdirSync(folder.trials, { recursive: true });
  const source = join(workspace, `${name}.study.yaml`);
  const record = runRecord('finished', { studyName: name, source, storage: folder.journal, ...more });
  writeFileSync(folder.record, JSON.stringify(record));
  return folder.journal;
}

async function addStudy(path: string, name: string, trials: number, objectives = 1): Promise<void> {
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name, directions: Array(objectives).fill(Direction.maximize) });
  const made = Array.from({ length: trials }, (_, number) =>
    log.createTrial(study, { ...trialAt(number), values: Array(objectives).fill(number / trials) }),
  );
  await Promise.all(made);
  await log.close();
}

function trialAt(number: number): TrialTemplate {
  return {
    state: TrialState.complete,
    params: [{ name: 'lr', internal: (number % 997) / 997, distribution: LR }],
    intermediate: [
      [1, 0.5],
      [2, 0.75],
    ],
    userAttrs: { note: 'y'.repeat(60) },
  };
}

test("of a stranger's six runs every row has its study, also after each was looked at", async (t) => {
  const workspace = temporaryFolder(t);
  const trials = [0, 1, 20, 2500, 3000, 2500];
  for (const [at, count] of trials.entries()) {
    await addStudy(writeRecord(workspace, `run-${at}`), `run-${at}`, count, at === 5 ? 2 : 1);
  }
  const { registry, rows } = windowOf(t);
  await registry.discover([workspace]);
  const expected = trials.map((count, at) => [`run-${at}`, count]);
  const isAsExpected = (when: string) => {
    assert.deepEqual(
      rows().map(([name, count]) => [name, count]),
      expected,
      when,
    );
    for (const study of registry.studies) {
      assert.deepEqual([study.isRemoved, study.storageProblem], [false, null], `${study.name} ${when}`);
    }
  };
  isAsExpected('at first');
  const kept = new Set(registry.studies);
  for (const study of [...registry.studies, ...registry.studies]) {
    await registry.look(study);
    isAsExpected(`while ${study.name} is looked at`);
  }
  await registry.refresh();
  isAsExpected('after all was read again');
  await registry.discover([workspace]);
  isAsExpected('after all was found again');
  assert.ok(registry.studies.every((study) => kept.has(study)));
});

test("a stranger's log of several hundred studies lists that of a run that is found later", async (t) => {
  const workspace = temporaryFolder(t);
  const storage = writeRecord(workspace, 'first', { studyName: 's-000' });
  const log = await JournalLog.open(storage, { create: true });
  for (let at = 0; at < 700; at++)
    await log.createStudy({ name: `s-${String(at).padStart(3, '0')}`, directions: [Direction.minimize] });
  await log.close();
  const { registry } = windowOf(t);
  await registry.discover([workspace]);
  const other = writeRecord(workspace, 'other');
  await addStudy(other, 'other', 20);
  await registry.noteRecord(runFolderAt(join(workspace, '.tuneboard', 'other')).record);
  const find = async (run: string, studyName: string) => {
    writeRecord(workspace, run, { studyName, storage });
    await registry.noteRecord(runFolderAt(join(workspace, '.tuneboard', run)).record);
  };
  const isThere = (names: readonly string[], when: string) => {
    const shown = registry.studies.filter(({ name }) => names.includes(name));
    assert.deepEqual(
      shown.map(({ name, isRemoved, record }) => [name, isRemoved, record?.name]),
      names.map((name) => [name, false, name]),
      when,
    );
  };
  await find('second', 's-050');
  isThere(['s-050'], 'found later');
  await registry.look(registry.studies.find(({ name }) => name === 's-050') ?? assert.fail());
  await find('third', 's-070');
  isThere(['s-050', 's-070'], 'found while the storage is looked at');
  await registry.look(registry.studies.find(({ name }) => name === 'other') ?? assert.fail());
  await registry.refresh();
  isThere(['s-050', 's-070'], 'after another was looked at');
  await find('fourth', 'no-such-study');
  assert.deepEqual(
    registry.studies.filter(({ isRemoved }) => isRemoved).map(({ name }) => name),
    ['no-such-study'],
  );
});

/** Writes a journal as Optuna does: of each trial its creation, its parameter, a report and its end. */
function bigJournal(path: string, trials: number): void {
  const line = (more: object) => `${JSON.stringify({ ...more, worker_id: 'colleague-1' })}\n`;
  const distribution = JSON.stringify({
    name: 'FloatDistribution',
    attributes: { step: null, low: 0, high: 1, log: false },
  });
  let text = line({ op_code: 0, study_name: 'long', directions: [1] });
  for (let at = 0; at < trials; at++) {
    text += line({ op_code: 4, study_id: 0, datetime_start: '2026-01-01T00:00:00.000000' });
    text += line({ op_code: 5, trial_id: at, param_name: 'lr', param_value_internal: (at % 997) / 997, distribution });
    text += line({ op_code: 7, trial_id: at, step: 1, intermediate_value: 0.5 });
    text += line({
      op_code: 6,
      trial_id: at,
      state: 1,
      values: [at % 997],
      datetime_complete: '2026-01-01T00:00:01.000000',
    });
    if (text.length > 1 << 22) {
      appendFileSync(path, text);
      text = '';
    }
  }
  appendFileSync(path, text);
}

test("a colleague's study of 100,000 trials is listed, and one that is too large says so and takes no other along", async (t) => {
  const workspace = temporaryFolder(t);
  bigJournal(writeRecord(workspace, 'long'), 100_000);
  await addStudy(writeRecord(workspace, 'short'), 'short', 20);
  const vast = writeRecord(workspace, 'vast');
  await addStudy(vast, 'vast', 20);
  for (let at = 0; at < 700; at++) {
    const note = { [`note ${at}`]: `${at % 10}`.repeat(100_000) };
    appendFileSync(vast, `${JSON.stringify({ op_code: 2, worker_id: 'colleague-1', study_id: 0, user_attr: note })}\n`);
  }
  const { registry, rows } = windowOf(t);
  await registry.discover([workspace]);
  const expected = [
    ['long', 100_000, '100000/100 · best 0'],
    ['short', 20, '20/100 · best 0.9500'],
    ['vast', undefined, 'unreadable'],
  ];
  assert.deepEqual(rows(), expected);
  await registry.look(registry.studies[0] ?? assert.fail());
  assert.deepEqual(rows(), expected);
  assert.deepEqual(
    registry.studies.map(({ storageProblem }) => storageProblem),
    [null, null, `${vast} cannot be read: it needs more than 48 MB of memory.`],
  );
});
