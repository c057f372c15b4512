/** Optuna and we behind one of Optuna's storage proxies, both asking it at once. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { optunaWorker } from '../support/optunaWorker.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { type StorageProxy, startProxy } from '../support/storageProxies.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const cli = here('../../src/tuner/main.ts');
const worker = here('../support/studyWorker.ts');
const script = here('../fixtures/optuna/make_fixtures.py');

const THEIR_STORAGE = 'optuna.storages.GrpcStorageProxy(port=int(sys.argv[1].rsplit(":", 1)[1]))';
const OPTUNA_WORKER = optunaWorker(THEIR_STORAGE);

/** All that Optuna's client reads: URL FILE SCRIPT. */
const DUMP = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[3]))
sys.dont_write_bytecode = True
import optuna, make_fixtures as m
m.dump(${THEIR_STORAGE}, sys.argv[2])
`;

/** A study with everything that Optuna can write: URL SCRIPT. */
const FILL = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[2]))
sys.dont_write_bytecode = True
import optuna, make_fixtures as m
m.fill(${THEIR_STORAGE}, "filled")
`;

const JUDGE = `
import json, sys
import optuna
study = optuna.load_study(study_name="s", storage=${THEIR_STORAGE})
importance = optuna.importance.get_param_importances(study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
print(json.dumps({"best": study.best_trial.number, "importance": importance}))
`;

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
const numbersOf = (outputs: readonly { stdout: string }[]) =>
  outputs.flatMap(({ stdout }) => stdout.trim().split('\n').map(Number)).sort((a, b) => a - b);

const ours = (url: string, trials: number, seed: number) =>
  run(process.execPath, [worker, url, 's', `${trials}`, `${seed}`]);
const theirs = (python: string, url: string, trials: number) =>
  run(python, ['-c', OPTUNA_WORKER, url, 's', `${trials}`]);

async function newStudy(url: string, waiting = 0): Promise<void> {
  const log = await openWritableStorage(storagePlace(url, '.'));
  const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  for (let left = waiting; left > 0; left--) {
    await log.createTrial(study, { state: TrialState.waiting, systemAttrs: { fixed_params: { x: left / 4 } } });
  }
  await log.close();
}

for (const release of ['optuna', 'optuna4'] as const) {
  for (const behind of ['memory', 'sqlite'] as const) {
    test(`${release} before ${behind} continues our study, and we continue its`, needs(release), async (t) => {
      const name = behind === 'memory' ? 'memory' : `sqlite:///${join(temporaryFolder(t), 'study.db')}`;
      const proxy = await startProxy(name, { release });
      t.after(() => proxy.stop());
      const python = pythonOf(release);
      await newStudy(proxy.url);
      await ours(proxy.url, 12, 1);
      await theirs(python, proxy.url, 12);
      await ours(proxy.url, 6, 2);
      await assertSame(t, python, proxy.url, 30);
      await run(python, ['-c', FILL, proxy.url, script]);
      await assertSame(t, python, proxy.url, 30);
    });
  }
}

describe('before PostgreSQL', needs('optuna', 'postgres'), () => {
  let server: TestServer;
  let proxy: StorageProxy;
  before(async () => {
    server = await startServer('postgres');
    proxy = await startProxy((await server.newDatabase()).replace('postgresql:', 'postgresql+psycopg2:'));
  });
  after(async () => {
    await proxy?.stop();
    await server?.dispose();
  });

  test('four processes of Optuna and four of ours: none lost, none twice', { timeout: 300_000 }, async (t) => {
    const python = pythonOf('optuna');
    await newStudy(proxy.url, 8);
    const left = [1, 2, 3, 4].map((seed) => ours(proxy.url, 12, seed));
    const right = [1, 2, 3, 4].map(() => theirs(python, proxy.url, 8));
    assert.deepEqual(numbersOf(await Promise.all([...left, ...right])), upTo(80));
    const history = await assertSame(t, python, proxy.url, 80);
    const writers = upTo(80).map((number) => String(history.userAttrs(number)['writer']));
    assert.equal(new Set(writers).size, 8);
    assert.equal(writers.filter((writer) => writer.startsWith('node-')).length, 48);
    for (const number of upTo(8)) assert.equal(history.param(number, 'x'), (8 - number) / 4);
    const judged = JSON.parse((await run(python, ['-c', JUDGE, proxy.url])).stdout);
    assert.equal(history.best, judged.best);
    const importance = JSON.parse((await run(process.execPath, [cli, 'importance', proxy.url, '--json'])).stdout);
    for (const [parameter, share] of Object.entries(judged.importance as Record<string, number>)) {
      assert.ok(Math.abs(importance[parameter] - share) < 1e-6, `${parameter}: ${importance[parameter]} and ${share}`);
    }
  });
});

/** Whether Optuna's client reads, to the last digit, what we read: parameters and attributes have no order behind a proxy. */
async function assertSame(t: TestContext, python: string, url: string, count: number) {
  const path = join(temporaryFolder(t), 'dump');
  await run(python, ['-c', DUMP, url, path, script]);
  const expected = JSON.parse(readFileSync(join(path, '..', 'expected_dump.json'), 'utf8'));
  const log = await openTrialLog(url);
  t.after(() => log.close());
  assert.deepEqual(log.warnings, []);
  const actual = JSON.parse(trialsJson(log));
  expected.optuna = actual.optuna;
  for (const { trials } of [...expected.studies, ...actual.studies]) {
    for (const trial of trials) {
      for (const key of ['params', 'distributions', 'user_attrs', 'system_attrs', 'intermediate_values']) {
        trial[key] = Object.entries(trial[key]).sort();
      }
      trial.params_repr = [...trial.params_repr].sort().join('');
    }
  }
  assert.deepEqual(actual, expected);
  const study = log.studies().find(({ name }) => name === 's');
  assert.ok(study);
  assert.equal(study.history.length, count);
  for (const number of upTo(count)) assert.ok(isFinished(study.history.state(number)), `trial ${number}`);
  return study.history;
}
