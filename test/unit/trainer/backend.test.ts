/** What backends ask of memory and of npm, and what a wrong name says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseBackend } from '../../../src/trainer/backend/chooseBackend.ts';
import { microBatchSize, trainingMemory } from '../../../src/trainer/backend/memory.ts';
import { operationTest } from '../../../src/trainer/backend/operationTest.ts';
import { repository } from '../../support/cache.ts';

const RBT3 = {
  vocab_size: 21128,
  hidden_size: 768,
  num_hidden_layers: 3,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
};

test('the estimate of memory is what was measured on rbt3: 3.1 GB with 32 texts, 5.0 GB with 64', () => {
  const { fixed, perRow } = trainingMemory(RBT3, 128);
  for (const [rows, gigabytes] of [
    [32, 3.1],
    [64, 5.0],
  ] as const) {
    assert.ok(Math.abs((fixed + rows * perRow) / 1e9 - gigabytes) < 0.2, `${(fixed + rows * perRow) / 1e9}`);
  }
});

test('a batch is parted where it would not fit, on WebAssembly into its 4 GB', () => {
  assert.ok(microBatchSize(RBT3, 128, 'tensorflow', 16e9) >= 64);
  const onWasm = microBatchSize(RBT3, 128, 'wasm', 64e9);
  assert.ok(onWasm >= 16 && onWasm <= 40, String(onWasm));
  assert.ok(microBatchSize(RBT3, 512, 'wasm', 64e9) < onWasm / 4);
  assert.equal(microBatchSize({ ...RBT3, num_hidden_layers: 24, hidden_size: 1024 }, 512, 'wasm', 8e9), 1);
  assert.ok(microBatchSize(RBT3, 128, 'cpu', 4e9) < microBatchSize(RBT3, 128, 'cpu', 16e9));
});

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
