/** A Slurm of two nodes that keeps accounts: a study goes on though a job is preempted, and each end of a job is told apart. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WorkerLogs } from '../../src/tuner/cluster/workerLogs.ts';
import { runOf, slurmExecutorIn } from '../support/clusterExecutors.ts';
import { needs } from '../support/parts.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { SlurmCluster } from '../support/slurmCluster.ts';
import { bundle, clusterHead, clusterObjective, clusterProgram, compareWithLocal, loadWhole } from './clusterStudy.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const needed = needs('slurm', 'mysql');
let slurm: SlurmCluster;
let accounts: TestServer;
const path = process.env['SLURM_CONF'];
before(async () => {
  if (needed.skip !== false) return;
  accounts = await startServer('mysql');
  const low = 'Nodes=NODES PriorityTier=1 State=UP';
  slurm = await SlurmCluster.start({
    nodes: 2,
    cpus: 1,
    accounts,
    settings: [
      'PreemptType=preempt/partition_prio',
      'PreemptMode=REQUEUE',
      'SlurmdTimeout=5',
      'MaxArraySize=20',
      'SelectTypeParameters=CR_CPU_Memory',
      'JobAcctGatherFrequency=task=1',
      'JobAcctGatherParams=OverMemoryKill',
    ],
    partitions: [
      `PartitionName=again Default=YES PreemptMode=REQUEUE ${low}`,
      `PartitionName=gone PreemptMode=CANCEL ${low}`,
      'PartitionName=first Nodes=NODES PriorityTier=10 PreemptMode=OFF State=UP',
    ],
  });
  // The executor's commands run in this process.
  process.env['SLURM_CONF'] = slurm.env['SLURM_CONF'];
});
after(async () => {
  if (path === undefined) delete process.env['SLURM_CONF'];
  else process.env['SLURM_CONF'] = path;
  await slurm?.stop();
  await accounts?.dispose();
});

const node = (index: number) => `${hostname().split('.')[0]}-${index}`;
/** Submits a job, and resolves when it runs. */
const running = async (script: string, ...options: string[]): Promise<string> => {
  const job = slurm.run('sbatch', '--parsable', '--output=/dev/null', ...options, '--wrap', script).trim();
  await slurm.untilJob(job, 'RUNNING');
  return job;
};

test('a study goes on though one of its jobs is preempted and queued again', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const executor = `{ type: slurm, heartbeat: 2s, partition: again, node: "${process.execPath}" }`;
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(8)}\nstorage: sqlite:///study.db\nexecutor: ${executor}`,
    });
    const tuner = bundle(folder, ['run', source], slurm.env);
    const workers = () => folder.recordIfAny()?.workers ?? [];
    await until(() => workers().filter(({ state }) => state === 'running').length === 2);
    assert.deepEqual(
      workers()
        .map(({ where }) => where)
        .sort(),
      [node(0), node(1)],
    );
    const [first] = workers();
    const other = await running('sleep 600', '--partition=first', `--nodelist=${first?.where}`);
    await until(() => workers().some(({ id, state }) => id === first?.id && state === 'queued'));
    writeFileSync(join(folder.path, 'killed'), '');
    const { code, stdout, stderr } = await tuner.ended;
    slurm.run('scancel', other);
    assert.equal(code, 0, `${stdout}${stderr}`);
    await compareWithLocal(await loadWhole(join(folder.path, 'study.db'), 8));
    await slurm.untilQuiet();
  } finally {
    folder.remove();
  }
});

test('more workers than an array may have are one sentence', { ...needed, timeout: 120_000 }, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(100, 30)}\nstorage: sqlite:///study.db\nexecutor: { type: slurm, node: "${process.execPath}" }`,
    });
    const { code, stderr } = await bundle(folder, ['run', source], slurm.env).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Slurm did not take the workers: Invalid job array specification: set `parallel` below its MaxArraySize/,
    );
  } finally {
    folder.remove();
  }
});

test('each end of a job is told apart, as accounts have it', { ...needed, timeout: 240_000 }, async () => {
  const folder = new TunerFolder();
  try {
    const executor = slurmExecutorIn(folder.path, {});
    await executor.prepare(() => undefined);
    const submit = (script: string, ...options: string[]) =>
      slurm.run('sbatch', '--parsable', '--output=/dev/null', ...options, '--wrap', script).trim();
    const stateOf = async (job: string) => (await executor.poll([job])).get(job);
    const ends = async (job: string, state: string, reason: string | null) => {
      await until(async () => !['queued', 'running'].includes((await stateOf(job))?.state ?? 'queued'), {
        everyMs: 200,
      });
      const report = await stateOf(job);
      assert.deepEqual([report?.state, report?.reason], [state, reason]);
    };
    const [done, failed, killed] = ['true', 'exit 3', 'kill -9 $$'].map((script) => submit(script));
    await ends(done as string, 'ended', null);
    await ends(failed as string, 'failed', 'failed with exit code 3');
    await ends(killed as string, 'lost', 'failed, killed by signal 9');
    const hog = `${process.execPath} -e "setInterval(() => (globalThis.all ??= []).push(Buffer.alloc(2e7, 1)), 100)"`;
    const run = runOf(folder.path);
    const fat = submit(hog, '--mem=100', `--output=${run.path}/workers/%j.log`);
    await ends(fat, 'lost', 'failed, killed by signal 9');
    const logs = new WorkerLogs(executor, run, () => undefined);
    assert.equal(
      (await logs.finish(fat)).lastWords,
      'it needed more memory than its job has: raise `mem` under `executor`.',
    );
    const unseen = submit('true', '--output=/nowhere/%j.log');
    await until(async () => (await stateOf(unseen))?.state === 'failed', { everyMs: 200 });
    assert.match((await stateOf(unseen))?.reason ?? '', /^its node could not open the job's log: /);
    const held = submit('true', '--hold');
    assert.deepEqual(await stateOf(held), { state: 'queued', where: null, reason: 'JobHeldUser' });
    await executor.cancel([held, fat]);
    await ends(held, 'lost', 'cancelled');

    const cancelled = await running('sleep 600');
    slurm.run('scancel', cancelled);
    await ends(cancelled, 'lost', 'cancelled');

    const preempted = await running('sleep 600', '--partition=gone', `--nodelist=${node(0)}`);
    const first = await running('sleep 600', '--partition=first', `--nodelist=${node(0)}`);
    await ends(preempted, 'lost', 'preempted');
    const requeued = await running('sleep 600', `--nodelist=${node(1)}`);
    slurm.run('scontrol', 'requeue', requeued);
    await until(async () => (await stateOf(requeued))?.state === 'queued', { everyMs: 200 });
    slurm.run('scancel', requeued);

    const [lost, again] = [first, await running('sleep 600', '--requeue', `--nodelist=${node(1)}`)];
    slurm.run('scontrol', 'update', `JobId=${lost}`, 'Requeue=0');
    for (const name of [node(0), node(1)]) slurm.killNode(name);
    for (const name of [node(0), node(1)]) {
      slurm.run('scontrol', 'update', `NodeName=${name}`, 'State=DOWN', 'Reason=test');
    }
    await ends(lost, 'lost', 'node fail');
    await until(async () => (await stateOf(again))?.state === 'queued', { everyMs: 200 });
    slurm.run('scancel', again);
  } finally {
    folder.remove();
  }
});
