import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GoodRange } from '../../../src/core/importance/goodRegion.ts';
import { errorCount } from '../../../src/language/errorCount.ts';
import { planWay } from '../../../src/language/insertion/ways/planWay.ts';
import { parsePython } from '../../../src/language/python/tree.ts';
import type { BestTrial, InsertWay, StudyTie } from '../../../src/protocol/editor.ts';
import { apply, bestOf, open } from './support.ts';

const NOTE = 'digits, trial 6, 0.93';

interface Case {
  readonly way: InsertWay;
  readonly what: string;
  readonly text: string;
  /** What the text becomes; left out: it stays as it is. */
  readonly after?: string;
  readonly best?: BestTrial;
  readonly study?: StudyTie;
  readonly ranges?: Readonly<Record<string, GoodRange>>;
  readonly unmatched?: readonly string[];
  readonly unchanged?: readonly string[];
}

const LR = bestOf({ lr: 0.5 });
const LR_RANGE = { lr: { type: 'float', low: 0.3, high: 0.7 } } as const;
const UNITS = bestOf({ n_layers: 2, n_units_l0: 64, n_units_l1: 32 });

/** A search of one objective with what stands in it, and what stands below. */
function search(body: string, below = '', study = 'study = optuna.create_study()'): string {
  return `import optuna\n\n\ndef objective(trial):\n${body}\n    return 1\n\n\n${study}\nstudy.optimize(objective, n_trials=20)\n${below}`;
}

const SUGGEST = '    lr = trial.suggest_float("lr", 0.1, 1.0)';
const TWO = `import optuna

def svm(trial):
    c = trial.suggest_float("c", 0.1, 10.0)
    return fit(SVC(C=c))

def rf(trial):
    c = trial.suggest_float("c", 0.1, 10.0)
    return fit(Forest(c=c))

first = optuna.create_study(study_name="svm")
first.optimize(svm, n_trials=5)
second = optuna.create_study(study_name="rf")
second.optimize(rf, n_trials=5)
final_svm = SVC(c=1.0)
final_rf = Forest(c=1.0)
`;
const C = bestOf({ c: 2.5 });
const C_RANGE = { c: { type: 'float', low: 2, high: 3 } } as const;

