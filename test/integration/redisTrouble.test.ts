/** What becomes of trials when a Redis server, the way to it, or another client misbehaves, and what is said of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { openRedisStore } from '../../src/storage/redis/openRedis.ts';
import { ServerUrl } from '../../src/storage/server/serverUrl.ts';
import { Authority } from '../support/certificates.ts';
import { startProxy } from '../support/cuttingProxy.ts';
import { freePort } from '../support/freePort.ts';
import { needs } from '../support/parts.ts';
import { startRedis, type TestRedis } from '../support/redisServer.ts';
import { whileTesting } from '../support/whileTesting.ts';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('../support/studyWorker.ts', import.meta.url));
const start = { state: TrialState.running } as const;
const complete = (number: number) => ({ type: 'state', number, state: TrialState.complete, values: [number] }) as const;
const open = (url: string, patienceMs = 60_000) => openRedisStore(ServerUrl.parse(url), { patienceMs });
const ended = (count: number) => Array(count).fill(TrialState.complete);

/** What another process reads: the states, by number. */
async function states(url: string): Promise<number[]> {
  const log = await openTrialLog(url);
  await log.close();
  return [...(log.studies()[0]?.history.states ?? [])];
}

async function newStudy(t: TestContext, url: string, patienceMs?: number) {
  const log = await open(url, patienceMs);
  t.after(() => log.close());
  return { log, study: await log.createStudy({ name: 's', directions: [Direction.minimize] }) };
}

/** A server with these settings, for one test. */
async function ownServer(t: TestContext, settings: Readonly<Record<string, string>>): Promise<TestRedis> {
  const server = await startRedis(settings);
  t.after(() => server.dispose());
  return server;
}

