/** What may go wrong with a storage proxy: answers that are lost, servers that end, and what listens there instead. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { createServer, type Socket, type Server as SocketServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ProxyStore, type ProxyStoreOptions } from '../../src/storage/proxy/proxyStore.ts';
import { ProxyUrl } from '../../src/storage/proxy/proxyUrl.ts';
import { StorageError } from '../../src/storage/storageError.ts';
import { type AnswerCutter, startCutter } from '../support/answerCutter.ts';
import { Authority } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { startProxy } from '../support/storageProxies.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const { running, waiting, complete, fail } = TrialState;
const x = {
  name: 'x',
  internal: 0.25,
  distribution: { type: 'float', low: 0, high: 1, log: false, step: null },
} as const;

const open = (port: number, options: ProxyStoreOptions = {}) =>
  ProxyStore.open(ProxyUrl.parse(`grpc://127.0.0.1:${port}`), options);

async function refusal(location: string): Promise<StorageError> {
  try {
    const log = await openTrialLog(location);
    await log.close();
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    assert.match(error.message, /^grpcs?:\S+ [^\n]*[.]$/);
    return error;
  }
  throw new Error(`${location} was opened`);
}

async function listening(t: TestContext, server: SocketServer): Promise<string> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `grpc://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('where no storage proxy of Optuna listens', () => {
  it('says that the host is unknown, and that nobody listens', async () => {
    assert.match((await refusal('grpc://no-such-host.invalid')).message, /there is no host no-such-host\.invalid/);
    assert.match((await refusal('grpc://127.0.0.1:9')).message, /no server listens there/);
  });

  it('says so of a web server, of TLS and of what breaks off', async (t) => {
    const web = createWebServer((_, response) => void response.end('hello'));
    const silent = createServer((socket) => socket.destroy());
    const authority = new Authority();
    t.after(() => authority.remove());
    const { cert, key } = authority.issue('localhost');
    const tls = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key), ALPNProtocols: ['h2'] });
    for (const server of [web, tls, silent]) {
      const { message } = await refusal(await listening(t, server));
      assert.match(message, /cannot be asked as a storage proxy of Optuna's: .+ Check the port\.$/);
    }
  });

  it('says that another service listens there, in gRPC', async (t) => {
    const server = new GrpcServer();
    t.after(() => server.forceShutdown());
    const { promise, resolve } = Promise.withResolvers<number>();
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => resolve(port));
    const url = `grpc://127.0.0.1:${await promise}`;
    assert.match((await refusal(url)).message, /speaks gRPC, but is no storage proxy/);
    // As the other storages, it is asked directly, whatever proxy leads to the web.
    const { http_proxy: before } = process.env;
    t.after(() => {
      delete process.env['http_proxy'];
      if (before !== undefined) process.env['http_proxy'] = before;
    });
    process.env['http_proxy'] = 'http://127.0.0.1:9';
    assert.match((await refusal(url)).message, /speaks gRPC, but is no storage proxy/);
  });

  it('says that nobody answers', { timeout: 60_000 }, async (t) => {
    const url = await listening(
      t,
      createServer((socket) => void socket.on('error', () => {})),
    );
    assert.match((await refusal(url)).message, /does not answer/);
  });

  it('knows neither TLS nor users', async () => {
    assert.match((await refusal('grpcs://localhost')).message, /asks for TLS/);
    for (const url of [
      'grpc://me:secret@localhost',
      'grpc://me:a/secret@localhost',
      'grpc://me:a#?@secret@localhost',
    ]) {
      const { message } = await refusal(url);
      assert.match(message, /knows none/);
      assert.doesNotMatch(message, /secret/);
    }
  });
});

describe('a storage proxy that loses answers', needs('optuna'), () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let cutter: AnswerCutter;
  let studies = 0;
  before(async () => {
    proxy = await startProxy('memory');
    cutter = await startCutter(proxy.port);
  });
  after(async () => {
    await cutter?.close();
    await proxy?.stop();
  });

  /** Does something as often as it makes requests, losing the answer to another one each time. */
  async function atEachAnswer(
    options: { before?: (log: ProxyStore, study: StudyRecord) => Promise<unknown> },
    action: (log: ProxyStore, study: StudyRecord) => Promise<unknown>,
    check: (study: StudyRecord, study2: StudyRecord) => void,
  ): Promise<number> {
    for (let nth = 1; ; nth++) {
      const log = await open(cutter.port, { patienceMs: 20_000 });
      const name = `study ${++studies}`;
      const study = await log.createStudy({ name, directions: [Direction.minimize] });
      await options.before?.(log, study);
      const { lost } = cutter;
      cutter.lose(nth);
      await action(log, study);
      const isOver = cutter.lost === lost;
      cutter.lose(0);
      const seen = await openTrialLog(proxy.url, { studyName: name });
      check(study, seen.studies()[0] as StudyRecord);
      await seen.close();
      await log.close();
      if (isOver) return nth - 1;
    }
  }
  const signature = { 'tuneboard:owner': { session: 'a' } };

  it('makes a trial once', { timeout: 120_000 }, async () => {
    const answers = await atEachAnswer(
      { before: (log, study) => log.createTrial(study, { state: running, systemAttrs: signature }) },
      (log, study) => log.createTrial(study, { state: running, params: [x], systemAttrs: signature }, { ifNumber: 1 }),
      (study, seen) => {
        assert.deepEqual([study.history.length, seen.history.length], [2, 2]);
        assert.deepEqual(seen.history.params(1), { x: 0.25 });
      },
    );
    assert.equal(answers, 3, 'read, made, read');
  });

  it('enqueues a trial once', { timeout: 120_000 }, async () => {
    await atEachAnswer(
      { before: (log, study) => log.createTrial(study, { state: waiting, systemAttrs: { fixed_params: { x: 1 } } }) },
      (log, study) => log.createTrial(study, { state: waiting, systemAttrs: { fixed_params: { x: 1 } } }),
      (_, { history }) => assert.deepEqual([...history.states], [waiting, waiting]),
    );
  });

  it('claims a trial once', { timeout: 120_000 }, async () => {
    const answers = await atEachAnswer(
      { before: (log, study) => log.createTrial(study, { state: waiting }) },
      async (log, study) => assert.equal(await log.claimWaiting(study, { systemAttrs: signature }), 0),
      (_, { history }) => {
        assert.deepEqual([...history.states], [running]);
        assert.deepEqual(history.systemAttrs(0), signature);
      },
    );
    assert.equal(answers, 6, 'read, claimed, signed with two attributes, looked twice');
  });

  it('ends a trial as it did, and pauses it once', { timeout: 120_000 }, async () => {
    const changes = [
      { type: 'param', number: 0, param: x },
      { type: 'intermediate', number: 0, step: 1, value: 0.5 },
      { type: 'userAttr', number: 0, key: 'k', value: [1] },
    ] as const;
    for (const [state, values] of [
      [complete, [0.5]],
      [fail, null],
      [waiting, null],
    ] as const) {
      const answers = await atEachAnswer(
        { before: (log, study) => log.createTrial(study, { state: running, systemAttrs: signature }) },
        (log, study) => log.commit(study, [...changes, { type: 'state', number: 0, state, values }]),
        (own, { history }) => {
          for (const one of [own.history, history]) {
            assert.deepEqual([one.state(0), one.value(0)], [state, values?.[0] ?? Number.NaN]);
            assert.deepEqual([one.params(0), one.curve(0).values], [{ x: 0.25 }, [0.5]]);
          }
        },
      );
      assert.equal(answers, 5, 'three changes, the end, and a look');
    }
  });
});

