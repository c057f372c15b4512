/** Trials in Python's own debugger: it stops at a line of the objective, with the trial's parameters. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DebuggedTrial } from '../../src/protocol/debugTrial.ts';
import { debugLaunch } from '../../src/tuner/cli/debug.ts';
import { DebugAdapter } from '../support/debugAdapter.ts';
import { needPython } from '../support/python.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const TRIAL: DebuggedTrial = { number: 7, params: { lr: 0.25, depth: 3 } };

const TRAIN = `import sys
depth = 1
rate = float(sys.argv[sys.argv.index("--lr") + 1])
print("loss", rate * depth)
`;
const TUNE = `import optuna
def objective(trial):
    lr = trial.suggest_float("lr", 0, 1)
    depth = trial.suggest_int("depth", 1, 9)
    return lr * depth
study = optuna.create_study(study_name="s", storage="sqlite:///db.sqlite3")
study.optimize(objective, n_trials=50)
`;
const CELLS = [
  ['import optuna\n'],
  TUNE.split('\n')
    .slice(1, 5)
    .map((line) => `${line}\n`),
  TUNE.split('\n')
    .slice(5, 7)
    .map((line) => `${line}\n`),
];

function study(objective: string): string {
  return `name: s
direction: minimize
metric: loss
objective: ${objective}
space:
  lr: { type: float, low: 0.001, high: 1 }
  depth: { type: int, low: 1, high: 9, at: "src/train.py#depth" }
`;
}

const CASES = [
  ['a command', 'command.study.yaml', 'src/train.py', 'print(', ['rate', 'depth']],
  ['a shell line', 'shell.study.yaml', 'src/train.py', 'print(', ['rate', 'depth']],
  ['torchrun', 'torchrun.study.yaml', 'src/train.py', 'print(', ['rate', 'depth']],
  ['an Optuna script', 'tune.py', 'tune.py', 'return lr', ['lr', 'depth']],
] as const;

for (const [what, source, program, text, expressions] of CASES) {
  test(`the debugger of Python stops in the trial of ${what}`, async (t) => {
    const python = needPython(t, 'optuna');
    if (!python) return;
    const folder = filled(t);
    const before = readdirSync(folder).sort();
    const path = join(folder, program);
    const lines = readFileSync(path, 'utf8').split('\n');
    const line = lines.findIndex((one) => one.trimStart().startsWith(text)) + 1;
    const adapter = new DebugAdapter(python);
    t.after(() => adapter.close());
    const frame = await adapter.stop(await configurationOf(join(folder, source), python), { path, line });
    assert.equal(frame.line, line);
    const values = [await adapter.evaluate(expressions[0], frame), await adapter.evaluate(expressions[1], frame)];
    assert.deepEqual(values, ['0.25', '3']);
    const after = readdirSync(folder).filter((name) => name !== '.tuneboard');
    assert.deepEqual(after.sort(), before, 'no study is written');
  });
}

test('the debugger of Python stops at the objective of a notebook, in a listing of its cells', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const folder = filled(t);
  const adapter = new DebugAdapter(python);
  t.after(() => adapter.close());
  const frame = await adapter.stop(await configurationOf(join(folder, 'cells.ipynb'), python));
  const values = [await adapter.evaluate('trial.number', frame), await adapter.evaluate('objective.__name__', frame)];
  assert.equal(frame.source?.path, join(folder, '.tuneboard/debug/cells.cells.py'));
  assert.deepEqual(values, ['7', "'objective'"]);
  const listing = readFileSync(frame.source?.path as string, 'utf8').split('\n');
  assert.match(listing[frame.line - 1] as string, /lr = trial\.suggest_float/);
});

/** What the editor would give to Python's debugger. */
async function configurationOf(source: string, python: string): Promise<Readonly<Record<string, unknown>>> {
  const launch = await debugLaunch(source, { ...TRIAL, study: 's' }, python);
  const { runtime, runtimeArgs, program, module, args, cwd, env } = launch;
  const what = module === undefined ? { program } : { module };
  const interpreter = [runtime, ...runtimeArgs];
  return { name: 'trial', type: 'debugpy', request: 'launch', ...what, args, cwd, env, python: interpreter };
}

function filled(t: TestContext): string {
  const folder = temporaryFolder(t);
  const files = {
    'command.study.yaml': study('{ command: "python src/train.py --lr {lr}" }'),
    'shell.study.yaml': study('{ command: "MODE=fast python src/train.py --lr {lr} 2>&1 | tee log", shell: true }'),
    'torchrun.study.yaml': study('{ command: "torchrun --nproc_per_node 2 src/train.py --lr {lr}" }'),
    'tune.py': TUNE,
    'cells.ipynb': JSON.stringify({ cells: CELLS.map((source) => ({ cell_type: 'code', source, outputs: [] })) }),
    'src/train.py': TRAIN,
    'torch/__init__.py': '',
    'torch/distributed/__init__.py': '',
    'torch/distributed/run.py':
      'import runpy, sys\nsys.argv = sys.argv[3:]\nrunpy.run_path(sys.argv[0], run_name="__main__")\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
