import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planBestParams } from '../../../src/language/insertion/bestParamsEdits.ts';
import { bestOf, insertBest, open } from './support.ts';

/** What differs, line by line: `old → new`, and `+ new` for a line that is added. */
function changes(before: string, after: string): string[] {
  const old = before.split('\n');
  const found: string[] = [];
  for (const line of after.split('\n')) {
    if (line === old[0]) old.shift();
    else if (old.length > 1 && after.split('\n').length > before.split('\n').length) found.push(`+ ${line.trim()}`);
    else found.push(`${old.shift()?.trim()} → ${line.trim()}`);
  }
  return found;
}

type Params = Parameters<typeof bestOf>[0];
type Case = readonly [what: string, languageId: string, params: Params, text: string, changed: readonly string[]];

const CASES: readonly Case[] = [
  [
    'keywords spread from a dict are rewritten and added there',
    'python',
    { learning_rate: 1e-5, seed: 3 },
    'kwargs = dict(output_dir="o", learning_rate=5e-5)\nargs = TrainingArguments(**kwargs)\n',
    ['kwargs = dict(output_dir="o", learning_rate=5e-5) → kwargs = dict(output_dir="o", seed=3, learning_rate=1e-05)'],
  ],
  [
    'nothing is added beside a mapping that may hold it',
    'python',
    { seed: 3 },
    'args = TrainingArguments(**load("a.json"))\n',
    [],
  ],
  [
    'a dict inside the call',
    'python',
    { learning_rate: 1e-5, seed: 3 },
    'base = {"learning_rate": 1}\nargs = TrainingArguments(**{**base, "seed": 1})\n',
    [
      'base = {"learning_rate": 1} → base = {"learning_rate": 1e-05}',
      'args = TrainingArguments(**{**base, "seed": 1}) → args = TrainingArguments(**{**base, "seed": 3})',
    ],
  ],
  [
    'a field that is set afterwards',
    'python',
    { seed: 3 },
    'args = TrainingArguments("o")\nargs.seed = 1\n',
    ['args.seed = 1 → args.seed = 3'],
  ],
  [
    'two settings that differ',
    'python',
    { learning_rate: 1e-5, seed: 3 },
    'a = TrainingArguments("a", learning_rate=1, seed=1)\nb = TrainingArguments("b", learning_rate=2, seed=1)\n',
    [
      'a = TrainingArguments("a", learning_rate=1, seed=1) → a = TrainingArguments("a", learning_rate=1, seed=3)',
      'b = TrainingArguments("b", learning_rate=2, seed=1) → b = TrainingArguments("b", learning_rate=2, seed=3)',
    ],
  ],
  [
    'an enum member',
    'python',
    { optim: 'adafactor' },
    'a = TrainingArguments("a", optim=OptimizerNames.ADAMW_TORCH)\n',
    [],
  ],
  [
    'a keyword stands for the default of its parameter',
    'python',
    { lr: 0.5 },
    'class M(LightningModule):\n    def __init__(self, lr=1e-3): ...\nm = M(lr=2e-3)\n',
    ['m = M(lr=2e-3) → m = M(lr=0.5)'],
  ],
  [
    'a step of a scikit-learn pipeline',
    'python',
    { clf__C: 2.5, scaler__with_mean: false },
    'p = Pipeline([("scaler", StandardScaler(with_mean=True)), ("clf", SVC(C=1.0)), ("other", SVC(C=3.0))])\n',
    [
      'p = Pipeline([("scaler", StandardScaler(with_mean=True)), ("clf", SVC(C=1.0)), ("other", SVC(C=3.0))]) → p = Pipeline([("scaler", StandardScaler(with_mean=False)), ("clf", SVC(C=2.5)), ("other", SVC(C=3.0))])',
    ],
  ],
  [
    'numbers that end in a point',
    'python',
    { a: { float: 2 }, b: 0.5, c: -1.5 },
    'p = dict(a=0., b=1.e-3, c=-1., d=2.)\nx = 1.  # a\n',
    ['p = dict(a=0., b=1.e-3, c=-1., d=2.) → p = dict(a=2.0, b=0.5, c=-1.5, d=2.)'],
  ],
  [
    'the argument of the subcommand that trains',
    'python',
    { lr: 0.5 },
    't = sub.add_parser("train")\ng = t.add_argument_group("x")\ng.add_argument("--lr", default=1)\ne = sub.add_parser("eval")\ne.add_argument("--lr", default=0)\n',
    ['g.add_argument("--lr", default=1) → g.add_argument("--lr", default=0.5)'],
  ],
  [
    'switches and options without a default',
    'python',
    { amp: true, bn: false, off: true, on: false, clip: 0.5, need: 3, many: 1 },
    'p.add_argument("--amp", action="store_true")\np.add_argument("--bn", action="store_false")\np.add_argument("--off", action="store_false")\np.add_argument("--on", action="store_true")\np.add_argument("--clip", type=float)\np.add_argument("--need", required=True)\np.add_argument("--many", nargs="+")\n',
    [
      'p.add_argument("--amp", action="store_true") → p.add_argument("--amp", default=True, action="store_true")',
      'p.add_argument("--bn", action="store_false") → p.add_argument("--bn", default=False, action="store_false")',
      'p.add_argument("--clip", type=float) → p.add_argument("--clip", default=0.5, type=float)',
    ],
  ],
  [
    'flags of absl and fields of attrs',
    'python',
    { lr: 0.5, n: 2 },
    'flags.DEFINE_float("lr", 0.1, "rate")\nclass C:\n    n = attr.ib(default=1)\n',
    [
      'flags.DEFINE_float("lr", 0.1, "rate") → flags.DEFINE_float("lr", 0.5, "rate")',
      'n = attr.ib(default=1) → n = attr.ib(default=2)',
    ],
  ],
  [
    'the objective whose range the value is in',
    'python',
    { x: 1.5 },
    'def a(trial):\n    return trial.suggest_float("x", 0, 1)\ndef b(trial):\n    return trial.suggest_float("x", 0, 9)\n',
    ['return trial.suggest_float("x", 0, 9) → return 1.5  # x'],
  ],
  [
    'two objectives that could both have suggested it',
    'python',
    { x: 0.5 },
    'def a(trial):\n    return trial.suggest_float("x", 0, 1)\ndef b(trial):\n    return trial.suggest_float("x", 0, 9)\n',
    [],
  ],
  [
    'a constant that is a bound of its own parameter',
    'python',
    { epochs: 3 },
    'EPOCHS = 10\ndef objective(trial):\n    epochs = trial.suggest_int("epochs", 1, EPOCHS)\n',
    ['epochs = trial.suggest_int("epochs", 1, EPOCHS) → epochs = 3'],
  ],
  [
    'a suggest call under a key of another name',
    'python',
    { lr: 0.5 },
    'def objective(trial):\n    kwargs["learning_rate"] = trial.suggest_float("lr", 0, 1)\n',
    ['kwargs["learning_rate"] = trial.suggest_float("lr", 0, 1) → kwargs["learning_rate"] = 0.5  # lr'],
  ],
  [
    'names made in a loop',
    'python',
    { n_units_l0: 4, n_layers: 2 },
    'def objective(trial):\n    n = trial.suggest_int("n_layers", 1, 3)\n    for i in range(n):\n        u = trial.suggest_int(f"n_units_l{i}", 4, 8)\n',
    ['n = trial.suggest_int("n_layers", 1, 3) → n = 2  # n_layers'],
  ],
  [
    'a call that is being typed',
    'python',
    { lr: 0.5, n: 2 },
    'def objective(trial):\n    lr = trial.suggest_float("lr", 1e-5,\n    n = trial.suggest_int("n", 1, 2)\n    return f(lr)\n\nf(3)\n',
    [],
  ],
  [
    'a key that is being typed',
    'python',
    { lr: 0.5, n: 2 },
    'config = {\n    "lr": 0.1,\n    "n":\n    "x": 3,\n}\n',
    ['"lr": 0.1, → "lr": 0.5,'],
  ],
  [
    'the call that holds most of the parameters, not one that shares a name',
    'python',
    { n_estimators: 300, max_depth: 4 },
    'model = XGBClassifier(n_estimators=100, max_depth=6)\nrf = RandomForestClassifier(n_estimators=300)\n',
    ['model = XGBClassifier(n_estimators=100, max_depth=6) → model = XGBClassifier(n_estimators=300, max_depth=4)'],
  ],
  [
    'a value after a sign',
    'python',
    { x: 0.5 },
    'def objective(trial):\n    return -trial.suggest_float("x", 0, 1)\n',
    ['return -trial.suggest_float("x", 0, 1) → return -(0.5)  # x'],
  ],
  ['an empty key', 'yaml', { lr: 0.5, seed: null }, 'a:\n  lr: # rate\nseed:\n', ['lr: # rate → lr: 0.5 # rate']],
  ['a key that is being typed', 'json', { lr: 0.5 }, '{\n  "lr":\n  "n": 2\n}\n', []],
  ['constants that differ', 'python', { lr: 0.5 }, 'LR = 0.1\nif DEBUG:\n    LR = 0.2\n', []],
  [
    'yargs options with a type',
    'javascript',
    { amp: true },
    'yargs.options({ amp: { type: "boolean", default: false } });\n',
    [
      'yargs.options({ amp: { type: "boolean", default: false } }); → yargs.options({ amp: { type: "boolean", default: true } });',
    ],
  ],
  [
    'an Option of commander',
    'javascript',
    { drop: 0.5 },
    "p.addOption(new Option('--drop <n>', 'x').choices(['a']).default(0.1));\n",
    [
      "p.addOption(new Option('--drop <n>', 'x').choices(['a']).default(0.1)); → p.addOption(new Option('--drop <n>', 'x').choices(['a']).default(0.5));",
    ],
  ],
  [
    'casts and typed fields',
    'typescript',
    { lr: 0.5, n: 2, opt: 'sgd' },
    "const c = { n: 1 as number, opt: 'adam' as const } as const satisfies C;\nclass T {\n  private readonly lr: number = 0.1;\n}\n",
    [
      "const c = { n: 1 as number, opt: 'adam' as const } as const satisfies C; → const c = { n: 2 as number, opt: 'sgd' as const } as const satisfies C;",
      'private readonly lr: number = 0.1; → private readonly lr: number = 0.5;',
    ],
  ],
  ['a key that is being typed', 'javascript', { lr: 0.5 }, 'const a = {\n  lr:\n  "n": 3,\n};\n', []],
  [
    'types and interfaces',
    'typescript',
    { lr: 0.5 },
    'interface O { lr: 1 }\ntype T = { lr: 0.1 };\nenum E { lr = 1 }\n',
    [],
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a configuration.
  ['interpolated values', 'yaml', { seed: 3, lr: 0.5 }, 'seed: ${oc.env:SEED,1}\nlr: "{{ lr }}"\n', []],
  [
    'a float stays one',
    'json',
    { a: { float: 2 }, b: 2 },
    '{"a": 0.5, "b": 1}\n',
    ['{"a": 0.5, "b": 1} → {"a": 2.0, "b": 2}'],
  ],
];

describe('best parameters in scripts as people have them', () => {
  for (const [what, languageId, params, text, changed] of CASES) {
    it(`${what} (${languageId})`, () => {
      assert.deepEqual(changes(text, insertBest(languageId, text, bestOf(params))), changed);
      const crlf = text.replaceAll('\n', '\r\n');
      const windows = insertBest(languageId, crlf, bestOf(params));
      assert.deepEqual(changes(text, windows.replaceAll('\r\n', '\n')), changed);
      assert.ok(!/(?<!\r)\n/.test(windows));
    });
  }

  it('a switch that was searched as a word is true or false', () => {
    const switches = (on: string, off: string) =>
      `p.add_argument("--amp", action="store_true"${on})\np.add_argument("--no-x", dest="x", action="store_false"${off})\n`;
    const text = switches('', '');
    assert.equal(insertBest('python', text, bestOf({ amp: '', x: '' })), text);
    assert.match(insertBest('python', text, bestOf({ amp: '--amp', x: '--no-x' })), /default=True[\s\S]*default=False/);
    const set = switches(', default=True', ', default=False');
    assert.equal(insertBest('python', set, bestOf({ amp: '', x: '' })), switches(', default=False', ', default=True'));
  });

  it('a switch that is as it should be is said to be unchanged', () => {
    const text = 'p.add_argument("--on", action="store_true")\np.add_argument("--many", nargs="+")\n';
    const planned = planBestParams(open('python', text), bestOf({ on: false, many: 1 }), null);
    assert.deepEqual([planned.edits, planned.unchanged, planned.unmatched], [[], ['on'], ['many']]);
  });
});