describe('a storage proxy that ends', needs('optuna'), () => {
  it('is waited for, and loses or doubles no trial', { timeout: 120_000 }, async (t) => {
    const proxy = await startProxy(`sqlite:///${join(temporaryFolder(t), 'study.db')}`);
    t.after(() => proxy.stop());
    const said: string[] = [];
    const log = await open(proxy.port, { onWaiting: (sentence) => said.push(sentence.text) });
    t.after(() => log.close());
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    // A fast machine would be through before the server is away.
    let isThereAgain = false;
    let count = 0;
    const trials = async () => {
      for (; !isThereAgain; count++) {
        const number = (await log.createTrial(study, { state: running, systemAttrs: { count } })) as number;
        // Of a trial that it has not been asked for, a server that was started anew takes no parameter.
        await log.commit(study, [{ type: 'param', number, param: x }]);
        await log.commit(study, [{ type: 'state', number, state: complete, values: [count] }]);
      }
    };
    const work = trials();
    for (let times = 0; times < 2; times++) {
      await sleep(700);
      await proxy.stop();
      await sleep(1500);
      await proxy.start();
    }
    isThereAgain = true;
    await work;
    const other = await openTrialLog(proxy.url);
    t.after(() => other.close());
    const [seen] = other.studies() as [StudyRecord];
    const numbers = Array.from({ length: count }, (_, number) => number);
    assert.deepEqual([...seen.history.values], numbers);
    assert.deepEqual(
      numbers.map((number) => seen.history.param(number, 'x')),
      numbers.map(() => 0.25),
    );
    assert.ok(
      said.some((sentence) => /^grpc:.*no server listens there.*It is waited for, 180 s at most\.$/.test(sentence)),
    );
    assert.match(said.at(-1) ?? '', /is there again/);
  });

  it('is given up in one sentence', { timeout: 60_000 }, async (t) => {
    const proxy = await startProxy('memory');
    const log = await open(proxy.port, { patienceMs: 500 });
    t.after(() => log.close());
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    await log.createTrial(study, { state: running });
    await proxy.stop();
    await assert.rejects(log.commit(study, [{ type: 'state', number: 0, state: fail }]), {
      code: 'unreachable',
      message: /^grpc:\S+ cannot be reached: no server listens there\. Start it, or check the port\.$/,
    });
    await assert.rejects(log.refresh(), { code: 'unreachable' });
    await log.close();
    await assert.rejects(log.refresh(), {
      code: 'closed',
      message: /^grpc:\S+ is not asked any more: it was closed here\.$/,
    });
  });

  it('may have lost what was in its memory', { timeout: 60_000 }, async (t) => {
    const proxy = await startProxy('memory');
    t.after(() => proxy.stop());
    const log = await open(proxy.port, { patienceMs: 20_000 });
    const reader = await openTrialLog(proxy.url);
    t.after(() => Promise.all([log.close(), reader.close()]));
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    await log.createTrial(study, { state: running });
    await reader.refresh();
    await proxy.stop();
    await proxy.start();
    await log.refresh();
    await assert.rejects(log.createTrial(study, { state: running }), {
      code: 'no-study',
      message: /has no study named "s" any more/,
    });
    // Another one of that name, with the same ids.
    const again = await open(proxy.port);
    t.after(() => again.close());
    const fresh = await again.createStudy({ name: 's', directions: [Direction.maximize] });
    await again.createTrial(fresh, { state: complete, values: [1] });
    for (let looks = 0; looks < 3; looks++) await reader.refresh();
    const [seen] = reader.studies() as [StudyRecord];
    assert.deepEqual(
      [seen.history.length, seen.history.state(0), seen.directions],
      [1, complete, [Direction.maximize]],
    );
  });

  it('says what its own storage said', { timeout: 60_000 }, async (t) => {
    const path = join(temporaryFolder(t), 'study.db');
    const proxy = await startProxy(`sqlite:///${path}`);
    t.after(() => proxy.stop());
    await (await openTrialLog(proxy.url)).close();
    writeFileSync(path, 'this is no database, and it is longer than a header of one would be. '.repeat(100));
    const { code, message } = await refusal(proxy.url);
    assert.equal(code, 'io');
    assert.match(message, /answered that its own storage failed: see whether its database/);
  });
});
