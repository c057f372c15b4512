/** Optuna scripts in real tuner processes: what is ordered, what budgets do, and how a failed start is told. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFinished, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import type { RunRecord } from '../../src/protocol/runRecord.ts';
import { type ControlClient, connectControl } from '../../src/runs/controlClient.ts';
import { launchTuner } from '../../src/runs/launchTuner.ts';
import { isAlive } from '../../src/runs/runRecords.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { findPython, needPython } from '../support/python.ts';
import { cli, processesWith, TunerFolder, until } from './tunerHarness.ts';

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

interface ScriptOptions {
  readonly trials?: number;
  readonly jobs?: number;
  readonly storage?: string;
  /** The order that has to arrive in the script before a trial after the second one goes on, the first time. */
  readonly waitsFor?: 'stop' | 'pause';
  /** The number of the first trial that only waits to be ended. */
  readonly hangsFrom?: number;
}

/** What the launcher was told, for a test that must not race with its orders. */
const HAS_ARRIVED = { stop: 'control.stopping', pause: 'not control._go_on.is_set()' } as const;

function waiting(order: 'stop' | 'pause'): string {
  return `    if trial.number >= 2 and not os.path.exists("arrived"):
        controls = [one for one in gc.get_objects() if type(one).__name__ == "Control"]
        while not any(${HAS_ARRIVED[order]} for control in controls): time.sleep(0.01)
        open("arrived", "w").close()
`;
}

/** A script of `trials` trials of 50 ms. */
function script({ trials = 1000, jobs = 1, storage = 'None', waitsFor, hangsFrom }: ScriptOptions = {}) {
  return folder.write(
    'search.py',
    `import gc, optuna, os, time
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
${waitsFor ? waiting(waitsFor) : ''}${hangsFrom ? `    if trial.number >= ${hangsFrom}: time.sleep(600)\n` : ''}    time.sleep(0.05)
    print({"alpha": x, "beta": 1 - x, "epoch": 1})
    return x
study = optuna.create_study(storage=${storage}, study_name="own", load_if_exists=True)
study.optimize(objective, n_trials=${trials}, n_jobs=${jobs})
print("after", len(study.trials))
`,
  );
}

function start(source: string, python: string | null, ...more: string[]): Promise<RunRecord> {
  return launchTuner({ node: process.execPath, cli, source, args: [...(python ? ['--python', python] : []), ...more] });
}

async function ended(record: RunRecord, name = 'search.py'): Promise<RunRecord> {
  await until(async () => !(await isAlive({ ...record, state: 'running' })));
  return folder.record(name);
}

async function studyIn(record: RunRecord): Promise<StudyRecord> {
  const log = await openTrialLog(record.storage as string);
  const study = log.studies().find(({ name }) => name === (record.storedName ?? record.studyName));
  await log.close();
  assert.ok(study);
  return study;
}

/** Connects to a run that has finished two trials and runs `running` more. */
async function steered(t: TestContext, record: RunRecord, running = 0): Promise<ControlClient> {
  const client = await connectControl(record);
  t.after(() => client.close());
  await until(async () => {
    const status = await client.request('status', {});
    return status.finished >= 2 && status.running.length >= running;
  });
  return client;
}

function optuna(t: TestContext): string | null {
  return needPython(t, 'optuna');
}

test('a start that fails tells why under a code: no Python, none with Optuna, one that is too old', async (t) => {
  const source = script();
  await assert.rejects(start(source, join(folder.path, 'no-such-python')), { code: 'no-python' });
  assert.deepEqual([folder.record('search.py').state, folder.record('search.py').code], ['failed', 'no-python']);
  await assert.rejects(start(join(folder.path, 'none.py'), null), { code: 'usage' });
  if (process.platform === 'win32') return t.skip('an interpreter is faked by a shell script');
  const fake = (name: string, answer: object) => {
    const path = folder.write(name, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const without = fake('without', { executable: '/x/python', version: '3.12.1', optuna: null });
  await assert.rejects(start(source, without), { code: 'no-optuna', message: /has no Optuna: install it with/ });
  assert.equal(folder.record('search.py').code, 'no-optuna');
  const old = fake('old', { executable: '/x/python', version: '3.6.9', optuna: '2.0.0' });
  await assert.rejects(start(source, old), { code: 'old-python', message: /choose Python 3\.8 or newer/ });
  assert.equal(folder.record('search.py').code, 'old-python');
  return undefined;
});

for (const part of ['optuna', 'optuna4'] as const) {
  for (const jobs of [1, 3]) {
    test(`--trials ends a script's study at exactly that many, ${jobs} at a time, ${part}`, async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const source = script({ jobs });
      const { code, stdout, stderr } = await folder.run('run', source, '--python', python, '--trials', '7');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^after 7$/m);
      const record = folder.record('search.py');
      assert.deepEqual([record.state, record.budget.trials], ['finished', 7]);
      assert.equal((await studyIn(record)).history.count(TrialState.complete), 7);
    });
  }
}

