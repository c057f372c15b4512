/** Several `tuneboard worker` processes on one study: as good as one, whatever happens to them. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CUT_OFF, INTERRUPTED } from '../../src/core/study/attributes.ts';
import type { History } from '../../src/core/study/history.ts';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { SqliteStore } from '../../src/storage/sql/sqlite/sqliteStore.ts';
import { openWorker, type WorkerPlace } from '../../src/tuner/worker/openWorker.ts';
import { needs } from '../support/parts.ts';
import { startRedis } from '../support/redisServer.ts';
import { startServer } from '../support/servers.ts';
import { processesWith, TunerFolder, until } from './tunerHarness.ts';

const PROGRAM = `if (process.env.HANGS) { console.log('score=9 step=0'); setInterval(() => undefined, 1000); }
else for (let step = 0; step < 4; step++) { console.log('score=' + step + ' step=' + step); await new Promise((resolve) => setTimeout(resolve, 60)); }`;

async function historyOf(
  location: string,
): Promise<{ history: History; refresh(): Promise<unknown>; close(): Promise<void> }> {
  const log = await openTrialLog(location);
  const study = log.studies()[0];
  if (!study) {
    await log.close();
    throw new Error('no study');
  }
  return { history: study.history, refresh: () => log.refresh(), close: () => log.close() };
}

/** What every worker is started with. */
const worker = (source: string, ...more: string[]) => ['worker', '--study-file', source, '--heartbeat', '3s', ...more];

function counted(history: History): number {
  let count = 0;
  for (let number = 0; number < history.length; number++) {
    if (isFinished(history.state(number)) && history.systemAttrs(number)[INTERRUPTED] === undefined) count++;
  }
  return count;
}

const KINDS = {
  SQLite: { storage: 'sqlite:///study.db', server: undefined },
  'a journal': { storage: 'study.log', server: undefined },
  PostgreSQL: { storage: '', server: 'postgres' },
  MariaDB: { storage: '', server: 'mysql' },
  Redis: { storage: '', server: 'redis' },
} as const;

for (const [kind, { storage, server: name }] of Object.entries(KINDS)) {
  const options = { timeout: 100_000, ...(name ? needs(name) : {}) };
  test(
    `three workers on ${kind}, one killed: the budget is met exactly, its trial runs once more`,
    options,
    async () => {
      const folder = new TunerFolder();
      const redis = name === 'redis' ? await startRedis() : undefined;
      const server = redis ?? (name && name !== 'redis' ? await startServer(name) : undefined);
      try {
        const url = redis?.url() ?? (server && 'newDatabase' in server ? await server.newDatabase() : storage);
        const source = folder.study(PROGRAM, { head: `budget: { trials: 14 }\npruner: none\nstorage: ${url}` });
        const victim = folder.start(worker(source), { ...process.env, HANGS: '1' });
        const path = server ? url : join(folder.path, url.replace('sqlite:///', ''));
        await until(async () => {
          const log = await historyOf(path).catch(() => undefined);
          await log?.close();
          return log?.history.running.size === 1 && log.history.lastReport(0) !== undefined;
        });
        const started = [victim, folder.start(worker(source)), folder.start(worker(source))];
        await until(() => started.slice(1).every(({ stdout }) => /^trial \d+ complete/m.test(stdout())));
        victim.child.kill('SIGKILL');
        const ends = await Promise.all(started.map(({ ended }) => ended));
        assert.deepEqual(
          ends.slice(1).map(({ code }) => code),
          [0, 0],
          ends.map(({ stderr }) => stderr).join(),
        );
        const { history, close } = await historyOf(path);
        assert.equal(counted(history), 14, 'exactly the budget');
        assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
        assert.equal(history.length, 14, 'what was cut off keeps its number');
        const cutOff = [...history.states.keys()].filter((n) => history.systemAttrs(n)[CUT_OFF] !== undefined);
        // On a busy machine a live one may seem dead too: what it ran is run again all the same.
        assert.ok(cutOff.includes(0) && cutOff.length <= 3);
        assert.deepEqual(processesWith(folder.path), [], 'no program is left behind');
        await close();
      } finally {
        folder.remove();
        await server?.dispose();
      }
    },
  );
}

