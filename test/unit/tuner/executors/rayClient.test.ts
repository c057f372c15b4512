/** Ray's answers, as it gives them, from a server that only pretends: what each means, in one sentence. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { unzipSync } from 'fflate';
import type { PackedFile } from '../../../../src/tuner/cluster/packFolder.ts';
import { RayClient } from '../../../../src/tuner/cluster/ray/rayClient.ts';
import { type RayPackage, reportOf, writePackage } from '../../../../src/tuner/cluster/ray/rayExecutor.ts';
import { rayExecutorIn, runOf } from '../../../support/clusterExecutors.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** Undefined: the connection breaks before the answer. */
type Reply = (request: IncomingMessage, body: string) => readonly [status: number, body: string] | undefined;

async function served(t: TestContext, reply: Reply) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      const answer = reply(request, text);
      if (answer === undefined) response.destroy();
      else response.writeHead(answer[0]).end(answer[1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { RAY_AUTH_TOKEN: 'secret', RAY_AUTH_TOKEN_PATH: '/nowhere' };
  return { client: new RayClient(address, env), seen, address };
}

function packageIn(t: TestContext): RayPackage {
  const path = join(temporaryFolder(t), 'package.zip');
  writeFileSync(path, 'zip');
  return { name: 'a.zip', path, bytes: 3 };
}

const job = { entrypoint: 'true', submission_id: 'a', runtime_env: {}, metadata: {} };

test('reports an unreachable head node with its address', async () => {
  await assert.rejects(new RayClient('http://127.0.0.1:9', {}).version(), {
    code: 'no-cluster',
    message: /head node cannot be reached at http:\/\/127\.0\.0\.1:9 \(ECONNREFUSED\)/,
  });
  assert.throws(() => new RayClient('ray://head:10001', {}), { code: 'usage', message: /address of its dashboard/ });
});

test('distinguishes a head node without TLS from one that refuses the handshake', async (t) => {
  const secure = (address: string) => new RayClient(address.replace('http:', 'https:'), {}).version();
  const plain = await served(t, () => [200, '{}']);
  await assert.rejects(secure(plain.address), { code: 'no-cluster', message: /does not encrypt: write http:/ });
  const refusing = createTlsServer().listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  t.after(() => refusing.close());
  await assert.rejects(secure(`http://127.0.0.1:${(refusing.address() as AddressInfo).port}`), {
    code: 'no-cluster',
    message: /head node cannot be reached at https:.* \(EPROTO\)/,
  });
});

test('has a sentence each for another server, a missing token and a package that is too large', async (t) => {
  const page = await served(t, () => [200, '<html>']);
  await assert.rejects(page.client.version(), { code: 'no-cluster', message: /is not Ray/ });
  const locked = await served(t, () => [401, 'Unauthorized']);
  await assert.rejects(locked.client.submit(job), { code: 'no-token', message: /RAY_AUTH_TOKEN/ });
  assert.equal(locked.seen[0]?.headers['authorization'], 'Bearer secret');
  const small = await served(t, ({ method }) => (method === 'GET' ? [404, ''] : [413, '']));
  await assert.rejects(small.client.upload(packageIn(t)), { code: 'too-large' });
});

test('a login in the address is sent, and shown nowhere', async (t) => {
  const { address, seen } = await served(t, () => [200, '{}']);
  const withLogin = address.replace('://', '://me:ge%20heim@');
  const none = { RAY_AUTH_TOKEN_PATH: '/nowhere' };
  for (const client of [
    new RayClient(withLogin, none),
    new RayClient(null, { ...none, RAY_API_SERVER_ADDRESS: withLogin }),
    // As a run record has it.
    new RayClient(address, { ...none, RAY_API_SERVER_ADDRESS: withLogin }),
  ]) {
    assert.equal(client.address, address);
    await client.version();
    const { authorization } = seen.at(-1)?.headers ?? {};
    assert.equal(authorization, `Basic ${Buffer.from('me:ge heim').toString('base64')}`);
  }
  await assert.rejects(new RayClient('http://me:geheim@127.0.0.1:9', none).version(), { message: /at http:\/\/127/ });
  assert.throws(() => new RayClient('ray://me:geheim@head:10001', none), { message: /^ray:\/\/head:10001 is not/ });
});

test('no request looks like a browser, which Ray would refuse', async (t) => {
  const { client, seen } = await served(t, () => [200, '{}']);
  await client.submit(job);
  for (const name of Object.keys(seen[0]?.headers ?? {})) assert.doesNotMatch(name, /^(sec-fetch|origin|referer)/);
});

test('a package is uploaded once, and a job that is there already is not an error', async (t) => {
  const content = packageIn(t);
  let isThere = false;
  const { client, seen } = await served(t, ({ method, url }) => {
    if (url?.includes('/jobs/')) return [500, 'Traceback…\nValueError: Job with submission_id a already exists.'];
    if (method === 'PUT') isThere = true;
    return [isThere || method === 'PUT' ? 200 : 404, ''];
  });
  assert.equal(await client.upload(content), 'gcs://a.zip');
  await client.upload(content);
  assert.deepEqual(
    seen.map(({ method }) => method),
    ['GET', 'PUT', 'GET'],
  );
  await client.submit(job);
});

test('reports the last line of a traceback, and undefined for a job that Ray forgot', async (t) => {
  const broken = await served(t, () => [
    500,
    'Traceback (most recent call last):\n  File "x"\nRuntimeError: no space left\n',
  ]);
  await assert.rejects(broken.client.submit(job), { code: 'cluster-refused', message: /RuntimeError: no space left$/ });
  await assert.rejects(broken.client.logs('a'), { message: /has no log of a/ });
  const gone = await served(t, () => [404, 'Job a does not exist']);
  assert.equal(await gone.client.job('a'), undefined);
  await gone.client.stop('a');
});

test('the states of a job, as a worker', () => {
  const state = (change: object) => reportOf({ status: 'FAILED', ...change }).state;
  assert.equal(state({ status: 'PENDING' }), 'queued');
  assert.equal(state({ status: 'SUCCEEDED' }), 'ended');
  assert.equal(state({ driver_exit_code: 1 }), 'failed');
  assert.equal(state({ driver_exit_code: 127 }), 'failed');
  assert.equal(state({ driver_exit_code: 130 }), 'lost', 'it was told to end');
  assert.equal(state({ driver_exit_code: -9 }), 'lost', 'it was killed');
  assert.equal(state({ driver_exit_code: null, message: 'node died' }), 'lost');
  assert.equal(state({ error_type: 'RUNTIME_ENV_SETUP_FAILURE' }), 'failed');
  assert.equal(state({ error_type: 'JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE' }), 'lost');
});

test('why a worker waits or was lost is one short sentence, without the log that Ray puts behind it', () => {
  const reason = (change: object) => reportOf({ status: 'FAILED', ...change }).reason;
  const log =
    ', last available logs (truncated to 20,000 chars):\nINFO job_manager.py -- entrypoint: node …\nscore=1\n';
  assert.equal(
    reason({ message: `Job entrypoint command failed with exit code -9${log}`, driver_exit_code: -9 }),
    'killed by signal 9',
  );
  assert.equal(
    reason({ message: `Job entrypoint command failed with exit code 1${log}`, driver_exit_code: 1 }),
    'Job entrypoint command failed with exit code 1',
  );
  assert.equal(reason({ message: 'x'.repeat(20_000) })?.length, 301);
  assert.equal(reason({ message: null }), null);
  const waiting = { status: 'PENDING', message: 'Job has not started yet. It may be waiting for resources.' } as const;
  assert.equal(reportOf(waiting).reason, 'It may be waiting for resources.');
});

test('an environment that cannot be set up, and a node without memory, are one sentence each, as Ray 2.60 tells of them', () => {
  const pip = [
    'runtime_env setup failed: Failed to set up runtime environment.',
    'Could not create the actor because its associated runtime env failed to be created.',
    '[Node 10.0.0.2] Traceback (most recent call last):',
    '  File "/venv/ray/_private/runtime_env/pip.py", line 1, in _run',
    'Last 50 lines of stdout:',
    '    ERROR: No matching distribution found for no-such-package==99',
    '',
  ].join('\n');
  assert.deepEqual(reportOf({ status: 'FAILED', message: pip, error_type: 'RUNTIME_ENV_SETUP_FAILURE' }), {
    state: 'failed',
    where: null,
    reason: 'Ray could not set up `runtime_env`: ERROR: No matching distribution found for no-such-package==99',
  });
  const memory =
    'Unexpected error occurred: 1 worker(s) were killed due to the node running low on memory. Memory on the node (IP: 10.0.0.2, ID: de26) was 4.65GB used / 23.54GB limit (0.197709)\nOOM kill reason: …';
  assert.deepEqual(
    reportOf({ status: 'FAILED', message: memory, error_type: 'JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE' }),
    {
      state: 'lost',
      where: null,
      reason:
        'Ray ended it because the memory of its node was used up: raise `entrypoint_memory` under `executor`, so that fewer run on a node',
    },
  );
});

/** An executor on what answers at this address, and the folder of its study. */
function executorAt(t: TestContext, address: string) {
  const folder = temporaryFolder(t);
  return { executor: rayExecutorIn(folder, { address }), folder };
}

test('a head node that was started again is sent the working folder again', async (t) => {
  const packages = new Set<string>();
  const jobs: string[] = [];
  const { address } = await served(t, ({ method, url = '' }) => {
    if (url === '/api/version') return [200, '{"ray_version": "2.60.0"}'];
    if (url === '/api/jobs/') {
      jobs.push([...packages].join());
      return [200, '{}'];
    }
    if (method === 'PUT') packages.add(url);
    return [packages.has(url) ? 200 : 404, ''];
  });
  const { executor, folder } = executorAt(t, address);
  await executor.prepare(() => undefined);
  await executor.submit(1);
  packages.clear();
  await executor.submit(1);
  assert.equal(jobs.length, 2);
  assert.match(jobs[0] ?? '', /tuneboard_.*\.zip/);
  assert.equal(jobs[1], jobs[0]);
  executor.close();
  assert.deepEqual(readdirSync(runOf(folder).path), [], 'nothing is left of it here');
});

test('a job that Ray took while its answer was lost, and those before it, are found and not asked for again', async (t) => {
  const jobs = new Set<string>();
  let isCut = true;
  const { address } = await served(t, ({ method, url = '' }, body) => {
    if (url === '/api/version') return [200, '{"ray_version": "2.60.0"}'];
    if (method !== 'POST')
      return [url.includes('/jobs/') && !jobs.has(url.split('/').at(-1) as string) ? 404 : 200, '{}'];
    jobs.add((JSON.parse(body) as { submission_id: string }).submission_id);
    // The second one is taken, and nobody hears of it.
    return isCut && jobs.size === 2 ? undefined : [200, '{}'];
  });
  const { executor } = executorAt(t, address);
  await executor.prepare(() => undefined);
  await assert.rejects(executor.submit(3), { code: 'no-cluster' });
  assert.equal(jobs.size, 2);
  isCut = false;
  const ids = await executor.submit(3);
  assert.deepEqual([...ids].sort(), [...jobs].sort());
  assert.equal(jobs.size, 3);
  assert.deepEqual(await executor.unheard(), []);
});

test('packs the same files into the same zip, readable elsewhere, and keeps what is executable', async (t) => {
  const folder = temporaryFolder(t);
  const big = randomBytes(200_000);
  const files = [
    { path: '中文/a b.txt', isExecutable: false, read: () => Buffer.from('text') },
    { path: 'run.sh', isExecutable: true, read: () => Buffer.from('#!/bin/sh') },
    { path: 'empty', isExecutable: false, read: () => new Uint8Array() },
    { path: 'big', isExecutable: false, read: () => big },
  ];
  const [first, second] = [
    await writePackage(join(folder, 'a.zip'), files),
    await writePackage(join(folder, 'b.zip'), files),
  ];
  const bytes = readFileSync(first.path);
  assert.equal(first.name, second.name);
  assert.ok(bytes.equals(readFileSync(second.path)));
  assert.equal(first.bytes, bytes.length);
  const read = unzipSync(bytes);
  assert.deepEqual(
    Object.keys(read),
    files.map(({ path }) => path),
  );
  for (const file of files) assert.ok(Buffer.from(read[file.path] as Uint8Array).equals(file.read()));
  const changed = await writePackage(join(folder, 'c.zip'), [
    ...files.slice(1),
    { ...files[0], read: () => Buffer.from('texs') } as PackedFile,
  ]);
  assert.notEqual(changed.name, first.name);
});

test('a worker is where the agent is that runs it', () => {
  const where = (driver_agent_http_address: string | null) =>
    reportOf({ status: 'RUNNING', driver_agent_http_address }).where;
  assert.deepEqual(['http://10.0.0.2:39601', 'http://[fd00::2]:39601', null].map(where), ['10.0.0.2', 'fd00::2', null]);
});
