import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { knownScriptProblems } from '../../../../src/protocol/scriptProblems.ts';
import { explainScriptEnd, type ScriptEnd } from '../../../../src/tuner/objective/optuna/explain.ts';

const script = '/home/me/my project/hyp_tune.py';
const end = (change: Partial<ScriptEnd>): ScriptEnd => ({
  script,
  code: 1,
  signal: null,
  output: '',
  hadStudy: true,
  ...change,
});
const frame = (line: number, file = script) => `  File "${file}", line ${line}, in <module>\n    code here\n`;
const traceback = (error: string, line = 7) =>
  `some output\nTraceback (most recent call last):\n${frame(line)}${frame(200, '/usr/lib/python3/site-packages/x.py')}${error}\n`;

describe('why a script ended', () => {
  test('nothing to say when it ended well', () => {
    assert.equal(explainScriptEnd(end({ code: 0 })), undefined);
  });

  test('one sentence for every known problem', () => {
    const errors: Record<string, string> = {
      'evaluation-strategy':
        "TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'",
      'adamw-hf': "ValueError: adamw_hf is not a valid OptimizerNames, please select one of ['adamw_torch', 'sgd']",
      'tokenizer-argument': "TypeError: Trainer.__init__() got an unexpected keyword argument 'tokenizer'",
      'no-model-init':
        'RuntimeError: To use hyperparameter search, you need to pass your model through a model_init function.',
      'no-accelerate': 'ImportError: Using the `Trainer` with `PyTorch` requires `accelerate>=1.1.0`',
      'no-backend': 'RuntimeError: You picked the optuna backend, but it is not installed. Run `pip install optuna`.',
      'missing-module': "ModuleNotFoundError: No module named 'lightgbm'",
      'out-of-gpu-memory': 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
      'dynamic-choices': 'ValueError: CategoricalDistribution does not support dynamic value space.',
      'duplicate-study': "optuna.exceptions.DuplicatedStudyError: Another study with name 'bert' already exists.",
      'no-completed-trial': 'ValueError: No trials are completed yet.',
      'file-not-found': "FileNotFoundError: [Errno 2] No such file or directory: 'data.csv'",
    };
    assert.deepEqual(Object.keys(errors).sort(), knownScriptProblems.map(({ id }) => id).sort());
    for (const problem of knownScriptProblems) {
      const found = explainScriptEnd(end({ output: traceback(errors[problem.id] as string) }));
      assert.ok(found, problem.id);
      assert.doesNotMatch(found.message.text, /\$\d/, problem.id);
      assert.match(found.message.text, /[.)]$/, problem.id);
      assert.equal(found.line, 7, problem.id);
      assert.deepEqual(found.fix, problem.fix, problem.id);
    }
  });

  test('a problem that is only mentioned in the code is not the reason', () => {
    const output = `Traceback (most recent call last):\n  File "${script}", line 3, in f\n    evaluation_strategy = compute()\nZeroDivisionError: division by zero\n`;
    assert.equal(
      explainScriptEnd(end({ output }))?.message.text,
      'ZeroDivisionError: division by zero at hyp_tune.py:3',
    );
  });

  test('the last of chained exceptions counts, and its own place', () => {
    const output = `${traceback('KeyError: 1', 3)}\nDuring handling of the above exception, another exception occurred:\n\n${traceback("ModuleNotFoundError: No module named 'b'", 9)}`;
    const found = explainScriptEnd(end({ output }));
    assert.match(found?.message.text ?? '', /`b` is not installed/);
    assert.equal(found?.line, 9);
  });

  test('a syntax error, in a script and in a cell', () => {
    const output = `  File "${script}", line 4\n    def f(:\n          ^\nSyntaxError: invalid syntax\n`;
    assert.equal(explainScriptEnd(end({ output }))?.message.text, 'Syntax error at hyp_tune.py:4: invalid syntax.');
    const notebook = '/home/me/a.ipynb';
    const cell = `  File "${notebook}, cell 3", line 2\n    x = = 1\nSyntaxError: invalid syntax\n`;
    const found = explainScriptEnd(end({ script: notebook, output: cell }));
    assert.equal(found?.message.text, 'Syntax error at a.ipynb, cell 3, line 2: invalid syntax.');
    assert.deepEqual([found?.cell, found?.line], [3, 2]);
  });

  test('exit codes, signals, and a script that tunes nothing', () => {
    assert.equal(explainScriptEnd(end({ code: 3 }))?.message.text, 'hyp_tune.py ended with exit code 3.');
    assert.equal(
      explainScriptEnd(end({ code: 2, output: 'usage: x\nerror: --data is missing\n' }))?.message.text,
      'hyp_tune.py ended with exit code 2: error: --data is missing',
    );
    assert.match(explainScriptEnd(end({ code: null, signal: 'SIGKILL' }))?.message.text ?? '', /ran out of memory/);
    assert.match(
      explainScriptEnd(end({ code: 0, hadStudy: false }))?.message.text ?? '',
      /nothing was tuned\. If it does not use Optuna/,
    );
  });

  test('never throws, and is one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(255), (output, code) => {
        for (const text of [output, `Traceback (most recent call last):\n${output}`, `${traceback(output)}`]) {
          const message = explainScriptEnd(end({ output: text, code: code || 1 }))?.message.text ?? '';
          assert.ok(message.length > 0 && message.length < 800 && !message.includes('\n'), JSON.stringify(message));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('quick fixes', () => {
  const fixed = (id: string, code: string) => {
    const fix = knownScriptProblems.find((problem) => problem.id === id)?.fix;
    assert.ok(fix);
    return code.replace(fix.code, fix.replacement);
  };

  test('change the old name and nothing else', () => {
    assert.equal(
      fixed('evaluation-strategy', 'f(evaluation_strategy="epoch", my_evaluation_strategy=1)'),
      'f(eval_strategy="epoch", my_evaluation_strategy=1)',
    );
    assert.equal(fixed('evaluation-strategy', '{"evaluation_strategy": "no"}'), '{"eval_strategy": "no"}');
    assert.equal(
      fixed('adamw-hf', `["sgd", "adamw_hf", 'adamw_hf'] # adamw_hf`),
      `["sgd", "adamw_torch", 'adamw_torch'] # adamw_hf`,
    );
    assert.equal(
      fixed('tokenizer-argument', 'Trainer(model=m, tokenizer=tokenizer)'),
      'Trainer(model=m, processing_class=tokenizer)',
    );
  });
});
