/** Database servers of the tests: each is started in a folder of its own, on a free port, and is gone at the end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsOf } from './cpuSeconds.ts';
import { freePort } from './freePort.ts';
import { runToEnd } from './processes.ts';
import { type ServerName, type ServerOptions, wordsOf } from './serverWords.ts';

export {
  isMariadbInstalled,
  postgresBin,
  READER,
  SECRET_PASSWORD,
  SECRET_USER,
  type ServerName,
  type ServerOptions,
} from './serverWords.ts';

const START_MS = 60_000;

export interface TestServer {
  readonly name: ServerName;
  /** Has the server's socket in it; removed at the end. */
  readonly folder: string;
  readonly port: number;
  /** The URL of a database for its administrator, who needs no password. */
  url(database: string): string;
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>;
  /** Asks the server something as its administrator. */
  admin(sql: string, database?: string): Promise<string>;
  /** Seconds of CPU that it has taken so far, all its processes together; undefined where `/proc` does not tell. */
  cpuSeconds(): number | undefined;
  /** Ends the server as its administrator would, or all at once. */
  stop(how?: 'gently' | 'hard'): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its files. */
  dispose(): Promise<void>;
}

/** Starts a server. Its commits outlive it, but not the machine, unless they are to be `durable`. */
export async function startServer(name: ServerName, options: ServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), `tuneboard-${name}-`));
  // MySQL's own server may run as who runs the tests.
  const owner = name === 'mysql' && options.programs !== undefined ? undefined : ownerOf(name);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const port = await freePort();
  const server = wordsOf(name, { folder, port }, options);
  const log = join(folder, 'server.log');
  let child: ChildProcess | undefined;
  // A test that ends without its `after` leaves no server behind.
  const endWithUs = () => child?.kill('SIGKILL');
  process.once('exit', endWithUs);
  let databases = 0;
  const test: TestServer = {
    name,
    folder,
    port,
    url: (database) => server.url(database),
    newDatabase: async () => {
      const database = `study${++databases}`;
      for (const sql of server.create(database)) await test.admin(sql);
      for (const sql of server.grant(database)) await test.admin(sql, database);
      return server.url(database);
    },
    admin: (sql, database) =>
      runToEnd(server.client[0] as string, [...server.client.slice(1), ...server.ask(sql, database)], {}),
    cpuSeconds: () => cpuSecondsOf(child?.pid ?? -1),
    stop: async (how = 'gently') => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      child.kill(how === 'hard' ? server.hard : server.gentle);
      await ended;
    },
    start: async () => {
      child = spawn(server.daemon[0] as string, server.daemon.slice(1), {
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(owner ?? {}),
        cwd: folder,
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      for (const until = Date.now() + START_MS; ; await delay(100)) {
        if (
          await test.admin('SELECT 1').then(
            () => true,
            () => false,
          )
        )
          return;
        if (child.exitCode === null && Date.now() < until) continue;
        throw new Error(
          `${name} did not start:\n${output.slice(-2000)}${existsSync(log) ? readFileSync(log, 'utf8') : ''}`,
        );
      }
    },
    dispose: async () => {
      await test.stop();
      process.off('exit', endWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    server.prepare?.();
    execFileSync(server.init[0] as string, server.init.slice(1), { stdio: 'pipe', cwd: folder, ...(owner ?? {}) });
    server.configure?.();
    await test.start();
    for (const sql of server.setUp) await test.admin(sql);
    return test;
  } catch (error) {
    await test.dispose();
    throw error;
  }
}

/** A URL of the same database for another user. */
export function asUser(url: string, user: string, password = ''): string {
  return url.replace(/:\/\/\w+@/, `://${user}${password === '' ? '' : `:${encodeURIComponent(password)}`}@`);
}

/** Whom a server runs as, where that is not who runs the tests: neither runs as root. */
export function ownerOf(name: ServerName): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = name === 'postgres' ? 'postgres' : 'mysql';
  const id = (which: string) => Number(execFileSync('id', [which, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
