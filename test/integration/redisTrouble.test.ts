/** What becomes of trials when a Redis server, the way to it, or another client misbehaves. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { startProxy } from '../support/cuttingProxy.ts';
import { needs } from '../support/parts.ts';
import { startRedis } from '../support/redisServer.ts';
import { complete, newStudy, open, ownServer, refusal, start, states } from '../support/redisStudies.ts';
import { whileTesting } from '../support/whileTesting.ts';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('../support/studyWorker.ts', import.meta.url));
const ended = (count: number) => Array(count).fill(TrialState.complete);

describe('redis on a bad day', needs('redis'), () => {
  const started = whileTesting(needs('redis'), async (keep) => {
    const server = keep(await startRedis());
    return { server, proxy: keep(await startProxy(server.port, /EVAL/i)) };
  });
  const throughProxy = (url: string) => url.replace(`:${started().server.port}/`, `:${started().proxy.port}/`);

  it('goes on after connections were cut', async (t) => {
    const { server, proxy } = started();
    const url = server.url();
    const { log, study } = await newStudy(t, throughProxy(url));
    for (let number = 0; number < 6; number++) {
      proxy.cutAll();
      assert.equal(await log.createTrial(study, start, { ifNumber: number }), number);
      proxy.cutAll();
      await log.commit(study, [complete(number)]);
    }
    proxy.cutAll();
    await log.refresh();
    assert.deepEqual(await states(url), ended(6));
    assert.deepEqual([...study.history.values], [0, 1, 2, 3, 4, 5]);
  });

  it('writes once what was appended while the answer was lost', async (t) => {
    const { server, proxy } = started();
    const url = server.url();
    const { log, study } = await newStudy(t, throughProxy(url));
    const lines = () => Number(server.ask('GET', `${ServerUrl.parse(url).keyPrefix}:log_number`)) + 1;
    const before = proxy.cuts;
    proxy.cutAtCommit();
    assert.equal(await log.createTrial(study, start, { ifNumber: 0 }), 0);
    proxy.cutAtCommit();
    await log.commit(study, [complete(0)]);
    proxy.cutAtCommit();
    assert.equal(await log.createTrial(study, { state: TrialState.waiting }), 1);
    proxy.cutAtCommit();
    assert.equal(await log.claimWaiting(study, { systemAttrs: { owner: 'me' } }), 1);
    let next: Promise<number | undefined> | undefined;
    proxy.cutAtCommit();
    await log.commit(study, [complete(1)], {
      onApplied: () => {
        next = log.createTrial(study, start);
      },
    });
    assert.equal(await next, 2);
    proxy.cutAtCommit();
    await log.createStudy({ name: 'second', directions: [Direction.minimize] });
    proxy.cutAtCommit();
    await log.setStudyAttr(study, 'user', 'note', 'é');
    assert.equal(proxy.cuts - before, 7);
    assert.deepEqual(await states(url), [TrialState.complete, TrialState.complete, TrialState.running]);
    assert.deepEqual([...study.history.states], await states(url));
    assert.equal(lines(), 10);
  });

  it('writes once what was appended while the answer was lost, though another one wrote behind it', async (t) => {
    const { server, proxy } = started();
    const url = server.url();
    const { log, study } = await newStudy(t, throughProxy(url));
    const other = await open(url);
    t.after(() => other.close());
    for (let number = 0; number < 20; number += 2) {
      proxy.cutAtCommit();
      const ours = log.createTrial(study, start);
      for (const cuts = proxy.cuts; proxy.cuts === cuts; ) await delay(1);
      await other.refresh();
      const [theirs] = other.studies();
      assert.ok(theirs);
      const numbers = [await ours, await other.createTrial(theirs, start)];
      assert.deepEqual(numbers.sort(), [number, number + 1].sort());
    }
    assert.equal((await states(url)).length, 20);
  });

  it('waits for a server that is killed and restarted while four processes write, and loses nothing', async (t) => {
    // Redis puts the write off, too, where it puts off to make it durable.
    const server = await ownServer(t, { appendfsync: 'always' });
    const url = server.url();
    await newStudy(t, url);
    const outputs = [1, 2, 3, 4].map((seed) => run(process.execPath, [worker, url, 's', '40', `${seed}`]));
    for (let restarts = 0; restarts < 3; restarts++) {
      for (const seen = (await states(url)).length; (await states(url)).length < seen + 12; );
      await server.stop('hard');
      await server.start();
    }
    const numbers = (await Promise.all(outputs)).flatMap(({ stdout }) => stdout.trim().split('\n').map(Number));
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 160 }, (_, number) => number),
    );
    assert.equal((await states(url)).length, 160);
  });

  it('says in one sentence when it waited long enough, and goes on later', async (t) => {
    const server = await ownServer(t, {});
    const url = server.url();
    const { log, study } = await newStudy(t, url, 300);
    await log.createTrial(study, start);
    await server.stop();
    assert.match((await refusal(log.commit(study, [complete(0)]))).message, /no server listens there/);
    await refusal(log.refresh());
    await server.start();
    await log.commit(study, [complete(0)]);
    assert.deepEqual(await states(url), ended(1));
  });

  it('does not connect any more once it is closed, though it was waiting for its server', async (t) => {
    const server = await ownServer(t, {});
    const url = server.url();
    const { log } = await newStudy(t, url);
    await server.stop();
    const waiting = refusal(log.refresh());
    await delay(100);
    await log.close();
    await server.start();
    assert.equal((await waiting).code, 'closed');
    assert.equal((await refusal(log.refresh())).code, 'closed');
    assert.equal(server.ask('CLIENT', 'LIST').split('\n').length, 1, 'who asks');
  });

  it('puts back what a server lost that was killed, whoever had read how much of it', async (t) => {
    const server = await ownServer(t, { appendonly: 'no' });
    const url = server.url('lossy');
    const { log, study } = await newStudy(t, url);
    for (let number = 0; number < 3; number++) await log.createTrial(study, start);
    await log.commit(study, [complete(0)]);
    server.ask('SAVE');
    for (let number = 3; number < 6; number++) await log.createTrial(study, { ...start, userAttrs: { note: 'é' } });
    const others = await Promise.all([open(url), openTrialLog(url)]);
    t.after(() => Promise.all(others.map((other) => other.close())));
    await log.commit(study, [complete(1)]);
    const before = Array.from({ length: 9 }, (_, number) => server.ask('GET', `lossy:log:${number}`));
    await server.stop('hard');
    await server.start();
    assert.equal(server.ask('GET', 'lossy:log_number'), '4');
    // Who only reads writes nothing.
    assert.equal(await others[1].refresh(), true);
    assert.equal(others[1].studies()[0]?.history.length, 3);
    assert.equal(await others[0].refresh(), false);
    assert.equal(server.ask('GET', 'lossy:log_number'), '7');
    assert.equal(await log.createTrial(study, start, { ifNumber: 6 }), 6);
    const after = Array.from({ length: 9 }, (_, number) => server.ask('GET', `lossy:log:${number}`));
    assert.deepEqual(after, before);
    assert.equal(log.studies()[0], study);
    for (const other of others) {
      assert.equal(await other.refresh(), true);
      assert.deepEqual([...(other.studies()[0]?.history.states ?? [])], [...study.history.states]);
    }
  });

  it('does not put back a log that was removed', async (t) => {
    const { server } = started();
    const url = server.url('removed');
    const { log, study } = await newStudy(t, url);
    await log.createTrial(study, start);
    for (const key of ['log_number', 'log:0', 'log:1']) server.ask('DEL', `removed:${key}`);
    await assert.rejects(log.createTrial(study, start), { code: 'no-study' });
    assert.equal(server.ask('EXISTS', 'removed:log_number'), '0');
  });

  it('writes nothing to a log that another one wrote on after it lost its end, and says so', async (t) => {
    const { server } = started();
    const url = server.url('short');
    const { log, study } = await newStudy(t, url);
    for (let number = 0; number < 4; number++) await log.createTrial(study, start);
    const other = await open(url);
    t.after(() => other.close());
    // As a server that keeps no append-only file comes back, with what another one wrote since.
    server.ask('SET', 'short:log_number', '3');
    server.ask('DEL', 'short:log:4');
    const later = await open(url);
    t.after(() => later.close());
    await later.createTrial(later.studies()[0] as never, start);
    const error = await refusal(log.commit(study, [complete(3)]).catch((e) => Promise.reject(e)));
    assert.equal(error.code, 'study-replaced');
    assert.match(error.message, /lost what was written last/);
    assert.equal(log.studies()[0]?.history.length, 4);
    assert.notEqual(log.studies()[0], study);
    assert.equal(await other.refresh(), true);
    assert.equal(await other.createTrial(other.studies()[0] as never, start), 4);
  });

  it('does not take an earlier trial for one like it that it could not add to such a log', async (t) => {
    const { server } = started();
    const url = server.url('alike');
    const { log, study } = await newStudy(t, url);
    const enqueued = { state: TrialState.waiting, systemAttrs: { fixed_params: { x: 1 } } } as const;
    assert.equal(await log.createTrial(study, enqueued), 0);
    await log.createTrial(study, start);
    server.ask('SET', 'alike:log_number', '1');
    server.ask('DEL', 'alike:log:2');
    const other = await open(url);
    t.after(() => other.close());
    await other.createTrial(other.studies()[0] as never, start);
    assert.equal((await refusal(log.createTrial(study, enqueued))).code, 'study-replaced');
    assert.deepEqual(await states(url), [TrialState.waiting, TrialState.running]);
  });

  it('refuses a log with a line that was evicted, and reads on when it is back', { timeout: 60_000 }, async (t) => {
    const { server } = started();
    const url = server.url('evicted');
    const { log, study } = await newStudy(t, url);
    for (let number = 0; number < 5; number++) await log.createTrial(study, start);
    const line = server.ask('GET', 'evicted:log:3');
    server.ask('DEL', 'evicted:log:3');
    const error = await refusal(openTrialLog(url));
    assert.equal(error.code, 'truncated');
    assert.match(error.message, /has lost line 4 of 6 \(the key "evicted:log:3"\)/);
    server.ask('SET', 'evicted:log:3', line);
    assert.equal((await states(url)).length, 5);
  });

  it('skips damaged lines and says which', async (t) => {
    const { server } = started();
    const url = server.url('damaged');
    const { log, study } = await newStudy(t, url);
    for (let number = 0; number < 3; number++) await log.createTrial(study, start);
    server.ask('SET', 'damaged:log:2', 'no line \xff');
    const other = await openTrialLog(url);
    t.after(() => other.close());
    assert.deepEqual(other.warnings, [`Line 3 of ${ServerUrl.parse(url)} is damaged and was skipped.`]);
    assert.equal(other.studies()[0]?.history.length, 2);
  });
});
