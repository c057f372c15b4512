/** Slurm's commands behind an `ssh` that only pretends, and loses answers. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runOf, slurmExecutorIn } from '../../../support/clusterExecutors.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** A folder that comes before all others on the path, with an `ssh` that only pretends, and what writes further programs there. */
function login(t: TestContext) {
  const folder = temporaryFolder(t);
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  program('ssh', 'for last; do :; done; sh -c "$last"');
  program('sinfo', 'echo slurm 23.02');
  const before = process.env['PATH'];
  process.env['PATH'] = `${folder}${delimiter}${before}`;
  t.after(() => {
    process.env['PATH'] = before;
  });
  return { folder, program };
}

test('a login node without the certificates that the storage needs says so before anything is sent', async (t) => {
  const { folder } = login(t);
  const there = join(folder, "it's there");
  writeFileSync(there, '');
  const files = [there, '/nowhere/my key', '/nowhere/ca'];
  const executor = slurmExecutorIn(folder, { ssh: 'login', chdir: join(folder, 'x') }, { files });
  await assert.rejects(
    executor.prepare(() => undefined),
    {
      code: 'cluster-refused',
      message:
        /^login has no \/nowhere\/my key, \/nowhere\/ca, which the storage's URL or environment names: certificates and keys are not sent/,
    },
  );
});

test('reads a log that has not begun as empty and reports one that cannot be read, here and on a login node', async (t) => {
  const { folder } = login(t);
  const there = join(folder, 'there');
  for (const [ssh, logs] of [
    ['login', join(there, '.tuneboard-worker', 'logs')],
    [null, join(runOf(folder).path, 'workers')],
  ] as const) {
    const executor = slurmExecutorIn(folder, { ssh, chdir: there });
    await executor.prepare(() => undefined);
    assert.deepEqual(await executor.readLog('7_0', 0), { text: '', next: 0 });
    writeFileSync(join(logs, '7_0.log'), 'first\nsecond\nhal');
    assert.deepEqual(await executor.readLog('7_0', 6), { text: 'second\n', next: 13 });
    mkdirSync(join(logs, '7_1.log'));
    await assert.rejects(executor.readLog('7_1', 0), /login does not let .*7_1\.log be read|7_1\.log is a folder/);
    await executor.close();
  }
});

test('workers that Slurm took while the connection broke are found, not asked for again', async (t) => {
  const { folder, program } = login(t);
  // It is taken, and nobody hears of it.
  program(
    'sbatch',
    `cat > /dev/null; for word; do case $word in --comment=*) echo "$word" >> ${folder}/taken;; esac; done; exit 255`,
  );
  program('squeue', `echo "40|another"; echo "41|$(tail -n 1 ${folder}/taken | cut -d= -f2)"`);
  const takenTimes = () => readFileSync(join(folder, 'taken'), 'utf8').trim().split('\n').length;
  const executor = slurmExecutorIn(folder, { ssh: 'login', chdir: join(folder, 'there') });
  await executor.prepare(() => undefined);
  await assert.rejects(executor.submit(2), { code: 'no-cluster' });
  assert.deepEqual(await executor.submit(2), ['41_0', '41_1']);
  assert.equal(takenTimes(), 1, 'asked for once');
  program('squeue', 'echo "40|another"');
  await assert.rejects(executor.submit(1), { code: 'no-cluster' });
  await assert.rejects(executor.submit(1), { code: 'no-cluster' });
  assert.equal(takenTimes(), 3, 'what was not taken is asked for again');
  program('squeue', 'echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1');
  await assert.rejects(executor.submit(1), { code: 'no-cluster', message: /login does not answer: .*connect failure/ });
  assert.equal(takenTimes(), 3, 'as long as nobody can say, nothing is asked for');
  program('squeue', 'true');
  program(
    'sbatch',
    `echo again >> ${folder}/taken; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1`,
  );
  await assert.rejects(executor.submit(1), { code: 'no-cluster', message: /Socket timed out/ });
  program('squeue', 'exit 1');
  await assert.rejects(executor.submit(1), { code: 'no-cluster' });
  assert.equal(takenTimes(), 4, 'a controller that was too busy to answer may have taken it');
});

test('a stopped study requests no more jobs, whatever became of the last request', async (t) => {
  const { folder, program } = login(t);
  const asked = join(folder, 'asked');
  program('sbatch', `cat > /dev/null; echo once >> ${asked}; exit 255`);
  program('squeue', 'true');
  const executor = slurmExecutorIn(folder, { ssh: 'login', chdir: join(folder, 'there') });
  await executor.prepare(() => undefined);
  await assert.rejects(executor.submit(1), { code: 'no-cluster' });
  executor.stopAsking();
  assert.equal(executor.isAsking, true);
  for (let look = 0; look < 3; look++) assert.deepEqual(await executor.submit(1), []);
  assert.equal(readFileSync(asked, 'utf8'), 'once\n');
  assert.equal(executor.isAsking, false, 'it will not come');
});
