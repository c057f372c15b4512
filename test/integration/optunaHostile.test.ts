/**
 * Scripts of the unusual kind, run plainly by Python and by the tuner: what they print, how they end and which trials
 * they get is the same, and the journal holds those trials.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { runFolderOf, scriptStudyName } from '../../src/runs/runFolder.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { ScriptFolder } from '../support/scriptRun.ts';

const folder = new ScriptFolder();
after(() => folder.remove());

const HEAD = `
def random(seed=1):
    import optuna
    return optuna.samplers.RandomSampler(seed=seed)
def result(study):
    import json
    print("RESULT", json.dumps([[t.state.name, list(t.params.values()), t.values] for t in study.trials]))
`;

interface Script {
  readonly text: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its exit code; what it printed before counts all the same. */
  readonly code?: number;
}

const SCRIPTS: Readonly<Record<string, Script>> = {
  'class objective.py': {
    text: `
import optuna
class Objective:
    def __init__(self, scale): self.scale = scale
    def __call__(self, trial):
        x = trial.suggest_float("x", -1, 1); n = trial.suggest_int("n", 1, 5)
        print("loss=%.6f epoch=%d" % (x * x * self.scale, n))
        return x * x * self.scale
class Early:
    def __call__(self, study, trial):
        print("callback", trial.number)
        if trial.number >= 4: study.stop()
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
study.optimize(Objective(2), n_trials=20, callbacks=[Early()])
result(study)
`,
  },
  'catch.py': {
    text: `
import optuna
study = optuna.create_study(sampler=random())
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number % 4 == 1: raise ValueError("bad %d" % trial.number)
    if trial.number % 4 == 2: raise optuna.TrialPruned()
    if trial.number == 7: raise KeyError("k")
    trial.report(x, 3)
    return float("nan") if trial.number == 4 else x
try:
    study.optimize(objective, 9, None, 1, (ValueError,))
except KeyError as error:
    print("caught", error)
study.optimize(objective, n_trials=1, timeout=50)
result(study)
`,
  },
  '日志 & logging.py': {
    text: `
import logging, sys, warnings
import optuna
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s %(levelname)s %(message)s", force=True)
optuna.logging.enable_propagation(); optuna.logging.disable_default_handler()
warnings.simplefilter("always")
def objective(trial):
    warnings.warn("careful %d" % trial.number)
    logging.getLogger("mine").info("acc=%f", 0.5)
    return trial.suggest_categorical("优化器", ["动量", "亚当"]) == "动量"
study = optuna.create_study(sampler=random(), study_name="研究")
study.optimize(objective, n_trials=3)
sys.stdout.buffer.write("字节\\n".encode("utf-8")); sys.stdout.flush()
result(study)
`,
    env: { LANG: 'C', LC_ALL: 'C', PYTHONIOENCODING: 'utf-8' },
  },
  'lazy.py': {
    text: `
import argparse, os
parser = argparse.ArgumentParser(); parser.add_argument("--n", type=int, default=3)
args = parser.parse_args()
print(parser.prog, os.path.basename(__file__), __name__, __doc__, __spec__, open("data.txt").read())
try:
    input("name? ")
except EOFError:
    print("nobody there")
def main():
    import optuna as op
    from optuna.study import create_study
    op.logging.set_verbosity(op.logging.WARNING)
    os.chdir("/")
    study = create_study(direction="maximize", sampler=op.samplers.TPESampler(seed=3))
    study.enqueue_trial({"x": 0.25}); study.enqueue_trial({"x": 0.5}, user_attrs={"why": "guess"})
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=args.n)
    return study
result(main())
`,
  },
  'processes.py': {
    text: `
import multiprocessing, optuna, os, subprocess, sys
def work(x):
    return x * x
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        total = sum(pool.map(work, [1, 2, 3]))
    code = "import os; print('loss=0.5', [n for n in os.environ if n.startswith('TUNEBOARD_L')], os.environ.get('PYTHONPATH'))"
    subprocess.run([sys.executable, "-c", code], check=True)
    os.system("echo from a shell")
    return x + total
if __name__ == "__main__":
    study = optuna.create_study(sampler=random())
    study.optimize(objective, n_trials=2)
    result(study)
`,
  },
  'output.py': {
    text: `
import contextlib, io, optuna, sys, threading
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    sys.stdout.write("y" * 200000 + "\\n")
    thread = threading.Thread(target=lambda: print("from a thread")); thread.start(); thread.join()
    with contextlib.redirect_stdout(io.StringIO()) as out: print("hidden")
    print("captured", out.getvalue().strip(), "no newline at the very end", end="\\n" if trial.number == 0 else "")
    return x
study = optuna.create_study(sampler=random())
study.optimize(objective, n_trials=2)
print()
result(study)
`,
  },
  'interrupt.py': {
    text: `
import optuna, sys, atexit
atexit.register(print, "at exit")
study = optuna.create_study(sampler=random())
def objective(trial):
    if trial.number == 2: raise KeyboardInterrupt
    return trial.suggest_float("x", 0, 1)
try:
    study.optimize(objective, n_trials=5)
except KeyboardInterrupt:
    print("interrupted", len(study.trials))
result(study)
sys.exit(3)
`,
    code: 3,
  },
  'kept.py': {
    text: `
import optuna
url = "sqlite:///kept.db"
optuna.create_study(study_name="kept", storage=url, sampler=random()).optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
study = optuna.load_study(study_name="kept", storage=url, sampler=random(5))
study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
result(study)
`,
  },
  'own journal.py': {
    text: `
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
study = optuna.create_study(storage=JournalStorage(JournalFileBackend("my journal.log")), sampler=random())
study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=3)
result(study)
`,
  },
  'several objectives.py': {
    text: `
import optuna
def objective(trial):
    x = trial.suggest_float("x", 0, 1); y = trial.suggest_float("y", 0, 1)
    trial.set_user_attr("c", (x - 0.5,))
    return x, y
sampler = optuna.samplers.NSGAIISampler(seed=1, population_size=4, constraints_func=lambda t: t.user_attrs["c"])
study = optuna.create_study(directions=["minimize", "maximize"], sampler=sampler)
study.set_metric_names(["f1", "latency"])
study.optimize(objective, n_trials=8)
print(sorted(t.number for t in study.best_trials))
result(study)
`,
  },
  'ask and tell.py': {
    text: `
import copy, optuna, pickle
from optuna.distributions import FloatDistribution, IntDistribution
space = {"x": FloatDistribution(1e-3, 1, log=True), "n": IntDistribution(1, 9, step=2)}
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
for i in range(5):
    trial = study.ask(space)
    if i == 3: study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else: study.tell(trial.number, trial.params["x"])
study.add_trial(optuna.trial.create_trial(params={"x": 0.5, "n": 3}, distributions=space, value=0.5))
again = copy.deepcopy(pickle.loads(pickle.dumps(study)))
again.optimize(lambda t: t.suggest_float("x", 1e-3, 1, log=True), n_trials=1)
print(len(again.trials))
result(study)
`,
  },
};

