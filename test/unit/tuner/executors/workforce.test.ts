/** The workers of a run, with an engine that does what the test says. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { WorkerRecord } from '../../../../src/protocol/workers.ts';
import { runFolderAt } from '../../../../src/runs/runFolder.ts';
import type { Executor, WorkerReport } from '../../../../src/tuner/cluster/executor.ts';
import { WorkerLogs } from '../../../../src/tuner/cluster/workerLogs.ts';
import { Workforce } from '../../../../src/tuner/cluster/workforce.ts';

function crew(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'workforce-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const reports = new Map<string, WorkerReport>();
  const logs = new Map<string, string>();
  const cancelled: string[] = [];
  let next = 0;
  const executor: Executor = {
    engine: 'ray',
    place: 'here',
    isApart: true,
    isElsewhere: false,
    prepare: async () => undefined,
    submit: async (count) => Array.from({ length: count }, () => `w${next++}`),
    poll: async (ids) => new Map([...reports].filter(([id]) => ids.includes(id))),
    unheard: async () => [],
    heardAt: 0,
    isAsking: false,
    stopAsking: () => undefined,
    left: (ids) => ({ engine: 'ray', place: 'here', ids }),
    cancel: async (ids) => void cancelled.push(...ids),
    close: () => undefined,
    readLog: async (id, from) => {
      const text = logs.get(id);
      if (text === undefined) throw new Error('the node is gone');
      return { text: text.slice(from), next: text.length };
    },
  };
  const notes: string[] = [];
  let progress = 0;
  let told: readonly WorkerRecord[] = [];
  const folder = runFolderAt(path);
  const workforce = new Workforce(
    {
      executor,
      logs: new WorkerLogs(executor, folder, (sentence) => notes.push(sentence)),
      note: (sentence) => notes.push(sentence),
      onChange: (workers) => (told = workers),
      progress: () => progress,
      forgottenMs: 300,
    },
    [],
  );
  const set = (id: string, state: WorkerReport['state'], reason: string | null = null) =>
    reports.set(id, { state, where: state === 'running' ? 'node1' : null, reason });
  return {
    workforce,
    set,
    logs,
    notes,
    cancelled,
    folder,
    told: () => told,
    advance: () => progress++,
    forget: (id: string) => reports.delete(id),
  };
}

test("writes each trial's output into its own file, the rest into the worker's log", async (t) => {
  const { workforce, set, logs, folder, told } = crew(t);
  await workforce.place(1);
  set('w0', 'queued', 'Resources');
  await workforce.look();
  assert.deepEqual(told(), [{ id: 'w0', state: 'queued', reason: 'Resources' }]);
  set('w0', 'running');
  logs.set('w0', 'Study "demo".\n[trial 3] a\n[trial 4] b\n[trial 3] c');
  await workforce.look();
  logs.set('w0', `${logs.get('w0')}d\ntrial 3 complete\n`);
  set('w0', 'ended');
  await workforce.look();
  const read = (...path: string[]) => readFileSync(join(folder.path, ...path), 'utf8');
  assert.equal(read('trials', '3.log'), 'a\ncd\n');
  assert.equal(read('trials', '4.log'), 'b\n');
  assert.equal(read('workers', 'w0.log'), 'Study "demo".\ntrial 3 complete\n');
  assert.ok(workforce.ended > 0 && workforce.atWork.length === 0);
});

test('ends the run after three failed workers in a row, unless trials ended between', async (t) => {
  const { workforce, set, logs, advance } = crew(t);
  const fail = async (id: string) => {
    await workforce.place(1);
    logs.set(id, 'tuneboard: the storage is not reached.\n');
    set(id, 'failed', 'exit code 1');
    await workforce.look();
  };
  await fail('w0');
  await fail('w1');
  advance();
  await fail('w2');
  await fail('w3');
  await assert.rejects(fail('w4'), {
    code: 'workers-failed',
    message: '3 workers failed one after another. The storage is not reached.',
  });
});

test('a node on which every worker fails does not end those that do well elsewhere, and gets no more until they have a result', async (t) => {
  const { workforce, set, notes, advance, logs } = crew(t);
  await workforce.place(2);
  const fail = async (id: string) => {
    logs.set(id, 'tuneboard: the Node on n7 is older than 22: name a newer one.\n');
    set(id, 'failed', 'exit code 126');
    await workforce.look();
  };
  set('w0', 'running');
  await fail('w1');
  for (const id of ['w2', 'w3']) {
    await workforce.place(1);
    assert.equal(workforce.isHopeless, false);
    await fail(id);
  }
  assert.equal(workforce.isHopeless, true);
  assert.equal(workforce.atWork.length, 1);
  assert.equal(
    notes.at(-1),
    '3 workers failed one after another. The Node on n7 is older than 22: name a newer one. No more are started until one that runs finishes a trial.',
  );
  advance();
  assert.equal(workforce.isHopeless, false);
  for (const id of ['w4', 'w5', 'w6']) {
    await workforce.place(1);
    await fail(id);
  }
  set('w0', 'lost', 'preempted');
  await assert.rejects(workforce.look(), { code: 'workers-failed', message: /^3 workers failed one after another/ });
});

test('reports a preempted worker as lost but not a dismissed one, and an unreadable log once', async (t) => {
  const { workforce, set, notes, cancelled, told } = crew(t);
  await workforce.place(3);
  for (const id of ['w0', 'w1', 'w2']) set(id, 'running');
  await workforce.look();
  await workforce.look();
  assert.equal(notes.filter((note) => note.includes('w0 cannot be fetched now: the node is gone')).length, 1);
  set('w0', 'lost', 'preempted');
  await workforce.cancel(workforce.atWork.filter(({ id }) => id === 'w1'));
  assert.deepEqual(cancelled, ['w1']);
  set('w1', 'lost', 'cancelled');
  await workforce.look();
  const states = Object.fromEntries(told().map(({ id, state }) => [id, state]));
  assert.deepEqual(states, { w0: 'lost', w1: 'ended', w2: 'running' });
  assert.ok(notes.includes('Worker w0 is lost: preempted'));
  assert.ok(!notes.some((note) => note.startsWith('Worker w1')));
  assert.equal(workforce.ended, 0, 'there may be more to do');
});

test('a partition that loses all its workers at once has lost them once', async (t) => {
  const { workforce, set, told, advance } = crew(t);
  const loseAll = async () => {
    for (const { id } of workforce.atWork) set(id, 'lost', 'preempted');
    await workforce.look();
  };
  for (let time = 1; time < 10; time++) {
    await workforce.place(20);
    await loseAll();
    assert.equal(workforce.atWork.length, 0, `after the time ${time}`);
  }
  await workforce.place(20);
  advance();
  await loseAll();
  for (let time = 2; time < 10; time++) {
    await workforce.place(20);
    await loseAll();
  }
  await workforce.place(20);
  await assert.rejects(loseAll(), { code: 'workers-failed', message: /lost 10 times one after another/ });
  assert.ok(told().length > 0);
});

test('a worker that did all there was is not lost, whatever its engine makes of a program of a trial that was killed', async (t) => {
  const { workforce, set, logs, told, notes } = crew(t);
  await workforce.place(2);
  for (const id of ['w0', 'w1']) {
    logs.set(
      id,
      `trial 3 fail\n${id === 'w0' ? 'tuneboard: Nothing is left to do.\n' : ''}slurmstepd-n1: error: Detected 1 oom-kill event(s)\n`,
    );
    set(id, 'lost', 'out of memory: raise `mem` under `executor`');
  }
  await workforce.look();
  assert.deepEqual(told(), [
    { id: 'w0', state: 'ended' },
    { id: 'w1', state: 'lost', reason: 'it needed more memory than its job has: raise `mem` under `executor`.' },
  ]);
  assert.equal(workforce.ended, 1);
  assert.equal(notes.filter((note) => note.startsWith('Worker w0')).length, 0);
});

test('a worker that its engine has forgotten is lost, but not at once: a head node that was started again knows none', async (t) => {
  const { workforce, set, forget, told, notes } = crew(t);
  await workforce.place(1);
  await workforce.look();
  assert.equal(workforce.atWork.length, 1, 'it may not know it yet');
  set('w0', 'running');
  await workforce.look();
  forget('w0');
  while (workforce.atWork.length > 0) await workforce.look();
  assert.deepEqual(told(), [{ id: 'w0', state: 'lost', reason: 'the engine does not know it any more' }]);
  assert.equal(notes.at(-1), 'Worker w0 is lost: the engine does not know it any more');
});
