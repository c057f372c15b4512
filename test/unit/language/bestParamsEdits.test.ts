import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planBestParams } from '../../../src/language/insertion/bestParamsEdits.ts';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import { apply, bestOf, insertBest, open } from './support.ts';

const LR = bestOf({ lr: 0.0268 });

/** Before, after; the parameters are `lr` 0.0268 unless given. */
function becomes(languageId: string, before: string, after: string, best = LR): void {
  assert.equal(insertBest(languageId, before, best), after);
}

describe('best parameters in Python', () => {
  it('rewrite keywords of TrainingArguments, as Python prints values', () => {
    const best = bestOf({
      learning_rate: 1e-5,
      num_train_epochs: 4,
      optim: 'adamw_torch',
      fp16: true,
      warmup_steps: null,
    });
    becomes(
      'python',
      "args = TrainingArguments(\n    'out', learning_rate=2e-5,\n    num_train_epochs=3.0, optim='sgd',\n    fp16=False, warmup_steps=10,\n)\n",
      "args = TrainingArguments(\n    'out', learning_rate=1e-05,\n    num_train_epochs=4, optim='adamw_torch',\n    fp16=True, warmup_steps=None,\n)\n",
      best,
    );
  });

  it('rewrite the group file of Hydra that a folder names', () => {
    const text = 'lr: 0.1\ndecay:\n  rate: 0.1\n';
    const plan = (folder: string, before = text) => {
      const file = openCodeFile('yaml', before, null, folder);
      assert.ok(file);
      return apply(before, planBestParams(file, bestOf({ 'optim.lr': 0.5, 'optim.rate': 0.7 }), null));
    };
    assert.equal(plan('optim'), text.replace('lr: 0.1', 'lr: 0.5'));
    assert.equal(plan('model'), text);
    const elsewhere = '# @package _global_\noptim:\n  lr: 0.1\nlr: 3\n';
    assert.equal(plan('optim', elsewhere), elsewhere.replace('lr: 0.1', 'lr: 0.5'));
  });

  it('rewrite the field of a dataclass that another one holds', () => {
    const held = (lr: string) =>
      `class Adam:\n    lr: float = ${lr}\nclass Critic:\n    lr: float = 0.5\nclass Args:\n    opt: Adam\n    critic: Critic = field()\n`;
    becomes('python', held('0.1'), held('0.0268'), bestOf({ 'opt.lr': 0.0268 }));
    const twice = 'class Adam:\n    lr: float = 0.1\nclass Args:\n    actor: Adam\n    critic: Adam\n';
    becomes('python', twice, twice, bestOf({ 'actor.lr': 0.5, 'critic.lr': 0.7 }));
    const made =
      'class Adam:\n    lr: float = 0.1\nclass Args:\n    opt: Adam = field(default_factory=lambda: Adam(lr=1))\n';
    becomes('python', made, made, bestOf({ 'opt.lr': 0.5 }));
  });

  it('add what a search set to the only TrainingArguments, and leave hp_space alone', () => {
    const space = 'def hp_space(trial):\n    return {"seed": trial.suggest_int("seed", 1, 40), "optim": "x"}\n';
    const search = 'trainer.hyperparameter_search(hp_space=hp_space, n_trials=10)\n';
    becomes(
      'python',
      `${space}args = TrainingArguments(\n    "o",\n    report_to=[],  # rest\n)\n${search}`,
      `${space}args = TrainingArguments(\n    "o",\n    seed=23,\n    optim="adafactor",\n    report_to=[],  # rest\n)\n${search}`,
      bestOf({ seed: 23, optim: 'adafactor' }),
    );
  });

  it('leave a lambda given as hp_space alone', () => {
    const text = 'trainer.hyperparameter_search(hp_space=lambda trial: {"lr": trial.suggest_float("lr", 1e-6, 1)})\n';
    const planned = planBestParams(open('python', text), LR, null);
    assert.deepEqual([planned.edits, planned.unmatched], [[], ['lr']]);
  });

  it('replace suggest calls by their value, with a comment where the name would be lost', () => {
    becomes(
      'python',
      'def objective(trial):\n    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)\n    return fit(lr)\n',
      'def objective(trial):\n    lr = 0.0268\n    return fit(lr)\n',
    );
    const once = insertBest(
      'python',
      "def objective(trial):\n    hidden = trial.suggest_int('n_units', 4, 128)\n    return fit(hidden)\n",
      bestOf({ n_units: 64 }),
    );
    assert.equal(once, 'def objective(trial):\n    hidden = 64  # n_units\n    return fit(hidden)\n');
    assert.match(insertBest('python', once, bestOf({ n_units: 32 })), /hidden = 32 {2}# n_units/);
  });

  it('bracket a value where it is an operand', () => {
    const objective = (body: string) => `def objective(trial):\n    return ${body}\n`;
    const call = 'trial.suggest_float("x", -1, 1)';
    const best = bestOf({ x: -0.5 });
    assert.match(insertBest('python', objective(`${call} ** 2`), best), /return \(-0\.5\) \*\* 2/);
    assert.match(insertBest('python', objective(`-${call}`), best), /return -\(-0\.5\)/);
    assert.match(
      insertBest('python', objective(`${call}.hex()`), bestOf({ x: { float: 1 } })),
      /return \(1\.0\)\.hex\(\)/,
    );
    assert.match(
      insertBest('javascript', "f = (trial) => -trial.suggestFloat('x', -1, 1);\n", best),
      /-\(\/\* x \*\/ -0\.5\)|-\/\* x \*\/ \(-0\.5\)/,
    );
  });

  it('keep several names of one line apart', () => {
    const text = 'def objective(trial):\n    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)\n';
    assert.match(insertBest('python', text, bestOf({ y: 0.5, x: 0.25 })), /x, y = 0\.25, 0\.5\n/);
    const nameless =
      'def objective(trial):\n    return f(trial.suggest_float("a", 0, 1), trial.suggest_float("b", 0, 1))\n';
    const once = insertBest('python', nameless, bestOf({ b: 0.5, a: 0.25 }));
    assert.match(once, /return f\(0\.25, 0\.5\) {2}# a {2}# b\n/);
    assert.match(insertBest('python', once, bestOf({ b: 0.75, a: 0.25 })), /return f\(0\.25, 0\.75\) {2}# a {2}# b\n/);
  });

  it('rewrite module constants, class attributes and dicts, whatever their case', () => {
    becomes('python', 'LR = 1e-3\nmodel = Adam(lr=LR)\n', 'LR = 0.0268\nmodel = Adam(lr=LR)\n');
    becomes('python', '@dataclass\nclass C:\n    lr: float = 1e-3\n', '@dataclass\nclass C:\n    lr: float = 0.0268\n');
    becomes('python', "config = {'opt': {'lr': .1}}\r\n", "config = {'opt': {'lr': 0.0268}}\r\n");
    becomes('python', 'config["lr"] = 1\n', 'config["lr"] = 0.0268\n');
    becomes(
      'python',
      'class C(BaseModel):\n    lr: float = Field(default=1)\n',
      'class C(BaseModel):\n    lr: float = Field(default=0.0268)\n',
    );
    becomes('python', 'lr, bs = 1e-3, 32\n', 'lr, bs = 0.0268, 32\n');
  });

  it('rewrite defaults of argparse, click and typer, and not what is passed along', () => {
    becomes(
      'python',
      'p.add_argument("--lr", type=float, default=1e-3)\nargs = p.parse_args()\nopt = Adam(m, lr=args.lr)\n',
      'p.add_argument("--lr", type=float, default=0.0268)\nargs = p.parse_args()\nopt = Adam(m, lr=args.lr)\n',
    );
    becomes(
      'python',
      'p.add_argument("-l", "--rate", dest="lr", default=1)\n',
      'p.add_argument("-l", "--rate", dest="lr", default=0.0268)\n',
    );
    becomes(
      'python',
      'p.add_argument("--lr", type=float, default="1e-3")\n',
      'p.add_argument("--lr", type=float, default="0.0268")\n',
    );
    becomes(
      'python',
      '@click.option("--lr", default=0.1)\ndef f(lr): ...\n',
      '@click.option("--lr", default=0.0268)\ndef f(lr): ...\n',
    );
    becomes(
      'python',
      '@app.command()\ndef main(lr: float = typer.Option(0.1, help="x")): ...\n',
      '@app.command()\ndef main(lr: float = typer.Option(0.0268, help="x")): ...\n',
    );
  });

  it('write a switch that was searched as a flag as true or false', () => {
    const text = 'p.add_argument("--bn", action=argparse.BooleanOptionalAction, default=True)\n';
    becomes('python', text, text.replace('True', 'False'), bestOf({ bn: '--no-bn' }));
    becomes('python', text, text, bestOf({ bn: '--bn' }));
  });

  const untouched: readonly (readonly [string, string])[] = [
    ['comments and strings', '# lr = 3\ndoc = """\nlr = 3\n"""\nprint("lr=3")\n'],
    ['bounds of a distribution', 'space = {"lr": FloatDistribution(low=1e-5, high=1)}\n'],
    ['a grid of values', 'grid = {"lr": [0.1, 0.2]}\n'],
    ['enqueued trials', 'study.enqueue_trial({"lr": 0.3})\n'],
    ['expressions', 'opt = Adam(lr=base * 2)\nlr = get_lr()\n'],
    ['two that differ', 'g = Adam(lr=1e-3)\nd = Adam(lr=1e-4)\n'],
  ];
  for (const [what, text] of untouched) {
    it(`leave ${what} alone`, () => assert.equal(insertBest('python', text, LR), text));
  }

  it('leave keywords of the search itself alone', () => {
    const text =
      'study = optuna.create_study(sampler=TPESampler(seed=1))\nds.train_test_split(seed=2)\nstudy.optimize(f, n_trials=3)\n';
    assert.equal(insertBest('python', text, bestOf({ seed: 9, n_trials: 8 })), text);
  });

  it('work around a syntax error', () => {
    becomes('python', 'def broken(:\n  x = = 3\n\nLR = 1\nfoo(\n', 'def broken(:\n  x = = 3\n\nLR = 0.0268\nfoo(\n');
  });

  it('keep tabs, CRLF and letters beyond the basic plane in place', () => {
    becomes('python', 'def f():\r\n\tname = "😀"; lr = 1\r\n', 'def f():\r\n\tname = "😀"; lr = 0.0268\r\n');
    becomes('python', 'd = {"学习率": 1}\n', 'd = {"学习率": 0.5}\n', bestOf({ 学习率: 0.5 }));
  });

  it('say what is replaced by what, what is unchanged and what has no place', () => {
    const text = 'p.add_argument("--lr", default=0.1)\nSEED = 3\n';
    const planned = planBestParams(open('python', text), bestOf({ lr: 1e-5, seed: 3, depth: 2 }), 0);
    assert.deepEqual(
      planned.edits.map((edit) => edit.label),
      ['lr: 0.1 → 1e-05'],
    );
    assert.deepEqual([planned.unmatched, planned.unchanged], [['depth'], ['seed']]);
  });

  it('put a dict at the cursor when nothing matches', () => {
    const best = bestOf({ lr: { float: 1 }, optim: "it's", amp: false });
    const dict = 'best_params = {\n    "lr": 1.0,\n    "optim": "it\'s",\n    "amp": False,\n}';
    assert.equal(insertBest('python', '', best, 0), dict);
    assert.equal(insertBest('python', 'x = f(\n  3)\ny = 2\n', best, 8), `x = f(\n  3)\n${dict}\ny = 2\n`);
    const inside = insertBest('python', 'def f():\n\tx = 1\n', best, 12);
    assert.equal(
      inside,
      'def f():\n\tx = 1\n\tbest_params = {\n\t\t"lr": 1.0,\n\t\t"optim": "it\'s",\n\t\t"amp": False,\n\t}\n',
    );
    assert.match(insertBest('python', 'params = \n', best, 9), /^params = \{\n {4}"lr": 1.0,/);
  });

  it('look at all cells of a notebook, and edit each for itself', () => {
    const constants = open('python', 'LR = 1e-3\n');
    const objective = open('python', 'def objective(trial):\n    lr = trial.suggest_float("lr", 0, 1)\n');
    assert.equal(apply(constants.text, planBestParams(constants, LR, null, [objective])), 'LR = 0.0268\n');
    assert.deepEqual(planBestParams(objective, LR, 0, [constants]).edits, []);
  });
});

describe('best parameters in JavaScript and TypeScript', () => {
  it('rewrite parseArgs defaults as text', () => {
    becomes(
      'typescript',
      "const { values } = parseArgs({ options: { lr: { type: 'string', default: '0.1' } } });\nconst lr = Number(values.lr);\n",
      "const { values } = parseArgs({ options: { lr: { type: 'string', default: '0.0268' } } });\nconst lr = Number(values.lr);\n",
    );
  });

  it('rewrite the defaults of options that are declared apart', () => {
    becomes(
      'typescript',
      "const options = { lr: { type: 'string', default: '0.1' } } as const;\nparseArgs({ options });\n",
      "const options = { lr: { type: 'string', default: '0.0268' } } as const;\nparseArgs({ options });\n",
    );
  });

  it('rewrite constants, object literals, yargs and commander defaults', () => {
    becomes('javascript', 'export const LR = 0.1;\n', 'export const LR = 0.0268;\n');
    const camel = bestOf({ learning_rate: 0.5, use_bias: true, optim: 'sgd' });
    becomes(
      'typescript',
      'const options: Options = { learningRate: 0.1, useBias: false, optim: "adam" };\n',
      'const options: Options = { learningRate: 0.5, useBias: true, optim: "sgd" };\n',
      camel,
    );
    becomes('javascript', "yargs.option('lr', { default: 0.1 })\n", "yargs.option('lr', { default: 0.0268 })\n");
    becomes(
      'javascript',
      "p.option('--lr <n>', 'rate', parseFloat, 0.1)\n",
      "p.option('--lr <n>', 'rate', parseFloat, 0.0268)\n",
    );
  });

  it('replace suggest calls, awaited or not', () => {
    becomes(
      'typescript',
      "export async function objective(trial: Trial) {\n  const lr = await trial.suggestFloat('lr', 0, 1);\n  return fit(trial.suggestInt('layers', 1, 4));\n}\n",
      'export async function objective(trial: Trial) {\n  const lr = 0.0268;\n  return fit(/* layers */ 2);\n}\n',
      bestOf({ lr: 0.0268, layers: 2 }),
    );
  });

  it('find what a suggest call was replaced by again', () => {
    const text = "f = (trial) => fit(2, trial.suggestInt('layers', 1, 4), -trial.suggestFloat('x', -1, 1));\n";
    const once = insertBest('javascript', text, bestOf({ layers: 2, x: -0.5 }));
    assert.equal(once, 'f = (trial) => fit(2, /* layers */ 2, -/* x */ (-0.5));\n');
    const later = insertBest('javascript', once, bestOf({ layers: 3, x: -0.25 }));
    assert.equal(later, 'f = (trial) => fit(2, /* layers */ 3, -/* x */ (-0.25));\n');
  });

  it('put an object at the cursor when nothing matches', () => {
    assert.equal(
      insertBest('javascript', "import x from 'y';\n", LR, 3),
      "import x from 'y';\nconst bestParams = {\n  lr: 0.0268,\n};\n",
    );
  });
});

describe('best parameters in YAML and JSON', () => {
  it('rewrite keys at any depth and keep comments, quotes and order', () => {
    const best = bestOf({ lr: 1e-5, name: 'sgd', amp: true, layers: 3 });
    becomes(
      'yaml',
      "# c\noptimizer:\n  name: 'adam' # which\n  lr: 0.1\namp: false\nlayers: 2\n",
      "# c\noptimizer:\n  name: 'sgd' # which\n  lr: 1.0e-05\namp: true\nlayers: 3\n",
      best,
    );
    becomes(
      'json',
      '{\n\t"optimizer": {"lr": 0.1, "name": "adam"}, "amp": false\n}\n',
      '{\n\t"optimizer": {"lr": 1e-05, "name": "sgd"}, "amp": true\n}\n',
      best,
    );
  });

  it('follow dotted names', () => {
    const text = 'optimizer:\n  lr: 0.1\nscheduler:\n  lr: 0.2\n';
    becomes('yaml', text, text.replace('0.2', '0.5'), bestOf({ 'scheduler.lr': 0.5 }));
    assert.equal(insertBest('yaml', text, LR), text);
  });

  it('keep text that YAML would read as something else in quotes', () => {
    becomes('yaml', 'a: x\n', 'a: "yes"\n', bestOf({ a: 'yes' }));
    becomes('yaml', 'a: x\n', 'a: "1e3"\n', bestOf({ a: '1e3' }));
  });

  it('add an entry when nothing matches', () => {
    assert.equal(insertBest('yaml', 'a: 1\nb: 2\n', LR, 1), 'a: 1\nbest_params:\n  lr: 0.0268\nb: 2\n');
    assert.equal(insertBest('json', '{ "a": 1 }', LR, 3), '{ "a": 1,\n  "best_params": {\n    "lr": 0.0268\n  } }');
  });
});
