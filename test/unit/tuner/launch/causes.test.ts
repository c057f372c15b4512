import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type CausePlace, startCause } from '../../../../src/tuner/objective/launch/causes.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

function project(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder(t);
  for (const [name, text] of Object.entries({ '.git/HEAD': '', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const PYTHON = { executable: '/v/bin/python', version: '3.12.3' };
const place = (root: string, script: string, change: Partial<CausePlace> = {}): CausePlace => ({
  script: join(root, script),
  cwd: root,
  base: root,
  python: PYTHON,
  isBare: false,
  ...change,
});
const traceback = (error: string) =>
  `epoch 1\nTraceback (most recent call last):\n  File "x.py", line 3, in <module>\n${error}\n`;

describe('why a program could not begin', () => {
  test('a relative import needs a module, named from the folder of its package', (t) => {
    const root = project(t, {
      'src/pkg/__init__.py': '',
      'src/pkg/sub/__init__.py': '',
      'src/pkg/sub/train.py': 'from ..data import x\n',
    });
    const found = startCause(
      traceback('ImportError: attempted relative import with no known parent package'),
      place(root, 'src/pkg/sub/train.py'),
    );
    assert.deepEqual(found?.cause, {
      code: 'needs-module',
      values: { module: 'pkg.sub.train', folder: join(root, 'src') },
    });
    assert.match(found?.message.text ?? '', /python -m pkg\.sub\.train.*src.*cwd: src/);
  });

  test("the project's own module is not to be installed: it is found from its folder", (t) => {
    const root = project(t, { 'mylib/data.py': '', 'scripts/train.py': 'import mylib.data\n' });
    const found = startCause(
      traceback("ModuleNotFoundError: No module named 'mylib'"),
      place(root, 'scripts/train.py'),
    );
    assert.deepEqual(found?.cause, { code: 'needs-module', values: { module: 'scripts.train', folder: root } });
  });

  test('a module of another project is installed under its name on PyPI', (t) => {
    const root = project(t, { 'train.py': '' });
    for (const [module, wanted] of [
      ['sklearn.svm', 'scikit-learn'],
      ['cv2', 'opencv-python'],
      ['PIL', 'pillow'],
      ['yaml', 'pyyaml'],
      ['somelib', 'somelib'],
    ]) {
      const found = startCause(traceback(`ModuleNotFoundError: No module named '${module}'`), place(root, 'train.py'));
      assert.equal(found?.cause.values['package'], wanted);
      assert.match(found?.message.text ?? '', new RegExp(`"/v/bin/python" -m pip install ${wanted}`));
    }
    const option = startCause("Error: Cannot find module '--registry=http://x'\n", place(root, 'train.js'));
    assert.notEqual(option?.cause.code, 'missing-module', 'an option of npm is no package');
    const node = startCause("Error: Cannot find module '@scope/lib/part'\nRequire stack:", place(root, 'train.js'));
    assert.deepEqual(node?.cause, {
      code: 'missing-module',
      values: { module: '@scope/lib/part', package: '@scope/lib', python: '' },
    });
  });

  test('a file that is missing here is looked for above', (t) => {
    const root = project(t, { 'data/train.csv': '', 'src/train.py': '' });
    const cwd = join(root, 'src');
    for (const text of [
      traceback("FileNotFoundError: [Errno 2] No such file or directory: 'data/train.csv'"),
      traceback('FileNotFoundError: data/train.csv not found.'),
      "Error: ENOENT: no such file or directory, open 'data/train.csv'",
    ]) {
      const found = startCause(text, place(root, 'src/train.py', { cwd, base: cwd }));
      assert.deepEqual(
        found?.cause,
        { code: 'file-not-found', values: { file: 'data/train.csv', folder: root } },
        text,
      );
      assert.match(found?.message.text ?? '', /`cwd: \.\.`/);
    }
    const nowhere = startCause(
      traceback("FileNotFoundError: [Errno 2] No such file or directory: 'x.csv'"),
      place(root, 'src/train.py', { cwd }),
    );
    assert.deepEqual(nowhere?.cause.values, { file: 'x.csv', folder: '' });
    assert.equal(
      startCause(
        traceback("FileNotFoundError: [Errno 2] No such file or directory: '/no/x.csv'"),
        place(root, 'src/train.py'),
      ),
      undefined,
    );
  });

  test('arguments that are asked for, by any of the usual parsers', (t) => {
    const root = project(t, { 'train.py': '' });
    for (const [text, wanted] of [
      [
        'usage: train.py [-h] --data DATA\ntrain.py: error: the following arguments are required: --data, --model',
        '--data, --model',
      ],
      ["Usage: train.py [OPTIONS]\n\nError: Missing option '--data'.", '--data'],
      ["Error: Missing argument 'DATA'.", 'DATA'],
      ['omegaconf.errors.MissingMandatoryValue: Missing mandatory value: data.path', 'data.path'],
      ['ERROR: The function received no value for the required argument: data', 'data'],
    ] as const) {
      const found = startCause(text, place(root, 'train.py'));
      assert.deepEqual(found?.cause, { code: 'missing-arguments', values: { arguments: wanted } }, text);
    }
  });

  test('syntax is the interpreter only where that one is old', (t) => {
    const root = project(t, { 'train.py': '' });
    const text = '  File "train.py", line 3\n    match x:\n          ^\nSyntaxError: invalid syntax\n';
    assert.equal(startCause(text, place(root, 'train.py')), undefined);
    const old = startCause(text, place(root, 'train.py', { python: { executable: 'python', version: '3.8.10' } }));
    assert.equal(old?.cause.code, 'old-syntax');
  });

  test('a script without a study file is told to have one', (t) => {
    const root = project(t, { 'train.py': '' });
    const found = startCause(
      'x: error: the following arguments are required: --data',
      place(root, 'train.py', { isBare: true }),
    );
    assert.match(found?.message.text ?? '', /`optuna: train\.py, args: \[--data, VALUE\]`/);
  });

  test('another error has another reason', (t) => {
    const root = project(t, { 'train.py': '' });
    assert.equal(startCause(traceback('ValueError: could not convert'), place(root, 'train.py')), undefined);
    assert.equal(startCause('accuracy=0.5\n', place(root, 'train.py')), undefined);
  });
});
