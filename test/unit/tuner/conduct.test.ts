import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction } from '../../../src/core/study/states.ts';
import type { StopMode } from '../../../src/protocol/control.ts';
import type { RunRecord } from '../../../src/protocol/runRecord.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';
import { ClusterSession } from '../../../src/tuner/cluster/clusterSession.ts';
import { conduct } from '../../../src/tuner/run/conduct.ts';
import { steeringOf } from '../../../src/tuner/run/orders.ts';
import type { RunOutcome } from '../../../src/tuner/run/outcome.ts';
import type { RunHost } from '../../../src/tuner/run/runHost.ts';
import { Session } from '../../../src/tuner/run/session.ts';
import { ScriptSession } from '../../../src/tuner/trials/scriptSession.ts';
import { StudySession } from '../../../src/tuner/trials/studySession.ts';

class PlainSession extends Session<RunHost> {
  readonly stops: StopMode[] = [];

  running() {
    return [];
  }

  killTrial(): void {}

  enqueue(): Promise<number> {
    return Promise.resolve(0);
  }

  protected override onStop(mode: StopMode): void {
    this.stops.push(mode);
  }
}

async function open(t: { readonly order: string[] }) {
  const log = new MemoryLog();
  const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const budget = { trials: 5, timeoutMs: null };
  let record = { budget, parallel: 1, state: 'starting', source: '/nowhere/s.study.yaml' } as RunRecord;
  const fake = {
    folder: runFolderAt('/nowhere/.tuneboard/s'),
    get record() {
      return record;
    },
    update(change: Partial<RunRecord>) {
      record = { ...record, ...change };
      if (change.state) t.order.push(change.state);
    },
    note: (sentence: string) => void t.order.push(`log: ${sentence}`),
    status: () => ({ record, running: [], finished: 0 }),
    serve: async () => fake.update({ state: 'running' }),
    end: async ({ state, message }: RunOutcome) =>
      void t.order.push(`end ${state}${message ? `: ${message.text}` : ''}`),
  };
  const host = fake as unknown as RunHost;
  const events = { note: (sentence: string) => void t.order.push(sentence) };
  return { host, session: new PlainSession(host, events, study.history), record: () => record };
}

test('sessions of this process, of a cluster and of a script have one base', () => {
  for (const type of [StudySession, ClusterSession, ScriptSession]) assert.ok(type.prototype instanceof Session);
});

test('orders reach a session: a second stop can only be sooner, and a stopping study is not paused', async () => {
  const order: string[] = [];
  const { host, session, record } = await open({ order });
  const { handlers } = steeringOf(session, host);
  await handlers.pause({});
  assert.equal(record().state, 'paused');
  await handlers.pause({});
  await handlers.resume({});
  assert.equal(record().state, 'running');
  await handlers.setBudget({ trials: 9 });
  await handlers.setParallel({ parallel: 3 });
  assert.deepEqual([record().budget, record().parallel], [{ trials: 9, timeoutMs: null }, 3]);
  await handlers.stop({ mode: 'afterCurrent' });
  await handlers.stop({ mode: 'afterCurrent' });
  await handlers.stop({ mode: 'now' });
  await handlers.stop({ mode: 'afterCurrent' });
  assert.deepEqual(session.stops, ['afterCurrent', 'now']);
  assert.throws(() => handlers.pause({}), { code: 'invalid-order' });
  assert.equal(order.filter((entry) => entry.startsWith('Paused')).length, 1);
});

test('a run closes what it opened in reverse order before it records its end', async () => {
  const order: string[] = [];
  const { host, session } = await open({ order });
  const frame = { events: {}, onRunning: () => order.push('can be stopped'), onStarted: () => order.push('started') };
  const outcome = await conduct(host, frame, async (defer) => {
    defer(async () => order.push('close the log'));
    defer(async () => order.push('stop the heartbeats'));
    const view = session.view({ name: 's', metrics: ['loss'], storage: 'memory' });
    return { session, view, run: async () => ({ state: 'finished' }) };
  });
  assert.deepEqual(outcome, { state: 'finished' });
  const expected = ['can be stopped', 'running', 'started', 'stop the heartbeats', 'close the log', 'end finished'];
  assert.deepEqual(order, expected);
});

test('a stop before the control socket is open is not forgotten', async () => {
  const order: string[] = [];
  const { host, session, record } = await open({ order });
  const onRunning = () => session.stop('afterCurrent');
  await conduct(host, { events: {}, onRunning, onStarted: () => undefined }, async () => ({
    session,
    view: session.view({ name: 's', metrics: ['loss'], storage: 'memory' }),
    run: async () => ({ state: 'stopped' }),
  }));
  assert.equal(record().state, 'stopping');
});

test('a run that cannot be opened closes what is open and records why', async () => {
  const order: string[] = [];
  const { host } = await open({ order });
  const frame = { events: {}, onRunning: () => undefined, onStarted: () => undefined };
  const opening = conduct(host, frame, async (defer) => {
    defer(async () => order.push('close the log'));
    throw new Error('The storage is full.');
  });
  await assert.rejects(opening, /full/);
  assert.deepEqual(order, ['close the log', 'end failed: The storage is full.']);
});
