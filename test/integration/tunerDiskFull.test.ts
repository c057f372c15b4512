/** A disk that fills up while a study runs: it waits with one sentence, and goes on once there is room. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { needPython } from '../support/python.ts';
import { smallDisk } from '../support/smallDisk.ts';
import { TunerFolder, until } from './tunerHarness.ts';

for (const { kind, size, ballast, roomy, storage } of [
  { kind: 'journal', size: 400, ballast: 300, roomy: '4m', storage: '' },
  { kind: 'SQLite', size: 1400, ballast: 200, roomy: '8m', storage: 'storage: trials.db\n' },
]) {
  test(`the disk fills up while trials report; the study waits, and goes on after making room, ${kind}`, async (context) => {
    const disk = smallDisk(size);
    if (!disk) return context.skip('making a small disk needs root on Linux');
    const folder = new TunerFolder(disk.path);
    try {
      writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(ballast * 1024));
      const source = folder.study(
        `for (let step = 0; step < 30; step++) { console.log('score=0.5 step=' + step + ' note ' + 'x'.repeat(200)); await new Promise((resolve) => setTimeout(resolve, 2)); }`,
        { head: `${storage}budget: { trials: 60 }\npruner: none` },
      );
      const tuner = folder.start(['run', source]);
      await until(() => /the disk is full.*It is waited for/.test(tuner.stdout()));
      disk.resize(roomy);
      const { code, stdout, stderr } = await tuner.ended;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /is there again: the study goes on/);
      const finished = [...stdout.matchAll(/^trial (\d+) complete/gm)].map((match) => Number(match[1]));
      const path = storage === '' ? folder.journal() : join(folder.path, 'trials.db');
      if (storage === '') for (const line of readFileSync(path, 'utf8').trim().split('\n')) JSON.parse(line);
      const log = await openTrialLog(path);
      const { history } = log.studies()[0] as StudyRecord;
      for (const number of finished) assert.equal(history.state(number), TrialState.complete, `trial ${number}`);
      assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
      assert.equal(history.count(TrialState.complete), 60);
      await log.close();
      assert.equal(folder.record().state, 'finished');
    } finally {
      disk.remove();
    }
    return undefined;
  });
}

test('an Optuna script survives a full disk, the run reports what is missing, and a resume adds it', async (context) => {
  const python = needPython(context, 'optuna');
  const disk = python === null ? undefined : smallDisk(400);
  if (python === null) return;
  if (!disk) return context.skip('making a small disk needs root on Linux');
  const folder = new TunerFolder(disk.path);
  try {
    const ballast = join(disk.path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(300 * 1024));
    const source = folder.write(
      'search.py',
      `import optuna, os, time
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.set_user_attr("note", "x" * 3000)
    # The last trials find room again.
    if trial.number == 30: os.remove(${JSON.stringify(ballast)})
    return x
study = optuna.create_study()
study.optimize(objective, n_trials=40)
print("all", len(study.trials), study.best_trial.number)
`,
    );
    const full = await folder.run('run', source, '--python', python);
    assert.equal(full.code, 1);
    assert.match(full.stdout, /^all 40 \d+$/m);
    assert.match(full.stdout, /^Trials cannot be recorded \(the disk is full\): the script goes on\.$/m);
    assert.match(full.stderr, /^tuneboard: The script came to its end, but not all of its trials .*\n$/);
    assert.equal(folder.record('search.py').code, 'not-recorded');
    const lines = readFileSync(folder.journal('search.py'), 'utf8').trim().split('\n');
    for (const line of lines) JSON.parse(line);
    const { history } = await folder.load('search.py', 'search');
    assert.equal(history.length, 40);
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
    const failed = history.count(TrialState.fail);
    assert.ok(failed > 3 && failed < 35, `${failed} trials were lost`);
    for (let number = 0; number < 40; number++) {
      if (history.state(number) === TrialState.complete)
        assert.equal(history.value(number), history.param(number, 'x'));
      else assert.equal(history.systemAttrs(number)['tuneboard:interrupted'], 'not-recorded');
    }
    disk.resize('4m');
    const rest = await folder.run('run', source, '--python', python, '--resume');
    assert.equal(rest.code, 0, rest.stderr);
    const resumed = await folder.load('search.py', 'search');
    assert.equal(resumed.history.count(TrialState.complete), 40);
  } finally {
    disk.remove();
  }
  return undefined;
});