async function refusal(attempt: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await attempt.then(
    () => assert.fail('was not refused'),
    (reason: Error & { code: string }) => reason,
  );
  assert.doesNotMatch(error.message, /s3cret|wrong-pass/);
  assert.match(error.message, /^rediss?:\/\/\S+ .*\.$/);
  return error;
}

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
      for (const cuts = proxy.cuts; proxy.cuts === cuts; ) await new Promise((resolve) => setTimeout(resolve, 1));
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

  it('says who may not come in, and lets in who may', async (t) => {
    const server = await ownServer(t, { requirepass: 's3cret' });
    const url = server.url();
    const withPassword = (password: string, user = '') => url.replace('//', `//${user}:${password}@`);
    assert.equal((await refusal(open(url))).code, 'missing-password');
    assert.equal((await refusal(open(withPassword('wrong-pass')))).code, 'wrong-password');
    assert.match((await refusal(open(withPassword('wrong-pass', 'ann')))).message, /refused the user "ann"/);
    server.ask('ACL', 'SETUSER', 'ann', 'on', '>s3cret', '~*', '+@read', '-@write');
    const { log } = await newStudy(t, withPassword('s3cret'));
    assert.doesNotMatch(log.location, /s3cret/);
    const reader = await openTrialLog(withPassword('s3cret', 'ann'));
    t.after(() => reader.close());
    assert.equal(reader.studies().length, 1);
    const writer = await open(withPassword('s3cret', 'ann'));
    t.after(() => writer.close());
    const denied = await refusal(writer.createStudy({ name: 'mine', directions: [Direction.minimize] }));
    assert.equal(denied.code, 'access-denied');
    assert.match(denied.message, /does not let the user "ann" do that \(.*eval/i);
  });

  it('takes a password for a server that wants none', async (t) => {
    const url = started().server.url();
    await newStudy(t, url.replace('//', '//:s3cret@'));
  });

  it('says where no storage, no server, no host or no database is', async (t) => {
    const { server } = started();
    await newStudy(t, server.url('0 there'));
    const none = await refusal(openTrialLog(server.url('not there')));
    assert.equal(none.code, 'no-study');
    assert.match(none.message, /no Optuna storage under the prefix "not there"\. It has storages under "0 there"/);
    const empty = await refusal(openTrialLog(server.url('a').replace('/0?', '/1?')));
    assert.match(empty.message, /Start a study there first, or correct the database number or the prefix/);
    assert.equal((await refusal(openTrialLog(server.url().replace('/0?', '/99?')))).code, 'no-database');
    const nobody = `redis://127.0.0.1:${await freePort()}`;
    assert.match((await refusal(open(nobody, 200))).message, /no server listens there/);
    assert.match((await refusal(open('redis://no-such-host.invalid', 200))).message, /there is no host/);
  });

  it('says that something else is there: other keys, another server', async (t) => {
    const { server } = started();
    server.ask('HSET', 'hash:log_number', 'a', 'b');
    server.ask('SET', 'text:log_number', 'many');
    for (const prefix of ['hash', 'text']) {
      const error = await refusal(openTrialLog(server.url(prefix)));
      assert.equal(error.code, 'not-a-storage');
      assert.match(error.message, new RegExp(`something else under "${prefix}:log_number"`));
    }
    const web = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    t.after(() => web.close());
    const { port } = web.address() as { port: number };
    assert.match((await refusal(open(`redis://127.0.0.1:${port}`, 200))).message, /no Redis server listens there/);
  });

  it('writes nothing to a replica, which it reads', { timeout: 60_000 }, async (t) => {
    const { server } = started();
    const replica = await ownServer(t, { replicaof: `127.0.0.1 ${server.port}` });
    const url = server.url();
    await newStudy(t, url);
    while (replica.ask('INFO', 'replication').includes('master_link_status:down'));
    const there = url.replace(`:${server.port}/`, `:${replica.port}/`);
    const log = await open(there, 100);
    t.after(() => log.close());
    assert.equal(log.studies().length, 1);
    const error = await refusal(log.createStudy({ name: 'mine', directions: [Direction.minimize] }));
    assert.equal(error.code, 'read-only');
  });

  it('says that memory is full, and writes all or nothing', async (t) => {
    const server = await ownServer(t, { 'maxmemory-policy': 'noeviction' });
    const url = server.url();
    const { log, study } = await newStudy(t, url);
    server.ask('CONFIG', 'SET', 'maxmemory', '1mb');
    const error = await refusal(
      log.createTrial(study, { state: TrialState.waiting, userAttrs: { a: 'x'.repeat(5000) } }),
    );
    assert.equal(error.code, 'disk-full');
    assert.match(error.message, /no memory left/);
    server.ask('CONFIG', 'SET', 'maxmemory', '0');
    assert.equal(await log.createTrial(study, start), 0);
    assert.equal((await states(url)).length, 1);
  });

  it('works on the node of a cluster that has the keys, and says which one that is', { timeout: 60_000 }, async (t) => {
    const nodes = await Promise.all([1, 2].map(() => ownServer(t, { 'cluster-enabled': 'yes' })));
    const [first, second] = nodes as [TestRedis, TestRedis];
    first.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    second.ask('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    second.ask('CLUSTER', 'SET-CONFIG-EPOCH', '2');
    first.ask('CLUSTER', 'MEET', '127.0.0.1', `${second.port}`);
    while (!nodes.every((node) => node.ask('CLUSTER', 'INFO').includes('cluster_state:ok')));
    const apart = await refusal(newStudy(t, first.url('apart')));
    assert.equal(apart.code, 'unsupported-url');
    assert.match(apart.message, /prefix in braces, such as \?prefix=%7Bapart%7D/);
    const there = nodes.filter(
      (_, index) => Number(first.ask('CLUSTER', 'KEYSLOT', '{team}')) < 8192 === (index === 0),
    );
    const { log, study } = await newStudy(t, (there[0] as TestRedis).url('{team}'));
    assert.equal(await log.createTrial(study, start), 0);
    const elsewhere = nodes.find((node) => node !== there[0]) as TestRedis;
    assert.match(
      (await refusal(openTrialLog(elsewhere.url('{team}')))).message,
      new RegExp(`node \\S*:${there[0]?.port}`),
    );
  });

  it('encrypts with rediss://, and trusts nobody it does not know', async (t) => {
    const authority = new Authority();
    t.after(() => authority.remove());
    const { cert, key } = authority.issue('localhost', { names: 'DNS:localhost' });
    const port = await freePort();
    const tls = { 'tls-port': `${port}`, 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': authority.ca };
    await ownServer(t, { ...tls, 'tls-auth-clients': 'no' });
    const url = (host: string, query: string) => `rediss://${host}:${port}/0?prefix=p&${query}`;
    await newStudy(t, url('localhost', `ssl_ca_certs=${authority.ca}`));
    for (const trusting of ['ssl_cert_reqs=none', `ssl_ca_certs=${authority.ca}&ssl_check_hostname=false`]) {
      const log = await openTrialLog(url('127.0.0.1', trusting));
      assert.equal(log.studies().length, 1);
      await log.close();
    }
    assert.match(
      (await refusal(open(url('localhost', ''), 200))).message,
      /authority that is not known here.*ssl_ca_certs=/,
    );
    const other = await refusal(open(url('127.0.0.1', `ssl_ca_certs=${authority.ca}`), 200));
    assert.match(other.message, /certificate for another name/);
    const plain = await refusal(open(`redis://localhost:${port}`, 200));
    assert.match(plain.message, /rediss:\/\//);
  });
});
