import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReadBeside } from '../../../src/language/draft/arguments/hydraArguments.ts';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { guessMetric } from '../../../src/language/draft/guessMetric.ts';
import { sayIn } from '../../../src/language/say.ts';
import type { DraftStudyFile } from '../../../src/protocol/editor.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import type { StudyFile } from '../../../src/studyfile/studyFile.ts';

function draft(languageId: string, text: string, scriptPath = 'train.py', beside?: ReadBeside): DraftStudyFile {
  return draftStudyFile({ uri: `file:///w/${scriptPath}`, languageId, text, scriptPath }, undefined, beside);
}

/** The draft read back: it has no error and no warning. */
function study(
  languageId: string,
  text: string,
  scriptPath?: string,
  beside?: ReadBeside,
): StudyFile & { argv: string; space_: Record<string, unknown> } {
  const made = draft(languageId, text, scriptPath, beside);
  const { file, problems } = parseStudyFile(made.text ?? '');
  assert.deepEqual(problems, [], made.text ?? '');
  assert.ok(file?.objective.kind === 'command');
  const space_ = Object.fromEntries(file.space.parameters.map(({ name, distribution }) => [name, distribution]));
  return { ...file, argv: file.objective.argv.join(' '), space_ };
}

describe('a script with nothing to start', () => {
  it('is told why where more is known', () => {
    const objective = 'import optuna\ndef objective(trial):\n  return trial.suggest_float("x", 0, 1)\n';
    assert.match(draft('python', objective, 'lib/goal.py').why ?? '', /^goal\.py has an objective but runs no study/);
    assert.equal(draft('python', `${objective}optuna.create_study().optimize(objective)\n`).kind, 'optuna');
    assert.deepEqual([draft('python', 'print(1)').kind, draft('python', 'print(1)').why], ['plain', undefined]);
  });
});

