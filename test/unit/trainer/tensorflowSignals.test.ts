/** libtensorflow's products do not survive a signal handler on their thread: see backend/native/signals.cc. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { needs } from '../../support/parts.ts';
import { useTestBackends } from '../../support/tensorflow.ts';

const SIGNALS = 1000;

/** Multiplies until SIGTERM, then prints how many other signals it has had. */
const PROGRAM = `
const { chooseBackend } = await import(process.argv[1]);
const { tf } = await chooseBackend('tensorflow');
let count = 0;
let isOver = false;
process.on('SIGUSR2', () => count++);
process.on('SIGTERM', () => { isOver = true; });
const sizes = [[2048, 128, 128], [2048, 128, 512], [2048, 512, 128], [32, 128, 512], [32, 512, 128]];
const pairs = sizes.map(([m, k, n]) => [tf.randomNormal([m, k]), tf.randomNormal([k, n])]);
console.log('ready');
while (!isOver) {
  for (let turn = 0; turn < 10; turn++) for (const [a, b] of pairs) tf.matMul(a, b).dispose();
  await new Promise((resolve) => setImmediate(resolve));
}
console.log(count > 0 ? 'told' : 'not told');
`;

test('signals reach the process and leave its products alone', needs('tensorflow'), async () => {
  useTestBackends();
  const module = new URL('../../../src/trainer/backend/chooseBackend.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, module], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = once(child, 'close');
  while (!output.includes('ready')) {
    const data = await Promise.race([once(child.stdout, 'data').then(() => true), closed.then(() => false)]);
    if (!data) break;
  }
  for (let sent = 0; sent < SIGNALS && child.exitCode === null; sent++) {
    child.kill('SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  child.kill('SIGTERM');
  const [code, signal] = (await closed) as [number | null, string | null];
  assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: 'ready\ntold\n' });
});