const CASES: readonly Case[] = [
  // The final model or call.
  {
    way: 'values',
    what: 'a keyword of the final model',
    text: search(SUGGEST, 'model = Net(lr=0.1)\n'),
    after: search(SUGGEST, 'model = Net(lr=0.5)\n'),
  },
  {
    way: 'values',
    what: 'a final model in a function',
    text: search(SUGGEST, 'def main():\n    return Net(lr=0.1)\n'),
    after: search(SUGGEST, 'def main():\n    return Net(lr=0.5)\n'),
  },
  {
    way: 'values',
    what: 'several keywords over lines',
    best: bestOf({ lr: 0.5, depth: 7 }),
    text: search(
      `${SUGGEST}\n    d = trial.suggest_int("depth", 1, 9)`,
      'model = Net(\n    depth=3,  # deep\n    lr=1e-1,\n)\n',
    ),
    after: search(
      `${SUGGEST}\n    d = trial.suggest_int("depth", 1, 9)`,
      'model = Net(\n    depth=7,  # deep\n    lr=0.5,\n)\n',
    ),
  },
  {
    way: 'values',
    what: 'TrainingArguments',
    best: bestOf({ learning_rate: 0.5 }),
    text: search(
      '    x = trial.suggest_float("learning_rate", 0, 1)',
      'args = TrainingArguments("o", learning_rate=2e-5)\n',
    ),
    after: search(
      '    x = trial.suggest_float("learning_rate", 0, 1)',
      'args = TrainingArguments("o", learning_rate=0.5)\n',
    ),
  },
  {
    way: 'values',
    what: 'a dict of the module',
    text: search(SUGGEST, 'PARAMS = {"lr": 0.1}\n'),
    after: search(SUGGEST, 'PARAMS = {"lr": 0.5}\n'),
  },
  {
    way: 'values',
    what: 'a constant of the module',
    text: search(SUGGEST, 'LR = 0.1\n'),
    after: search(SUGGEST, 'LR = 0.5\n'),
  },
  {
    way: 'values',
    what: 'the default of an argument',
    text: search(SUGGEST, 'p.add_argument("--lr", type=float, default=0.1)\n'),
    after: search(SUGGEST, 'p.add_argument("--lr", type=float, default=0.5)\n'),
  },
  {
    way: 'values',
    what: 'a field of a dataclass',
    text: search(SUGGEST, '@dataclass\nclass C:\n    lr: float = 0.1\n'),
    after: search(SUGGEST, '@dataclass\nclass C:\n    lr: float = 0.5\n'),
  },
  { way: 'values', what: 'nothing where only the search has the name', text: search(SUGGEST), unmatched: ['lr'] },
  {
    way: 'values',
    what: 'not a value inside the objective',
    text: search(`${SUGGEST}\n    other = Net(lr=0.3)`),
    unmatched: ['lr'],
  },
  {
    way: 'values',
    what: 'not the bound of its own range',
    text: search('    lr = trial.suggest_float("lr", 0, LR)', 'LR = 1.0\n'),
    unmatched: ['lr'],
  },
  {
    way: 'values',
    what: 'not an enqueued trial',
    text: search(SUGGEST, 'study.enqueue_trial({"lr": 0.2})\n'),
    unmatched: ['lr'],
  },
  {
    way: 'values',
    what: 'two models that differ: the one that the objective makes',
    text: search(`${SUGGEST}\n    fit(Net(lr=lr))`, 'a = Net(lr=0.1)\nb = Baseline(lr=0.2)\n'),
    after: search(`${SUGGEST}\n    fit(Net(lr=lr))`, 'a = Net(lr=0.5)\nb = Baseline(lr=0.2)\n'),
  },
  {
    way: 'values',
    what: 'neither of two that differ and are alike',
    text: search(SUGGEST, 'a = Net(lr=0.1)\nb = Net(lr=0.2)\n'),
    unmatched: ['lr'],
  },
  { way: 'values', what: 'a value that is there', text: search(SUGGEST, 'model = Net(lr=0.5)\n'), unchanged: ['lr'] },
  {
    way: 'values',
    what: 'a list of what an f-string numbers',
    best: UNITS,
    text: search(
      '    n = trial.suggest_int("n_layers", 1, 3)\n    u = [trial.suggest_int(f"n_units_l{i}", 4, 128) for i in range(n)]',
      'model = Net(n_layers=1, n_units=[8])\n',
    ),
    after: search(
      '    n = trial.suggest_int("n_layers", 1, 3)\n    u = [trial.suggest_int(f"n_units_l{i}", 4, 128) for i in range(n)]',
      'model = Net(n_layers=2, n_units=[64, 32])\n',
    ),
  },
  {
    way: 'values',
    what: 'what an f-string names and nothing takes is named',
    best: UNITS,
    text: search(
      '    n = trial.suggest_int("n_layers", 1, 3)\n    u = [trial.suggest_int(f"n_units_l{i}", 4, 128) for i in range(n)]',
      'model = Net(n_layers=1)\n',
    ),
    after: search(
      '    n = trial.suggest_int("n_layers", 1, 3)\n    u = [trial.suggest_int(f"n_units_l{i}", 4, 128) for i in range(n)]',
      'model = Net(n_layers=2)\n',
    ),
    unmatched: ['n_units_l0', 'n_units_l1'],
  },
  {
    way: 'values',
    what: 'the model of the study, of two studies',
    best: C,
    study: { name: 'rf' },
    text: TWO,
    after: TWO.replace('final_rf = Forest(c=1.0)', 'final_rf = Forest(c=2.5)'),
  },
  {
    way: 'values',
    what: 'Windows line ends',
    text: search(SUGGEST, 'm = Net(lr=0.1)\n').replaceAll('\n', '\r\n'),
    after: search(SUGGEST, 'm = Net(lr=0.5)\n').replaceAll('\n', '\r\n'),
  },
  {
    way: 'values',
    what: 'a script with arguments and no search, as ever',
    text: 'p.add_argument("--lr", default=0.1)\n',
    after: 'p.add_argument("--lr", default=0.5)\n',
  },
  // A dict.
  {
    way: 'dict',
    what: 'before the objective',
    text: search(SUGGEST),
    after: search(SUGGEST).replace(
      'def objective',
      `# tuneboard: ${NOTE}\nbest_params = {\n    "lr": 0.5,\n}\n\n\ndef objective`,
    ),
  },
  {
    way: 'dict',
    what: 'under another name where best_params is taken',
    text: search(SUGGEST, 'best_params = study.best_params\n'),
    after: search(SUGGEST, 'best_params = study.best_params\n').replace(
      'def objective',
      `# tuneboard: ${NOTE}\ntuned_params = {\n    "lr": 0.5,\n}\n\n\ndef objective`,
    ),
  },
  {
    way: 'dict',
    what: 'above the comments and decorators of the objective',
    text: `import optuna\n# The objective.\n@cache\ndef objective(trial):\n${SUGGEST}\n    return lr\n\nstudy.optimize(objective)\n`,
    after: `import optuna\n# tuneboard: ${NOTE}\nbest_params = {\n    "lr": 0.5,\n}\n\n\n# The objective.\n@cache\ndef objective(trial):\n${SUGGEST}\n    return lr\n\nstudy.optimize(objective)\n`,
  },
  {
    way: 'dict',
    what: 'in place of an earlier one',
    text: `# tuneboard: old, trial 1, 0\nbest_params = {\n    "lr": 0.1,\n}\n${search(SUGGEST)}`,
    after: `# tuneboard: ${NOTE}\nbest_params = {\n    "lr": 0.5,\n}\n${search(SUGGEST)}`,
  },
  {
    way: 'dict',
    what: 'before the function that a study stands in',
    text: `def main():\n    study.optimize(lambda t: t.suggest_float("lr", 0, 1))\n`,
    after: `# tuneboard: ${NOTE}\nbest_params = {\n    "lr": 0.5,\n}\n\n\ndef main():\n    study.optimize(lambda t: t.suggest_float("lr", 0, 1))\n`,
  },
  {
    way: 'dict',
    what: 'names as the search has them, and values of every kind',
    best: bestOf({ n_units_l0: 64, kind: "it's", flag: true, none: null, 学习: 1e-5 }),
    text: search(SUGGEST),
    after: search(SUGGEST).replace(
      'def objective',
      `# tuneboard: ${NOTE}\nbest_params = {\n    "n_units_l0": 64,\n    "kind": "it's",\n    "flag": True,\n    "none": None,\n    "学习": 1e-05,\n}\n\n\ndef objective`,
    ),
  },
  {
    way: 'dict',
    what: 'with the line ends of the file',
    text: search(SUGGEST).replaceAll('\n', '\r\n'),
    after: search(SUGGEST)
      .replace('def objective', `# tuneboard: ${NOTE}\nbest_params = {\n    "lr": 0.5,\n}\n\n\ndef objective`)
      .replaceAll('\n', '\r\n'),
  },
  // An enqueued trial.
  {
    way: 'enqueue',
    what: 'before optimize',
    text: search(SUGGEST),
    after: search(SUGGEST).replace(
      'study.optimize',
      `# tuneboard: ${NOTE}\nstudy.enqueue_trial({"lr": 0.5}, skip_if_exists=True)\nstudy.optimize`,
    ),
  },
  {
    way: 'enqueue',
    what: 'with the indentation of optimize',
    text: `if True:\n\tstudy.optimize(objective)\n`,
    after: `if True:\n\t# tuneboard: ${NOTE}\n\tstudy.enqueue_trial({"lr": 0.5}, skip_if_exists=True)\n\tstudy.optimize(objective)\n`,
  },
  {
    way: 'enqueue',
    what: 'on an attribute',
    text: 'class A:\n    def run(self):\n        self.study.optimize(self.objective)\n',
    after: `class A:\n    def run(self):\n        # tuneboard: ${NOTE}\n        self.study.enqueue_trial({"lr": 0.5}, skip_if_exists=True)\n        self.study.optimize(self.objective)\n`,
  },
  {
    way: 'enqueue',
    what: 'not where the study has no name of its own',
    text: 'import optuna\noptuna.create_study().optimize(objective)\n',
    unmatched: ['lr'],
  },
  {
    way: 'enqueue',
    what: 'not in the middle of a line',
    text: 'study = make(); study.optimize(objective)\n',
    unmatched: ['lr'],
  },
  {
    way: 'enqueue',
    what: 'in place of an earlier one',
    text: '# tuneboard: old\nstudy.enqueue_trial({"lr": 0.1}, skip_if_exists=True)\nstudy.optimize(objective)\n',
    after: `# tuneboard: ${NOTE}\nstudy.enqueue_trial({"lr": 0.5}, skip_if_exists=True)\nstudy.optimize(objective)\n`,
  },
  {
    way: 'enqueue',
    what: 'beside one that a person wrote',
    text: 'study.enqueue_trial({"lr": 0.1})\nstudy.optimize(objective)\n',
    after: `study.enqueue_trial({"lr": 0.1})\n# tuneboard: ${NOTE}\nstudy.enqueue_trial({"lr": 0.5}, skip_if_exists=True)\nstudy.optimize(objective)\n`,
  },
  {
    way: 'enqueue',
    what: 'on the study that is meant',
    best: C,
    study: { name: 'rf' },
    text: TWO,
    after: TWO.replace(
      'second.optimize',
      `# tuneboard: ${NOTE}\nsecond.enqueue_trial({"c": 2.5}, skip_if_exists=True)\nsecond.optimize`,
    ),
  },
  {
    way: 'enqueue',
    what: 'on the study whose objective ran',
    best: C,
    study: { name: 'no-name-1', objective: 'svm' },
    text: TWO,
    after: TWO.replace(
      'first.optimize',
      `# tuneboard: ${NOTE}\nfirst.enqueue_trial({"c": 2.5}, skip_if_exists=True)\nfirst.optimize`,
    ),
  },
  {
    way: 'enqueue',
    what: 'on none where it is not known which of two is meant',
    best: C,
    study: { name: 'other' },
    text: TWO,
    unmatched: ['c'],
  },
  // Narrower ranges.
  {
    way: 'narrow',
    what: 'both bounds',
    ranges: LR_RANGE,
    text: search(SUGGEST),
    after: search(SUGGEST.replace('0.1, 1.0', '0.3, 0.7')),
  },
  {
    way: 'narrow',
    what: 'bounds by keyword, with what else there is',
    ranges: LR_RANGE,
    text: search('    lr = trial.suggest_float("lr", high=1, low=0.1, log=True)'),
    after: search('    lr = trial.suggest_float("lr", high=0.7, low=0.3, log=True)'),
  },
  {
    way: 'narrow',
    what: 'on the grid of the source',
    best: bestOf({ n: 64 }),
    ranges: { n: { type: 'int', low: 50, high: 90 } },
    text: search('    n = trial.suggest_int("n", 16, 256, step=16)'),
    after: search('    n = trial.suggest_int("n", 48, 96, step=16)'),
  },
  {
    way: 'narrow',
    what: 'one bound',
    ranges: { lr: { type: 'float', low: 0.1, high: 0.7 } },
    text: search(SUGGEST),
    after: search(SUGGEST.replace('1.0)', '0.7)')),
  },
  {
    way: 'narrow',
    what: 'never wider than the source',
    ranges: { lr: { type: 'float', low: 0.01, high: 0.7 } },
    text: search(SUGGEST),
    after: search(SUGGEST.replace('1.0)', '0.7)')),
  },
  {
    way: 'narrow',
    what: 'not a bound that is worked out',
    ranges: LR_RANGE,
    text: search('    lr = trial.suggest_float("lr", LOW, 1.0)'),
    unmatched: ['lr'],
  },
  {
    way: 'narrow',
    what: 'not where the source excludes the best by now',
    ranges: LR_RANGE,
    text: search('    lr = trial.suggest_float("lr", 0.6, 1.0)'),
    unmatched: ['lr'],
  },
  {
    way: 'narrow',
    what: 'choices stay as they are',
    best: bestOf({ k: 'a' }),
    ranges: { k: { type: 'categorical', choices: ['a'] } },
    text: search('    k = trial.suggest_categorical("k", ["a", "b"])'),
    unchanged: ['k'],
  },
  {
    way: 'narrow',
    what: 'the one call of names from an f-string, around all of them',
    best: UNITS,
    ranges: { n_units_l0: { type: 'int', low: 48, high: 80 }, n_units_l1: { type: 'int', low: 20, high: 40 } },
    text: search('    u = [trial.suggest_int(f"n_units_l{i}", 4, 128) for i in range(2)]'),
    after: search('    u = [trial.suggest_int(f"n_units_l{i}", 20, 80) for i in range(2)]'),
    unmatched: ['n_layers'],
  },
  {
    way: 'narrow',
    what: 'the call of the study, of two studies',
    best: C,
    study: { name: 'rf' },
    ranges: C_RANGE,
    text: TWO,
    after: TWO.replace(
      'def rf(trial):\n    c = trial.suggest_float("c", 0.1, 10.0)',
      'def rf(trial):\n    c = trial.suggest_float("c", 2.0, 3.0)',
    ),
  },
  // The values in place of the search.
  {
    way: 'freeze',
    what: 'a suggest call',
    text: search(SUGGEST, 'model = Net(lr=0.1)\n'),
    after: search('    lr = 0.5', 'model = Net(lr=0.1)\n'),
  },
  {
    way: 'freeze',
    what: 'numbered names as a list',
    best: UNITS,
    text: search(
      '    n = trial.suggest_int("n_layers", 1, 3)\n    u = [trial.suggest_int(f"n_units_l{i}", 4, 128) for i in range(n)]',
    ),
    after: search('    n = 2  # n_layers\n    u = [[64, 32][i] for i in range(n)]'),
  },
  {
    way: 'freeze',
    what: 'other names from an f-string as a dict',
    best: bestOf({ lr_sgd: 0.5, lr_adam: 0.25 }),
    text: search('    for name in NAMES:\n        lr = trial.suggest_float(f"lr_{name}", 0, 1)'),
    after: search('    for name in NAMES:\n        lr = {"lr_sgd": 0.5, "lr_adam": 0.25}[f"lr_{name}"]'),
  },
  {
    way: 'freeze',
    what: 'names put together by +',
    best: bestOf({ lr_a: 0.5 }),
    text: search('    lr = trial.suggest_float("lr_" + name, 0, 1)'),
    after: search('    lr = {"lr_a": 0.5}["lr_" + name]'),
  },
  {
    way: 'freeze',
    what: 'names put together by format and %',
    best: bestOf({ a0: 1, b0: 2 }),
    text: search('    a = trial.suggest_int("a{}".format(i), 1, 3)\n    b = trial.suggest_int("b%d" % i, 1, 3)'),
    after: search('    a = {"a0": 1}["a{}".format(i)]\n    b = {"b0": 2}["b%d" % i]'),
  },
  {
    way: 'freeze',
    what: 'the objective of the study, of two studies',
    best: C,
    study: { name: 'svm' },
    text: TWO,
    after: TWO.replace('c = trial.suggest_float("c", 0.1, 10.0)', 'c = 2.5'),
  },
  { way: 'freeze', what: 'nothing where a file searches nothing', text: 'model = Net(lr=0.1)\n', unmatched: ['lr'] },
];