test('a worker that is told to end gives its trial to the next one', async () => {
  const folder = new TunerFolder();
  try {
    const slow = PROGRAM.replace('60', '400');
    const source = folder.study(slow, { head: 'budget: { trials: 2 }\npruner: none\nstorage: study.db' });
    const path = join(folder.path, 'study.db');
    const first = folder.start(worker(source));
    await until(async () => {
      const log = await historyOf(path).catch(() => undefined);
      await log?.close();
      return log?.history.running.size === 1;
    });
    first.child.kill('SIGTERM');
    assert.equal((await first.ended).code, 130);
    const second = await folder.run(...worker(source));
    assert.equal(second.code, 0, second.stderr);
    const { history, close } = await historyOf(path);
    assert.deepEqual([history.length, counted(history)], [2, 2]);
    await close();
  } finally {
    folder.remove();
  }
});

test('a worker finds the file that a study was started from, prints what its trials print, and ends with the budget', async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(PROGRAM, { head: 'budget: { trials: 2 }\npruner: none\nstorage: study.db' });
    assert.equal((await folder.run('run', source)).code, 0);
    const { code, stdout, stderr } = await folder.run(
      ...['worker', '--storage', 'study.db', '--study', 'demo', '--trials', '3', '--echo'],
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\[trial 2\] score=3 step=3$/m);
    assert.match(stdout, /^trial 2 complete score=3/m);
  } finally {
    folder.remove();
  }
});

