import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { paretoFront } from '../../../src/core/fronts/paretoFront.ts';
import { annotationsOf, noteAttrs } from '../../../src/core/study/notes.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../../src/core/study/studyStore.ts';
import { openLog } from '../../../src/extension/storages/openLog.ts';
import { ThreadLog } from '../../../src/extension/storages/threadLog.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { templateOf } from '../../../src/storage/trialTemplate.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const THREAD = new URL('../../../src/extension/storages/logThread.ts', import.meta.url);
const LR = { type: 'float', low: 1e-6, high: 1, log: true, step: null } as const;
const OPTIM = { type: 'categorical', choices: ['sgd', 'adamw'] } as const;

function contentOf(log: TrialLog): unknown {
  return log.studies().map((study) => ({
    name: study.name,
    directions: study.directions,
    userAttrs: { ...study.userAttrs },
    best: study.history.best,
    trials: Array.from(study.history.states.keys(), (number) => templateOf(study, number, undefined)),
  }));
}

async function journal(path: string, trials: number): Promise<{ log: JournalLog; study: StudyRecord }> {
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name: 'digits', directions: [Direction.maximize] });
  const made: Promise<unknown>[] = [];
  for (let number = 0; number < trials; number++) {
    const params = [
      { name: 'lr', internal: 10 ** -(number % 6), distribution: LR },
      ...(number % 3 === 0 ? [{ name: 'optim', internal: number % 2, distribution: OPTIM }] : []),
    ];
    const intermediate = [0, 1, 2].map((step) => [step, number / (step + 1)] as const);
    made.push(
      log.createTrial(study, {
        state: number % 7 === 0 ? TrialState.running : TrialState.complete,
        values: number % 7 === 0 ? null : [number % 101],
        params,
        intermediate,
        userAttrs: { note: `trial ${number}` },
      }),
    );
  }
  await Promise.all(made);
  return { log, study };
}

test('a large journal is read in a thread, and is the same as one that is read directly', async (t) => {
  const path = join(temporaryFolder(t), 'journal.log');
  const { log, study } = await journal(path, 3000);
  t.after(() => log.close());
  assert.ok(statSync(path).size > 256 * 1024);
  const read = await openLog(path, {}, THREAD);
  t.after(() => read.close());
  assert.ok(read instanceof ThreadLog);
  assert.equal(read.kind, 'journal');
  assert.deepEqual(contentOf(read), contentOf(log));
  const [record] = read.studies();
  assert.equal(await read.refresh(), false);
  // A running trial goes on and ends, a new one comes, an attribute of the study is set.
  await log.commit(study, [
    { type: 'intermediate', number: 7, step: 9, value: 0.5 },
    { type: 'userAttr', number: 7, key: 'more', value: [1, { two: null }] },
    { type: 'state', number: 7, state: TrialState.complete, values: [500] },
  ]);
  await log.createTrial(study, { state: TrialState.complete, values: [1000] });
  await log.setStudyAttr(study, 'user', 'owner', 'ann');
  assert.equal(await read.refresh(), true);
  assert.equal(read.studies()[0], record, 'the study keeps its identity');
  assert.deepEqual(contentOf(read), contentOf(log));
});

test('a journal that was replaced is a new study, seen whole', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal.log');
  const { log } = await journal(path, 2000);
  await log.close();
  const other = await journal(join(folder, 'other.log'), 1500);
  await other.log.close();
  const read = await ThreadLog.open(THREAD, { location: path, options: {} }, 512);
  t.after(() => read.close());
  const [before] = read.studies();
  writeFileSync(path, readFileSync(join(folder, 'other.log')));
  const reading = read.refresh();
  assert.equal(read.studies()[0]?.history.length, 2000);
  assert.equal(await reading, true);
  assert.notEqual(read.studies()[0], before);
  assert.equal(read.studies()[0]?.history.length, 1500);
});

