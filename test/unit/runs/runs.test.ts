import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { TuneboardError } from '../../../src/core/errors.ts';
import type { ControlStatus } from '../../../src/protocol/control.ts';
import type { RunRecord } from '../../../src/protocol/runRecord.ts';
import { connectControl } from '../../../src/runs/controlClient.ts';
import { clientSocketPath, newSocketPath } from '../../../src/runs/platform.ts';
import { isProcessAlive, processStart } from '../../../src/runs/processIdentity.ts';
import { folderName, runFolderOf } from '../../../src/runs/runFolder.ts';
import {
  createRunFolder,
  findRunRecords,
  isAlive,
  isFound,
  readRunRecord,
  writeRunRecord,
} from '../../../src/runs/runRecords.ts';
import { type ControlHandlers, serveControl } from '../../../src/tuner/run/controlServer.ts';
import { checkedParallel } from '../../../src/tuner/run/orders.ts';
import { killTree } from '../../../src/tuner/run/processTree.ts';
import { takeRunLock } from '../../../src/tuner/run/runLock.ts';
import { smallDisk } from '../../support/smallDisk.ts';
import { chinese } from '../../support/words.ts';

let base: string;
before(() => {
  base = mkdtempSync(join(tmpdir(), `tune'r 中文 `));
});
after(() => rmSync(base, { recursive: true, force: true }));

function recordOf(studyName: string): RunRecord {
  return {
    version: 1,
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    studyName,
    source: join(base, 'a.study.yaml'),
    storage: null,
    socket: newSocketPath(),
    token: 'secret',
    state: 'running',
    startedAt: 1,
    budget: { trials: 3, timeoutMs: null },
    parallel: 1,
  };
}

test('every study name becomes a folder name that any system takes, and different names stay different', () => {
  assert.equal(folderName('hotel-sentiment 中文'), 'hotel-sentiment 中文');
  assert.notEqual(folderName('a/b'), folderName('a:b'));
  assert.match(folderName('con'), /^con-[0-9a-f]{8}$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 8 }), (a, b) => {
      const name = folderName(a);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
      assert.doesNotMatch(name, /[<>:"/\\|?*\u0000-\u001f]|^\.|[. ]$/);
      assert.ok(name.length > 0 && name.length < 140);
      if (a !== b) assert.notEqual(name, folderName(b));
    }),
  );
});

test('reports a folder without write permission in one sentence', (context) => {
  const disk = smallDisk(64);
  if (!disk) return context.skip('a read-only disk needs root on Linux');
  context.after(() => disk.remove());
  execFileSync('mount', ['-o', 'remount,ro', disk.path]);
  const message = `Nothing can be written to ${disk.path}: copy the study and its code into a folder of yours.`;
  assert.throws(() => createRunFolder(runFolderOf(join(disk.path, 'a.study.yaml'), 'one')), {
    code: 'not-writable',
    message,
  });
});

test('writes a record for its owner only, finds it again, and distinguishes live from dead', async () => {
  const folder = runFolderOf(join(base, 'sub', 'a.study.yaml'), 'one');
  createRunFolder(folder);
  const record = recordOf('one');
  writeRunRecord(folder, record);
  const { seal, ...read } = (await readRunRecord(folder.path)) as RunRecord;
  assert.deepEqual(read, record);
  assert.match(seal ?? '', /^[0-9a-f]{64}$/);
  if (process.platform !== 'win32') assert.equal(statSync(folder.record).mode & 0o777, 0o600);
  const found = await findRunRecords(base);
  assert.deepEqual(
    found.filter(isFound).map(({ record: { studyName } }) => studyName),
    ['one'],
  );
  assert.ok(await isAlive(record));
  assert.ok(!(await isAlive({ ...record, processStart: 'another' })), 'a reused pid is not the tuner');
  assert.ok(!(await isAlive({ ...record, state: 'finished' })));
  assert.equal(await readRunRecord(join(base, 'nowhere')), undefined);
  writeFileSync(folder.record, JSON.stringify({ ...record, version: 99 }));
  await assert.rejects(readRunRecord(folder.path), { code: 'newer-version' });
  writeFileSync(folder.record, '{"version":1');
  await assert.rejects(readRunRecord(folder.path), { code: 'bad-run-record' });
  const [bad, ...others] = await findRunRecords(base);
  assert.ok(bad && !isFound(bad) && bad.folder.path === folder.path, 'a bad record costs its own row');
  assert.equal(bad.problem.code, 'bad-run-record');
  assert.deepEqual(others, []);
});