test('Hyperband goes across workers: trials are paused by one and continued by another', async () => {
  const folder = new TunerFolder();
  try {
    const program = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const file = process.env.TUNEBOARD_CHECKPOINT + '/step';
let step = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
for (const end = Number(process.env.TUNEBOARD_BUDGET ?? 9); step < end; ) {
  step++;
  writeFileSync(file, String(step));
  console.log('score=' + (step / 10 + Number(process.argv[3])) + ' step=' + step);
  await new Promise((resolve) => setTimeout(resolve, 20));
}`;
    const source = folder.study(program, {
      head: 'budget: { trials: 9 }\nscheduler: { type: hyperband, max_resource: 9, reduction_factor: 3 }\nstorage: study.db',
    });
    const ends = await Promise.all([0, 1].map(() => folder.run(...worker(source))));
    assert.deepEqual(
      ends.map(({ code }) => code),
      [0, 0],
      ends.map(({ stderr }) => stderr).join(),
    );
    const { history, close } = await historyOf(join(folder.path, 'study.db'));
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
    assert.equal(counted(history), history.length);
    assert.equal(history.length, 9);
    for (let number = 0; number < 9; number++) {
      const { steps } = history.curve(number);
      assert.deepEqual(
        [...steps].sort((a, b) => a - b),
        Array.from(steps, (_, index) => index + 1),
        'each step once',
      );
    }
    assert.ok([...history.states].some((state) => state === TrialState.complete));
    await close();
  } finally {
    folder.remove();
  }
});

test('a job that Slurm has queued again while its first run still works is two workers of one name, and no trial is lost or doubled', async () => {
  const folder = new TunerFolder();
  try {
    // The first trial waits for one of the other run.
    const program = `import { readdirSync, writeFileSync } from 'node:fs';
      writeFileSync('began-' + process.env.TUNEBOARD_TRIAL_NUMBER, '');
      while (readdirSync('.').filter((name) => name.startsWith('began-')).length < 2)
        await new Promise((resolve) => setTimeout(resolve, 20));
      console.log('score=1');`;
    const source = folder.study(program, { head: 'budget: { trials: 10 }\npruner: none\nstorage: study.db' });
    const env = { ...process.env, SLURM_ARRAY_JOB_ID: '41', SLURM_ARRAY_TASK_ID: '0', TUNEBOARD_ENGINE: 'slurm' };
    const runs = [folder.start(worker(source), env), folder.start(worker(source), env)];
    for (const { ended } of runs) assert.equal((await ended).code, 0);
    const { history, close } = await historyOf(join(folder.path, 'study.db'));
    await close();
    assert.deepEqual([history.length, counted(history)], [10, 10]);
    const owners = Array.from(
      { length: 10 },
      (_, number) => history.systemAttrs(number)['tuneboard:owner'] as { session: string; job: string },
    );
    assert.equal(new Set(owners.map(({ session }) => session)).size, 2, 'both have worked');
    assert.deepEqual(new Set(owners.map(({ job }) => job)), new Set(['41_0']));
  } finally {
    folder.remove();
  }
});

test('what a worker cannot work with is one sentence', async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(PROGRAM, { head: 'budget: { trials: 1 }\npruner: none\nstorage: study.db' });
    assert.equal((await folder.run('run', source)).code, 0);
    const storage = join(folder.path, 'study.db');
    const said = (message: RegExp, place: Partial<WorkerPlace>) =>
      assert.rejects(openWorker({ studyFile: undefined, storage: undefined, study: undefined, ...place }), { message });
    await said(/needs --study-file, or --storage and --study/, {});
    const nowhere = join(folder.path, 'nowhere.db');
    await said(/^There is no .*nowhere\.db: correct --storage/, { storage: nowhere, study: 'demo' });
    assert.ok(!existsSync(nowhere), 'and none is made');
    await said(/has no study named "other": correct the name, or name the study file/, { storage, study: 'other' });
    const uncertified = 'postgresql://me@127.0.0.1:1/db?sslmode=verify-full&sslrootcert=/nowhere/ca.pem';
    const unread =
      /^\S+: Cannot read \/nowhere\/ca\.pem, which the storage's URL names: .*Certificates and keys are not sent: put it on every node/;
    await said(unread, {
      storage: uncertified,
      study: 'demo',
    });
    const bare = await SqliteStore.open(storage, { create: false });
    await bare.createStudy({ name: 'of nobody', directions: [Direction.minimize] });
    await bare.close();
    await said(/does not say from which file study "of nobody" was started/, { storage, study: 'of nobody' });
    const text = `name: demo
direction: maximize
metric: score
objective: { command: "node train.mjs --lr {lr} --steps {steps}" }
space:
  lr: { type: categorical, choices: [a, b] }
  steps: { type: int, low: 1, high: 4 }
budget: { trials: 9 }
storage: study.db
`;
    const file = (name: string, content: string) => ({ studyFile: folder.write(`${name}.study.yaml`, content) });
    await said(/measures score, the study file loss/, file('metric', text.replace('metric: score', 'metric: loss')));
    await said(
      /was made to maximize, the study file says minimize/,
      file('direction', text.replace('maximize', 'minimize')),
    );
    await said(/runs an Optuna script/, file('script', 'objective: { optuna: a.py }\n'));
  } finally {
    folder.remove();
  }
});

test('two tuners with different spaces work on one study, each within its own', async () => {
  const folder = new TunerFolder();
  try {
    const one = folder.study(PROGRAM, { head: 'budget: { trials: 4 }\npruner: none\nstorage: study.db' });
    const text = readFileSync(one, 'utf8').replace(/lr: \{.*\}/, 'lr: { type: categorical, choices: [a, b] }');
    mkdirSync(join(folder.path, 'other'));
    const other = folder.write('other/demo.study.yaml', text.replace('study.db', '../study.db'));
    folder.write('other/train.mjs', PROGRAM);
    const ends = await Promise.all([folder.run('run', one), folder.run('run', other)]);
    assert.deepEqual(
      ends.map(({ code }) => code),
      [0, 0],
      ends.map(({ stderr }) => stderr).join(),
    );
    const { history, close } = await historyOf(join(folder.path, 'study.db'));
    assert.equal(history.count(TrialState.running), 0);
    assert.ok(counted(history) >= 4);
    for (const number of history.states.keys()) {
      const { lr } = history.params(number);
      assert.ok(lr === 'a' || lr === 'b' || (typeof lr === 'number' && lr >= 1e-5 && lr <= 0.1), String(lr));
    }
    await close();
  } finally {
    folder.remove();
  }
});
