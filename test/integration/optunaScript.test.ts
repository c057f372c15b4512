import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Curve } from '../../src/core/study/columns/curves.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { ScriptFolder, until } from '../support/scriptRun.ts';

const folder = new ScriptFolder();
after(() => folder.remove());

for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
  describe(`an Optuna script, ${part}`, () => {
    test('in memory: trials, printed metrics, output files and arguments', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `memory-${part}.py`,
        `
import os, sys, optuna
print("arguments", sys.argv[1:], os.path.basename(__file__), __name__)
class Model: pass
def objective(trial):
    x = trial.suggest_float("x", 1e-3, 1, log=True)
    shape = trial.suggest_categorical("shape", [(64, 32), (128,), None])
    trial.set_user_attr("model", Model())
    trial.set_user_attr("note", "n%d" % trial.number)
    for epoch in range(3):
        print({"loss": "9.%d" % epoch, "eval_f1": "%.4g" % (x + epoch), "epoch": str(epoch + 1)})
    assert isinstance(trial.user_attrs["model"], Model)
    return x + 2
study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=4)
assert isinstance(study.best_trial.user_attrs["model"], Model)
assert study.best_params["shape"] is None or isinstance(study.best_params["shape"], tuple)
print("after", len(study.trials))
`,
      );
      const run = folder.start(script, python, { args: ['--lr', '0.1 2'] });
      assert.deepEqual(await run.outcome, { state: 'finished' });
      const [study] = await folder.studies(script);
      assert.equal(study?.name, `memory-${part}.py`);
      assert.equal(study.history.length, 4);
      assert.equal(study.history.count(TrialState.complete), 4);
      for (let number = 0; number < 4; number++) {
        const curve: Curve = study.history.curve(number);
        assert.deepEqual(curve.steps, [1, 2, 3]);
        assert.ok(Math.abs((curve.values[2] as number) - study.history.value(number)) < 1e-2);
        assert.equal(study.history.userAttrs(number)['note'], `n${number}`);
        const output = folder.read(script, `trials/${number}.log`);
        assert.match(output, /'eval_f1'/);
        assert.match(output, new RegExp(`Trial ${number} finished`));
        assert.ok(!output.includes('\u001e'));
      }
      const printed = folder.read(script, 'script.log');
      assert.match(printed, /arguments \['--lr', '0\.1 2'\] memory-\w+\.py __main__/);
      assert.match(printed, /after 4/);
      assert.doesNotMatch(printed, /eval_f1/);
      const last = run.studies.at(-1);
      assert.equal(last?.metric, 'eval_f1');
      assert.equal(last.trials, 4);
      assert.deepEqual(run.notes.slice(1), []);
    });

    test('a script that reports keeps its own curve', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `reports-${part}.py`,
        `
import optuna
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in (18, 36):
        print({"eval_f1": x, "epoch": step / 18})
        trial.report(x, step)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return x
optuna.create_study().optimize(objective, n_trials=3)
`,
      );
      assert.deepEqual(await folder.run(script, python), { state: 'finished' });
      const [study] = await folder.studies(script);
      assert.deepEqual(study?.history.curve(2).steps.slice(0, 1), [18]);
      assert.ok(study.history.curve(2).steps.every((step) => step === 18 || step === 36));
    });

    test('a persistent SQLite study is found and told', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `sqlite-${part}.py`,
        `
import optuna
def objective(trial):
    x = trial.suggest_int("x", 0, 9)
    print("acc=%d step=1" % x)
    return x
study = optuna.create_study(storage="sqlite:///rel-${part}.db", study_name="mine", load_if_exists=True)
study.optimize(objective, n_trials=2)
print([t.intermediate_values for t in study.trials])
`,
      );
      const run = folder.start(script, python);
      assert.deepEqual(await run.outcome, { state: 'finished' });
      assert.ok(run.studies.at(-1)?.location.endsWith(`rel-${part}.db`));
      assert.equal(run.studies.at(-1)?.name, 'mine');
      assert.match(folder.read(script, 'script.log'), /\[\{1: \d\.0\}, \{1: \d\.0\}\]/);
    });

    test('stop after the current trial returns from optimize normally', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `stop-${part}.py`,
        `
import optuna, time
def objective(trial):
    time.sleep(0.2)
    return trial.suggest_float("x", 0, 1)
study = optuna.create_study()
study.optimize(objective, n_trials=1000)
print("returned", study.best_trial.number >= 0)
`,
      );
      const run = folder.start(script, python);
      await until(async () => (await hasTrials(script)) >= 2, 'two trials');
      run.stop('afterCurrent');
      assert.deepEqual(await run.outcome, { state: 'stopped' });
      const [study] = await folder.studies(script);
      assert.ok((study?.history.length ?? 0) < 1000);
      assert.equal(study?.history.count(TrialState.running), 0);
      assert.match(folder.read(script, 'script.log'), /returned True/);
    });

    test('stop now ends everything and leaves no trial running; resume runs it again and counts', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `now-${part}.py`,
        `
import optuna, os, subprocess, sys, time
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 2 and not os.path.exists("second-${part}"):
        open("second-${part}", "w").close()
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"])
    return x
study = optuna.create_study()
study.optimize(objective, n_trials=5)
print("all", [t.state.name for t in study.trials])
`,
      );
      const run = folder.start(script, python);
      await until(async () => (await hasTrials(script)) === 3, 'the third trial');
      await until(() => existsSync(join(folder.path, `second-${part}`)), 'what the third trial waits for');
      await until(async () => 'x' in ((await folder.studies(script))[0]?.history.params(2) ?? {}), 'its parameter');
      run.stop('now');
      assert.deepEqual(await run.outcome, { state: 'stopped' });
      const [stopped] = await folder.studies(script);
      assert.equal(stopped?.history.count(TrialState.running), 0);
      assert.equal(stopped.history.state(2), TrialState.fail);
      const cutOff = stopped.history.params(2);
      assert.deepEqual(await folder.run(script, python, { resume: true }), { state: 'finished' });
      const studies = await folder.studies(script);
      assert.equal(studies.length, 1);
      const history = studies[0]?.history;
      assert.equal(history?.count(TrialState.complete), 5);
      assert.equal(history?.length, 6);
      assert.deepEqual(history?.params(3), cutOff);
    });

    test('another start makes another study in the same journal', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `twice-${part}.py`,
        `
import optuna
optuna.create_study().optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)
named = optuna.create_study(study_name="named")
named.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
print("named", named.study_name)
`,
      );
      await folder.run(script, python);
      await folder.run(script, python);
      const studies = await folder.studies(script);
      const name = `twice-${part}.py`;
      assert.deepEqual(
        studies.map((study) => study.name),
        [name, 'named', `${name} (2)`, 'named (2)'],
      );
      assert.match(folder.read(script, 'script.log'), /named named\n/);
      assert.ok(folder.files(script).filter((file) => file.endsWith('1.log')).length >= 2);
    });

    test('n_jobs=2, ask and tell, a spawned child, find_spec before import', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `shapes-${part}.py`,
        `
import importlib.util, multiprocessing, sys, threading
assert importlib.util.find_spec("optuna") is not None
assert importlib.util.find_spec("optuna") is not None
from optuna import create_study
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    print("trial=%d thread" % trial.number)
    return x
def child(queue):
    import optuna
    study = optuna.create_study()
    study.optimize(objective, n_trials=1)
    queue.put(len(study.trials))
if __name__ == "__main__":
    study = create_study(study_name="threads")
    study.optimize(objective, n_trials=8, n_jobs=2)
    loop = create_study(study_name="loop")
    for _ in range(3):
        trial = loop.ask()
        loop.tell(trial, trial.suggest_float("y", 0, 1))
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    print("child made", queue.get(timeout=60))
    process.join()
`,
      );
      assert.deepEqual(await folder.run(script, python), { state: 'finished' });
      const [threads, loop, ...others] = await folder.studies(script);
      assert.equal(threads?.history.count(TrialState.complete), 8);
      assert.equal(loop?.history.count(TrialState.complete), 3);
      assert.deepEqual(others, []);
      assert.match(folder.read(script, 'script.log'), /child made 1/);
      for (let number = 0; number < 8; number++) {
        assert.match(folder.read(script, `trials/threads/${number}.log`), new RegExp(`trial=${number} thread`));
      }
    });
  });
}

async function hasTrials(script: string): Promise<number> {
  try {
    return (await folder.studies(script))[0]?.history.length ?? 0;
  } catch {
    return 0;
  }
}
