/** What a debugger is given for one trial, run in a plain process with exactly these variables. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DebuggedTrial, DebugLaunch } from '../../src/protocol/debugTrial.ts';
import { debugLaunch, splitInterpreterArguments } from '../../src/tuner/cli/debug.ts';
import { needPython } from '../support/python.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

function write(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Starts what the debugger would start. */
function run(launch: DebugLaunch): string {
  const { runtime, runtimeArgs, program, module, args, cwd, env } = launch;
  const what = module === undefined ? [program as string] : ['-m', module];
  return execFileSync(runtime, [...runtimeArgs, ...what, ...args], { cwd, env: { ...env }, encoding: 'utf8' });
}

const TRIAL: DebuggedTrial = { number: 7, params: { lr: 0.25, depth: 3 } };

test('a Python command gets its arguments, environment, folder, values in the code and checkpoint', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const folder = write(temporaryFolder(t), {
    'a.study.yaml': `name: a
direction: minimize
metric: loss
objective: { command: "python -u train.py --lr {lr}", cwd: src, env: { MODE: fast } }
space:
  lr: { type: float, low: 0.001, high: 1 }
  depth: { type: int, low: 1, high: 9, at: "src/train.py#depth" }
scheduler: { type: asha, max_resource: 9 }
budget: { trials: 9 }
`,
    'src/train.py': `import json, os, sys
depth = 1
env = os.environ
checkpoint = open(os.path.join(env["TUNEBOARD_CHECKPOINT"], "w.txt")).read()
open(os.path.join(env["TUNEBOARD_CHECKPOINT"], "w.txt"), "w").write("spoilt")
print(json.dumps([sys.argv[1:], depth, env["MODE"], os.path.basename(os.getcwd()), env["TUNEBOARD_TRIAL_NUMBER"],
  json.loads(env["TUNEBOARD_PARAMS"]), checkpoint, env["TUNEBOARD_STEP"], "TUNEBOARD_ENDPOINT" in env]))
`,
    '.tuneboard/a/checkpoints/7/w.txt': 'weights',
  });
  const launch = await debugLaunch(join(folder, 'a.study.yaml'), { ...TRIAL, step: 4 }, python);
  assert.deepEqual([launch.type, launch.runtimeArgs], ['python', ['-u']]);
  const expected = [['--lr', '0.25'], 3, 'fast', 'src', '7', TRIAL.params, 'weights', '4', false];
  assert.deepEqual(JSON.parse(run(launch)), expected);
  assert.equal(readFileSync(join(folder, '.tuneboard/a/checkpoints/7/w.txt'), 'utf8'), 'weights');
  assert.deepEqual(readdirSync(join(folder, '.tuneboard/a')).sort(), ['checkpoints', 'debug'], 'no trial is recorded');
});

test('a Node command gets the same, with the values in its code', async (t) => {
  const folder = write(temporaryFolder(t), {
    'b.study.yaml': `name: b
direction: minimize
metric: loss
objective: { command: "node --no-warnings train.mjs {lr}" }
space:
  lr: { type: float, low: 0.001, high: 1 }
  depth: { type: int, low: 1, high: 9, at: "train.mjs#depth" }
budget: { trials: 9 }
`,
    'train.mjs': 'const depth = 1;\nconsole.log(JSON.stringify([process.argv.slice(2), depth]));\n',
  });
  const launch = await debugLaunch(join(folder, 'b.study.yaml'), TRIAL, null);
  assert.deepEqual([launch.type, launch.program], ['node', join(folder, 'train.mjs')]);
  assert.deepEqual(JSON.parse(run(launch)), [['0.25'], 3]);
});

for (const part of ['optuna', 'optuna4'] as const) {
  test(`an Optuna script runs the one trial, of the study that is meant, in memory: ${part}`, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const folder = optunaFolder(t);
    const trial = { ...TRIAL, study: 'rf' };
    const launch = await debugLaunch(join(folder, 'tune.py'), trial, python);
    const lines = run(launch).trim().split('\n');
    assert.deepEqual(lines, ['svm done', 'rf 7 0.25 3', 'Trial 7: COMPLETE, values [0.75]']);
    assert.deepEqual(readdirSync(folder).sort(), ['tune.py'], 'no storage is made');
  });
}

function optunaFolder(t: TestContext): string {
  return write(temporaryFolder(t), {
    'tune.py': `import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
svm = optuna.create_study(study_name="svm")
svm.optimize(lambda trial: trial.suggest_float("c", 0, 1), n_trials=2)
print("svm done")
def objective(trial):
    lr, depth = trial.suggest_float("lr", 0, 1), trial.suggest_int("depth", 1, 9)
    print(trial.study.study_name, trial.number, lr, depth)
    return lr * depth
rf = optuna.create_study(study_name="rf", storage="sqlite:///db.sqlite3", direction="maximize")
rf.optimize(objective, n_trials=50, n_jobs=2)
print("never")
`,
  });
}

const PRINTS = `import json, os, sys
print(json.dumps([sys.argv[1:], os.getcwd().split(os.sep)[-1], os.environ.get("MODE"), os.environ["TUNEBOARD_TRIAL_NUMBER"]]))
`;

