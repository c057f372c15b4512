/** Orders, frames and connections that no client of ours sends: a real tuner refuses them, runs on, and ends by a stop. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { connectControl } from '../../src/runs/controlClient.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const options = { skip: process.platform === 'win32' && 'signals differ on Windows', timeout: 120_000 };
const ENDLESS = `console.log('score=1 step=0'); setInterval(() => undefined, 1000);`;

let folder: TunerFolder;
let tuner: ReturnType<TunerFolder['start']>;
const sockets: Socket[] = [];
beforeEach(async () => {
  folder = new TunerFolder();
  tuner = folder.start(['run', folder.study(ENDLESS)]);
  await until(() => folder.recordIfAny()?.state === 'running' || tuner.child.exitCode !== null);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  folder.remove();
});

/** A connection to the control socket, with all that it was sent. */
async function open(): Promise<Socket> {
  const socket = connect(folder.record().socket);
  sockets.push(socket);
  socket.on('error', () => undefined);
  // Where more clients connect at once than the system lets wait, `once` throws its error.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([once(socket, 'connect').catch(() => closed), closed]);
  return socket;
}

const frame = (message: unknown) => {
  const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
};
const hello = () =>
  frame({ jsonrpc: '2.0', id: 0, method: 'hello', params: { token: folder.record().token, version: 1 } });

/** The tuner still answers, and a stop ends it. */
async function endsByStop(): Promise<void> {
  const client = await connectControl(folder.record());
  assert.equal((await client.request('status', {})).record.state, 'running');
  await client.request('stop', { mode: 'now' });
  client.close();
  const { signal } = await tuner.ended;
  assert.equal(signal, null);
  assert.equal(folder.record().state, 'stopped');
}

const ORDERS: readonly (readonly [method: string, params: unknown, sentence: RegExp])[] = [
  ...[1e9, 10_001, 0, -1, 1.5, '2', null, [2], Number.MAX_VALUE].map(
    (parallel) => ['setParallel', { parallel }, /whole number from 1 to 10000/] as const,
  ),
  ['setParallel', {}, /whole number from 1 to 10000/],
  ['enqueue', { params: { lr: 'high' } }, /lr cannot be "?high"?: it is a number from 0\.00001 to 0\.1|lr cannot be/],
  ['enqueue', { params: { lr: 5 } }, /lr cannot be 5: it is a number/],
  ['enqueue', { params: { lr: null } }, /lr cannot be/],
  ['enqueue', { params: { lr: [0.01] } }, /lr cannot be/],
  ['enqueue', { params: { steps: 1.5 } }, /steps cannot be 1\.5: it is a whole number from 1 to 4/],
  ['enqueue', { params: { momentum: 0.5 } }, /"momentum" is not a parameter of this study: it has lr, steps/],
  ['enqueue', { params: 7 }, /Parameters must be an object/],
  ['enqueue', { params: [0.01] }, /Parameters must be an object/],
  ['enqueue', {}, /Parameters must be an object/],
  // NaN has no JSON: it arrives as null, which lifts a limit, and is sent as a text here.
  ...['NaN', -1, 0, true, {}].map((trials) => ['setBudget', { trials }, /A budget must be a positive number/] as const),
  ['setBudget', { trials: 1.5 }, /A number of trials is a whole number/],
  ['setBudget', { timeoutMs: -5 }, /A budget must be a positive number/],
  ...[1.5, -1, '0', null, 2 ** 60].map(
    (number) => ['killTrial', { number }, /The number of a trial is a whole number from 0 on/] as const,
  ),
  ['killTrial', { number: 4_000_000 }, /./],
  ['stop', { mode: 'never' }, /"afterCurrent" or "now"/],
  ['stop', {}, /"afterCurrent" or "now"/],
  ['pause', { more: 1 }, /takes nothing, and not "more"/],
  ['status', [1], /./],
  ['launch', {}, /Unknown order "launch"/],
  ['constructor', {}, /Unknown order "constructor"/],
  ['__proto__', {}, /Unknown order "__proto__"/],
];

test('orders that cannot be are refused with a sentence, and change nothing', options, async () => {
  const client = await connectControl(folder.record());
  const before = (await client.request('status', {})).record;
  for (const [method, params, sentence] of ORDERS) {
    await assert.rejects(
      client.request(method as 'status', params as never),
      (error: Error) => {
        assert.match(error.message, sentence);
        return !error.message.includes('\n');
      },
      `${method} ${JSON.stringify(params)}`,
    );
  }
  const { record } = await client.request('status', {});
  assert.deepEqual(
    { budget: record.budget, parallel: record.parallel, state: record.state },
    { budget: before.budget, parallel: before.parallel, state: 'running' },
  );
  client.close();
  await endsByStop();
  assert.equal((await folder.load()).history.length, 1, 'nothing was enqueued');
});

test('frames that cannot be close their connection, and no stop waits for them', options, async () => {
  const frames: readonly (string | Buffer)[] = [
    'Content-Length: 99999999999\r\n\r\n{',
    'Content-Length: -1\r\n\r\n{}',
    'Content-Length: 1e3\r\n\r\n{}',
    'Content-Length: 2000000\r\n\r\n{',
    `${'x'.repeat(10_000)}`,
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    frame('{"jsonrpc": "2.0", '),
    frame('[1, 2]'),
    frame('null'),
    frame('['.repeat(100_000)),
    Buffer.alloc(5000, 0xff),
  ];
  for (const known of [false, true]) {
    for (const bytes of frames) {
      const socket = await open();
      const closed = once(socket, 'close');
      socket.resume();
      if (known) socket.write(hello());
      socket.write(bytes);
      await closed;
    }
  }
  // These have begun a frame and stay.
  for (const start of ['Content-Length: 99', 'Content-Length: 1000000\r\n\r\n{']) (await open()).write(start);
  await endsByStop();
});

test('a thousand connections leave room for a client, and no stop waits for them', options, async () => {
  for (let batch = 0; batch < 10; batch++) await Promise.all(Array.from({ length: 100 }, open));
  await until(() => sockets.filter((socket) => !socket.destroyed).length <= 64);
  await endsByStop();
});

test('a client that asks and never reads is cut, and no stop waits for it', options, async () => {
  const socket = await open();
  socket.pause().setMaxListeners(0);
  socket.write(hello());
  const ask = Buffer.concat(
    Array.from({ length: 1000 }, (_, id) => frame({ jsonrpc: '2.0', id: id + 1, method: 'status', params: {} })),
  );
  for (let round = 0; round < 100 && !socket.destroyed; round++) {
    // It is cut once too many answers wait for it.
    if (!socket.write(ask)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  // A connection that is not read notices its end by writing.
  await until(() => {
    if (!socket.destroyed) socket.write(ask);
    return socket.destroyed;
  });
  await endsByStop();
});
