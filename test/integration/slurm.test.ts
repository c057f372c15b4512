/** A study on a real Slurm of one node: an array of workers, one killed in the middle, stopped, found again, and refused. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { needs } from '../support/parts.ts';
import { startServer } from '../support/servers.ts';
import { SlurmCluster } from '../support/slurmCluster.ts';
import { whileTesting } from '../support/whileTesting.ts';
import {
  bundle,
  clusterHead,
  clusterObjective,
  clusterProgram,
  compareWithLocal,
  hasWorkers,
  killAWorker,
  loadWhole,
  requireNoSecret,
  secretDatabase,
} from './clusterStudy.ts';
import { processesWith, TunerFolder, until } from './tunerHarness.ts';

const needed = needs('slurm', 'postgres');
const servers = whileTesting(needed, async (keep) => ({
  postgres: keep(await startServer('postgres')),
  slurm: keep(await SlurmCluster.start()),
}));

const head = (executor: string, trials = 10, storage = 'sqlite:///study.db') =>
  `${clusterHead(trials)}\nstorage: ${storage}\nexecutor: { type: slurm, heartbeat: 2s, ${executor} }`;
const node = `node: "${process.execPath}"`;

test('a study on Slurm ends as one here does, though a worker is killed', {
  ...needed,
  timeout: 180_000,
}, async () => {
  const { slurm } = servers();
  const folder = new TunerFolder();
  try {
    const database = await secretDatabase(servers().postgres);
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: head(node, 10, database.storage),
    });
    const tuner = bundle(folder, ['run', source], { ...slurm.env, ...database.env });
    await until(() => hasWorkers(folder));
    const [job = ''] = (folder.record().workers ?? []).map(({ id }) => id);
    requireNoSecret(
      folder,
      slurm.run('scontrol', 'write', 'batch_script', job, '-'),
      slurm.run('scontrol', 'show', 'job', job),
    );
    await killAWorker(folder, database.url);
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    const history = await loadWhole(database.url, 10);
    await compareWithLocal(history);
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
    assert.equal(slurm.run('squeue', '-h').trim(), '', 'no job is left');
  } finally {
    folder.remove();
  }
});

test('killed, the tuner leaves its workers at work; the next one finds them; Stop ends them', {
  ...needed,
  timeout: 180_000,
}, async () => {
  const { slurm } = servers();
  const folder = new TunerFolder();
  try {
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: head(node, 500),
    });
    const first = bundle(folder, ['run', source], slurm.env);
    await until(() => hasWorkers(folder));
    first.child.kill('SIGKILL');
    await first.ended;
    const jobs = () => slurm.run('squeue', '-h', '-r', '-o', '%i').trim().split('\n').sort();
    writeFileSync(join(folder.path, 'killed'), '');
    const before = jobs();
    assert.equal(before.length, 2);
    const second = bundle(folder, ['run', source], slurm.env);
    await until(() => second.stdout().includes('are on the cluster already'));
    await until(() => /^trial \d+ complete/m.test(second.stdout()));
    assert.deepEqual(jobs(), before, 'the same workers');
    second.child.kill('SIGTERM');
    const { code } = await second.ended;
    assert.equal(code, 130);
    await slurm.untilQuiet();
    const history = await loadWhole(join(folder.path, 'study.db'), null);
    assert.equal(history.count(TrialState.running), 0, 'what ran is recorded as stopped');
    assert.deepEqual(processesWith(folder.path), []);
  } finally {
    folder.remove();
  }
});

test('a cluster without Node, and a partition that does not exist, are one sentence each', {
  ...needed,
  timeout: 120_000,
}, async () => {
  const { slurm } = servers();
  const folder = new TunerFolder();
  try {
    const without = bundle(
      folder,
      [
        'run',
        folder.study(clusterProgram, {
          objective: clusterObjective(folder),
          head: head('node: no-such-node'),
        }),
      ],
      slurm.env,
    );
    const { code, stderr } = await without.ended;
    assert.equal(code, 1);
    assert.match(stderr, /There is no Node \(no-such-node\) on \S+: install it there/);
    const refused = bundle(
      folder,
      [
        'run',
        folder.study(clusterProgram, {
          objective: clusterObjective(folder),
          head: head('partition: nowhere'),
        }),
      ],
      slurm.env,
    );
    const end = await refused.ended;
    assert.equal(end.code, 1);
    assert.match(end.stderr, /Slurm did not take the workers: [Ii]nvalid partition/);
  } finally {
    folder.remove();
  }
});
