/** Slurm through a login node: an `ssh` that only pretends shows what it was given. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SlurmShell } from '../../../../src/tuner/cluster/slurm/slurmShell.ts';

/** Its last argument is a line for the remote shell. */
function fakeSsh(t: TestContext, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-'));
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/argv\n${script}\n`);
  chmodSync(join(folder, 'ssh'), 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = `${folder}${delimiter}${before}`;
  t.after(() => {
    process.env['PATH'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test('a secret goes to the login node in no argument, and the input behind it is whole', async (t) => {
  const folder = fakeSsh(t, 'for last; do :; done; sh -c "$last"');
  const answer = await new SlurmShell('me@login').run(
    'sh',
    ['-c', 'echo "$PW"; echo "$1"; cat', 'sh', `a 'b' "c" $d`],
    {
      input: 'the script\n',
      secret: { name: 'PW', value: `s'e"c$ret` },
    },
  );
  assert.equal(answer.stdout, `s'e"c$ret\na 'b' "c" $d\nthe script\n`);
  assert.doesNotMatch(readFileSync(join(folder, 'argv'), 'utf8'), /s'e"c\$ret/);
  assert.match(readFileSync(join(folder, 'argv'), 'utf8'), /^-o\nBatchMode=yes/);
});

test('a login node that does not let one in, and one without Slurm, are one sentence each', async (t) => {
  fakeSsh(t, 'echo "me@login: Permission denied (publickey)." >&2; exit 255');
  await assert.rejects(new SlurmShell('me@login').run('sbatch', []), {
    code: 'no-cluster',
    message: /^The login node me@login cannot be reached with ssh: me@login: Permission denied \(publickey\)\. It must/,
  });
  fakeSsh(t, 'echo "sh: 1: sbatch: not found" >&2; exit 127');
  await assert.rejects(new SlurmShell('me@login').run('sbatch', []), { message: /^me@login has no sbatch: install/ });
  await assert.rejects(new SlurmShell(null).run('no-such-sbatch', []), {
    message: /^This machine has no no-such-sbatch/,
  });
});

test('a Slurm that does not answer, and a machine without ssh, are one sentence each', async (t) => {
  fakeSsh(t, 'exec sleep 600');
  await assert.rejects(new SlurmShell('me@login', 300).run('squeue', []), {
    code: 'no-cluster',
    message: 'Slurm on me@login did not answer within 0.3 s: look whether the cluster is up.',
  });
  const before = process.env['PATH'];
  t.after(() => {
    process.env['PATH'] = before;
  });
  process.env['PATH'] = '/nowhere';
  await assert.rejects(new SlurmShell('me@login').run('squeue', []), { message: /^This machine has no ssh, which/ });
});
