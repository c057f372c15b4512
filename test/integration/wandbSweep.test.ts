import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { needPython } from '../support/python.ts';
import { TunerFolder } from './tunerHarness.ts';

/** `TUNEBOARD_PYTHON_WANDB` names an interpreter with the real package; else this one behaves as it does offline. */
const STAND_IN = `import os, json, types
class Summary(dict): pass
class Run:
    def __init__(self, config):
        self.config, self.summary, self.sweep_id = config, Summary(), os.environ.get("WANDB_SWEEP_ID")
    def log(self, data, step=None, commit=None):
        if not isinstance(data, dict): raise TypeError("wandb.log must be passed a dictionary")
        self.summary.update(data)
    def finish(self, exit_code=None): self.summary = None
sdk = types.SimpleNamespace(wandb_run=types.SimpleNamespace(Run=Run))
class Config(dict):
    __getattr__ = dict.__getitem__
run = None
def init(config=None, **more):
    global run, config_, log, finish
    if os.environ.get("WANDB_MODE") != "offline": raise RuntimeError("wandb wants a key")
    given = {}
    if os.environ.get("WANDB_SWEEP_PARAM_PATH"):
        given = json.load(open(os.environ["WANDB_SWEEP_PARAM_PATH"]))
        given = {k: v["value"] for k, v in given.items() if k != "wandb_version"}
    run = Run(Config({**(config or {}), **given}))
    globals().update(config=run.config, log=run.log, finish=run.finish)
    return run
def login(*a, **k): raise RuntimeError("wandb wants a key")
def sweep(*a, **k): raise RuntimeError("wandb wants a key")
def agent(*a, **k): raise RuntimeError("wandb wants a key")
`;

const SCRIPT = `import sys
import wandb
wandb.init(project="demo", config={"lr": 0.5, "momentum": 0.9})
config = wandb.config
print("argv", sys.argv[1:])
assert isinstance(config.lr, float) and isinstance(config.layers, list) and config.momentum == 0.9, dict(config)
assert isinstance(config.nesterov, bool) and config.optimizer["name"] in ("adam", "sgd"), dict(config)
for epoch in range(config.epochs):
    wandb.log({"train": epoch, "text": "x"})
    wandb.log({"val": {"loss": abs(config.lr - 0.01) + 1 / (epoch + 1)}, "epoch": epoch})
wandb.finish()
`;

const SWEEP = `program: train.py
method: random
metric: { name: val.loss, goal: minimize }
run_cap: 4
parameters:
  lr: { distribution: log_uniform_values, min: 1e-8, max: 1e-1 }
  epochs: { value: 3 }
  layers: { values: [[32], [64, 32]] }
  nesterov: { values: [true, false] }
  optimizer:
    parameters:
      name: { values: [adam, sgd] }
command: ["\${env}", "\${interpreter}", "\${program}", "\${args_no_boolean_flags}", "\${args_json}"]
`;

describe('tuneboard run of a W&B sweep', () => {
  const folder = new TunerFolder();
  after(() => folder.remove());

  function prepare(t: Parameters<typeof needPython>[0]): string[] | null {
    const real = process.env['TUNEBOARD_PYTHON_WANDB'];
    const python = real ?? needPython(t, 'python');
    if (python === null) return null;
    if (real === undefined) folder.write('wandb.py', STAND_IN);
    return ['--python', python];
  }

  it('gives wandb.init() the values of each trial and reads what wandb.log() reports', async (t) => {
    const python = prepare(t);
    if (python === null) return;
    folder.write('train.py', SCRIPT);
    folder.write('sweep.yaml', SWEEP);
    const made = await folder.run('run', 'sweep.yaml', ...python);
    assert.equal(made.code, 0, made.stdout + made.stderr);
    assert.match(made.stdout, /4 complete/);
    assert.match(made.stdout, /Best val\.loss: 0\.3/);
    const log = readFileSync(join(folder.path, '.tuneboard/sweep/trials/0.log'), 'utf8');
    const words = /^argv (.*)$/m.exec(log)?.[1] ?? '';
    assert.match(words, /'--epochs=3', '--layers=\[/);
    assert.match(words, /"--optimizer=\{'name': '(adam|sgd)'\}"/);
    assert.match(words, /'\{"lr": [\d.e-]+, "epochs": 3, "layers": \[[\d, ]+\], "nesterov": (true|false)/);
    assert.ok(!/nesterov=/.test(words));
    assert.ok(!existsSync(join(folder.path, 'wandb')), 'W&B writes into the folder of the trial');
  });

  it('ends a run early where the sweep says so, and takes a summary that was never logged', async (t) => {
    const python = prepare(t);
    if (python === null) return;
    folder.write(
      'summary.py',
      'import wandb\nrun = wandb.init()\nrun.summary["score"] = wandb.config["x"]\nwandb.log({"other": 1})\nrun.finish()\n',
    );
    folder.write(
      'summary.yaml',
      'program: summary.py\nmethod: grid\nmetric: { name: score, goal: maximize }\nparameters: { x: { values: [1, 2, 5] } }\n',
    );
    const made = await folder.run('run', 'summary.yaml', ...python);
    assert.match(made.stdout, /3 complete[\s\S]*Best score: 5/, made.stdout + made.stderr);
    folder.write(
      'early.py',
      'import wandb\nwandb.init()\nfor step in range(8):\n    wandb.log({"score": wandb.config["x"]})\nprint("all steps")\n',
    );
    folder.write(
      'early.yaml',
      'program: early.py\nmethod: grid\nmetric: { name: score, goal: maximize }\nearly_terminate: { type: hyperband, min_iter: 1, eta: 2 }\nparameters: { x: { values: [1, 2, 3, 4, 5, 6, 7, 8] } }\n',
    );
    const early = await folder.run('run', 'early.yaml', ...python);
    assert.match(early.stdout, /Best score: 8/, early.stdout + early.stderr);
    assert.match(early.stdout, /pruned/);
  });

  it('says at its place what is wrong with a sweep', async () => {
    folder.write('bad.yaml', 'program: train.py\nmethod: random\nparameters:\n  lr: { min: 1 }\n');
    const made = await folder.run('run', 'bad.yaml');
    assert.notEqual(made.code, 0);
    assert.match(made.stderr, /bad\.yaml:4:7: Parameter "lr" has no range/);
  });

  it('drafts a study file from a sweep', async () => {
    folder.write('draft.yaml', SWEEP);
    const made = await folder.run('draft', 'draft.yaml', '--json');
    const { space, metric, direction, command } = JSON.parse(made.stdout);
    assert.deepEqual(Object.keys(space), ['lr', 'layers', 'nesterov', 'optimizer.name']);
    assert.deepEqual([metric, direction], ['val.loss', 'minimize']);
    assert.match(command, /^python train\.py/);
  });
});
