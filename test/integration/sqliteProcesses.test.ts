import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { SqliteStore } from '../../src/storage/sql/sqlite/sqliteStore.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { optunaWorker } from '../support/optunaWorker.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

process.env['TZ'] = 'UTC';
const run = promisify(execFile);
const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const writer = support('trialWriter.ts');
const worker = support('studyWorker.ts');

const OPTUNA_WORKER = optunaWorker('"sqlite:///" + sys.argv[1]');

const script = fileURLToPath(new URL('../fixtures/optuna/make_fixtures.py', import.meta.url));
const DUMP = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[2]))
sys.dont_write_bytecode = True
import optuna, make_fixtures as m
m.dump(optuna.storages.RDBStorage("sqlite:///" + sys.argv[1]), sys.argv[1])
`;

async function newDatabase(t: TestContext, waiting = 0): Promise<string> {
  const path = join(temporaryFolder(t), 'study 日本.db');
  const store = await SqliteStore.open(path, { create: true });
  const study = await store.createStudy({ name: 's', directions: [Direction.minimize] });
  for (let left = waiting; left > 0; left--) await store.createTrial(study, { state: TrialState.waiting });
  await store.close();
  return path;
}

async function reopen(t: TestContext, path: string): Promise<SqliteStore> {
  const store = await SqliteStore.open(path);
  t.after(() => store.close());
  assert.deepEqual(store.warnings, []);
  return store;
}

const numbersOf = (outputs: readonly { stdout: string }[]) =>
  outputs.flatMap(({ stdout }) => stdout.trim().split('\n').map(Number)).sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

test('four processes write one database: nothing lost, nothing twice', async (t) => {
  const path = await newDatabase(t, 10);
  const outputs = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [writer, path, '100', name])),
  );
  assert.deepEqual(numbersOf(outputs), upTo(400));
  const history = (await reopen(t, path)).studies()[0]?.history;
  assert.equal(history?.count(TrialState.complete), 400);
  assert.deepEqual([...history.values], upTo(400));
  const writers = upTo(400).map((number) => history.userAttrs(number)['writer']);
  for (const name of ['a', 'b', 'c', 'd']) assert.equal(writers.filter((writer) => writer === name).length, 100);
});

const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 8);

test(`a writer killed at any moment loses no acknowledged trial (${KILLS} times)`, async (t) => {
  const path = await newDatabase(t);
  const acknowledged = new Set<number>();
  for (let round = 0; round < KILLS; round++) {
    const child = spawn(process.execPath, [writer, path, '100000', `r${round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(child.stdout, 'data');
    await sleep(Math.random() * 60);
    child.kill('SIGKILL');
    await once(child, 'close');
    // The last line may have been cut off by the kill.
    for (const line of text.slice(0, text.lastIndexOf('\n')).split('\n')) acknowledged.add(Number(line));
  }
  const history = (await reopen(t, path)).studies()[0]?.history;
  assert.ok(history);
  for (const number of acknowledged) assert.ok(isFinished(history.state(number)), `trial ${number}`);
  assert.ok(acknowledged.size > KILLS);
});

for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
  test(`${part} continues a database that we made, and we continue its`, { timeout: 300_000 }, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const ours = await newDatabase(t);
    await run(process.execPath, [worker, ours, 's', '12', '1']);
    await run(python, ['-c', OPTUNA_WORKER, ours, 's', '12']);
    await run(process.execPath, [worker, ours, 's', '6', '2']);
    await assertSame(t, python, ours, 30);

    const theirs = join(temporaryFolder(t), 'theirs first.db');
    await run(python, ['-c', OPTUNA_WORKER, theirs, 's', '12']);
    await run(process.execPath, [worker, theirs, 's', '12', '3']);
    await run(python, ['-c', OPTUNA_WORKER, theirs, 's', '6']);
    await assertSame(t, python, theirs, 30);
    assert.equal(readFileSync(theirs)[18], 1, 'the journal mode that Optuna chose stays');
  });

  for (const maker of ['ours', 'theirs'] as const) {
    test(`two processes of ${part} and two of ours on ${maker}`, { timeout: 300_000 }, async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const path = maker === 'ours' ? await newDatabase(t) : join(temporaryFolder(t), 'theirs.db');
      if (maker === 'theirs') await run(python, ['-c', OPTUNA_WORKER, path, 's', '0']);
      const left = [1, 2].map((seed) => run(process.execPath, [worker, path, 's', '15', String(seed)]));
      const right = [1, 2].map(() => run(python, ['-c', OPTUNA_WORKER, path, 's', '15']));
      assert.deepEqual(numbersOf(await Promise.all([...left, ...right])), upTo(60));
      const history = await assertSame(t, python, path, 60);
      const writers = upTo(60).map((number) => String(history.userAttrs(number)['writer']));
      assert.equal(new Set(writers).size, 4);
      assert.equal(writers.filter((writer) => writer.startsWith('node-')).length, 30);
    });
  }
}

/** Whether Optuna reads from the file, to the last digit, what we read. */
async function assertSame(t: TestContext, python: string, path: string, count: number) {
  await run(python, ['-c', DUMP, path, script], { env: { ...process.env, TZ: 'UTC' } });
  const name = path.slice(path.lastIndexOf('/') + 1);
  const expected = JSON.parse(readFileSync(join(path, '..', `expected_${name}.json`), 'utf8'));
  const store = await reopen(t, path);
  const actual = JSON.parse(trialsJson(store));
  expected.optuna = actual.optuna;
  for (const { trials } of [...expected.studies, ...actual.studies]) {
    for (const trial of trials) {
      for (const key of ['user_attrs', 'system_attrs']) trial[key] = Object.entries(trial[key]).sort();
    }
  }
  assert.deepEqual(actual, expected);
  const history = store.studies()[0]?.history;
  assert.equal(history?.length, count);
  for (const number of upTo(count)) assert.ok(isFinished(history.state(number)), `trial ${number}`);
  return history;
}
