/** What a job says on a node without Node, or with one that is too old: the shell's words are run as a cluster runs them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeCheck } from '../../../../src/tuner/cluster/nodeCheck.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const run = (node: string) => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${nodeCheck(node)} echo begun`], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

test('a node without Node says so in one sentence, whatever its name holds', {
  skip: process.platform === 'win32',
}, () => {
  for (const node of ['no-such-node', `/opt/it's "here"/$(touch x)/node`, '/no/node; echo injected']) {
    const { status, stdout, stderr } = run(node);
    assert.equal(status, 127);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^tuneboard: there is no Node \(.*\) on \S+: install it there, or name it with "node:" under "executor:"\.\n$/,
    );
  }
});

test('a Node that is too old says so; one that is not lets the job begin', {
  skip: process.platform === 'win32',
}, (t) => {
  const folder = temporaryFolder(t);
  const old = join(folder, 'node');
  writeFileSync(old, '#!/bin/sh\nexit 1\n');
  chmodSync(old, 0o755);
  const { status, stdout, stderr } = run(old);
  assert.deepEqual([status, stdout], [126, '']);
  assert.match(stderr, /^tuneboard: the Node on \S+ is older than 22: name a newer one/);
  assert.deepEqual(run(process.execPath), { status: 0, stdout: 'begun\n', stderr: '' });
});