test('of a shell line the one program is started, with what the line sets before it', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const folder = write(temporaryFolder(t), {
    's.study.yaml': `name: s
direction: minimize
metric: loss
objective: { command: "cd src && MODE=fast python -u train.py --lr {lr} 2>&1 | tee log", shell: true }
space: { lr: { type: float, low: 0.001, high: 1 } }
`,
    'src/train.py': PRINTS,
  });
  const launch = await debugLaunch(join(folder, 's.study.yaml'), TRIAL, python);
  assert.deepEqual([launch.type, launch.runtimeArgs], ['python', ['-u']]);
  assert.deepEqual(JSON.parse(run(launch)), [['--lr', '0.25'], 'src', 'fast', '7']);
});

test('a launcher is started as the module that it is, and what a project runs by the interpreter of its folder', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const study = (command: string) => `name: l
direction: minimize
metric: loss
objective: { command: "${command}" }
space: { lr: { type: float, low: 0.001, high: 1 } }
`;
  const folder = write(temporaryFolder(t), {
    'torch.study.yaml': study('torchrun --nproc_per_node 2 train.py --lr {lr}'),
    'uv.study.yaml': study('uv run --with x python train.py --lr {lr}'),
    'script.study.yaml': study('uv run train.py --lr {lr}'),
    'train.py': PRINTS,
    'torch/__init__.py': '',
    'torch/distributed/__init__.py': '',
    'torch/distributed/run.py': 'import runpy, sys\nsys.argv = sys.argv[3:]\nrunpy.run_path(sys.argv[0])\n',
  });
  for (const name of ['torch.study.yaml', 'uv.study.yaml', 'script.study.yaml']) {
    const launch = await debugLaunch(join(folder, name), TRIAL, python);
    assert.equal(launch.type, 'python');
    assert.deepEqual(JSON.parse(run(launch))[0], ['--lr', '0.25'], name);
  }
});

test('a notebook runs its cells from a listing, and stops before the objective', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const cells = [
    ['%matplotlib inline\n', 'import optuna\n', 'optuna.logging.set_verbosity(optuna.logging.WARNING)\n'],
    ['def objective(trial):\n', '    raise ValueError(trial.suggest_float("lr", 0, 1))\n'],
    ['study = optuna.create_study(study_name="nb")\n', 'study.optimize(objective, n_trials=20)\n'],
  ];
  const folder = write(temporaryFolder(t), {
    'search.ipynb': JSON.stringify({
      cells: cells.map((source) => ({ cell_type: 'code', source, outputs: [{ a: 1 }] })),
    }),
  });
  const before = readFileSync(join(folder, 'search.ipynb'), 'utf8');
  const launch = await debugLaunch(join(folder, 'search.ipynb'), { ...TRIAL, study: 'nb' }, python);
  const { runtime, program, args, cwd, env } = launch;
  // The debugger puts its own function in the place of `breakpoint`.
  const stops = { ...env, PYTHONBREAKPOINT: 'sys.stdout.flush' };
  const ended = spawnSync(runtime, [program as string, ...args], { cwd, env: stops, encoding: 'utf8' });
  const listing = join(folder, '.tuneboard/debug/search.cells.py');
  const line =
    readFileSync(listing, 'utf8')
      .split('\n')
      .findIndex((one) => one.includes('raise ValueError')) + 1;
  assert.ok(ended.stderr.includes(`"${listing}", line ${line}, in objective`), ended.stderr);
  assert.match(ended.stderr, /ValueError: 0\.25/);
  assert.equal(readFileSync(join(folder, 'search.ipynb'), 'utf8'), before);
});

test('what no debugger can start says so in one sentence', async (t) => {
  const file = (command: string) => `name: c
direction: minimize
metric: loss
objective: ${command}
space: { lr: { type: float, low: 0.001, high: 1 } }
`;
  const folder = write(temporaryFolder(t), {
    'other.study.yaml': file('{ command: "./train {lr}" }'),
    'two.study.yaml': file('{ command: "python a.py && python b.py", shell: true }'),
    'unknown.study.yaml': file('{ command: "python $SCRIPT", shell: true }'),
    'runner.study.yaml': file('{ command: "conda run -n other python a.py" }'),
  });
  for (const name of ['other.study.yaml', 'two.study.yaml', 'unknown.study.yaml', 'runner.study.yaml']) {
    await assert.rejects(debugLaunch(join(folder, name), TRIAL, null), { code: 'cannot-debug' });
  }
});

test('options of the interpreter are not the program’s', () => {
  assert.deepEqual(splitInterpreterArguments(['-X', 'dev', '-u', 'a.py', '-m', 'x'], true), {
    options: ['-X', 'dev', '-u'],
    script: 'a.py',
    args: ['-m', 'x'],
  });
  assert.deepEqual(splitInterpreterArguments(['-m', 'pkg.train', '--lr', '1'], true), {
    options: [],
    module: 'pkg.train',
    args: ['--lr', '1'],
  });
});
