import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Project, type SiteRunOptions } from './siteRun.ts';

const PYTHON = process.env['TUNEBOARD_TEST_PYTHON'] ?? 'python3';
const TRAIN = 'train.py#LR';

/** What a script may know of how it was started. */
const SELF = `import sys
LR = 0.1
print(__name__, __file__, __package__, __spec__, type(__loader__).__name__, __builtins__.__name__)
print(sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals(), "LR" in dir(sys.modules["__main__"]))
`;

describe('values put into Python code', () => {
  let project: Project;
  beforeEach(() => {
    project = new Project();
  });
  afterEach(() => project.remove());

  function run(options: Partial<SiteRunOptions> = {}) {
    return project.run({ sites: { lr: TRAIN }, params: { lr: 0.5 }, command: [PYTHON, 'train.py'], ...options });
  }

  /** Runs with a value and asserts what it prints, and that no file of the project was changed or made. */
  function prints(expected: string, options: Partial<SiteRunOptions> = {}): void {
    const before = project.files();
    const { stdout, stderr, status, neverRead } = run(options);
    assert.equal(stdout, expected, stderr);
    assert.equal(status, 0, stderr);
    assert.equal(neverRead, undefined);
    assert.deepEqual(project.files(), before);
  }

  it('gives a script another value and leaves the file alone', () => {
    project.write('train.py', 'LR = 0.1\nprint(LR)\n');
    prints('0.5\n');
  });

  it('starts a script as Python itself does', () => {
    project.write('train.py', SELF);
    const plain = spawnSync(PYTHON, ['train.py', 'a', '--b'], { cwd: project.path, encoding: 'utf8' });
    prints(plain.stdout, { command: [PYTHON, 'train.py', 'a', '--b'] });
    project.write('sub/other.py', '');
    const path = join(project.path, 'train.py');
    const away = spawnSync(PYTHON, [path], { cwd: join(project.path, 'sub'), encoding: 'utf8' });
    prints(away.stdout, { command: [PYTHON, path], cwd: 'sub' });
  });

  it('prints the traceback that Python prints', () => {
    project.write('train.py', 'LR = 0.1\ndef f():\n    raise ValueError("no" + str(LR > 1))\n\nf()\n');
    const plain = spawnSync(PYTHON, ['train.py'], { cwd: project.path, encoding: 'utf8' });
    const { stderr, status } = run();
    assert.equal(stderr, plain.stderr);
    assert.equal(status, 1);
  });

  it('reaches modules of a package with relative imports, run by -m too', () => {
    project.write('pkg/__init__.py', '');
    project.write('pkg/model.py', 'def net(width=64, *, dropout=0.1):\n    return width, dropout\n');
    project.write('pkg/train.py', 'from .model import net\nLR = 0.1\nprint(net(), LR, __name__, __spec__.name)\n');
    const sites = { lr: 'pkg/train.py#LR', width: 'pkg/model.py#net(width)', drop: 'pkg/model.py#net(dropout)' };
    const params = { lr: 0.5, width: 8, drop: 0.25 };
    prints('(8, 0.25) 0.5 __main__ pkg.train\n', {
      sites,
      params,
      command: [PYTHON, '-m', 'pkg.train'],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    });
    project.write('main.py', 'import pkg.train\n');
    prints('(8, 0.25) 0.5 pkg.train pkg.train\n', {
      sites,
      params,
      command: [PYTHON, 'main.py'],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    });
  });

  it('neither reads nor writes bytecode of a module with a site', () => {
    project.write('model.py', 'WIDTH = 64\n');
    project.write('train.py', 'import model\nprint(model.WIDTH)\n');
    assert.equal(spawnSync(PYTHON, ['train.py'], { cwd: project.path, encoding: 'utf8' }).stdout, '64\n');
    prints('8\n', { sites: { width: 'model.py#WIDTH' }, params: { width: 8 } });
    assert.equal(spawnSync(PYTHON, ['train.py'], { cwd: project.path, encoding: 'utf8' }).stdout, '64\n');
  });

  for (const method of ['spawn', 'fork', 'forkserver']) {
    it(`reaches processes of multiprocessing (${method}), and pickles classes of __main__`, () => {
      project.write(
        'train.py',
        `import multiprocessing, pickle
from dataclasses import dataclass
LR = 0.1
@dataclass
class Point:
    x: float = 2.0
def work(point):
    return Point(point.x * LR)
if __name__ == "__main__":
    with multiprocessing.get_context("${method}").Pool(1) as pool:
        print(pool.map(work, [Point()]))
    print(pickle.loads(pickle.dumps(Point(LR))))
`,
      );
      prints('[Point(x=2.0)]\nPoint(x=0.5)\n', {
        sites: { lr: TRAIN, x: 'train.py#Point.x' },
        params: { lr: 0.5, x: 4 },
      });
    });
  }

  it('reaches a script that a shell, a launcher or a subprocess starts', () => {
    project.write('train.py', 'import os\nLR = 0.1\nprint(LR, os.environ.get("RANK"))\n');
    project.write('run.sh', '#!/bin/sh\ncd "$(dirname "$0")"\nRANK=7 exec "$PYTHON" -u ./train.py\n');
    prints('0.5 7\n', { command: ['sh', 'run.sh'], reader: 'other', env: { PYTHON } });
    project.write(
      'launch.py',
      'import os, subprocess, sys\nfor rank in "01":\n    subprocess.check_call([sys.executable, "-u", sys.argv[1]], env={**os.environ, "RANK": rank})\n',
    );
    prints('0.5 0\n0.5 1\n', { command: [PYTHON, 'launch.py', 'train.py'] });
    project.write('replace.py', 'import os, sys\nos.execv(sys.executable, [sys.executable, "train.py"])\n');
    prints('0.5 None\n', { command: [PYTHON, 'replace.py'] });
  });

  it('reaches code that profilers, debuggers, runpy and exec run', () => {
    project.write('train.py', 'LR = 0.1\nprint(LR, __name__)\n');
    project.write(
      'exec.py',
      'exec(open("train.py").read())\ndef f():\n    exec(open("train.py").read())\n    return "LR" in locals()\nprint(f(), LR)\n',
    );
    prints('0.5 __main__\n0.5 __main__\n', {
      command: [
        PYTHON,
        '-c',
        'import runpy\nrunpy.run_path("train.py", run_name="__main__")\nexec(compile(open("train.py", "rb").read(), "train.py", "exec"))',
      ],
    });
    const version = spawnSync(PYTHON, ['-c', 'import sys; print(sys.version_info >= (3, 13))'], { encoding: 'utf8' });
    const isSnapshot = version.stdout.trim() === 'True';
    prints(`0.5 __main__\n0.5 __main__\n${isSnapshot ? 'False' : 'True'} 0.5\n`, { command: [PYTHON, 'exec.py'] });
    assert.match(run({ command: [PYTHON, '-m', 'cProfile', 'train.py'] }).stdout, /^0.5 __main__\n/);
  });

  it('keeps what comes first in a file first', () => {
    project.write(
      'train.py',
      '"""Doc."""\nfrom __future__ import annotations\nLR: Unknown = 0.1\nprint(__doc__, LR, __annotations__ if "__annotations__" in dir() else 0)\n',
    );
    const plain = spawnSync(PYTHON, ['train.py'], { cwd: project.path, encoding: 'utf8' });
    prints(plain.stdout.replace('0.1', '0.5'));
  });

  it('shows the source of the file to inspect', () => {
    project.write(
      'train.py',
      'import inspect\nLR = 0.1\ndef f(x=0.1):\n    return x\nprint(inspect.getsource(f), f(), LR)\n',
    );
    prints('def f(x=0.1):\n    return x\n 2.5 0.5\n', {
      sites: { lr: TRAIN, x: 'train.py#f(x)' },
      params: { lr: 0.5, x: 2.5 },
    });
  });

  it('finds values in text of any line ending and encoding, several on a line', () => {
    const text = 'é = "déjà 𝒳"; LR = 0.1; WIDTH = -3\nprint(é, LR, WIDTH)\n';
    const sites = { lr: TRAIN, width: 'train.py#WIDTH' };
    const expected = 'déjà 𝒳 0.5 8\n';
    const options = { sites, params: { lr: 0.5, width: 8 }, env: { PYTHONIOENCODING: 'utf-8' } };
    project.write('train.py', text);
    prints(expected, options);
    project.write('train.py', `\uFEFF${text.replaceAll('\n', '\r\n')}`);
    prints(expected, options);
    project.write('train.py', Buffer.from(`# -*- coding: latin-1 -*-\n${text.replace(' 𝒳', '')}`, 'latin1'));
    prints(expected.replace(' 𝒳', ''), options);
  });

  it('gives a list anew at each evaluation', () => {
    project.write('train.py', 'def f(n=3):\n    sizes = 4\n    return [sizes] * n\nprint(f(), f())\n');
    prints('[5] [5]\n', { sites: { n: 'train.py#f(n)', s: 'train.py#f.sizes' }, params: { n: 1, s: 5 } });
  });

  it('runs the cells of a notebook', () => {
    const cell = (source: string) => ({
      cell_type: 'code',
      source: source.split(/(?<=\n)/),
      metadata: {},
      outputs: [],
    });
    const cells = [
      { cell_type: 'markdown', source: ['# Title'] },
      cell('%matplotlib inline\nimport math'),
      cell('LR = 0.1\nprint(LR, __name__)'),
    ];
    project.write(
      'nb.ipynb',
      JSON.stringify({ cells, metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 }),
    );
    const { stdout, stderr, neverRead } = run({ sites: { lr: 'nb.ipynb#LR' }, command: [PYTHON, 'nb.ipynb'] });
    assert.match(stdout, /0\.5 __main__/, stderr);
    assert.equal(neverRead, undefined);
  });

  it('finds a value again in a file that was changed meanwhile, or ends the program', () => {
    const path = project.write('train.py', 'LR = 0.1\nprint(LR)\n');
    const insert = () => writeFileSync(path, `# a longer head\n${readFileSync(path, 'utf8')}`);
    assert.equal(run({ between: insert }).stdout, '0.5\n');
    const gone = run({ between: () => writeFileSync(path, 'print("other")\n') });
    assert.equal(gone.status, 1);
    assert.equal(gone.stdout, '');
  });

  it('lets a script rewrite itself', () => {
    project.write(
      'train.py',
      'LR = 0.1\nwith open(__file__) as f:\n    text = f.read()\nprint("0.1" in text, LR)\nwith open(__file__, "a") as f:\n    f.write("# run\\n")\n',
    );
    assert.equal(run().stdout, 'True 0.5\n');
    assert.equal(run().stdout, 'True 0.5\n');
    assert.match(project.read('train.py'), /^LR = 0\.1\n[\s\S]*# run\n# run\n$/);
  });

  it('runs the sitecustomize that the person has', () => {
    project.write('site/sitecustomize.py', 'import builtins\nbuiltins.GREETING = "hello"\n');
    project.write('train.py', 'LR = 0.1\nprint(GREETING, LR)\n');
    prints('hello 0.5\n', { env: { PYTHONPATH: join(project.path, 'site'), PYTHONDONTWRITEBYTECODE: '1' } });
  });

  it('gives a changed copy of a configuration file by whichever path it is opened', () => {
    project.write('config.yaml', 'model:\n  depth: 3\n');
    project.write(
      'train.py',
      'import io, os, pathlib\nhere = pathlib.Path(__file__).resolve().parent\nprint(open("config.yaml").read(), (here / "config.yaml").read_text(), io.open(os.path.join(here, "config.yaml"), "rb").read().decode())\n',
    );
    const { stdout, neverRead, stderr } = run({ sites: { depth: 'config.yaml#model.depth' }, params: { depth: 9 } });
    assert.equal(stdout.match(/depth: 9/g)?.length, 3, stdout + stderr);
    assert.equal(neverRead, undefined);
  });
});

describe('a value in Python code that nothing reads', () => {
  const CASES: [name: string, code: string, expected: RegExp | undefined][] = [
    [
      'is overwritten',
      'LR = 0.1\nLR = min([2])\nprint(LR)\n',
      /train\.py:1 was never used: it is overwritten at line 2/,
    ],
    ['is read by no line', 'LR = 0.1\nprint(3)\n', /train\.py:1 was never used: no line reads it/],
    ['is not reached', 'def f():\n    LR = 0.1\n    return LR\nprint(3)\n', /train\.py:2 was never used/],
    ['is read before it is overwritten', 'LR = 0.1\nprint(LR)\nLR = min([2])\n', undefined],
    [
      'is read by a function before it is overwritten',
      'def f():\n    return LR\nLR = 0.1\nprint(f())\nLR = min([2])\n',
      undefined,
    ],
    ['is read by name', 'LR = 0.1\nprint(globals()["LR"])\n', undefined],
    ['is read in its own overwriting', 'LR = 0.1\nLR = LR * 2\nprint(LR)\n', undefined],
    ['is added to', 'LR = 0.1\nLR += 2\n', undefined],
    ['is overwritten in some runs', 'LR = 0.1\nif len("x") > 3:\n    LR = min([2])\nprint(LR)\n', undefined],
  ];
  for (const [name, code, expected] of CASES) {
    it(`${expected ? 'says so of' : 'says nothing of'} one that ${name}`, () => {
      const project = new Project();
      project.write('train.py', code);
      const at = code.startsWith('def f():\n    LR') ? 'train.py#f.LR' : TRAIN;
      const { neverRead, status, stderr } = project.run({
        sites: { lr: at },
        params: { lr: 0.5 },
        command: [PYTHON, 'train.py'],
      });
      assert.equal(status, 0, stderr);
      if (expected) assert.match(neverRead ?? '', expected);
      else assert.equal(neverRead, undefined);
      project.remove();
    });
  }
});
