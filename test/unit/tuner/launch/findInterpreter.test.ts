import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pythonNames, venvPython } from '../../../../src/runs/platform.ts';
import { type Environment, pythonCandidates } from '../../../../src/tuner/objective/launch/environments.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

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
