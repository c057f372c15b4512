import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectControl } from '../../../src/runs/controlClient.ts';
import { makeOwnFolder, writeOwnFile } from '../../../src/runs/ownFiles.ts';
import { clientSocketPath, isOwnSocket, newSocketPath, removeSockets } from '../../../src/runs/platform.ts';
import { OutputFile } from '../../../src/tuner/objective/metrics/outputFile.ts';
import { pythonFolder } from '../../../src/tuner/pythonFolder.ts';
import { listen } from '../../../src/tuner/run/controlServer.ts';
import { Checkpoints } from '../../../src/tuner/trials/checkpoints.ts';
import { needPython } from '../../support/python.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const onPosix = { skip: process.platform === 'win32' };
const SOCKET = '0123456789abcdef.sock';
const user = process.getuid?.() ?? 0;

test('a file of ours is made for its owner only, replaced and extended', (t) => {
  const path = join(temporaryFolder(t), 'log');
  writeOwnFile(path, 'a long beginning\n');
  writeOwnFile(path, 'first\n');
  writeOwnFile(path, 'second\n', 'append');
  assert.equal(readFileSync(path, 'utf8'), 'first\nsecond\n');
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('nothing is written through a link, a second name, a named pipe or a device', onPosix, (t) => {
  const folder = temporaryFolder(t);
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'precious');
  const make: readonly ((path: string) => unknown)[] = [
    (path) => symlinkSync(victim, path),
    (path) => symlinkSync(join(folder, 'new'), path),
    (path) => linkSync(victim, path),
    (path) => execFileSync('mkfifo', [path]),
    (path) => symlinkSync('/dev/null', path),
    (path) => mkdirSync(path),
  ];
  for (const [index, at] of make.entries()) {
    const path = join(folder, `file-${index}`);
    at(path);
    const refused = { code: 'unsafe-file', message: /: delete it and start the study again\.$/ };
    assert.throws(() => writeOwnFile(path, 'overwritten'), refused);
    assert.throws(() => writeOwnFile(path, 'overwritten', 'append'), refused);
    const output = new OutputFile(path);
    output.write(Buffer.from('overwritten'));
    output.close();
    assert.match(output.failure ?? '', /which nothing is written to/);
  }
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.ok(!existsSync(join(folder, 'new')));
});

test('does not trust a folder or checkpoint that is a link', onPosix, (t) => {
  const folder = temporaryFolder(t);
  const victim = join(folder, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'weights'), 'precious');
  symlinkSync(victim, join(folder, 'link'));
  assert.throws(() => makeOwnFolder(join(folder, 'link')), { code: 'unsafe-file' });
  const checkpoints = join(folder, 'checkpoints');
  mkdirSync(checkpoints);
  symlinkSync(victim, join(checkpoints, '0'));
  symlinkSync(victim, join(checkpoints, '1.paused.0.1'));
  symlinkSync(victim, join(checkpoints, '5.1.abcdef01.tmp'));
  const kept = new Checkpoints(checkpoints, 'none');
  assert.throws(() => kept.open(0), { code: 'unsafe-file' });
  kept.discard(0);
  assert.deepEqual(readdirSync(victim), ['weights']);
});

test('a link in place of a snapshot is not inherited', onPosix, async (t) => {
  const folder = temporaryFolder(t);
  const victim = join(folder, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'weights'), 'precious');
  const checkpoints = join(folder, 'checkpoints');
  mkdirSync(checkpoints);
  symlinkSync(victim, join(checkpoints, '1.paused.0.1'));
  assert.equal(await new Checkpoints(checkpoints, 'none').inherit(2, 1, 1), false);
});

/** A folder as tuners of this user make it for their sockets. */
function socketFolder(t: TestContext): string {
  const folder = join(temporaryFolder(t), `tuneboard-${user}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

async function listening(t: TestContext, path: string): Promise<() => number> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  t.after(() => server.close());
  await listen(server, path);
  return () => connections;
}

test('the sockets that a dead tuner left are removed, and nothing else that a record names', onPosix, async (t) => {
  const folder = socketFolder(t);
  const own = join(folder, SOCKET);
  await listening(t, own);
  await listening(t, clientSocketPath(own));
  removeSockets(own);
  assert.deepEqual(readdirSync(folder), []);

  const file = join(folder, 'fedcba9876543210.sock');
  writeFileSync(file, 'precious');
  removeSockets(file);
  const foreign = join(folder, 'foreign.sock');
  await listening(t, foreign);
  removeSockets(foreign);
  assert.deepEqual(readdirSync(folder).sort(), ['fedcba9876543210.sock', 'foreign.sock']);
});

test('does not connect to a socket that no tuner of this user made', onPosix, async (t) => {
  const folder = socketFolder(t);
  const own = join(folder, SOCKET);
  const elsewhere = join(temporaryFolder(t), SOCKET);
  const toOwn = await listening(t, own);
  const toOther = await listening(t, elsewhere);
  const connecting = (socket: string) => connectControl({ socket, token: 'known', studyName: 'one' });
  for (const socket of [elsewhere, `${folder}/../${SOCKET}`, `${folder}//${SOCKET}`, SOCKET, '', '\\\\host\\pipe\\x']) {
    assert.ok(!isOwnSocket(socket), socket);
    await assert.rejects(connecting(socket), { code: 'not-running' });
  }
  assert.equal(toOther(), 0);
  chmodSync(folder, 0o750);
  await assert.rejects(connecting(own), { code: 'not-running' });
  assert.equal(toOwn(), 0, 'others may have put it there');
  chmodSync(folder, 0o700);
  assert.ok(isOwnSocket(own));
  await assert.rejects(connecting(own));
  assert.equal(toOwn(), 1);
});

test('a new socket is one of ours', onPosix, async (t) => {
  const path = newSocketPath();
  await listening(t, path);
  assert.ok(isOwnSocket(path));
});

test('a script that outlives its tuner writes through no link either', onPosix, (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'victim'), 'precious');
  symlinkSync(join(folder, 'victim'), join(folder, 'link'));
  linkSync(join(folder, 'victim'), join(folder, 'second'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const program = `
import os, sys
sys.path.insert(0, sys.argv[1])
from _tuneboard_streams import open_own
for name in ("link", "second", "pipe"):
    try:
        open_own(os.path.join(sys.argv[2], name))
        sys.exit(name + " was opened")
    except OSError:
        pass
os.write(open_own(os.path.join(sys.argv[2], "log")), b"written")
`;
  execFileSync(python, ['-c', program, pythonFolder, folder]);
  assert.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'precious');
  assert.equal(readFileSync(join(folder, 'log'), 'utf8'), 'written');
});