test('whatever is in a run.json, reading it gives a record, nothing, or one sentence', async () => {
  const path = join(base, 'fuzz.json');
  const almost = fc.record({ version: fc.anything(), pid: fc.anything(), budget: fc.anything() });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.json(),
        almost.map((value) => JSON.stringify(value) ?? ''),
      ),
      async (text) => {
        writeFileSync(path, text);
        try {
          await readRunRecord(path);
        } catch (error) {
          assert.ok(error instanceof TuneboardError, String(error));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a lock is taken once, passes on after release and after the death of its owner', () => {
  const folder = runFolderOf(join(base, 'lock.study.yaml'), 'lock');
  createRunFolder(folder);
  const first = takeRunLock(folder);
  assert.ok('release' in first);
  const second = takeRunLock(folder);
  assert.deepEqual(second, { ownerPid: process.pid });
  first.release();
  const third = takeRunLock(folder);
  assert.ok('release' in third);
  third.release();
  writeFileSync(join(folder.path, 'run.lock.7'), JSON.stringify({ pid: 2 ** 22 + 1, processStart: 'gone' }));
  assert.ok('release' in takeRunLock(folder));
  assert.ok(existsSync(join(folder.path, 'run.lock.8')));
});

test('a socket path is short and differs each time', { skip: process.platform === 'win32' }, () => {
  const path = newSocketPath();
  assert.ok(Buffer.byteLength(clientSocketPath(path)) < 104);
  assert.notEqual(path, newSocketPath());
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
});

test('a socket path stays short where the temporary folder is deep', { skip: process.platform === 'win32' }, () => {
  const deep = join(base, 'd'.repeat(120));
  mkdirSync(deep);
  const before = { ...process.env };
  process.env['TMPDIR'] = deep;
  delete process.env['XDG_RUNTIME_DIR'];
  try {
    assert.ok(Buffer.byteLength(newSocketPath()) < 104);
  } finally {
    Object.assign(process.env, before);
    if (before['TMPDIR'] === undefined) delete process.env['TMPDIR'];
  }
});

test('killTree ends children in groups of their own and processes that ignore SIGTERM', async (context) => {
  if (process.platform === 'win32') return context.skip('POSIX');
  const program = `
    const { spawn } = require('node:child_process');
    const inner = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => 0); setInterval(() => 0, 1000); console.log(process.pid)'], { detached: true, stdio: 'inherit' });
    setInterval(() => 0, 1000);`;
  const child = spawn(process.execPath, ['-e', program], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const inner = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data: Buffer) => resolve(Number(data))),
  );
  const innerStart = processStart(inner) ?? '';
  assert.ok(isProcessAlive(inner, innerStart));
  await killTree(child.pid as number, { graceMs: 300 });
  assert.ok(!isProcessAlive(inner, innerStart));
  assert.equal(processStart(child.pid as number), undefined);
  return undefined;
});

function handlersWith(change: Partial<ControlHandlers>, status: () => ControlStatus): ControlHandlers {
  const refuse = () => {
    throw new TuneboardError('nope', 'Not here.');
  };
  return {
    status,
    stop: refuse,
    pause: refuse,
    resume: refuse,
    setBudget: refuse,
    setParallel: refuse,
    enqueue: refuse,
    killTrial: refuse,
    reload: refuse,
    chooseMetric: refuse,
    ...change,
  };
}

test('orders: hello with the token, errors keep code and sentence, notifications, a vanished tuner', async () => {
  const record = recordOf('control');
  const { token: _, ...shown } = record;
  const status = (): ControlStatus => ({ record: shown, running: [], finished: 5 });
  const setParallel = ({ parallel }: { readonly parallel: unknown }) => {
    checkedParallel(parallel);
    return status();
  };
  const server = await serveControl(record.socket, record.token, status, handlersWith({ setParallel }, status));
  if (process.platform !== 'win32') assert.equal(statSync(record.socket).mode & 0o777, 0o600);
  await assert.rejects(connectControl({ ...record, token: 'other' }), { code: 'refused' });
  const client = await connectControl(record);
  assert.equal(client.first.finished, 5);
  assert.ok(!('token' in client.first.record));
  await assert.rejects(client.request('pause', {}), { code: 'nope', message: 'Not here.' });
  const refused: unknown = await client.request('setParallel', { parallel: 0 }).catch((error: unknown) => error);
  assert.ok(refused instanceof TuneboardError);
  assert.equal(chinese.say(refused.words), '并行试验数必须是 1 到 10000 的整数。');
  const notified = new Promise<ControlStatus>((resolve) => client.onStatus(resolve));
  server.notify(status());
  assert.equal((await notified).finished, 5);
  const closed = new Promise<void>((resolve) => client.onClose(resolve));
  await server.close();
  await closed;
  await assert.rejects(client.request('status', {}), { code: 'connection-lost' });
  await assert.rejects(connectControl(record), { code: 'not-running' });
  assert.ok(!existsSync(record.socket));
});

test('a first request other than hello, and nonsense, close the connection', async () => {
  const record = recordOf('rude');
  const { token: _, ...shown } = record;
  let stopped = false;
  const status = (): ControlStatus => ({ record: shown, running: [], finished: 0 });
  const stop = () => {
    stopped = true;
    return status();
  };
  const server = await serveControl(record.socket, record.token, status, handlersWith({ stop }, status));
  const send = (text: string) =>
    new Promise<string>((resolve) => {
      let answer = '';
      const socket = connect(record.socket, () => socket.write(text));
      socket.setEncoding('utf8').on('data', (data: string) => {
        answer += data;
      });
      socket.on('error', () => undefined).on('close', () => resolve(answer));
    });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'stop', params: { mode: 'now' } });
  const answer = await send(`Content-Length: ${body.length}\r\n\r\n${body}`);
  assert.ok(!answer.includes('result'));
  assert.equal(stopped, false);
  await send('GET / HTTP/1.1\r\nContent-Length: nonsense\r\n\r\n{');
  const client = await connectControl(record);
  client.close();
  await server.close();
});

test('a frame that says it is huge, and a connection that says nothing, do not keep the tuner from ending', async () => {
  const record = recordOf('bomb');
  const { token: _, ...shown } = record;
  const status = (): ControlStatus => ({ record: shown, running: [], finished: 0 });
  const server = await serveControl(record.socket, record.token, status, handlersWith({}, status));
  const huge = connect(record.socket, () => huge.write('Content-Length: 99999999999\r\n\r\n{'));
  await new Promise((resolve) => huge.on('error', () => undefined).on('close', resolve));
  const silent = connect(record.socket);
  silent.on('error', () => undefined);
  const client = await connectControl(record);
  await assert.rejects(client.request('status', { more: 1 } as never), { code: 'invalid-order' });
  client.close();
  await server.close();
  assert.ok(!existsSync(record.socket));
});
