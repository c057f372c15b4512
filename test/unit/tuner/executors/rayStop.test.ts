/** Ray when a study is stopped, on a server that only pretends and takes its time: no job is left behind that it took. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRecord } from '../../../../src/protocol/runRecord.ts';
import { readRunRecordSync, writeRunRecord } from '../../../../src/runs/runRecords.ts';
import { Dismissal } from '../../../../src/tuner/cluster/dismissal.ts';
import { endLeft } from '../../../../src/tuner/cluster/endLeft.ts';
import { WorkerLogs } from '../../../../src/tuner/cluster/workerLogs.ts';
import { Workforce } from '../../../../src/tuner/cluster/workforce.ts';
import { rayExecutorIn, runOf } from '../../../support/clusterExecutors.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const RECORD: RunRecord = {
  version: 1,
  pid: 1,
  processStart: '',
  studyName: 's',
  source: 's',
  storage: null,
  socket: '',
  token: '',
  state: 'stopped',
  startedAt: 1,
  budget: { trials: 1, timeoutMs: null },
  parallel: 1,
  steering: [],
};

/** A head node. What a test holds back it answers later, or never. */
async function head(t: TestContext) {
  const jobs = new Map<string, string>();
  const held: (() => void)[] = [];
  const asked: string[] = [];
  let holds: RegExp | undefined;
  const answer = (response: ServerResponse, what: string, body: string) => {
    if (what === 'POST /api/jobs/') jobs.set((JSON.parse(body) as { submission_id: string }).submission_id, 'PENDING');
    const id = /^(?:GET|POST) \/api\/jobs\/([^/]+)/.exec(what)?.[1];
    if (what.endsWith('/stop') && id !== undefined && jobs.has(id)) jobs.set(id, 'STOPPED');
    if (what.startsWith('GET /api/packages') || (id !== undefined && !jobs.has(id)))
      return response.writeHead(404).end();
    return response.end(JSON.stringify({ ray_version: '2.60.0', status: jobs.get(id ?? ''), logs: '' }));
  };
  const server = createServer((request, response) => {
    const what = `${request.method} ${request.url}`;
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece;
    });
    asked.push(what);
    const act = () => answer(response, what, body);
    // A package that is held back is not even read to its end.
    if (holds?.test(what)) held.push(act);
    else request.on('end', act);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: `http://127.0.0.1:${port}`,
    jobs,
    asked,
    hold: (what: RegExp | undefined) => {
      holds = what;
    },
    release: () => {
      for (const act of held.splice(0)) act();
    },
  };
}

function crew(t: TestContext, address: string) {
  const folder = temporaryFolder(t);
  const executor = rayExecutorIn(folder, { address });
  const run = runOf(folder);
  t.after(() => executor.close());
  const notes: string[] = [];
  const note = (sentence: string) => notes.push(sentence);
  const logs = new WorkerLogs(executor, run, note);
  const workforce = new Workforce({ executor, logs, note, onChange: () => 0, progress: () => 0 }, []);
  const dismissal = new Dismissal({
    workforce,
    isNow: () => true,
    isPatient: () => false,
    isHurried: () => true,
    order: async () => undefined,
    read: async () => undefined,
    sleep: (mostMs) => sleep(Math.min(mostMs, 20)),
    say: note,
    lookMs: 20,
    endingMs: 60_000,
    awayMs: 400,
  });
  return { executor, workforce, dismissal, run };
}

const arrived = async (asked: readonly string[], what: RegExp) => {
  while (!asked.some((one) => what.test(one))) await sleep(5);
};

test('a job that is on its way when the study is stopped is ended when Ray has it; the rest is not asked for', async (t) => {
  const ray = await head(t);
  const { executor, workforce, dismissal } = crew(t, ray.address);
  await executor.prepare(() => undefined);
  ray.hold(/^POST \/api\/jobs\/$/);
  const placed = workforce.place(3);
  await arrived(ray.asked, /^POST \/api\/jobs\/$/);
  ray.hold(undefined);
  const end = dismissal.run();
  await sleep(100);
  ray.release();
  assert.deepEqual(await end, { isOrdered: true });
  await placed;
  assert.deepEqual([...ray.jobs.values()], ['STOPPED']);
});

test('a package that is on its way when the study is stopped is not waited for, and no job comes after it', async (t) => {
  const ray = await head(t);
  const { executor, workforce, dismissal } = crew(t, ray.address);
  await executor.prepare(() => undefined);
  ray.hold(/^PUT /);
  const before = ray.asked.length;
  const placed = assert.rejects(workforce.place(2), { code: 'no-cluster' });
  while (!ray.asked.slice(before).some((one) => one.startsWith('PUT'))) await sleep(5);
  assert.deepEqual(await dismissal.run(), { isOrdered: true });
  await placed;
  assert.equal(ray.jobs.size, 0);
});

test('jobs of a head node that is out of reach are left by name, and ended when it answers again, the late ones too', async (t) => {
  const ray = await head(t);
  const { executor, workforce, dismissal, run } = crew(t, ray.address);
  await executor.prepare(() => undefined);
  await workforce.place(1);
  ray.hold(/\/jobs\//);
  const before = ray.asked.length;
  const placed = workforce.place(1).catch(() => undefined);
  while (!ray.asked.slice(before).some((one) => one.startsWith('POST'))) await sleep(5);
  const { left } = await dismissal.run();
  assert.equal(left?.ids.length, 2, 'the one that is there, and the one that was asked for');
  assert.equal(left.place, ray.address);
  executor.close();
  await placed;
  const workers = [{ id: left.ids[0] as string, state: 'running' }] as const;
  writeRunRecord(run, { ...RECORD, state: 'stopped', message: 'Nothing is known.', workers, left });
  ray.hold(undefined);
  const ended = endLeft(run.path, left);
  while (ray.jobs.get(left.ids[0] as string) !== 'STOPPED') await sleep(20);
  // The second one comes to be only now.
  ray.jobs.set(left.ids[1] as string, 'PENDING');
  await ended;
  assert.deepEqual([...ray.jobs.values()], ['STOPPED', 'STOPPED']);
  const { left: none, message, workers: then } = readRunRecordSync(run.path) ?? {};
  assert.deepEqual([none, message, then], [undefined, undefined, [{ id: left.ids[0], state: 'ended' }]]);
});

test('a study that has failed, and left workers besides, says why it failed when these have ended too', async (t) => {
  const ray = await head(t);
  ray.jobs.set('a', 'RUNNING');
  const run = runOf(temporaryFolder(t));
  mkdirSync(run.path);
  const left = { engine: 'ray', place: ray.address, ids: ['a'] } as const;
  writeRunRecord(run, { ...RECORD, state: 'failed', message: 'All trials failed.', left });
  await endLeft(run.path, left);
  assert.equal(ray.jobs.get('a'), 'STOPPED');
  const record = readRunRecordSync(run.path);
  assert.deepEqual([record?.left, record?.message], [undefined, 'All trials failed.']);
});
