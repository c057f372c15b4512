/**
 * The operations of a transformer on the backend `tensorflow` with our own operations, against those in plain JavaScript: with
 * each build of the kernels that this processor has, on one thread and on four.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { NativeTurn } from '../../../support/nativeTurn.ts';
import { needs } from '../../../support/parts.ts';
import { useTestBackends } from '../../../support/tensorflow.ts';

/** In a process of its own: builds and threads are chosen when the addon is loaded. */
function turn(parts: readonly string[], env: Readonly<Record<string, string>>): NativeTurn {
  useTestBackends();
  const program = fileURLToPath(new URL('../../../support/nativeTurn.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...parts], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.match(stdout, /\{.*\}\s*$/s, stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as NativeTurn;
}

describe('operations of our own in libtensorflow', needs('tensorflow'), () => {
  for (const level of ['avx2', 'base']) {
    test(`are right with the build ${level}`, () => {
      const { why, problems, tensors } = turn(['cases'], { TUNEBOARD_SIMD: level });
      assert.match(why, /with our operations/);
      assert.deepEqual(problems, []);
      assert.equal(tensors, 0, 'tensors are left behind');
    });
  }

  test('are right with the best build, to the same bits on one thread and on four', () => {
    const one = turn(['cases', 'stock', 'digest'], { TF_NUM_INTRAOP_THREADS: '1' });
    assert.deepEqual(one.problems, []);
    assert.deepEqual(one.stockProblems, [], "with TensorFlow's own");
    const { why, digest } = turn(['digest'], { TF_NUM_INTRAOP_THREADS: '4' });
    assert.match(why, /with our operations/);
    assert.equal(digest, one.digest);
  });
});
