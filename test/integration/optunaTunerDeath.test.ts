import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OWNER } from '../../src/core/study/attributes.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { processStart } from '../../src/runs/processIdentity.ts';
import { needPython } from '../support/python.ts';
import { ScriptFolder, until } from '../support/scriptRun.ts';

const cli = fileURLToPath(new URL('../../src/tuner/main.ts', import.meta.url));
const folder = new ScriptFolder();
after(() => folder.remove());

test('a tuner killed in the middle takes the script with it and leaves no trial running; resume goes on', {
  timeout: 300_000,
}, async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const script = folder.write(
    'search.py',
    `
import optuna, os, time
open("pid", "w").write(str(os.getpid()))
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 2 and not os.path.exists("again"):
        open("again", "w").close()
        time.sleep(60)
    return x
study = optuna.create_study()
study.optimize(objective, n_trials=5)
`,
  );
  const tuner = spawn(process.execPath, [cli, 'run', script, '--python', python], { stdio: 'ignore' });
  const closed = new Promise((resolve) => tuner.on('close', resolve));
  const length = async () => (await folder.studies(script).catch(() => []))[0]?.history.length ?? 0;
  await until(async () => (await length()) === 3, 'the third trial');
  await until(() => existsSync(`${folder.path}/again`), 'its objective');
  const pid = Number(readFileSync(`${folder.path}/pid`, 'utf8'));
  assert.ok(processStart(pid));
  tuner.kill('SIGKILL');
  await closed;
  await until(() => processStart(pid) === undefined, 'the end of the script');
  const [before] = await folder.studies(script);
  assert.deepEqual([...(before?.history.states ?? [])], [TrialState.complete, TrialState.complete, TrialState.fail]);
  const cutOff = before?.history.params(2);

  const second = await ended(spawn(process.execPath, [cli, 'run', script, '--python', python]));
  assert.equal(second.code, 0, second.output);
  const studies = await folder.studies(script);
  assert.equal(studies.length, 1);
  const history = studies[0]?.history;
  assert.equal(history?.count(TrialState.complete), 5);
  assert.deepEqual(history?.params(3), cutOff);
});

/** A script whose third trial waits for the file `go`, and which leaves its choices to Optuna. */
function waitingScript(name: string): string {
  return folder.write(
    `${name}.py`,
    `
import optuna, os, time
open("${name}.pid", "w").write(str(os.getpid()))
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    print("before", trial.number, flush=True)
    if trial.number == 2:
        open("${name}.waits", "w").close()
        while not os.path.exists("${name}.go"): time.sleep(0.02)
    trial.report(x, 1)
    trial.should_prune()
    print({"x": x, "epoch": 1})
    os.system("echo from a child")
    return x
study = optuna.create_study()
study.optimize(objective, n_trials=6)
print("after", len(study.trials), type(study.sampler).__name__)
`,
  );
}

const OURS = ['--sampler', 'tpe', '--pruner', 'median'];

/** Runs it up to that trial and kills the tuner. Returns the pid of the script. */
async function orphan(name: string, python: string): Promise<number> {
  const tuner = spawn(process.execPath, [cli, 'run', waitingScript(name), '--python', python, ...OURS], {
    stdio: 'ignore',
  });
  const closed = new Promise((resolve) => tuner.on('close', resolve));
  await until(() => existsSync(`${folder.path}/${name}.waits`), 'the third trial');
  tuner.kill('SIGKILL');
  await closed;
  return Number(readFileSync(`${folder.path}/${name}.pid`, 'utf8'));
}

for (const part of ['optuna', 'optuna4'] as const) {
  test(`a script that our sampler suggests to outlives its tuner: Optuna's own goes on, ${part}`, {
    timeout: 300_000,
  }, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const name = `alone-${part}`;
    const pid = await orphan(name, python);
    const script = `${folder.path}/${name}.py`;
    const owner = async () => (await folder.studies(script))[0]?.history.systemAttrs(2)[OWNER] as { pid?: number };
    await until(async () => (await owner()).pid === pid, 'its running trial is its own');
    folder.write(`${name}.go`, '');
    await until(() => processStart(pid) === undefined, 'the end of the script');
    const studies = await folder.studies(script);
    assert.deepEqual(
      studies.map(({ history }) => [...history.states]),
      [Array(6).fill(TrialState.complete)],
    );
    for (let number = 0; number < 6; number++) assert.deepEqual(studies[0]?.history.curve(number).steps, [1]);
    const log = folder.read(script, 'script.log');
    assert.equal(log.match(/Optuna's own sampler goes on/g)?.length, 1, log);
    assert.equal(log.match(/^before \d$/gm)?.length, 3, log);
    assert.match(log, /^from a child$/m);
    assert.match(log, /^after 6 TuneboardSampler$/m);
    assert.doesNotMatch(log, /Error/);
    const again = await ended(spawn(process.execPath, [cli, 'run', script, '--python', python, ...OURS]));
    assert.equal(again.code, 0, again.output);
    assert.equal((await folder.studies(script))[0]?.history.length, 6, 'there was nothing left to do');
  });
}

test('a script that has outlived its tuner can be stopped', { timeout: 300_000 }, async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const pid = await orphan('left', python);
  const script = `${folder.path}/left.py`;
  const stop = await ended(spawn(process.execPath, [cli, 'stop', script]));
  assert.equal(stop.code, 0, stop.output);
  assert.match(stop.output, /has stopped: its tuner had died, and its script was ended/);
  assert.equal(processStart(pid), undefined);
  const again = await ended(spawn(process.execPath, [cli, 'stop', script]));
  assert.match(again.output, /No study is running/);
});

test('the next start ends a script that has outlived its tuner, and goes on in its place', {
  timeout: 300_000,
}, async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const pid = await orphan('next', python);
  const script = `${folder.path}/next.py`;
  const next = spawn(process.execPath, [cli, 'run', script, '--python', python, ...OURS]);
  await until(() => processStart(pid) === undefined, 'the end of the first script');
  folder.write('next.go', '');
  const { code, output } = await ended(next);
  assert.equal(code, 0, output);
  const [study, ...others] = await folder.studies(script);
  assert.deepEqual(others, []);
  assert.equal(study?.history.count(TrialState.complete), 6);
  assert.equal(study?.history.count(TrialState.fail), 1);
  assert.equal(study?.history.count(TrialState.running), 0);
});

function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}
