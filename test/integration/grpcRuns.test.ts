/** Studies behind Optuna's storage proxy: run by several tuners at once, killed, resumed, watched and copied. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { watchTrialLog } from '../../src/storage/watchTrialLog.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { newOwner, SignedLog } from '../../src/tuner/trials/ownership.ts';
import { type RepairedTrial, repairTrials, SilenceWatch } from '../../src/tuner/trials/repair.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { type ProxyFarm, startProxies } from '../support/storageProxies.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const FLOAT = { type: 'float', low: 0, high: 1, log: false, step: null } as const;
const PROGRAM = `for (let step = 0; step < 3; step++) { console.log('score=' + step + ' step=' + step); await new Promise((resolve) => setTimeout(resolve, 40)); }`;
const completed = (stdout: string) => [...stdout.matchAll(/^trial (\d+) complete/gm)].map((match) => Number(match[1]));
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('a study behind a storage proxy', needs('optuna'), () => {
  let farm: ProxyFarm;
  before(async () => {
    farm = await startProxies();
  });
  after(() => farm?.dispose());

  test('is run by two tuners at once, one of which is killed, and none of its trials is lost', {
    timeout: 240_000,
  }, async (t) => {
    const url = await farm.newProxy('memory');
    const head = `budget: { trials: 30 }\nparallel: 2\npruner: none\nstorage: ${url}`;
    const folders = [new TunerFolder(), new TunerFolder()] as const;
    try {
      const [first, second] = folders.map((folder) => folder.start(['run', folder.study(PROGRAM, { head })]));
      await until(() => completed(first?.stdout() ?? '').length > 1);
      first?.child.kill('SIGKILL');
      const seen = completed((await first?.ended)?.stdout ?? '');
      const again = folders[0].start(['run', folders[0].study(PROGRAM, { head })]);
      const ended = await Promise.all([again.ended, second?.ended]);
      for (const end of ended) {
        assert.equal(end?.code, 0, end?.stderr);
        seen.push(...completed(end?.stdout ?? ''));
      }
      assert.equal(folders[0].record().storage, url);
      const log = await openTrialLog(url);
      t.after(() => log.close());
      const [{ history }] = log.studies() as [StudyRecord];
      assert.equal(new Set(seen).size, seen.length, 'none is told twice');
      for (const number of seen) assert.equal(history.state(number), TrialState.complete, `trial ${number}`);
      assert.ok(upTo(history.length).every((number) => isFinished(history.state(number))));
      const count = history.count(TrialState.complete);
      assert.ok(count >= 30 && count <= 34, `${count} trials, of at most four workers in flight`);
    } finally {
      for (const folder of folders) folder.remove();
    }
  });

  test('gets what a journal gets: the number decides what is suggested', { timeout: 240_000 }, async () => {
    const paramsOf = async (storage: string, sampler: string) => {
      const folder = new TunerFolder();
      try {
        const head = `budget: { trials: 16 }\npruner: none\nsampler: { type: ${sampler}, seed: 7 }\nstorage: ${storage}`;
        const end = await folder.run('run', folder.study(PROGRAM, { head }));
        assert.equal(end.code, 0, end.stderr);
        const log = await openTrialLog(folder.record().storage as string);
        const [{ history }] = log.studies() as [StudyRecord];
        await log.close();
        return upTo(history.length).map((number) => history.params(number));
      } finally {
        folder.remove();
      }
    };
    for (const sampler of ['tpe', 'qmc']) {
      const local = await paramsOf('journal', sampler);
      assert.equal(local.length, 16);
      assert.deepEqual(await paramsOf(await farm.newProxy('memory'), sampler), local, sampler);
    }
  });

  test('tries each point of a grid once, by two tuners with three at a time', { timeout: 240_000 }, async (t) => {
    const url = await farm.newProxy('memory');
    const folders = [new TunerFolder(), new TunerFolder()];
    try {
      const ends = folders.map((folder) => {
        folder.write('train.mjs', `console.log('score=1'); await new Promise((resolve) => setTimeout(resolve, 50));`);
        const source = folder.write('grid.study.yaml', gridStudy(url));
        return folder.start(['run', source]).ended;
      });
      for (const end of await Promise.all(ends)) assert.equal(end.code, 0, end.stderr);
      const log = await openTrialLog(url);
      t.after(() => log.close());
      const [{ history }] = log.studies() as [StudyRecord];
      const isComplete = (number: number) => history.state(number) === TrialState.complete;
      const numbers = upTo(history.length);
      const points = numbers
        .filter(isComplete)
        .map((number) => JSON.stringify(Object.entries(history.params(number)).sort()));
      assert.deepEqual([points.length, new Set(points).size], [30, 30]);
      // A trial cannot be taken back: who came too late for the last point has failed it.
      const late = numbers.filter((number) => !isComplete(number));
      assert.ok(late.length < 6, `${late.length} of six workers`);
      for (const number of late)
        assert.match(String(history.userAttrs(number)['tuneboard:error']), /what was left to try/);
    } finally {
      for (const folder of folders) folder.remove();
    }
  });

  test('has each enqueued trial run once, where Optuna on SQLite would let two have it', {
    timeout: 240_000,
  }, async (t) => {
    const url = await farm.newProxy(`sqlite:///${join(temporaryFolder(t), 'study.db')}`);
    const log = await openWritableStorage(storagePlace(url, '.'));
    t.after(() => log.close());
    const study = await log.createStudy({ name: 'demo', directions: [Direction.maximize] });
    for (const number of upTo(16)) {
      const systemAttrs = { fixed_params: { lr: 0.001 * (number + 1), steps: 1 } };
      await log.createTrial(study, { state: TrialState.waiting, systemAttrs });
    }
    const head = `budget: { trials: 16 }\nparallel: 3\npruner: none\nstorage: ${url}`;
    const folders = [new TunerFolder(), new TunerFolder()];
    try {
      const tuners = folders.map((folder) => folder.start(['run', folder.study(PROGRAM, { head })]));
      const ends = await Promise.all(tuners.map(({ ended }) => ended));
      for (const end of ends) assert.equal(end.code, 0, end.stderr);
      const told = ends.flatMap(({ stdout }) => completed(stdout)).sort((a, b) => a - b);
      assert.deepEqual(told, upTo(16));
      await log.refresh();
      for (const number of upTo(16)) {
        assert.equal(study.history.param(number, 'lr'), 0.001 * (number + 1));
        assert.equal(study.history.curve(number).steps.length, 3);
      }
    } finally {
      for (const folder of folders) folder.remove();
    }
  });

  test('is seen by others by itself, and read a piece at a time', { timeout: 60_000 }, async (t) => {
    const url = await farm.newProxy(`sqlite:///${join(temporaryFolder(t), 'study.db')}`);
    const writer = await openWritableStorage(storagePlace(url, '.'));
    const study = await writer.createStudy({ name: 's', directions: [1] });
    await writer.createTrial(study, { state: TrialState.complete, values: [1] });
    const reader = await openTrialLog(url);
    t.after(() => Promise.all([reader.close(), writer.close()]));
    const [{ history }] = reader.studies() as [StudyRecord];
    const watch = watchTrialLog(reader, () => {});
    t.after(() => watch.dispose());
    await sleep(2500);
    for (const value of [2, 3]) {
      const number = (await writer.createTrial(study, { state: TrialState.complete, values: [value] })) as number;
      await until(() => history.value(number) === value);
    }
    assert.deepEqual(history.changedSince(1), [1, 2], 'the first trial was read once');
  });

  test('runs a trial once more whose worker fell silent, whoever of several finds it', {
    timeout: 60_000,
  }, async (t) => {
    const url = await farm.newProxy('memory');
    const workers = await Promise.all(
      ['dead', 'first', 'second'].map(async (host) => {
        const log = await openWritableStorage(storagePlace(url, '.'));
        t.after(() => log.close());
        const signed = new SignedLog(log, { ...newOwner({ beats: 1 }), host });
        return signed;
      }),
    );
    const [dead, ...others] = workers as [SignedLog, SignedLog, SignedLog];
    const study = await dead.createStudy({ name: 's', directions: [1] });
    const params = [{ name: 'x', internal: 0.5, distribution: FLOAT }];
    await dead.createTrial(study, { state: TrialState.running, params });
    await dead.createTrial(study, { state: TrialState.running, params });
    await Promise.all(others.map((log) => log.refresh()));
    const watches = new Map(others.map((log) => [log, new SilenceWatch(1000)]));
    const look = (log: SignedLog) =>
      repairTrials(log, log.studies()[0] as StudyRecord, { host: 'none', silence: watches.get(log) as SilenceWatch });
    const found: RepairedTrial[] = [];
    while (found.length === 0) {
      // One of them is alive.
      await dead.heartbeats.heartbeat(study, [1]);
      found.push(...(await Promise.all(others.map(look))).flat());
      await sleep(100);
    }
    // The proxy has no transactions: two that look in the same moment write the same twice.
    for (const repaired of found) assert.deepEqual(repaired, { number: 0, goesOn: true });
    const [{ history }] = others[0].studies() as [StudyRecord];
    await others[0].refresh();
    assert.deepEqual([...history.states], [TrialState.waiting, TrialState.running]);
    assert.deepEqual(history.params(0), { x: 0.5 });
  });

  test('is followed where an Optuna script asks the proxy itself, and its running trial ends with it', {
    timeout: 120_000,
  }, async (t) => {
    const url = await farm.newProxy('memory');
    const folder = new TunerFolder();
    try {
      const port = Number(url.slice(url.lastIndexOf(':') + 1));
      const script = folder.write('tune.py', optunaScript(port));
      const tuner = folder.start(['run', script, '--python', pythonOf('optuna')]);
      // Trial 5 sleeps.
      await until(() => completed(tuner.stdout()).length > 4);
      assert.equal(folder.record('tune.py').storage, url);
      // The second time it does not wait for the trial that runs.
      for (let times = 0; times < 2; times++, await sleep(500)) tuner.child.kill('SIGINT');
      await tuner.ended;
      const log = await openTrialLog(url);
      t.after(() => log.close());
      const [{ history }] = log.studies() as [StudyRecord];
      assert.equal(history.count(TrialState.complete), 5);
      assert.deepEqual([history.count(TrialState.running), history.count(TrialState.fail)], [0, 1]);
    } finally {
      folder.remove();
    }
  });

  test('is copied there and back exactly, but for the order of parameters', { timeout: 60_000 }, async () => {
    const url = await farm.newProxy('memory');
    const folder = new TunerFolder();
    try {
      const fixture = fileURLToPath(new URL('../fixtures/optuna/v5/study.journal', import.meta.url));
      const there = await folder.run('copy', fixture, url);
      assert.equal(there.code, 0, there.stderr);
      const back = await folder.run('copy', url, 'back.journal');
      assert.equal(back.code, 0, back.stderr);
      const [from, to] = await Promise.all(
        [fixture, join(folder.path, 'back.journal')].map(async (path) => {
          const { stdout } = await folder.run('trials', path, '--json');
          return JSON.parse(stdout);
        }),
      );
      for (const { trials } of [...from.studies, ...to.studies]) {
        for (const trial of trials) {
          for (const key of ['params', 'distributions']) trial[key] = Object.entries(trial[key]).sort();
          delete trial.params_repr;
          delete trial.trial_id;
        }
      }
      const stripped = (studies: { study_id?: number }[]) => studies.map(({ study_id: _, ...study }) => study);
      assert.deepEqual(stripped(to.studies), stripped(from.studies));
    } finally {
      folder.remove();
    }
  });
});

function optunaScript(port: number): string {
  return `import time
import optuna

def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    time.sleep(0.1 if trial.number < 5 else 60)
    return x * x

storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=${port})
study = optuna.create_study(study_name="script", storage=storage)
study.optimize(objective, n_trials=20)
`;
}

function gridStudy(url: string): string {
  return `name: grid
direction: maximize
metric: score
objective:
  command: ["${process.execPath}", train.mjs, --a, "{a}", --b, "{b}"]
space:
  a: { type: int, low: 1, high: 6 }
  b: { type: int, low: 1, high: 5 }
sampler: grid
pruner: none
parallel: 3
budget: { trials: 200 }
storage: ${url}
`;
}
