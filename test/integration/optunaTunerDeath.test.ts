import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
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

  const second = spawn(process.execPath, [cli, 'run', script, '--python', python], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [second.stdout, second.stderr]) stream.on('data', (chunk) => (output += chunk));
  assert.equal(await new Promise((resolve) => second.on('close', resolve)), 0, output);
  const studies = await folder.studies(script);
  assert.equal(studies.length, 1);
  const history = studies[0]?.history;
  assert.equal(history?.count(TrialState.complete), 5);
  assert.deepEqual(history?.params(3), cutOff);
});