describe('ways to use the parameters of a trial', () => {
  for (const { way, what, text, after = text, best = LR, study, ranges, unmatched = [], unchanged = [] } of CASES) {
    it(`${way}: ${what}`, () => {
      const options = { note: NOTE, ...(study && { study }), ...(ranges && { ranges }) };
      const planned = planWay(open('python', text), way, best, options);
      const result = apply(text, planned);
      assert.equal(result, after);
      assert.deepEqual([planned.unmatched, planned.unchanged], [unmatched, unchanged]);
      assert.ok(errorCount(parsePython(result)) <= errorCount(parsePython(text)), 'the result parses');
      const again = planWay(open('python', result), way, best, options);
      if (way !== 'narrow') assert.deepEqual(again.edits, [], `a second run changes nothing, in:\n${result}`);
    });
  }

  it('finds the values of a cell with the search of another cell in view', () => {
    const cell = open('python', 'model = Net(lr=0.1)\n');
    const other = open('python', `def objective(trial):\n${SUGGEST}\n`);
    assert.equal(apply(cell.text, planWay(cell, 'values', LR, { note: NOTE }, [cell, other])), 'model = Net(lr=0.5)\n');
    assert.deepEqual(planWay(other, 'values', LR, { note: NOTE }, [cell, other]).edits, []);
  });
});