test('a printed log grows in the thread as it does directly', async (t) => {
  const path = join(temporaryFolder(t), 'run.log');
  const line = (number: number) =>
    `[I 2026-11-24 06:39:03,100] Trial ${number} finished with value: ${number % 97} and parameters: {'lr': 0.${1 + (number % 8)}, 'optim': 'sgd'}. Best is trial 0 with value: 0.\n`;
  writeFileSync(path, '[I 2026-11-24 06:39:02,775] A new study created in memory with name: sent\n');
  for (let number = 0; number < 2500; number++) appendFileSync(path, line(number));
  const read = await openLog(path, {}, THREAD);
  t.after(() => read.close());
  assert.ok(read instanceof ThreadLog);
  const same = async () => {
    const direct = await openTrialLog(path);
    assert.deepEqual(contentOf(read), contentOf(direct));
    assert.deepEqual(read.warnings, direct.warnings);
    await direct.close();
  };
  await same();
  appendFileSync(path, line(2500));
  assert.equal(await read.refresh(), true);
  await same();
});

test('what a storage says when it cannot be opened comes through with its code', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'nothing to see here\n'.repeat(20_000));
  await assert.rejects(openLog(path, {}, THREAD), { code: 'not-a-storage', name: 'StorageError' });
  const location = join(folder, 'gone.log');
  await assert.rejects(ThreadLog.open(THREAD, { location, options: { within: folder } }, 512), { code: 'not-found' });
});

test('a log that is closed asks its thread nothing more', async (t) => {
  const path = join(temporaryFolder(t), 'journal.log');
  await (await journal(path, 10)).log.close();
  const read = await ThreadLog.open(THREAD, { location: path, options: {} }, 512);
  await read.close();
  await assert.rejects(read.refresh(), { code: 'closed' });
  assert.equal(read.studies()[0]?.history.length, 10, 'what was read stays');
});

test('the thread works out a large Pareto front, and again when trials come', async (t) => {
  const path = join(temporaryFolder(t), 'journal.log');
  const log = await JournalLog.open(path, { create: true });
  t.after(() => log.close());
  const study = await log.createStudy({ name: 'front', directions: Array(5).fill(Direction.minimize) });
  const add = (number: number) => {
    // Points of a simplex: none beats another.
    const parts = [1, 2, 3, 4, 5].map((factor) => 1 + ((number * (factor * 7919 + 13)) % 9973));
    const sum = parts.reduce((all, part) => all + part, 0);
    const params = [{ name: 'lr', internal: 0.5, distribution: LR }];
    const values = parts.map((part) => part / sum);
    return log.createTrial(study, { state: TrialState.complete, values, params, userAttrs: { note: 'x'.repeat(80) } });
  };
  await Promise.all(Array.from({ length: 5000 }, (_, number) => add(number)));
  const read = await openLog(path, {}, THREAD);
  t.after(() => read.close());
  assert.ok(read instanceof ThreadLog);
  const { history } = read.studies()[0] ?? assert.fail('no study');
  const cpuOf = (run: () => unknown) => {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
  const given = cpuOf(() => paretoFront(history));
  const computed = cpuOf(() => paretoFront(study.history));
  assert.ok(given < computed / 10, `${given} of ${computed} microseconds`);
  assert.deepEqual(paretoFront(history), paretoFront(study.history));
  await Promise.all(Array.from({ length: 200 }, (_, number) => add(5000 + number)));
  assert.equal(await read.refresh(), true);
  assert.deepEqual(paretoFront(history), paretoFront(study.history));
  assert.ok(paretoFront(history).some((number) => number >= 5000));
});

test('a note that is written elsewhere is a change, and is found by the number of its trial', async (t) => {
  const path = join(temporaryFolder(t), 'journal.log');
  const { log, study } = await journal(path, 3000);
  t.after(() => log.close());
  const read = await openLog(path, {}, THREAD);
  t.after(() => read.close());
  assert.ok(read instanceof ThreadLog);
  assert.equal(await read.refresh(), false);
  for (const [key, value] of noteAttrs(study.systemAttrs, study.trialIds?.[5] ?? -1, 'why'))
    await log.setStudyAttr(study, 'system', key, value);
  assert.equal(await read.refresh(), true);
  const [shown] = read.studies();
  assert.deepEqual(
    [...annotationsOf(shown as StudyRecord).trials],
    [[5, { version: 1, text: 'why', star: false, tags: [] }]],
  );
  assert.equal(await read.refresh(), false);
});
