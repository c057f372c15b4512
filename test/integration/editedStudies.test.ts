/** A study file that is edited between two runs, or while the study runs; and Optuna on what comes of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { History } from '../../src/core/study/history.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const run = promisify(execFile);

/** Reads its parameters, and waits in the folder for the file `go` where the test wants it to. */
const PROGRAM = `
import { existsSync } from 'node:fs';
const { lr, opt, n = 0 } = JSON.parse(process.env.TUNEBOARD_PARAMS);
while (process.env.HELD && !existsSync('go')) await new Promise((done) => setTimeout(done, 20));
console.log('score=' + (-((Math.log10(lr) + 2) ** 2) - ['lion', 'adam', 'sgd'].indexOf(opt) - n / 100));
`;

const study = (space: string, { trials = 6, storage = 'journal', rest = '' } = {}) => `name: demo
direction: maximize
metric: score
objective: { command: ["${process.execPath}", train.mjs] }
storage: ${storage}
budget: { trials: ${trials} }
space:
${space}
${rest}
`;

const BEFORE = `  lr: { type: float, low: 0.0001, high: 1 }
  opt: { type: categorical, choices: [sgd, adam] }
  gone: { type: int, low: 1, high: 3 }`;
const AFTER = `  n: { type: int, low: 1, high: 4, default: 2 }
  lr: { type: float, low: 0.0001, high: 2, log: true }
  opt: { type: categorical, choices: [lion, adam] }`;

/** For Python's `-c`: STORAGE CHOICES LOG. What Optuna makes of the study, as JSON; it goes on with two trials where it can. */
const OPTUNA = `
import json, sys, warnings
warnings.simplefilter("ignore")
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
where = sys.argv[1]
if "://" in where:
    storage = where
else:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    storage = JournalStorage(JournalFileBackend(where))
study = optuna.load_study(study_name="demo", storage=storage, sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=2))
seen = {
    "trials": [[t.number, t.params, t.value, t.state.name] for t in study.trials],
    "frame": len(study.trials_dataframe()),
    "best": study.best_params,
    "importances": sorted(optuna.importance.get_param_importances(study)),
}
def objective(trial):
    trial.suggest_float("lr", 0.0001, 2, log=True)
    return -len(trial.suggest_categorical("opt", ["sgd", "adam", "lion"]))
try:
    study.optimize(objective, n_trials=2)
    seen["goesOn"] = None
except (ValueError, IndexError) as error:
    seen["goesOn"] = str(error)
print(json.dumps(seen))
`;

interface Seen {
  readonly trials: readonly [number, Readonly<Record<string, unknown>>, number, string][];
  readonly frame: number;
  readonly best: Readonly<Record<string, unknown>>;
  readonly importances: readonly string[];
  readonly goesOn: string | null;
}

async function historyAt(location: string): Promise<History> {
  const log = await openTrialLog(location);
  await log.close();
  return log.studies()[0]?.history as History;
}

const CASES = ['optuna', 'optuna4', 'optuna41'].flatMap((venv) =>
  ['journal', 'sqlite:///study.db'].map((storage) => [venv as 'optuna' | 'optuna4' | 'optuna41', storage] as const),
);

for (const [venv, storage] of CASES) {
  test(`a study of ${storage} goes on after any edit, and ${venv} reads it`, needs(venv), async (t) => {
    const folder = new TunerFolder(undefined, 'edited');
    t.after(() => folder.remove());
    folder.write('train.mjs', PROGRAM);
    const source = folder.write(
      'demo.study.yaml',
      study(BEFORE, { storage, rest: 'sampler: { type: auto, seed: 1 }' }),
    );
    const first = await folder.run('run', source);
    assert.equal(first.code, 0, first.stderr);
    const rest = 'sampler: { type: tpe, seed: 2 }\npruner: none\nparallel: 2';
    folder.write('demo.study.yaml', study(AFTER, { storage, trials: 20, rest }));
    const again = await folder.run('run', source);
    assert.equal(again.code, 0, again.stderr);
    const isJournal = storage === 'journal';
    const location = isJournal ? folder.journal() : join(folder.path, 'study.db');
    const copy = await folder.run('copy', location, isJournal ? 'copy.log' : 'sqlite:///copy.db');
    assert.equal(copy.code, 0, copy.stderr);

    const history = await historyAt(location);
    assert.equal(history.length, 20);
    for (let number = 6; number < 20; number++) {
      const params = history.params(number);
      assert.deepEqual(Object.keys(params).sort(), ['lr', 'n', 'opt']);
      assert.ok(['lion', 'adam'].includes(String(params['opt'])), 'a choice that is gone is not proposed');
    }
    assert.equal(history.params(0)['n'], undefined, 'earlier trials stay as they were');

    const look = async (path: string) => {
      const where = isJournal ? path : `sqlite:///${path}`;
      return JSON.parse((await run(pythonOf(venv), ['-c', OPTUNA, where])).stdout) as Seen;
    };
    const seen = await look(location);
    const alike = await look(join(folder.path, isJournal ? 'copy.log' : 'copy.db'));
    for (const one of [seen, alike]) {
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      const ours = numbers.map((number) => [number, history.params(number), history.value(number), 'COMPLETE']);
      assert.deepEqual(one.trials, ours);
      assert.equal(one.frame, 20);
      assert.deepEqual(one.best, history.params(history.best as number));
    }
    assert.match(
      String(seen.goesOn),
      /dynamic value space|log configuration|not in|out of bounds/,
      'what Optuna refuses',
    );
    assert.equal(alike.goesOn, null, 'Optuna goes on with the copy');
    assert.ok(alike.importances.includes('opt'));
  });
}

test('a running study takes over its edited file, and its running trials end as they began', async (t) => {
  const folder = new TunerFolder(undefined, 'live');
  t.after(() => folder.remove());
  folder.write('train.mjs', PROGRAM);
  const source = folder.write('demo.study.yaml', study(BEFORE, { trials: 3, rest: 'sampler: random' }));
  const tuner = folder.start(['run', source], { ...process.env, HELD: '1' });
  await until(
    async () => folder.recordIfAny()?.state === 'running' && (await folder.load()).history.running.size === 1,
  );
  folder.write('demo.study.yaml', study('  lr: { type: float, low: 2, high: 1 }'));
  const refused = await folder.run('reload', 'demo');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /demo\.study\.yaml:8:\d+: .*low/);
  folder.write(
    'demo.study.yaml',
    study(AFTER, { trials: 7, rest: 'sampler: random\nparallel: 2' }).replace('name: demo', 'name: other'),
  );
  assert.match((await folder.run('reload', 'demo')).stderr, /another study/);
  folder.write('demo.study.yaml', study(AFTER, { trials: 7, rest: 'sampler: random\nparallel: 2' }));
  const taken = await folder.run('reload', 'demo');
  assert.equal(taken.code, 0, taken.stderr);
  // The new place is filled while the first trial still runs.
  await until(async () => (await folder.load()).history.running.size === 2);
  folder.write('go', '');
  const ended = await tuner.ended;
  assert.equal(ended.code, 0, ended.stderr);
  const { history } = await folder.load();
  assert.equal(history.length, 7);
  assert.deepEqual(Object.keys(history.params(0)).sort(), ['gone', 'lr', 'opt']);
  for (let number = 1; number < 7; number++) {
    assert.deepEqual(Object.keys(history.params(number)).sort(), ['lr', 'n', 'opt']);
    assert.notEqual(history.params(number)['opt'], 'sgd');
  }
  assert.equal(folder.record().budget.trials, 7);
});
