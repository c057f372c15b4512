/** What backends ask of npm, what a wrong name says, and how operations are tested. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationTest } from '../../../src/trainer/backend/checkProgram.ts';
import { chooseBackend } from '../../../src/trainer/backend/chooseBackend.ts';
import { repository } from '../../support/cache.ts';

test('a backend that there is not is named with those that there are', async () => {
  await assert.rejects(
    chooseBackend('webgl'),
    /There is no backend webgl: use tensorflow, wasm, cpu, or leave it out\./,
  );
});

test('the operations are right in plain JavaScript, and a wrong one is found', async () => {
  const { tf } = await chooseBackend('cpu');
  assert.equal(operationTest(tf), undefined);
  const broken = { ...tf, erf: tf.tanh } as typeof tf;
  assert.match(operationTest(broken) ?? '', /^Erf gives 0, 0\.46\d*, not 0, 0\.5204999$/);
  const failing = { ...tf, addN: () => assert.fail('no such operation') } as typeof tf;
  assert.match(operationTest(failing) ?? '', /^AddN fails: no such operation$/);
});

test('npm ci never runs the install script of tfjs-node: it is an optional peer, and no package brings it', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(repository, name), 'utf8'));
  const { peerDependencies, peerDependenciesMeta, dependencies = {}, devDependencies } = read('package.json');
  assert.match(peerDependencies['@tensorflow/tfjs-node'], /^\^4\.22\./);
  assert.equal(peerDependenciesMeta['@tensorflow/tfjs-node'].optional, true);
  assert.ok(!('@tensorflow/tfjs-node' in { ...dependencies, ...devDependencies }));
  const installed = Object.keys(read('package-lock.json').packages).filter((path) => path.endsWith('tfjs-node'));
  assert.deepEqual(installed, []);
});
