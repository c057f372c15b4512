/**
 * What differs between Linux, macOS and Windows, apart from processes (processIdentity.ts, processTree.ts): where a
 * control socket may be, and what the interpreters are called.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TuneboardError } from '../core/errors.ts';
import { runsMessage } from '../words/en/runs.ts';

// sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero.
const LONGEST_SOCKET_PATH = 103;
/** As `newSocketPath` and `clientSocketPath` make them. */
const OWN_SOCKET = /^[0-9a-f]{16}c?\.sock$/;
const OWN_PIPE = /^\\\\\.\\pipe\\tuneboard-[0-9a-f]{16}$/;

/** The sockets of this machine begin with it: a folder for them may be shared with machines whose processes run on. */
const MACHINE = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
const MOST_PROBED = 256;

/** A new, unused path for a socket that only this user can reach; a named pipe on Windows. */
export function newSocketPath(): string {
  const id = MACHINE + randomBytes(5).toString('hex');
  if (process.platform === 'win32') return `\\\\.\\pipe\\tuneboard-${id}`;
  const folder = socketFolder(`${id}c.sock`.length);
  return join(folder, `${id}.sock`);
}

/** The second socket of a tuner, beside its control socket: the endpoint of the one-file client. */
export function clientSocketPath(controlSocket: string): string {
  return controlSocket.replace(/\.sock$/, 'c.sock');
}

/**
 * Removes the sockets that a dead tuner left (a named pipe goes with its process). The path may come from a stranger's run
 * record: what is no socket that a tuner of this user made stays where it is.
 */
export function removeSockets(controlSocket: string): void {
  if (process.platform === 'win32') return;
  for (const path of [controlSocket, clientSocketPath(controlSocket)]) {
    if (isOwnSocket(path)) rmSync(path, { force: true });
  }
}

/**
 * Whether a socket is one that a tuner of this user made: named as `newSocketPath` names them, in a folder of that name
 * that no other user may enter, and a socket of this user's. Which base it is in does not count: TMPDIR may differ between
 * an editor and a terminal. A repository holds no sockets, and its folders have another mode.
 */
export function isOwnSocket(path: string): boolean {
  if (process.platform === 'win32') return OWN_PIPE.test(path);
  const user = process.getuid?.() ?? 0;
  const folder = dirname(path);
  if (normalize(path) !== path || !isAbsolute(path) || !OWN_SOCKET.test(basename(path))) return false;
  if (basename(folder) !== `tuneboard-${user}`) return false;
  try {
    const [outer, inner] = [lstatSync(folder), lstatSync(path)];
    const isPrivate = outer.isDirectory() && outer.uid === user && (outer.mode & 0o077) === 0;
    return isPrivate && inner.isSocket() && inner.uid === user;
  } catch {
    return false;
  }
}

/**
 * Removes the sockets in a folder that tuners and workers of this machine left when they were killed: own ones, as
 * `isOwnSocket` says, that refuse connections, as only a socket does whose process has ended. Each is asked twice, because
 * a process that is just starting refuses too until it listens.
 */
export async function removeStaleSockets(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  let candidates = readdirSync(folder)
    .filter((name) => name.startsWith(MACHINE))
    .map((name) => join(folder, name))
    .filter(isOwnSocket)
    .slice(0, MOST_PROBED);
  for (const pauseMs of [0, 100]) {
    if (candidates.length === 0) return;
    await sleep(pauseMs);
    const refused = await Promise.all(candidates.map(isRefused));
    candidates = candidates.filter((_, index) => refused[index]);
  }
  for (const path of candidates) if (isOwnSocket(path)) rmSync(path, { force: true });
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(1000, () => settle(false));
    socket.once('connect', () => settle(false));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED'));
  });
}

function socketFolder(nameLength: number): string {
  const user = process.getuid?.() ?? 0;
  const bases = [process.env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'].filter((base): base is string => Boolean(base));
  for (const base of bases) {
    const folder = join(base, `tuneboard-${user}`);
    if (Buffer.byteLength(folder) + 1 + nameLength > LONGEST_SOCKET_PATH) continue;
    if (isOwnFolder(folder, user)) return folder;
  }
  throw new TuneboardError('no-socket-folder', runsMessage('noFolderControlSocketCould', { bases: bases.join(', ') }));
}

/** Makes the folder with mode 0700; false when it is somebody else's (then nothing in it can be trusted). */
function isOwnFolder(folder: string, user: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== user) return false;
    chmodSync(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}

/** Whether Node and Python can both use Unix sockets here (Python on Windows has none). */
export const hasUnixSockets = process.platform !== 'win32';

/** Names under which Python may be installed, best first. */
export function pythonNames(): readonly string[] {
  return process.platform === 'win32' ? ['python', 'python3', 'py'] : ['python3', 'python'];
}

/** Where a virtual environment keeps its interpreter, relative to the environment's folder. */
export function venvPython(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}
