/** Trials and scripts may send anything: the endpoint of clients and the channel of Optuna scripts stay as they are. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LineConnections } from '../../../src/tuner/objective/command/lineConnections.ts';
import { LauncherChannel } from '../../../src/tuner/objective/optuna/launcherChannel.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const MB = 2 ** 20;

async function opened(t: TestContext, place: string | number): Promise<Socket> {
  const socket = typeof place === 'string' ? connect(place) : connect(place, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  return socket;
}

/** Sends a piece again and again until all of it is sent or the other side has closed; waits where that reads no more. */
async function pour(socket: Socket, piece: string, times: number): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (let sent = 0; sent < times && !socket.destroyed; sent++) {
    if (!socket.write(piece)) await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
  }
}

test('a million reports are all taken, in order, with few of them in memory', async (t) => {
  const path = join(temporaryFolder(t), 's');
  const server = createServer();
  let taken = 0;
  let atOnce = 0;
  let most = 0;
  const connections = new LineConnections(server, { longest: 1000 }, (connection) => ({
    take: async (line) => {
      connection.know();
      assert.equal(Number(line), taken++);
      most = Math.max(most, ++atOnce);
      // Every so often one takes its time, as a storage does.
      if (taken % 50_000 === 0) await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
    },
  }));
  t.after(() => connections.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const socket = await opened(t, path);
  const before = process.memoryUsage().rss;
  for (let from = 0; from < 1_000_000; from += 10_000) {
    await pour(socket, Array.from({ length: 10_000 }, (_, index) => `${from + index}\n`).join(''), 1);
  }
  socket.end();
  await once(socket, 'close');
  assert.equal(taken, 1_000_000);
  assert.equal(most, 1, 'one line at a time');
  const grown = (process.memoryUsage().rss - before) / MB;
  assert.ok(grown < 400, `${grown} MB`);
});

test('a line without an end closes its connection, and another one goes on', async (t) => {
  const path = join(temporaryFolder(t), 's');
  const server = createServer();
  const lines: string[] = [];
  const connections = new LineConnections(server, { longest: 2 * MB }, (connection) => ({
    take: (line) => {
      connection.know();
      lines.push(line);
    },
  }));
  t.after(() => connections.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  for (const known of [false, true]) {
    const socket = await opened(t, path);
    if (known) socket.write('hello\n');
    await pour(socket, 'x'.repeat(MB), 1000);
    assert.ok(socket.destroyed, 'before a gigabyte was read');
  }
  const good = await opened(t, path);
  good.end('still here\n');
  await once(good, 'close');
  assert.deepEqual(lines, ['hello', 'still here']);
});

test('the channel of a script takes whole events only, and nothing before hello', async (t) => {
  const events: string[] = [];
  const channel = await LauncherChannel.listen((event) => events.push(JSON.stringify(event)));
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await channel.close();
    isClosed = true;
  };
  t.after(close);
  const good = { event: 'optimizeEnd', study: 3 };
  const wrong: readonly string[] = [
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '['.repeat(200_000),
    '{"event":5}',
    '{"event":"launch"}',
    '{"event":"__proto__"}',
    '{"event":"constructor"}',
    '{"event":"optimizeEnd"}',
    '{"event":"optimizeEnd","study":"3"}',
    '{"event":"optimizeEnd","study":1.5}',
    '{"event":"optimizeEnd","study":1e300}',
    '{"event":"optimizeEnd","study":null}',
    '{"event":"optuna","version":[4]}',
    '{"event":"study","study":1,"name":{},"location":null,"directions":[1]}',
    '{"event":"study","study":1,"name":"a","location":5,"directions":[1]}',
    '{"event":"study","study":1,"name":"a","location":null,"directions":"1"}',
    '{"event":"trial","study":1,"number":"2","phase":"end"}',
    '{"event":"suggest","id":"1","study":1,"number":1,"name":"a","directions":[],"trials":[]}',
    '{"event":"suggest","id":1,"study":1,"number":1,"name":"a","directions":[],"trials":{}}',
  ];
  const hello = JSON.stringify({ event: 'hello', token: channel.token });
  const refused: readonly string[] = [
    ...wrong,
    JSON.stringify(good),
    '{"event":"hello"}',
    '{"event":"hello","token":""}',
    '{"event":"hello","token":["a"]}',
    `{"event":"hello","token":"${channel.token}x"}`,
  ];
  for (const line of refused) {
    const socket = await opened(t, channel.port);
    socket.write(`${line}\n${JSON.stringify(good)}\n`);
    await once(socket, 'close');
  }
  assert.deepEqual(events, [], 'nobody who did not say hello was heard');

  const socket = await opened(t, channel.port);
  socket.write(`${hello}\n${wrong.join('\n')}\n${JSON.stringify(good)}\n`);
  socket.end();
  await once(socket, 'close');
  assert.deepEqual(events, [JSON.stringify(good)]);

  // A connection that begins a line and stays, and one that says nothing.
  (await opened(t, channel.port)).write(`${hello}\n{"event":`);
  await opened(t, channel.port);
  await close();
});

test('a script that floods its channel keeps neither memory nor the end', async (t) => {
  let heard = 0;
  const channel = await LauncherChannel.listen(() => {
    heard++;
  });
  const socket = await opened(t, channel.port);
  socket.write(`${JSON.stringify({ event: 'hello', token: channel.token })}\n`);
  const before = process.memoryUsage().rss;
  await pour(socket, `${JSON.stringify({ event: 'trial', study: 1, number: 1, phase: 'end' })}\n`.repeat(10_000), 100);
  socket.end();
  await once(socket, 'close');
  assert.equal(heard, 1_000_000);
  const grown = (process.memoryUsage().rss - before) / MB;
  assert.ok(grown < 500, `${grown} MB`);
  await channel.close();
});
