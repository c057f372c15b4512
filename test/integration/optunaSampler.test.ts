/** Scripts that leave sampler and pruner to Optuna, given Tuneboard's. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import type { ScriptSuggestions } from '../../src/tuner/objective/optuna/optunaRun.ts';
import { pythonFolder } from '../../src/tuner/pythonFolder.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { ScriptFolder } from '../support/scriptRun.ts';

const folder = new ScriptFolder();
after(() => folder.remove());

const tpe: ScriptSuggestions = { sampler: { type: 'tpe', seed: 3, options: { nStartupTrials: 5 } } };

for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
  describe(`Tuneboard's sampler in a script, ${part}`, () => {
    test('suggests a conditional define-by-run space, repeatably for a seed', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const source = `
import optuna
def objective(trial):
    kind = trial.suggest_categorical("kind", [(1, 2), "adam", None])
    rate = trial.suggest_float("rate", 1e-5, 1, log=True)
    layers = trial.suggest_int("layers", 1, 8)
    loss = abs(layers - 3) + (rate - 0.1) ** 2
    if kind == "adam":
        loss += trial.suggest_float("beta", 0.5, 1, step=0.01) * 0.1
    else:
        loss += 1
    return float("nan") if trial.number == 4 else loss
study = optuna.create_study()
assert type(study.sampler).__name__ == "TuneboardSampler", type(study.sampler)
study.optimize(objective, n_trials=40, catch=())
print("best", study.best_value)
`;
      const runs = [];
      for (const name of ['first', 'second']) {
        const script = folder.write(`${name}-${part}.py`, source);
        const run = folder.start(script, python, { suggest: tpe });
        assert.deepEqual(await run.outcome, { state: 'finished' }, folder.read(script, 'script.log'));
        const [study] = await folder.studies(script);
        assert.ok(study);
        assert.equal(study.history.length, 40);
        assert.equal(study.history.count(TrialState.fail), 1);
        assert.ok(study.history.value(study.history.best as number) < 0.5);
        runs.push(Array.from({ length: 40 }, (_, number) => study.history.params(number)));
      }
      assert.deepEqual(runs[0], runs[1]);
    });

    test('leaves a sampler that the script passes, unless told to override it', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const source = `
import optuna
from optuna import create_study
study = create_study(sampler=optuna.samplers.RandomSampler(seed=1), pruner=optuna.pruners.NopPruner())
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
print("used", type(study.sampler).__name__, type(study.pruner).__name__)
`;
      const pruner = { type: 'median', options: {} };
      for (const [override, used] of [
        [false, 'RandomSampler NopPruner'],
        [true, 'TuneboardSampler TuneboardPruner'],
      ] as const) {
        const script = folder.write(`override-${override}-${part}.py`, source);
        const suggest = { ...tpe, pruner, override };
        assert.deepEqual(await folder.start(script, python, { suggest }).outcome, { state: 'finished' });
        assert.match(folder.read(script, 'script.log'), new RegExp(`used ${used}`));
      }
    });

    test('several objectives, threads, enqueued trials and a database', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `wide-${part}.py`,
        `
import optuna
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    y = trial.suggest_int("y", 0, 9)
    return x ** 2 + y, (1 - x) ** 2
study = optuna.create_study(directions=["minimize", "minimize"], storage="sqlite:///wide-${part}.db", study_name="wide")
study.enqueue_trial({"x": 0.25})
study.optimize(objective, n_trials=1)
study.optimize(objective, n_trials=23, n_jobs=3)
assert type(study.sampler).__name__ == "TuneboardSampler"
assert study.trials[0].params["x"] == 0.25
assert len(study.trials) == 24 and all(t.state.name == "COMPLETE" for t in study.trials)
again = optuna.load_study(storage="sqlite:///wide-${part}.db", study_name="wide")
again.optimize(objective, n_trials=4)
assert type(again.sampler).__name__ == "TuneboardSampler"
print("all good", sum(t.params["y"] for t in study.trials[12:]) / 12)
`,
      );
      const run = folder.start(script, python, { suggest: tpe });
      assert.deepEqual(await run.outcome, { state: 'finished' }, folder.read(script, 'script.log'));
      assert.match(folder.read(script, 'script.log'), /all good/);
      assert.doesNotMatch(folder.read(script, 'script.log'), /cannot suggest/);
    });

    test('prunes as the tuner says', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `prunes-${part}.py`,
        `
import optuna
same = optuna.pruners.MedianPruner(n_startup_trials=3)
def objective(trial):
    trial.suggest_float("x", 0, 1)
    value = trial.number * 17 % 30
    for step in range(5):
        trial.report(value + step, step)
        decision = trial.should_prune()
        assert decision == same.prune(study, study._storage.get_trial(trial._trial_id))
        if decision:
            raise optuna.TrialPruned()
    return value
study = optuna.create_study()
study.optimize(objective, n_trials=30)
print(type(study.pruner).__name__)
`,
      );
      const pruner = { type: 'median', options: { nStartupTrials: 3 } };
      const run = folder.start(script, python, { suggest: { pruner } });
      assert.deepEqual(await run.outcome, { state: 'finished' });
      const [study] = await folder.studies(script);
      const pruned = study?.history.count(TrialState.pruned) ?? 0;
      assert.ok(pruned > 5 && pruned < 25, `${pruned} pruned`);
      assert.match(folder.read(script, 'script.log'), /TuneboardPruner/);
    });

    test('is told each report once', (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const code = `
import json, sys
sys.path.insert(0, sys.argv[1])
import optuna
from _tuneboard_sampler import StudyView
optuna.logging.disable_default_handler()
study, view = optuna.create_study(), StudyView(optuna)
trial, told = study.ask(), []
def tell():
    view.look(study)
    told.append([one["intermediate"] for one in view.untold()])
trial.report(0.5, 1); tell()
trial.report(0.25, 2); trial.report(0.125, 3); tell(); tell()
study.tell(trial, 1); tell(); tell()
print(json.dumps(told))
`;
      const told: unknown = JSON.parse(execFileSync(python, ['-c', code, pythonFolder], { encoding: 'utf8' }));
      assert.deepEqual(told, [
        [[[1, 0.5]]],
        [
          [
            [2, 0.25],
            [3, 0.125],
          ],
        ],
        [[]],
        [[]],
        [],
      ]);
    });

    test('goes on with Optuna itself, after one warning, when the tuner cannot answer', async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const script = folder.write(
        `alone-${part}.py`,
        `
import optuna
study = optuna.create_study()
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=14)
print("done", len(study.trials))
`,
      );
      const suggest = { sampler: { type: 'no such sampler', seed: 1, options: {} } };
      const run = folder.start(script, python, { suggest });
      assert.deepEqual(await run.outcome, { state: 'finished' });
      const printed = [
        folder.read(script, 'script.log'),
        ...folder
          .files(script)
          .filter((name) => name.startsWith('trials/'))
          .map((name) => folder.read(script, name)),
      ].join('\n');
      assert.match(printed, /done 14/);
      assert.equal(printed.match(/Optuna's own sampler goes on/g)?.length, 1, printed);
    });
  });
}
