import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pythonNames, venvPython } from '../../../../src/runs/platform.ts';
import {
  type Environment,
  missingSetup,
  pythonCandidates,
} from '../../../../src/tuner/objective/launch/environments.ts';
import { findOptunaInterpreter, listInterpreters } from '../../../../src/tuner/objective/launch/findInterpreter.ts';
import type { StartFailure } from '../../../../src/tuner/run/outcome.ts';
import { findPython } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const isWindows = process.platform === 'win32';

const candidates = (script: string, env: Environment) =>
  pythonCandidates(dirname(script), env).map(({ command }) => command);

function makeEnvironment(folder: string): string {
  const path = venvPython(folder);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

test('the active environment comes first, then the nearest one to the script, then the system', (t) => {
  const root = temporaryFolder(t);
  const active = makeEnvironment(join(root, 'elsewhere'));
  const above = makeEnvironment(join(root, 'project', '.venv'));
  const beside = makeEnvironment(join(root, 'project', 'scripts', 'venv'));
  const script = join(root, 'project', 'scripts', 'train.py');
  const found = candidates(script, { VIRTUAL_ENV: join(root, 'elsewhere') });
  assert.deepEqual(found.slice(0, 3), [active, beside, above]);
  assert.deepEqual(found.slice(-pythonNames().length), [...pythonNames()]);
});

test('an environment that is not there, or twice, is no candidate', (t) => {
  const root = temporaryFolder(t);
  const beside = makeEnvironment(join(root, '.venv'));
  const found = candidates(join(root, 'a.py'), { VIRTUAL_ENV: join(root, '.venv'), CONDA_PREFIX: join(root, 'none') });
  assert.deepEqual(
    found.filter((path) => path.startsWith(root)),
    [beside],
  );
});

test('a project with a lock file and no environment says which tool makes it, the nearest first', (t) => {
  const root = temporaryFolder(t);
  for (const folder of ['.git', 'uv/src', 'poetry', 'pipenv', 'conda/a b', 'none', 'made'])
    mkdirSync(join(root, folder), { recursive: true });
  const files = ['uv/uv.lock', 'poetry/poetry.lock', 'pipenv/Pipfile', 'conda/environment.yml', 'made/uv.lock'];
  for (const file of files) writeFileSync(join(root, file), '');
  makeEnvironment(join(root, 'made', '.venv'));
  const none = { POETRY_VIRTUALENVS_PATH: join(root, 'none'), WORKON_HOME: join(root, 'none') };
  const setup = (folder: string, env: Environment = none) => missingSetup(join(root, folder), env)?.command;
  assert.deepEqual(
    ['uv/src', 'poetry', 'pipenv', 'conda/a b', 'none', 'made'].map((folder) => setup(folder)),
    ['uv sync', 'poetry install', 'pipenv install', 'conda env create', undefined, undefined],
  );
  assert.equal(missingSetup(join(root, 'uv', 'src'), none)?.folder, join(root, 'uv'));
  assert.equal(setup('uv', { ...none, VIRTUAL_ENV: join(root, 'made', '.venv') }), undefined);
});

test('an interpreter without Optuna names the cause that a button mends', {
  skip: isWindows && 'needs a script',
}, async (t) => {
  const root = temporaryFolder(t);
  const python = join(root, 'bare python');
  writeFileSync(python, '#!/bin/sh\necho \'{"executable": "/x/python", "version": "3.12.1", "optuna": null}\'\n', {
    mode: 0o755,
  });
  const search = { folder: root, named: python, cwd: root, env: process.env };
  await assert.rejects(findOptunaInterpreter(search), (error: StartFailure) => {
    assert.equal(error.code, 'no-optuna');
    assert.deepEqual(error.start, {
      code: 'missing-module',
      values: { module: 'optuna', package: 'optuna', python: '/x/python' },
    });
    return true;
  });
});

test("conda's environment is found by the name in environment.yml", (t) => {
  const root = temporaryFolder(t);
  const prefix = join(root, 'envs', 'ml');
  const python = process.platform === 'win32' ? join(prefix, 'python.exe') : join(prefix, 'bin', 'python');
  for (const folder of [dirname(python), join(root, '.conda'), join(root, 'project')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(python, '');
  writeFileSync(join(root, '.conda', 'environments.txt'), `${join(root, 'base')}\n${prefix}\n`);
  writeFileSync(join(root, 'project', 'environment.yml'), 'channels: []\nname: "ml" # ours\n');
  const names = ['HOME', 'USERPROFILE'] as const;
  const before = names.map((name) => process.env[name]);
  t.after(() => {
    for (const [at, name] of names.entries()) {
      if (before[at] === undefined) delete process.env[name];
      else process.env[name] = before[at];
    }
  });
  for (const name of names) process.env[name] = root;
  assert.equal(candidates(join(root, 'project', 'train.py'), {})[0], python);
  assert.equal(missingSetup(join(root, 'project'), {}), undefined);
});

test('an interpreter with two names in a folder is listed once, an environment that links to it as its own', async (t) => {
  const python = findPython('python');
  if (python === null || isWindows) return t.skip('no Python whose names are links');
  const real = execFileSync(python, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  const root = temporaryFolder(t);
  const bin = join(root, 'bin');
  mkdirSync(bin);
  for (const name of pythonNames()) symlinkSync(realpathSync(real), join(bin, name));
  execFileSync(real, ['-m', 'venv', '--without-pip', join(root, 'project', '.venv')]);
  const folder = join(root, 'project');
  const found = await listInterpreters({ folder, named: null, cwd: folder, env: { PATH: bin } });
  assert.deepEqual(
    found.map(({ origin }) => origin),
    ['folder', 'path'],
  );
});