/**
 * Lines without what differs from run to run. Two streams meet anywhere, also in the midst of a line: what is logged is
 * taken out, so that the rest closes up again.
 */
function lines(text: string, path: string): string[] {
  const stable = text.replace(/no-name-[0-9a-f-]+/g, 'no-name').replaceAll(path, 'HERE');
  const logged: string[] = [];
  const rest = stable.replace(/\[([DIWE]) [\d-]+ [\d:,]+\](.*)\n/g, (_, level: string, message: string) => {
    logged.push(`[${level}]${message}`);
    return '';
  });
  return [...rest.split('\n').filter((line) => line.trim() !== ''), ...logged].sort();
}

function printedBy(script: string): string {
  const { path, trials } = runFolderOf(script, scriptStudyName(script));
  const files = readdirSync(trials, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const parts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  return [readFileSync(join(path, 'script.log'), 'utf8'), ...parts].join('\n');
}

async function storedStudy(location: string, name: string): Promise<StudyRecord | undefined> {
  const log = await openTrialLog(location);
  const study = log.studies().find((one) => one.name === name);
  await log.close();
  return study;
}

const STATES = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'];

for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
  describe(`a script by the tuner is the script by Python, ${part}`, () => {
    for (const [name, { text, env, code = 0 }] of Object.entries(SCRIPTS)) {
      test(name, async (t) => {
        const python = needPython(t, part);
        if (!python) return;
        const [plainPath, path] = ['plain', 'tuner'].map((kind) => {
          const own = join(folder.path, `${part} ${name} ${kind}`);
          mkdirSync(own);
          writeFileSync(join(own, name), HEAD + text);
          writeFileSync(join(own, 'data.txt'), '数据 12');
          return own;
        }) as [string, string];
        const environment = { ...process.env, ...env };
        const options = { cwd: plainPath, env: environment, encoding: 'utf8' } as const;
        const plain = spawnSync(python, [join(plainPath, name)], { ...options, input: '' });
        assert.equal(plain.status, code, plain.stderr);

        const script = join(path, name);
        const run = folder.start(script, python, { env: environment });
        const { state, message } = await run.outcome;
        assert.equal(state, code === 0 ? 'finished' : 'failed', message?.text);
        assert.deepEqual(lines(printedBy(script), path), lines(plain.stdout + plain.stderr, plainPath));
        assert.deepEqual(run.notes.slice(1), []);

        const wanted = JSON.parse(/^RESULT (.*)$/m.exec(plain.stdout)?.[1] ?? '');
        const told = run.studies.at(-1);
        const study = await storedStudy(told?.location ?? '', told?.name ?? '');
        const { history } = study ?? {};
        assert.ok(history);
        const stored = [...history.states].map((trialState, number) => [
          STATES[trialState],
          Object.values(history.params(number)),
          trialState === TrialState.complete
            ? history.directions.map((_, index) => history.value(number, index))
            : null,
        ]);
        const comparable = wanted.map(([trialState, params, values]: [string, unknown[], number[] | null]) => [
          trialState,
          params,
          trialState === 'COMPLETE' ? values?.map(Number) : null,
        ]);
        assert.deepEqual(stored, comparable);
      });
    }
  });
}
