import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type LaunchFailure, launchTuner } from '../../src/runs/launchTuner.ts';
import { pythonNames, venvPython } from '../../src/runs/platform.ts';
import { runFolderOf } from '../../src/runs/runFolder.ts';
import { readRunRecordSync } from '../../src/runs/runRecords.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { findPython } from '../support/python.ts';
import { cli, TunerFolder } from './tunerHarness.ts';

const python = findPython('python');
const optuna = findPython('optuna');

/** Prints which interpreter runs it, and in which folder. */
const SAYS = 'import os, sys\nprint("prefix=" + sys.prefix)\nprint("cwd=" + os.getcwd())\nprint("score=1")\n';

function study(objective: string): string {
  return `metric: score\nobjective: ${objective}\nspace: { lr: { type: float, low: 0.1, high: 1.0 } }\nbudget: { trials: 1 }\n`;
}

describe('the context that a program is launched in', { skip: python === null && 'needs Python' }, () => {
  let folder: TunerFolder;
  before(() => {
    folder = new TunerFolder();
    execFileSync(python ?? pythonNames()[0] ?? '', ['-m', 'venv', '--without-pip', join(folder.path, '.venv')]);
    mkdirSync(join(folder.path, 'src', 'pkg'), { recursive: true });
    folder.write('src/pkg/__init__.py', '');
    folder.write('src/pkg/helper.py', 'VALUE = 1\n');
    folder.write('src/pkg/train.py', `from .helper import VALUE\n${SAYS}`);
    folder.write('src/plain.py', SAYS);
  });
  after(() => folder.remove());

  async function output(name: string, objective: string): Promise<string> {
    const source = folder.write(name, study(objective));
    const { code, stderr } = await folder.start(['run', source]).ended;
    const runs = runFolderOf(source, name.replace('.study.yaml', ''));
    const printed = readFileSync(join(runs.trials, '0.log'), 'utf8');
    assert.equal(code, 0, stderr + printed);
    return printed;
  }

  const inEnvironment = () => /prefix=.*\.venv/;

  it("takes the project's environment for a command, and keeps and says what it found", async () => {
    assert.match(await output('a.study.yaml', '{ command: "python src/plain.py --lr {lr}" }'), inEnvironment());
    const { launch } = readRunRecordSync(runFolderOf(join(folder.path, 'a.study.yaml'), 'a').path) ?? {};
    assert.equal(launch?.python, venvPython(join(folder.path, '.venv')));
    assert.match(launch?.version ?? '', /^3\.\d+\.\d+$/);
    const again = await folder.start(['run', '--trials', '2', join(folder.path, 'a.study.yaml')]).ended;
    assert.match(again.stdout, /python: \.venv.*\(3\.\d+\.\d+\)/);
  });

  it('runs a module from its folder, with arguments and variables', async () => {
    folder.write(
      'src/pkg/args.py',
      `import os, sys\nfrom . import helper\n${SAYS}print(sys.argv[1:], os.environ["WHERE"])\n`,
    );
    const printed = await output(
      'b.study.yaml',
      '{ module: pkg.args, cwd: src, args: [--lr, "{lr}", --fixed, 3], env: { WHERE: here } }',
    );
    assert.match(printed, inEnvironment());
    assert.match(printed, /cwd=.*src\n/);
    assert.match(printed, /\['--lr', '0\.\d+', '--fixed', '3'\] here/);
  });

  it("finds the environment's programs first, and leaves a named interpreter alone", async () => {
    symlinkSync(
      venvPython('.').endsWith('.exe') ? 'python.exe' : 'python',
      join(folder.path, dirname(venvPython('.venv')), 'sometool'),
    );
    assert.match(await output('c.study.yaml', '{ command: "sometool src/plain.py {lr}" }'), inEnvironment());
    const own = execFileSync(python as string, ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    }).trim();
    const named = await output('d.study.yaml', `{ command: ["${own}", src/plain.py, "{lr}"] }`);
    assert.doesNotMatch(named, inEnvironment());
    const key = await output('e.study.yaml', `{ command: "python src/plain.py {lr}", python: "${own}" }`);
    assert.doesNotMatch(key, inEnvironment());
  });

  it('runs an Optuna script of a package as a module', { skip: optuna === null && 'needs Optuna' }, async () => {
    const script = `import os, optuna\nfrom .helper import VALUE\n
study = optuna.create_study()
study.optimize(lambda trial: trial.suggest_float("x", 0, 1) * VALUE, n_trials=2)
print("cwd=" + os.getcwd(), __package__, __spec__.name)\n`;
    folder.write('src/pkg/search.py', script);
    const detected = await folder.start(['run', '--python', optuna as string, join(folder.path, 'src/pkg/search.py')])
      .ended;
    assert.equal(detected.code, 0, detected.stderr + detected.stdout);
    assert.match(detected.stdout, /cwd=.*src pkg pkg\.search/);
    const keys = `{ optuna: src/pkg/search.py, module: pkg.search, cwd: ., python: "${optuna}" }`;
    const source = folder.write('f.study.yaml', `objective: ${keys}\n`);
    const told = await folder.start(['run', source]).ended;
    assert.equal(told.code, 0, told.stderr + told.stdout);
    assert.doesNotMatch(told.stdout, /cwd=.*src pkg/);
    assert.match(told.stdout, /as -m pkg\.search/);
  });

  it('runs node where there is none on the PATH', async () => {
    folder.write('count.mjs', 'console.log("score=1", process.argv.length);\n');
    const source = folder.write('n.study.yaml', study('{ command: "node count.mjs {lr}" }'));
    const { code, stderr } = await folder.start(['run', source], { ...process.env, PATH: join(folder.path, 'none') })
      .ended;
    assert.equal(code, 0, stderr);
    assert.match(readFileSync(join(runFolderOf(source, 'n').trials, '0.log'), 'utf8'), /score=1 3/);
  });

  it('tells who launched it which record says what mends the start', async () => {
    const source = folder.write('bare.py', 'import optuna\noptuna.create_study().optimize(print, n_trials=1)\n');
    const python = venvPython(join(folder.path, '.venv'));
    const args = ['--python', python];
    await assert.rejects(launchTuner({ node: process.execPath, cli, source, args }), (error: LaunchFailure) => {
      assert.equal(error.code, 'no-optuna');
      const { code, values } = error.record.cause ?? assert.fail('no cause');
      assert.deepEqual([code, values['package']], ['missing-module', 'optuna']);
      assert.match(values['python'] ?? '', /\.venv/);
      return true;
    });
  });

  it('stops at the first trial that cannot begin, and says and records why', async () => {
    const source = folder.write(
      'g.study.yaml',
      study('{ command: "python src/pkg/train.py {lr}" }').replace('trials: 1', 'trials: 9'),
    );
    const { code, stderr } = await folder.start(['run', source]).ended;
    assert.equal(code, 1);
    assert.match(stderr, /train\.py belongs to a package.*python -m pkg\.train.*src/);
    const record = readRunRecordSync(runFolderOf(source, 'g').path);
    assert.deepEqual(record?.cause, {
      code: 'needs-module',
      values: { module: 'pkg.train', folder: join(folder.path, 'src') },
    });
    assert.equal(record?.code, 'needs-module');
    assert.equal(await readTrials(source, 'g'), 1);
    // Mended, it goes on: the trial that could not begin takes nothing from the budget.
    folder.write(
      'g.study.yaml',
      study('{ module: pkg.train, cwd: src, args: [--lr, "{lr}"] }').replace('trials: 1', 'trials: 2'),
    );
    const mended = await folder.start(['run', source]).ended;
    assert.equal(mended.code, 0, mended.stderr);
    assert.equal(await readTrials(source, 'g'), 3);
  });

  it('says why an Optuna script ended before its first trial', {
    skip: optuna === null && 'needs Optuna',
  }, async () => {
    const script = folder.write(
      'needs.py',
      'import optuna, argparse\np = argparse.ArgumentParser()\np.add_argument("--data", required=True)\np.parse_args()\noptuna.create_study().optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)\n',
    );
    const { code, stderr } = await folder.start(['run', '--python', optuna as string, script]).ended;
    assert.equal(code, 1);
    assert.match(stderr, /needs\.py needs further arguments \(--data\).*optuna: needs\.py, args/);
  });
});

async function readTrials(source: string, name: string): Promise<number> {
  const log = await JournalLog.open(runFolderOf(source, name).journal);
  await log.close();
  return log.studies()[0]?.history.length ?? 0;
}