test('a study file gives a script its trials, its time and the name of its metric', async (t) => {
  const python = optuna(t);
  if (!python) return;
  script();
  const file = (budget: string) =>
    folder.write('demo.study.yaml', `name: demo\nmetric: beta\nobjective: { optuna: search.py }\nbudget: ${budget}\n`);
  assert.equal((await folder.run('run', file('{ trials: 3 }'), '--python', python)).code, 0);
  const record = folder.record();
  assert.deepEqual([record.state, record.metric, record.budget.trials], ['finished', 'beta', 3]);
  const { history, systemAttrs } = await studyIn(record);
  assert.equal(history.count(TrialState.complete), 3);
  assert.deepEqual(systemAttrs['study:metric_names'], ['beta']);
  for (const number of [0, 1, 2]) {
    const last = history.curve(number).values.at(-1) as number;
    assert.ok(Math.abs(last - (1 - history.value(number))) < 1e-9, 'the curve is of the named metric');
  }
  // Twice what this machine needs for Python, Optuna and three trials.
  const seconds = Math.ceil((2 * ((record.endedAt as number) - record.startedAt)) / 1000);
  const timed = await folder.run('run', file(`{ timeout: ${seconds}s }`), '--python', python);
  assert.equal(timed.code, 0, timed.stderr);
  assert.match(timed.stdout, /^The time is up: the running trial finishes/m);
  const after = folder.record();
  assert.deepEqual([after.state, after.budget.timeoutMs], ['finished', seconds * 1000]);
  const own = await studyIn(after);
  assert.ok(own.history.length > 0 && own.history.length < 1000);
  assert.equal(own.history.count(TrialState.complete), own.history.length);
});

test('without an Optuna hook the printed trials are counted', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const args = ['--python', python, '--attach', 'log', '--trials', '3'];
  const { code, stderr } = await folder.run('run', script({ hangsFrom: 3 }), ...args);
  assert.equal(code, 0, stderr);
  const record = folder.record('search.py');
  assert.deepEqual([record.state, record.steering], ['finished', ['setBudget']]);
  assert.equal((await studyIn(record)).history.count(TrialState.complete), 3);
});

