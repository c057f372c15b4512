import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

process.env['TZ'] = 'UTC';
const run = promisify(execFile);
const writer = fileURLToPath(new URL('../support/trialWriter.ts', import.meta.url));

async function newJournal(t: TestContext, waiting = 10): Promise<string> {
  const path = join(temporaryFolder(t), 'study with "quotes" 日本.journal');
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  for (let left = waiting; left > 0; left--) await log.createTrial(study, { state: TrialState.waiting });
  await log.close();
  return path;
}

test('four processes write one journal: nothing lost, nothing twice', async (t) => {
  const path = await newJournal(t);
  const processes = ['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [writer, path, '100', name]));
  const outputs = await Promise.all(processes);
  const acknowledged = outputs.flatMap(({ stdout }) => stdout.trim().split('\n').map(Number));
  assert.equal(new Set(acknowledged).size, 400);
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  const history = log.studies()[0]?.history;
  assert.equal(history?.length, 400);
  assert.equal(history.count(TrialState.complete), 400);
  assert.deepEqual(
    [...history.values],
    Array.from({ length: 400 }, (_, number) => number),
  );
  const writers = Array.from({ length: 400 }, (_, number) => history.userAttrs(number)['writer']);
  for (const name of ['a', 'b', 'c', 'd']) assert.equal(writers.filter((writer) => writer === name).length, 100);
  assert.deepEqual(log.warnings, []);
});

const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 12);

test(`a writer killed at any moment loses no acknowledged trial (${KILLS} times)`, async (t) => {
  const path = await newJournal(t);
  const acknowledged = new Set<number>();
  for (let round = 0; round < KILLS; round++) {
    const child = spawn(process.execPath, [writer, path, '100000', `r${round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = collect(child);
    await untilOutput(child);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    // The last line may have been cut off by the kill.
    const text = lines();
    for (const line of text.slice(0, text.lastIndexOf('\n')).split('\n')) acknowledged.add(Number(line));
  }
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  const history = log.studies()[0]?.history;
  assert.ok(history);
  for (const number of acknowledged) assert.ok(isFinished(history.state(number)), `trial ${number}`);
  assert.ok(acknowledged.size > KILLS);
  assert.deepEqual(log.warnings, []);
});

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

function untilOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the writer ended before it wrote')));
  });
}

const CONTINUE = `
import sys, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.load_study(study_name="s", storage=JournalStorage(JournalFileBackend(sys.argv[1])))
study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=int(sys.argv[2]))
`;
const script = fileURLToPath(new URL('../fixtures/optuna/make_fixtures.py', import.meta.url));
const DUMP = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[2]))
sys.dont_write_bytecode = True
import make_fixtures as m
m.dump(m.JournalStorage(m.JournalFileBackend(sys.argv[1])), sys.argv[1])
`;

for (const part of ['optuna', 'optuna4'] satisfies PythonPart[]) {
  test(`two processes of ${part} and two of ours share a journal, and both read the same from it`, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    // Optuna 4 raises when another process was faster with a waiting trial, whoever that is.
    const path = await newJournal(t, part === 'optuna4' ? 0 : 10);
    const ours = ['a', 'b'].map((name) => run(process.execPath, [writer, path, '30', name]));
    const theirs = ['1', '2'].map(() => run(python, ['-c', CONTINUE, path, '15']));
    await Promise.all([...ours, ...theirs]);
    await run(python, ['-c', DUMP, path, script], { env: { ...process.env, TZ: 'UTC' } });
    const log = await JournalLog.open(path);
    t.after(() => log.close());
    const history = log.studies()[0]?.history;
    assert.equal(history?.count(TrialState.complete), 90);
    assert.equal(history.length, 90);
    const expected = JSON.parse(
      readFileSync(join(path, '..', `expected_${path.slice(path.lastIndexOf('/') + 1)}.json`), 'utf8'),
    );
    // Optuna 4 shows times with a zone as UTC with an offset.
    const text = trialsJson(log);
    const actual = JSON.parse(text);
    expected.optuna = null;
    for (const trial of [...expected.studies[0].trials, ...actual.studies[0].trials]) {
      for (const key of ['datetime_start', 'datetime_complete']) trial[key] = String(trial[key]).replace('+00:00', '');
    }
    assert.deepEqual(actual, expected);
  });

  test(`${part} can write on after a torn line of ours was repaired`, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const path = await newJournal(t);
    writeFileSync(path, '{"op_code":7,"wor', { flag: 'a' });
    const log = await JournalLog.open(path);
    t.after(() => log.close());
    const study = log.studies()[0];
    assert.ok(study);
    await log.setStudyAttr(study, 'user', 'k', 1);
    await run(python, ['-c', CONTINUE, path, '12']);
    await log.refresh();
    assert.equal(study.history.count(TrialState.complete), 12);
  });
}
