/** What is said of a Redis server that cannot be used, and what works all the same. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { Authority } from '../support/certificates.ts';
import { freePort } from '../support/freePort.ts';
import { needs } from '../support/parts.ts';
import { startRedis, type TestRedis } from '../support/redisServer.ts';
import { newStudy, open, ownServer, refusal, start, states } from '../support/redisStudies.ts';
import { whileTesting } from '../support/whileTesting.ts';

describe('redis that says no', needs('redis'), () => {
  const started = whileTesting(needs('redis'), async (keep) => ({ server: keep(await startRedis()) }));

  it('says who may not come in, and lets in who may', async (t) => {
    const server = await ownServer(t, { requirepass: 's3cret' });
    const url = server.url();
    const withPassword = (password: string, user = '') => url.replace('//', `//${user}:${password}@`);
    assert.equal((await refusal(open(url))).code, 'missing-password');
    assert.equal((await refusal(open(withPassword('wr0ng')))).code, 'wrong-password');
    assert.match((await refusal(open(withPassword('wr0ng', 'ann')))).message, /refused the user "ann"/);
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
    const began = performance.now();
    assert.match((await refusal(open(nobody))).message, /no server listens there/);
    assert.match((await refusal(open('redis://no-such-host.invalid'))).message, /there is no host/);
    assert.ok(performance.now() - began < 30_000, 'nobody waits a minute for a server that was never there');
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
