/** A run on a cluster that does what the test says: a job that never starts, a cluster that is away, Stop. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { Direction } from '../../../../src/core/study/states.ts';
import { Study } from '../../../../src/core/study/study.ts';
import { runFolderAt } from '../../../../src/runs/runFolder.ts';
import { ClusterSession } from '../../../../src/tuner/executors/clusterSession.ts';
import type { Executor, WorkerReport } from '../../../../src/tuner/executors/executor.ts';
import { WorkerLogs } from '../../../../src/tuner/executors/workerLogs.ts';
import { Workforce } from '../../../../src/tuner/executors/workforce.ts';
import type { RunHost } from '../../../../src/tuner/session/runHost.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** A run of ten trials on an engine whose workers are as `report` says. `said` resolves with the first sentence like it. */
async function cluster(t: TestContext, report: () => WorkerReport, submit?: () => void) {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const study = new Study(log, record, { sampler: createSampler({ type: 'random', seed: 1 }), pruner: null });
  const notes: string[] = [];
  const waiting: { pattern: RegExp; resolve: (sentence: string) => void }[] = [];
  const note = (sentence: string) => {
    notes.push(sentence);
    for (const { pattern, resolve } of waiting) if (pattern.test(sentence)) resolve(sentence);
  };
  const cancelled = new Set<string>();
  let next = 0;
  const executor: Executor = {
    engine: 'slurm',
    place: 'here',
    isApart: false,
    prepare: async () => undefined,
    submit: async (count) => {
      submit?.();
      return Array.from({ length: count }, () => `7_${next++}`);
    },
    poll: async (ids) => {
      const ended: WorkerReport = { state: 'lost', where: null, reason: 'cancelled' };
      return new Map(ids.map((id) => [id, cancelled.has(id) ? ended : report()]));
    },
    cancel: async (ids) => {
      for (const id of ids) cancelled.add(id);
    },
    readLog: async (_id, from) => ({ text: '', next: from }),
  };
  const host = {
    record: { budget: { trials: 10, timeoutMs: null }, parallel: 3 },
    note,
    update: () => 0,
    changed: () => 0,
  };
  const workforce = new Workforce(
    {
      executor,
      logs: new WorkerLogs(executor, runFolderAt(temporaryFolder(t)), note),
      note,
      onChange: () => 0,
      progress: () => 0,
    },
    [],
  );
  const session = new ClusterSession({
    host: host as unknown as RunHost,
    log,
    study,
    events: {},
    workforce,
    run: 'r',
    isScheduled: false,
    lookMs: 5,
    longWaitMs: 100,
    session: 'me',
  });
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      waiting.push({ pattern, resolve });
      const known = notes.find((sentence) => pattern.test(sentence));
      if (known !== undefined) resolve(known);
    });
  return { session, said, notes, cancelled, workforce };
}

test('a job that never starts is told, once, with what the cluster says; Stop ends it', async (t) => {
  const { session, said, notes, cancelled, workforce } = await cluster(t, () => ({
    state: 'queued',
    where: null,
    reason: 'ReqNodeNotAvail',
  }));
  const end = session.run();
  const sentence = await said(/No worker has started/);
  assert.equal(sentence, 'No worker has started for 0.1 s; the cluster says: ReqNodeNotAvail.');
  session.setParallel(2);
  session.wake();
  session.stop('now');
  assert.deepEqual(await end, { state: 'stopped' });
  assert.equal(notes.filter((one) => one.startsWith('No worker')).length, 1);
  assert.deepEqual([...cancelled].sort(), ['7_0', '7_1', '7_2']);
  assert.deepEqual(workforce.atWork, []);
});

test('a cluster that refuses the first workers ends the run; one that is away later is asked again', async (t) => {
  const refusing = await cluster(
    t,
    () => ({ state: 'running', where: 'n1', reason: null }),
    () => {
      throw new TuneboardError('cluster-refused', 'Slurm did not take the workers: Invalid partition.');
    },
  );
  const refused = await refusing.session.run();
  assert.deepEqual([refused.state, refused.message], ['failed', 'Slurm did not take the workers: Invalid partition.']);

  let isAway = false;
  const later = await cluster(t, () => {
    if (isAway) throw new TuneboardError('no-cluster', 'Slurm on here does not answer: timeout.');
    return { state: 'running', where: 'n1', reason: null };
  });
  const end = later.session.run();
  isAway = true;
  assert.match(await later.said(/does not answer/), /Slurm on here/);
  isAway = false;
  later.session.stop('now');
  assert.deepEqual(await end, { state: 'stopped' });
});

test('workers that are lost one after another without a result end the run, with the reason', async (t) => {
  const { session } = await cluster(t, () => ({ state: 'lost', where: 'n1', reason: 'preempted' }));
  const { state, message } = await session.run();
  assert.equal(state, 'failed');
  assert.equal(
    message,
    'Workers were lost 10 times one after another, and no trial has finished meanwhile. Preempted.',
  );
});
