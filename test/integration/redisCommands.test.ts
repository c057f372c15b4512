/** The command line, the library and Optuna scripts with storages on a Redis server. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { createStudy } from '../../src/library/node.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { studyFindings } from '../../src/tuner/cli/doctor/doctorStudies.ts';
import { needs } from '../support/parts.ts';
import { needPython } from '../support/python.ts';
import { startRedis } from '../support/redisServer.ts';
import { ScriptFolder } from '../support/scriptRun.ts';
import { whileTesting } from '../support/whileTesting.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const PROGRAM = `const value = Number(process.argv[3]); console.log('score=' + value + ' step=1'); setTimeout(() => {}, 50);`;
/** With all that a URL has a meaning for. */
const PASSWORD = 'p@ss/w:rd?1#%&';
const ENCODED = encodeURIComponent(PASSWORD);

function tunerFolder(t: TestContext): TunerFolder {
  const folder = new TunerFolder();
  t.after(() => folder.remove());
  return folder;
}

/** Every file below a folder, as text. */
function textBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

describe('redis', needs('redis'), () => {
  const started = whileTesting(needs('redis'), async (keep) => ({
    open: keep(await startRedis()),
    locked: keep(await startRedis({ requirepass: PASSWORD })),
  }));

  it('runs a study, in the background too, and shows its password to nobody', async (t) => {
    const folder = tunerFolder(t);
    const url = started().locked.url();
    const withVariable = url.replace('//', '//:\u0024{env:DB_PASSWORD}@');
    const source = folder.study(PROGRAM, { head: `budget: { trials: 6 }\nparallel: 2\nstorage: "${withVariable}"` });
    const env = { ...process.env, DB_PASSWORD: PASSWORD };
    const ended = await folder.start(['run', source], env).ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(folder.record().storage, url);
    const best = await folder.start(['best', source, '--as', 'json'], env).ended;
    assert.equal(best.code, 0, best.stderr);

    const given = url.replace('//', `//:${ENCODED}@`);
    const later = await folder.run('run', source, '--detach', '--trials', '9', '--storage', given);
    assert.equal(later.code, 0, later.stderr);
    const record = folder.record();
    const seen = existsSync(`/proc/${record.pid}/cmdline`) ? readFileSync(`/proc/${record.pid}/cmdline`, 'utf8') : '';
    await until(() => folder.record().state === 'finished');
    const said = [ended, later].map(({ stdout, stderr }) => stdout + stderr).join();
    for (const text of [seen, said, textBelow(join(folder.path, '.tuneboard'))]) {
      assert.ok(!text.includes(PASSWORD) && !text.includes(ENCODED), text);
    }
    const log = await openTrialLog(url, { password: PASSWORD });
    t.after(() => log.close());
    assert.equal(log.studies()[0]?.history.count(TrialState.complete), 9);
    const refused = await folder.run('studies', url);
    assert.match(refused.stderr, /wants a password: set TUNEBOARD_STORAGE_PASSWORD/);
  });

  it('takes a study from anywhere and gives it back as it was', async (t) => {
    const folder = tunerFolder(t);
    const journal = join(folder.path, 'from.journal');
    const log = await JournalLog.open(journal, { create: true });
    const study = await log.createStudy({ name: 'é 日本', directions: [Direction.minimize] });
    const float = { type: 'float', low: -1, high: 1, log: false, step: null } as const;
    const trials = Array.from({ length: 3000 }, (_, number) => ({
      state: TrialState.complete,
      params: [{ name: 'x', internal: number / 3000, distribution: float }],
      values: [number % 7 === 0 ? Number.POSITIVE_INFINITY : -0],
      intermediate: [[7, Number.NaN]] as const,
      userAttrs: { note: 'a\n"b" 日本', nested: { list: [1, 2.5, null] } },
      startedAt: 1_760_000_000_000.5 + number,
      completedAt: 1_760_000_100_000 + number,
    }));
    await Promise.all(trials.map((trial) => log.createTrial(study, trial)));
    await log.close();
    const redis = started().open.url();
    const back = join(folder.path, 'back.journal');
    for (const [from, to] of [
      [journal, redis],
      [redis, back],
    ] as const) {
      const copied = await folder.run('copy', from, to);
      assert.equal(copied.code, 0, copied.stderr);
      assert.equal(copied.stderr, '');
      assert.match(copied.stdout, /1 study, 3000 trials written to/);
    }
    const plain = async (location: string) => {
      const opened = await openTrialLog(location);
      await opened.close();
      return trialsJson(opened);
    };
    const before = await plain(journal);
    assert.equal(await plain(redis), before);
    assert.equal(await plain(back), before);
    const again = await folder.run('copy', journal, redis);
    assert.match(again.stderr, /already has a study named "é 日本"/);
  });

  it('says in `doctor` what the server is like, and what may cost trials there', async (t) => {
    const { open, locked } = started();
    const one = async (target: string) => {
      const [finding, ...others] = await studyFindings([target]);
      assert.ok(finding && others.length === 0);
      assert.ok(!JSON.stringify(finding).includes(PASSWORD));
      return finding;
    };
    const url = open.url();
    const empty = await one(url);
    assert.match(empty.found, /^redis:\S+ \(Redis \d[\d.]+\): no studies yet$/);
    assert.equal(empty.missing, undefined);
    const log = await openWritableStorage(storagePlace(url, '.'));
    t.after(() => log.close());
    await log.createStudy({ name: 's', directions: [Direction.minimize] });
    assert.match((await one(url)).found, /: 1 study$/);
    open.ask('CONFIG', 'SET', 'appendonly', 'no');
    open.ask('CONFIG', 'SET', 'maxmemory', '1gb');
    open.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const risky = await one(url);
    assert.match(risky.missing ?? '', /no append-only file.*evicts keys.*allkeys-lru/);
    const folder = tunerFolder(t);
    const source = folder.study(PROGRAM, { head: `budget: { trials: 1 }\nstorage: "${open.url()}"` });
    const ended = await folder.run('run', source);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /keeps no append-only file: .*Have appendonly yes set\./);
    assert.match((await one(locked.url())).missing ?? '', /wants a password/);
    assert.match((await one(url.replace(/:\d+\//, ':1/'))).missing ?? '', /no server listens there/);
  });

  it('asks and tells in a program', async () => {
    const url = started().open.url();
    const space = { x: { type: 'float', low: 0, high: 1 } } as const;
    const study = createStudy({ name: 's', space, storage: url });
    await study.optimize((trial) => trial.params['x'] as number, { trials: 5 });
    await study.close();
    const again = createStudy({ name: 's', space, storage: url });
    assert.equal((await again.ask()).number, 5);
    await again.close();
  });

  it('follows an Optuna script whose storage is on Redis', async (t) => {
    const python = needPython(t, 'optuna');
    if (!python) return;
    const folder = new ScriptFolder();
    t.after(() => folder.remove());
    const url = started().locked.url('of a script');
    const script = folder.write(
      'tune.py',
      `
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalRedisBackend
def objective(trial):
    x = trial.suggest_int("x", 0, 9)
    print("acc=%d step=1" % x)
    return x
backend = JournalRedisBackend("redis://:${ENCODED}@127.0.0.1:${started().locked.port}", prefix="of a script")
optuna.create_study(storage=JournalStorage(backend), study_name="mine").optimize(objective, n_trials=3)
`,
    );
    const run = folder.start(script, python);
    assert.deepEqual(await run.outcome, { state: 'finished' });
    assert.ok(!JSON.stringify(run.studies).includes(ENCODED));
    const found = run.studies.at(-1);
    assert.equal(found?.name, 'mine');
    const log = await openTrialLog(found.location, { password: PASSWORD });
    t.after(() => log.close());
    assert.equal(log.location, ServerUrl.parse(url).location);
    assert.equal(log.studies()[0]?.history.count(TrialState.complete), 3);
    assert.deepEqual(log.studies()[0]?.history.curve(0).steps, [1]);
  });

  it('records what an Optuna script on Redis left running as failed', async (t) => {
    const python = needPython(t, 'optuna');
    if (!python) return;
    const folder = new ScriptFolder();
    t.after(() => folder.remove());
    const { port } = started().locked;
    const script = folder.write(
      'tune.py',
      `
import optuna, os, signal
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalRedisBackend
def objective(trial):
    if trial.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return trial.suggest_float("x", 0, 1)
backend = JournalRedisBackend("redis://:${ENCODED}@127.0.0.1:${port}/1", prefix="left")
optuna.create_study(storage=JournalStorage(backend), study_name="left").optimize(objective, n_trials=3)
`,
    );
    const run = folder.start(script, python, { env: { ...process.env, TUNEBOARD_STORAGE_PASSWORD: PASSWORD } });
    assert.equal((await run.outcome).state, 'failed');
    assert.doesNotMatch(run.notes.join(), /could not be recorded/);
    const log = await openTrialLog(`redis://127.0.0.1:${port}/1?prefix=left`, { password: PASSWORD });
    t.after(() => log.close());
    assert.deepEqual([...(log.studies()[0]?.history.states ?? [])], [TrialState.complete, TrialState.fail]);
  });
});