test('what a script decides itself is refused in one sentence', async () => {
  const source = script();
  for (const option of ['--parallel', '--seed']) {
    const { code, stderr } = await folder.run('run', source, option, '2');
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^tuneboard: An Optuna script decides this itself: leave out ${option}, .*\\n$`));
  }
});

for (const jobs of [1, 2]) {
  test(`pause, enqueue, another budget, resume: ${jobs} at a time`, async (t) => {
    const python = optuna(t);
    if (!python) return;
    const record = await start(script({ jobs, waitsFor: 'pause' }), python);
    const client = await steered(t, record, jobs);
    const { steering } = (await client.request('status', {})).record;
    assert.deepEqual([...(steering ?? [])].sort(), ['enqueue', 'pause', 'setBudget']);
    await client.request('pause', {});
    await until(async () => (await client.request('status', {})).running.length === 0);
    const paused = await client.request('status', {});
    assert.equal(paused.record.state, 'paused');
    assert.equal(paused.finished, 2 + jobs);
    await sleep(400);
    assert.equal((await client.request('status', {})).finished, paused.finished, 'nothing starts during a pause');
    const { number } = await client.request('enqueue', { params: { x: 0.125 } });
    await assert.rejects(client.request('killTrial', { number: 0 }), { code: 'unsupported' });
    await assert.rejects(client.request('setParallel', { parallel: 2 }), { code: 'unsupported' });
    const wanted = paused.finished + 4;
    assert.equal((await client.request('setBudget', { trials: wanted })).record.budget.trials, wanted);
    await client.request('resume', {});
    const last = await ended(record);
    assert.equal(last.state, 'finished');
    const { history } = await studyIn(last);
    assert.equal(history.param(number, 'x'), 0.125);
    assert.equal(history.count(TrialState.complete), wanted);
  });
}

test('the number of trials that was asked for holds over a stop, and no longer once it is reached', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const source = script({ trials: 9, waitsFor: 'stop' });
  const stopped = await start(source, python, '--trials', '6');
  const client = await steered(t, stopped, 1);
  await client.request('stop', { mode: 'afterCurrent' });
  const first = await ended(stopped);
  assert.equal(first.state, 'stopped');
  assert.equal((await studyIn(first)).history.length, 3);
  const second = await ended(await start(source, python, '--resume'));
  assert.deepEqual([second.state, second.budget.trials], ['finished', 6]);
  assert.equal((await studyIn(second)).history.count(TrialState.complete), 6);
  const third = await ended(await start(source, python, '--resume'));
  assert.deepEqual([third.state, third.budget.trials], ['finished', 9]);
  assert.equal((await studyIn(third)).history.count(TrialState.complete), 9);
});

test('a stop ends a paused script, which still does what comes after its search', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const record = await start(script({ waitsFor: 'pause' }), python);
  const client = await steered(t, record, 1);
  await client.request('pause', {});
  await until(async () => (await client.request('status', {})).running.length === 0);
  await client.request('stop', { mode: 'afterCurrent' });
  const last = await ended(record);
  assert.equal(last.state, 'stopped');
  assert.equal((await studyIn(last)).history.length, 3, 'no trial was begun to be stopped');
});

test('a script that hangs in a trial: a stop waits for it, stop now ends its whole tree', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const source = folder.write(
    'search.py',
    `import optuna, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def objective(trial):
    trial.suggest_float("x", 0, 1)
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", ${JSON.stringify(folder.path)}])
    time.sleep(600)
optuna.create_study().optimize(objective, n_trials=3)
`,
  );
  const record = await start(source, python);
  const client = await connectControl(record);
  t.after(() => client.close());
  await until(async () => (await client.request('status', {})).running.length === 1);
  await client.request('stop', { mode: 'afterCurrent' });
  await until(async () => (await client.request('status', {})).record.state === 'stopping');
  await sleep(500);
  assert.equal((await client.request('status', {})).record.state, 'stopping');
  await client.request('stop', { mode: 'now' });
  const last = await ended(record);
  assert.equal(last.state, 'stopped');
  const { history } = await studyIn(last);
  assert.deepEqual([...history.states], [TrialState.fail]);
  assert.deepEqual(processesWith(folder.path), []);
});

test('a script with a storage of its own shows its trials, counts and best', async (t) => {
  const python = optuna(t);
  if (!python) return;
  mkdirSync(join(folder.path, 'data'));
  const source = script({ storage: '"sqlite:///data/own.db"', trials: 3 });
  for (const total of [3, 6]) {
    const { code, stdout, stderr } = await folder.run('run', source, '--python', python);
    assert.equal(code, 0, stderr);
    const shown = [...stdout.matchAll(/^trial (\d+) complete (?:alpha|value)=\S+ in \S+ m?s: x=/gm)];
    assert.deepEqual(
      shown.map((match) => Number(match[1])),
      [total - 3, total - 2, total - 1],
    );
    if (total === 6) assert.match(stdout, /^Study "search\.py", continuing after 3 trials\.$/m);
    assert.match(stdout, new RegExp(`^Study "search\\.py" finished after .*: ${total} complete\\.$`, 'm'));
    assert.match(stdout, /^Best alpha: [\d.e-]+ \(trial \d\)$/m);
    assert.match(stdout, /^Trials: .*data\/own\.db$/m);
    const record = folder.record('search.py');
    assert.deepEqual([record.storedName, record.metric], ['own', 'alpha']);
    assert.ok(!record.steering?.includes('enqueue'));
  }
});

test('studies that a trial makes of its own do not take the place of the outer one', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const source = folder.write(
    'search.py',
    `import optuna
def inner(trial):
    return trial.suggest_float("y", 0, 1)
def objective(trial):
    study = optuna.create_study(study_name="inner-%d" % trial.number)
    study.optimize(inner, n_trials=2)
    return trial.suggest_float("x", 0, 1) + study.best_value
optuna.create_study(study_name="outer").optimize(objective, n_trials=4)
`,
  );
  const { code, stdout } = await folder.run('run', source, '--python', python);
  assert.equal(code, 0);
  const record = folder.record('search.py');
  assert.deepEqual([record.storedName, record.budget.trials], ['outer', 4]);
  assert.deepEqual(
    [...stdout.matchAll(/^trial (\d)/gm)].map((match) => match[1]),
    ['0', '1', '2', '3'],
  );
  const log = await openTrialLog(record.storage as string);
  assert.equal(log.studies().length, 5);
  for (const { history } of log.studies())
    assert.ok(Array.from(history.states.keys()).every((number) => isFinished(history.state(number))));
  await log.close();
});

test('a stop in the middle of a trial that tunes something of its own lets that trial end well', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const source = folder.write(
    'search.py',
    `import optuna, time
def inner(trial):
    time.sleep(0.2)
    return trial.suggest_float("y", 0, 1)
def objective(trial):
    study = optuna.create_study(study_name="inner")
    study.optimize(inner, n_trials=4, n_jobs=1 + trial.number % 2)
    print("inner", len(study.trials), "of", trial.number)
    return trial.suggest_float("x", 0, 1) + study.best_value
optuna.create_study(study_name="outer").optimize(objective, n_trials=100)
`,
  );
  const record = await start(source, python);
  const client = await steered(t, record);
  await client.request('stop', { mode: 'afterCurrent' });
  const last = await ended(record);
  assert.deepEqual([last.state, last.storedName], ['stopped', 'outer']);
  const { history } = await studyIn(last);
  assert.equal(history.count(TrialState.complete), history.length);
  const output = readFileSync(
    join(folder.path, '.tuneboard/search.py/trials/outer', `${history.length - 1}.log`),
    'utf8',
  );
  assert.match(output, /^inner 4 of \d+$/m);
});

test('forked processes: what they share is seen, what they keep to themselves is not taken for the main study', async (t) => {
  const python = optuna(t);
  if (!python) return;
  if (process.platform === 'win32') return t.skip('there is no fork on Windows');
  const source = folder.write(
    'search.py',
    `import multiprocessing, optuna
url = "sqlite:///shared.db"
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    print("of %d" % trial.number)
    return x
def own(seed):
    study = optuna.create_study()
    study.optimize(objective, n_trials=2)
    return len(study.trials)
def shared(seed):
    optuna.load_study(study_name="shared", storage=url).optimize(objective, n_trials=3)
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool: print("own", pool.map(own, [1, 2]))
    study = optuna.create_study(study_name="main")
    study.optimize(objective, n_trials=4)
    optuna.create_study(study_name="shared", storage=url)
    workers = [multiprocessing.get_context("fork").Process(target=shared, args=(i,)) for i in range(2)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
`,
  );
  const { code, stdout, stderr } = await folder.run('run', source, '--python', python);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^own \[2, 2\]$/m);
  const log = await openTrialLog(folder.journal('search.py'));
  assert.deepEqual(
    log.studies().map(({ name, history }) => [name, history.length]),
    [['main', 4]],
  );
  await log.close();
  const record = folder.record('search.py');
  assert.equal(record.storedName, 'shared');
  assert.equal((await studyIn(record)).history.count(TrialState.complete), 6);
  const trials = join(folder.path, '.tuneboard/search.py/trials');
  for (const [name, count] of [
    ['main', 4],
    ['shared', 6],
  ] as const) {
    for (let number = 0; number < count; number++) {
      assert.match(readFileSync(join(trials, name, `${number}.log`), 'utf8'), new RegExp(`^of ${number}$`, 'm'));
    }
  }
  return undefined;
});

test('a storage class of the script itself is watched and resumed', async (t) => {
  const python = optuna(t);
  if (!python) return;
  const source = folder.write(
    'search.py',
    `import optuna
class Own(optuna.storages.InMemoryStorage):
    def set_trial_state_values(self, trial_id, state, values=None):
        return super().set_trial_state_values(trial_id, state, values)
def objective(trial):
    return trial.suggest_float("x", 0, 1)
study = optuna.create_study(storage=Own())
study.optimize(objective, n_trials=6)
print("after", len(study.trials))
`,
  );
  assert.equal((await folder.run('run', source, '--python', python, '--trials', '4')).code, 0);
  const rest = await folder.run('run', source, '--python', python, '--resume');
  assert.equal(rest.code, 0, rest.stderr);
  assert.match(rest.stdout, /^after 6$/m);
  const { history } = await folder.load('search.py', 'search');
  assert.equal(history.count(TrialState.complete), 6);
});

if (findPython('optuna') === null) console.log('# without Optuna most of these tests are skipped');
