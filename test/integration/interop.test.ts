import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { optunaWorker } from '../support/optunaWorker.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('../support/studyWorker.ts', import.meta.url));

const OPTUNA_WORKER = optunaWorker(
  'JournalStorage(JournalFileBackend(sys.argv[1]))',
  'from optuna.storages import JournalStorage\nfrom optuna.storages.journal import JournalFileBackend',
);

/** Prints what Optuna reads: number, state, value, parameters. */
const OPTUNA_READER = `
import json, sys, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
study = optuna.load_study(study_name=sys.argv[2], storage=JournalStorage(JournalFileBackend(sys.argv[1])))
print(json.dumps([[t.number, int(t.state), t.value, t.params, {str(k): v for k, v in t.intermediate_values.items()}] for t in study.trials]))
`;

const numbersOf = (outputs: readonly { stdout: string }[]) =>
  outputs.flatMap(({ stdout }) => stdout.trim().split('\n').map(Number)).sort((a, b) => a - b);

for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
  test(`${part} continues a journal that we wrote, and we continue its`, { timeout: 300_000 }, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const path = join(temporaryFolder(t), 'ours first.log');
    const log = await JournalLog.open(path, { create: true });
    await log.createStudy({ name: 's', directions: [Direction.minimize] });
    await log.close();
    await run(process.execPath, [worker, path, 's', '12', '1']);
    await run(python, ['-c', OPTUNA_WORKER, path, 's', '12']);
    await run(process.execPath, [worker, path, 's', '6', '2']);
    await assertSameTrials(python, path, 30);

    const other = join(temporaryFolder(t), 'theirs first.log');
    await run(python, ['-c', OPTUNA_WORKER, other, 's', '12']);
    await run(process.execPath, [worker, other, 's', '12', '3']);
    await run(python, ['-c', OPTUNA_WORKER, other, 's', '6']);
    await assertSameTrials(python, other, 30);
  });

  test(`four processes of ${part} and four of ours on one journal`, { timeout: 300_000 }, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const path = join(temporaryFolder(t), 'shared.log');
    const log = await JournalLog.open(path, { create: true });
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    for (let waiting = 0; waiting < 8; waiting++) {
      const fixed = { x: waiting / 2, n: 8, kind: 'a' };
      await log.createTrial(study, { state: TrialState.waiting, systemAttrs: { fixed_params: fixed } });
    }
    await log.close();
    const ours = [1, 2, 3, 4].map((seed) => run(process.execPath, [worker, path, 's', '15', String(seed)]));
    const theirs = [1, 2, 3, 4].map(() => run(python, ['-c', OPTUNA_WORKER, path, 's', '15']));
    const numbers = numbersOf(await Promise.all([...ours, ...theirs]));
    assert.deepEqual(
      numbers,
      Array.from({ length: 120 }, (_, number) => number),
    );
    const history = await assertSameTrials(python, path, 120);
    for (let number = 0; number < 8; number++) assert.equal(history.param(number, 'x'), number / 2);
    const writers = Array.from({ length: 120 }, (_, number) => String(history.userAttrs(number)['writer']));
    assert.equal(new Set(writers).size, 8);
    assert.equal(writers.filter((writer) => writer.startsWith('node-')).length, 60);
  });
}

async function assertSameTrials(python: string, path: string, count: number) {
  const { stdout } = await run(python, ['-c', OPTUNA_READER, path, 's']);
  const log = await JournalLog.open(path);
  await log.close();
  assert.deepEqual(log.warnings, []);
  const history = log.studies()[0]?.history;
  assert.ok(history);
  assert.equal(history.length, count);
  const ours = Array.from({ length: count }, (_, number) => {
    const { steps, values } = history.curve(number);
    assert.ok(isFinished(history.state(number)));
    const value = history.value(number);
    const curve = Object.fromEntries(steps.map((step, index) => [String(step), values[index]]));
    return [number, history.state(number), Number.isNaN(value) ? null : value, history.params(number), curve];
  });
  assert.deepEqual(ours, JSON.parse(stdout));
  return history;
}