describe('a drafted study file', () => {
  it('takes the arguments of argparse, with ranges by name, type and default', () => {
    const found = study(
      'python',
      `import argparse
DEFAULT = 3e-4
parser = argparse.ArgumentParser(description="x")
group = parser.add_argument_group("optimisation")
group.add_argument("--lr", "-l", type=float, default=DEFAULT, help="the rate (per step)")
group.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="adam")
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--bn", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--output-dir", default="out")
parser.add_argument("--milestones", type=int, nargs="+")
args = parser.parse_args()
for epoch in range(args.epochs):
    print(f"epoch={epoch} train_loss={loss:.4f} val_acc={acc:.4f}")
`,
    );
    assert.deepEqual(Object.keys(found.space_), ['lr', 'batch_size', 'dropout', 'optimizer', 'layers', 'bn']);
    assert.deepEqual(found.space_['lr'], { type: 'float', low: 3e-5, high: 3e-3, log: true, step: null });
    assert.deepEqual(found.space_['batch_size'], { type: 'categorical', choices: [16, 32, 64, 128, 256] });
    assert.deepEqual(found.space_['dropout'], { type: 'float', low: 0, high: 0.6, log: false, step: null });
    assert.deepEqual(found.space_['optimizer'], { type: 'categorical', choices: ['sgd', 'adam'] });
    assert.deepEqual(found.space_['layers'], { type: 'int', low: 1, high: 4, log: false, step: 1 });
    assert.equal(
      found.argv,
      'python train.py {bn} --lr {lr} --batch-size {batch_size} --dropout {dropout} --optimizer {optimizer} --layers {layers}',
    );
    assert.deepEqual([found.metrics, found.directions], [['val_acc'], [2]]);
  });

  it('searches a switch as the word that is passed, or nothing', () => {
    const found = study('python', 'p.add_argument("--nesterov", action="store_true")\nprint(f"loss={x}")\n');
    assert.equal(found.argv, 'python train.py {nesterov}');
    assert.deepEqual(found.space_['nesterov'], { type: 'categorical', choices: ['--nesterov', ''] });
  });

  it('has further keys as comments, each right when its mark is taken away', () => {
    const script =
      'import argparse\np = argparse.ArgumentParser()\np.add_argument("--lr", type=float, default=0.1)\nprint(f"val_loss={x}")\n';
    for (const locale of ['en', 'zh-cn']) {
      const params = { uri: 'file:///w/a.py', languageId: 'python', text: script, scriptPath: 'a.py' };
      const text = draftStudyFile(params, sayIn(locale)).text ?? '';
      const keys = [...text.matchAll(/^# (\w+): \S.*$/gm)].filter(([, key]) => key !== undefined);
      assert.ok(keys.length >= 5, text);
      for (const [line] of keys) assert.deepEqual(parseStudyFile(text.replace(line, line.slice(2))).problems, [], line);
    }
  });

  it('is written in Chinese for a Chinese window', () => {
    const text = 'p.add_argument("--lr", type=float, default=0.1)\np.add_argument("--data", required=True)\n';
    const params = { uri: 'file:///w/训练.py', languageId: 'python', text, scriptPath: '训练.py' };
    const made = draftStudyFile(params, sayIn('zh-cn'));
    assert.deepEqual(parseStudyFile(made.text ?? '').problems, []);
    assert.match(made.text ?? '', /^# 由 Tuneboard 根据训练\.py 起草[\s\S]*# 默认值 0\.1[\s\S]*# data：未列入/);
    assert.ok(made.check.length === 3 && made.check.every((sentence) => /[。]$/.test(sentence)));
  });

  it('leaves out what cannot be searched, and says why', () => {
    const text = `p.add_argument("--lr", type=float, default=0.1)
p.add_argument("--fast", type=bool, default=False)
p.add_argument("--device-batch-size", type=int, default=8)
p.add_argument("--val-batch-size", type=int, default=8)
p.add_argument("--act", default="relu")
`;
    assert.deepEqual(Object.keys(study('python', text).space_), ['lr', 'device_batch_size']);
    assert.match(draft('python', text).text ?? '', /# fast: left out: type=bool takes every text for true/);
  });

  it('runs the subcommand that trains, and says so', () => {
    const text = `sub = p.add_subparsers()
a = sub.add_parser("prepare")
a.add_argument("--split", type=float, default=0.2)
b = sub.add_parser("train")
b.add_argument("--lr", type=float, default=0.1)
p.add_argument("--depth", type=int, default=3)
print("loss=%f" % loss)
`;
    assert.equal(study('python', text).argv, 'python train.py --depth {depth} train --lr {lr}');
    assert.match(draft('python', text).check.join(' '), /subcommand train; the script also has prepare/);
  });

  it('names what the script needs but nobody searches', () => {
    const text =
      'p.add_argument("corpus")\np.add_argument("--data", required=True)\np.add_argument("--lr", type=float, default=1)\n';
    assert.equal(study('python', text).argv, 'python train.py --data DATA --lr {lr} CORPUS');
    assert.match(draft('python', text).check.join(' '), /Replace CORPUS, DATA in the command/);
  });

  it('writes a range that goes below 0 so that no value looks like a flag', () => {
    assert.equal(
      study('python', 'p.add_argument("--bias", type=float, default=-0.5)\n').argv,
      'python train.py --bias={bias}',
    );
  });

  it('takes click options, their bounds and choices', () => {
    const found = study(
      'python',
      `@click.command()
@click.option("--learning-rate", "lr", default=0.01, show_default=True)
@click.option("--act", type=click.Choice(["relu", "gelu"]), default="relu")
@click.option("--mix", type=click.FloatRange(0, 1), default=0.2)
@click.option("--norm/--no-norm", default=True)
def main(lr, act, mix, norm):
    print(json.dumps({"rmse": rmse, "epoch": 3}))
`,
      'my scripts/cli.py',
    );
    assert.equal(found.argv, 'python my scripts/cli.py {norm} --learning-rate {lr} --act {act} --mix {mix}');
    assert.deepEqual(found.space_['mix'], { type: 'float', low: 0, high: 1, log: false, step: null });
    assert.deepEqual(found.space_['norm'], { type: 'categorical', choices: ['--norm', '--no-norm'] });
    assert.deepEqual([found.metrics, found.directions], [['rmse'], [1]]);
  });

  it('takes functions of typer and fire, and places of sys.argv', () => {
    const typer =
      'import typer\napp = typer.Typer()\n@app.command()\ndef main(n_layers: int = typer.Option(4), nesterov: bool = False): ...\n';
    assert.equal(study('python', typer).argv, 'python train.py {nesterov} --n-layers {n_layers}');
    const fire = 'import fire\ndef train(weight_decay=1e-4):\n    pass\nfire.Fire(train)\n';
    assert.equal(study('python', fire).argv, 'python train.py --weight_decay {weight_decay}');
    const argv = 'import sys\nlr = float(sys.argv[1])\nname = sys.argv[2]\n';
    assert.equal(study('python', argv).argv, 'python train.py {lr} NAME');
  });

  it('takes the dataclasses of an HfArgumentParser, TrainingArguments among them', () => {
    const text = `@dataclass
class ModelArguments:
    model_name_or_path: str = field(metadata={"help": "x"})
    head_dropout: float = field(default=0.1)
    n_heads: int = 4
parser = HfArgumentParser((ModelArguments, TrainingArguments))
def compute_metrics(p):
    return {"f1": f1(p)}
trainer = Trainer(model, compute_metrics=compute_metrics)
trainer.train()
`;
    const found = study('python', text);
    const searched = ['head_dropout', 'learning_rate', 'n_heads', 'per_device_train_batch_size', 'weight_decay'];
    assert.deepEqual(Object.keys(found.space_).sort(), searched);
    assert.deepEqual(found.metrics, ['eval_f1']);
    assert.match(draft('python', text).check.join(' '), /Replace MODEL_NAME_OR_PATH, OUTPUT_DIR in the command/);
  });

  it('takes what a Literal allows, and nothing for None', () => {
    const text = `@dataclass
class Arguments:
    pooling: Optional[Literal["cls", 'mean']] = None
    depth: typing.Literal[2, 4] = 2
parser = HfArgumentParser(Arguments)
`;
    const { space_ } = study('python', text);
    assert.deepEqual(space_['pooling'], { type: 'categorical', choices: ['cls', 'mean'] });
    assert.deepEqual(space_['depth'], { type: 'categorical', choices: [2, 4] });
    const argparse = "p = argparse.ArgumentParser()\np.add_argument('--sched', choices=('cos', 'lin', None))\n";
    assert.deepEqual(study('python', argparse).space_['sched'], { type: 'categorical', choices: ['cos', 'lin'] });
  });

  it('takes the dataclasses of tyro, also one within another and a base class', () => {
    const text = `class Base:
    gamma: float = 0.99
@dataclass
class Adam:
    lr: float = 1e-3
    use_amsgrad: bool = False
@dataclass
class Args(Base):
    """The arguments"""
    my_opt: Adam = field(default_factory=Adam)
    anneal_lr: bool = True
    total_timesteps: int = 500000
args = tyro.cli(Args)
`;
    assert.equal(
      study('python', text).argv,
      'python train.py {my_opt.use_amsgrad} {anneal_lr} --gamma {gamma} --my-opt.lr {my_opt.lr}',
    );
    const words = study('python', text).space_['my_opt.use_amsgrad'];
    assert.deepEqual(words, { type: 'categorical', choices: ['--my-opt.use-amsgrad', '--my-opt.no-use-amsgrad'] });
  });

  it('comes to an end where a class is within itself, or its own base', () => {
    const text =
      'class A(B):\n    lr: float = 0.1\n    next: A = None\nclass B(A):\n    wd: float = 0.1\ntyro.cli(A)\n';
    assert.equal(study('python', text).argv, 'python train.py --wd {wd} --lr {lr}');
  });

  it('takes what the class wants that fire is given, and its method that trains', () => {
    const text = `class Model:
    def __init__(self, lr=0.01, width: int = 64):
        pass
    def evaluate(self): pass
    def train(self, dropout=0.1): pass
    def _inner(self, wd=1e-4): pass
fire.Fire(Model)
`;
    assert.equal(study('python', text).argv, 'python train.py --lr {lr} --width {width} train --dropout {dropout}');
    assert.match(draft('python', text).check.join(' '), /runs the subcommand train; the script also has evaluate/);
  });

  it('takes the flags of the method alone where fire is given an object', () => {
    const text =
      'class Model:\n    def __init__(self, lr=0.01): pass\n    def train(self, dropout=0.1): pass\nfire.Fire(Model())\n';
    assert.equal(study('python', text).argv, 'python train.py train --dropout {dropout}');
  });

  it('takes the function that tyro is given, whose arguments without a default are flags too', () => {
    const text =
      'def main(data_dir: Path, opt: Literal["adam", "sgd"] = "adam", weight_lr: float = 1e-3): pass\ntyro.cli(main)\n';
    assert.equal(study('python', text).argv, 'python train.py --data-dir DATA_DIR --opt {opt} --weight-lr {weight_lr}');
  });

  it('searches no size that the script works out, and no switch of its surroundings', () => {
    const text = `class Args:
    track: bool = False
    capture_video: bool = False
    train: bool = True
    devices: int = 1
    torch_deterministic: bool = True
    learning_rate: float = 2.5e-4
    batch_size: int = 0
    minibatch_size: int = -1
args = tyro.cli(Args)
`;
    assert.deepEqual(Object.keys(study('python', text).space_), ['learning_rate']);
  });

  it('takes the configuration of Hydra, with the groups that it is put together from', () => {
    const texts: Readonly<Record<string, string>> = {
      'conf/config.yaml': `defaults:
  - optim: adam
  - model: big
  - override hydra/launcher: basic
  - _self_
batch_size: 64
trainer: { max_epochs: 3, gradient_clip_val: 0.5, nesterov: true, layers: [1, 2] }
data_dir: ???
hydra: { lr: 0.1 }
`,
      'conf/optim/adam.yaml': 'defaults: [base]\n_target_: torch.optim.Adam\n_partial_: true\nlr: 1e-3\nname: adam\n',
      'conf/model/big.yaml': '# @package _global_\nmodel:\n  dropout: 0.1\n',
    };
    const script =
      '@hydra.main(version_base=None, config_path="conf", config_name="config.yaml")\ndef main(cfg): pass\n';
    const found = study('python', script, 'train.py', (path) => texts[path] ?? null);
    assert.equal(
      found.argv,
      'python train.py optim.lr={optim.lr} model.dropout={model.dropout} batch_size={batch_size} ' +
        'trainer.gradient_clip_val={trainer.gradient_clip_val} trainer.nesterov={trainer.nesterov} data_dir=DATA_DIR',
    );
    assert.deepEqual(found.space_['optim.lr'], { type: 'float', low: 1e-4, high: 1e-2, log: true, step: null });
    for (const odd of ['', '[1]', '{', 'a: {b: !!x 1}', 'defaults: 3', 'defaults: [{}, 1, {a: {b: 1}}]'])
      assert.ok(draft('python', script, 'train.py', () => odd).text, odd);
  });

  it('takes parseArgs, yargs and commander', () => {
    const parse = `import { parseArgs } from 'node:util';
const options = { lr: { type: 'string', short: 'l', default: '0.05' }, hidden: { type: 'string', default: '32' } };
const { values } = parseArgs({ options });
console.log(JSON.stringify({ epoch, accuracy }));
`;
    const found = study('javascript', parse, 'train.mjs');
    assert.equal(found.argv, 'node train.mjs --lr {lr} --hidden {hidden}');
    assert.deepEqual(found.metrics, ['accuracy']);
    const yargs =
      "const argv = yargs.option('lr', { type: 'number', default: 0.1 }).option('depth', { default: 3 }).argv;\n";
    assert.deepEqual(Object.keys(study('typescript', yargs, 'a.ts').space_).sort(), ['depth', 'lr']);
    const commander = "program.option('-l, --lr <n>', 'rate', parseFloat, 0.1).option('--tied');\n";
    assert.deepEqual(Object.keys(study('javascript', commander, 'a.js').space_).sort(), ['lr', 'tied']);
  });

  const commands: readonly (readonly [what: string, languageId: string, path: string, text: string, argv: string])[] = [
    [
      'the command of a click group that trains',
      'python',
      'cli.py',
      '@click.group()\n@click.option("--depth", default=3)\ndef cli(depth): ...\n@cli.command()\n@click.option("--k", default=5)\ndef score(k): ...\n@cli.command("fit")\n@click.argument("path")\n@click.option("--lr", default=0.1)\ndef f(path, lr): ...\n',
      'python cli.py --depth {depth} fit --lr {lr} PATH',
    ],
    [
      'the values of an Enum',
      'python',
      'a.py',
      'import typer\nclass Opt(str, Enum):\n    sgd = "sgd"\n    adam = "adam"\ndef main(optimizer: Annotated[Opt, typer.Option(help="an int")] = Opt.sgd, lr: Annotated[float, typer.Option(help="a list")] = 0.1): ...\ntyper.run(main)\n',
      'python a.py --optimizer {optimizer} --lr {lr}',
    ],
    [
      'flags of absl',
      'python',
      'a.py',
      'flags.DEFINE_float("lr", 0.1, "rate")\nflags.DEFINE_bool("bn", True, "norm")\nflags.DEFINE_enum("opt", "a", ["a", "b"], "which")\n',
      'python a.py {bn} --lr {lr} --opt {opt}',
    ],
    [
      'no switch of parseArgs that is on',
      'javascript',
      'a.mjs',
      "parseArgs({ options: { on: { type: 'boolean', default: true }, tied: { type: 'boolean' } } });\n",
      'node a.mjs {tied}',
    ],
    [
      'what commander declares apart',
      'javascript',
      'a.js',
      "program.argument('<file>').addOption(new Option('--act <name>', 'x').choices(['a', 'b']).default('a'));\n",
      'node a.js --act {act} FILE',
    ],
    [
      'a default that is still being typed',
      'python',
      'a.py',
      'p.add_argument("--lr", type=float, default=\np.add_argument("--depth", type=int, default=3)\n',
      'python a.py --lr {lr} --depth {depth}',
    ],
    [
      'no pictures, no steps of nothing',
      'python',
      'a.py',
      'p.add_argument("--img-size", type=int, default=28)\np.add_argument("--warmup-steps", type=int, default=0)\np.add_argument("--lr", default=1.)\n',
      'python a.py --lr {lr}',
    ],
  ];
  for (const [what, languageId, path, text, argv] of commands) {
    it(`takes ${what}`, () => assert.equal(study(languageId, text, path).argv, argv));
  }

  it('turns a yargs switch off by its negation, and reads a result told in words', () => {
    const text = "yargs.option('bn', { type: 'boolean', default: true });\nconsole.log('step: ' + s, 'RMSE: ' + r);\n";
    const found = study('javascript', text, 'a.js');
    assert.deepEqual(found.space_['bn'], { type: 'categorical', choices: ['--bn', '--no-bn'] });
    assert.deepEqual([found.metrics, found.directions], [['rmse'], [1]]);
  });

  it('drafts nothing for an Optuna script or notebook', () => {
    const optuna = 'import optuna\nstudy = optuna.create_study()\nstudy.optimize(lambda trial: f(trial), n_trials=3)\n';
    assert.deepEqual(draft('python', optuna), { kind: 'optuna', text: null, check: [] });
    const trainer = 'best = trainer.hyperparameter_search(hp_space=space, n_trials=10)\n';
    assert.equal(draft('python', trainer).kind, 'optuna');
    const cells = [optuna.split('\n').slice(0, 1), ['%pip install optuna\n', '!ls\n'], optuna.split('\n').slice(1)];
    const notebook = JSON.stringify({
      cells: cells.map((lines) => ({ cell_type: 'code', source: lines.map((one) => `${one}\n`) })),
    });
    assert.equal(draft('json', notebook, 'a.ipynb').kind, 'optuna');
    const asked = 'import numpy, optuna\nstudy = optuna.create_study()\ntrial = study.ask()\nstudy.tell(trial, 1)\n';
    assert.equal(draft('python', asked).kind, 'optuna');
    assert.notEqual(draft('python', '# study.optimize(objective)\nprint("import optuna")\n').kind, 'optuna');
  });

  it('starts from an example for a script without arguments, and says what to do', () => {
    const made = draft('python', 'print("Accuracy: {}".format(a))\n');
    assert.equal(made.kind, 'plain');
    assert.deepEqual(parseStudyFile(made.text ?? '').problems, []);
    assert.match(made.text ?? '', /^metric: accuracy # as the script prints it$/m);
    assert.match(draft('python', 'print("done")\n').check.join(' '), /metric is asked for after the first run/);
  });
});

describe('the guessed metric', () => {
  const guesses: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['print(f"loss={l:.3f} acc={a}")', 'acc', 'maximize'],
    ['print("epoch=%d val_loss=%.4f test_loss=%.4f" % x)', 'val_loss', 'minimize'],
    ['print("f1=" + str(f1))', 'f1', 'maximize'],
    ['print(f"{rmse=:.3f}")', 'rmse', 'minimize'],
    ["print({'eval_loss': l, 'eval_f1': f})", 'eval_f1', 'maximize'],
    ['logging.info("auc={:.3f}".format(auc))', 'auc', 'maximize'],
    ['# print(f"acc={a}")', undefined, undefined],
    ['print("hello")', undefined, undefined],
    ['import re\nWORD = re.compile(r"x")\nmodel.fit(x, y)\n', undefined, undefined],
    ['from tensorflow import data\nWORD = re.compile(r"x")\nmodel.fit(x, y)\n', undefined, undefined],
    ['print(f"Epoch {e}/10 Train Loss: {l:.3f} Val Acc {a:.3f}")', 'val_acc', 'maximize'],
    ['log.info("Validation loss: %.4f", loss)', 'validation_loss', 'minimize'],
    ['print("rmse:", rmse)', 'rmse', 'minimize'],
    ['print("epoch", epoch, "seconds", t)', undefined, undefined],
    [
      'import keras\nm.compile("adam", "mse", metrics=["mae"])\nm.fit(x, y, epochs=3, validation_split=0.1)\n',
      'val_mae',
      'minimize',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a script.
    ['console.log(`epoch=${e} loss=${l}`)', 'loss', 'minimize'],
    ['console.log(JSON.stringify({ step, mae: m }))', 'mae', 'minimize'],
    ["_logger.info(f'Test: Loss: {m.val:>7.3f}')", 'loss', 'minimize'],
    ["LOGGER.info(f'val_map={m}')", 'val_map', 'maximize'],
    ["print(f'epoch {e}\\tLoss: {l:.3f}')", 'loss', 'minimize'],
    ["print(f'{e}\\tacc={a:.3f}\\n')", 'acc', 'maximize'],
    [
      'def compute_metrics(p):\n    return {"f1": 1, "accuracy": 2}\nt = Trainer(x)\nt.train()\n',
      'eval_accuracy',
      'maximize',
    ],
  ];
  for (const [text, name, direction] of guesses) {
    it(`of ${text.split('\n')[0]} is ${name}`, () => {
      const guess = guessMetric(text);
      assert.deepEqual([guess?.name, guess?.direction], [name, direction]);
    });
  }
});

describe('the draft of a long script', () => {
  const unit = (n: number) => `
def step_${n}(x, lr=0.01, depth=3):
    hidden_${n} = 128
    opt = Adam(x, lr=lr, weight_decay=${n}e-6)
    return hidden_${n}
step_${n}(3)
`;

  it('takes time in proportion to its length', () => {
    const cpu = (count: number): number => {
      const text = Array.from({ length: count }, (_, n) => unit(n)).join('');
      const times = [0, 1, 2].map(() => {
        const before = process.threadCpuUsage().user;
        draftStudyFile({ uri: 'file:///w/a.py', languageId: 'python', text, scriptPath: 'a.py' });
        return process.threadCpuUsage().user - before;
      });
      return Math.min(...times);
    };
    cpu(100);
    assert.ok(cpu(4000) < 17 * Math.max(cpu(500), 10_000), 'eight times the text, at most 17 times as long');
  });
});
