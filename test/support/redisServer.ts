/** A Redis server of the tests: in a folder of its own, on a free port, and gone at the end. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsOf } from './cpuSeconds.ts';
import { freePort } from './freePort.ts';

const START_MS = 20_000;

export interface TestRedis {
  readonly folder: string;
  readonly port: number;
  /** The URL of a storage; a prefix that no other has by default. */
  url(prefix?: string): string;
  /** Asks the server something by `redis-cli`. */
  ask(...command: readonly string[]): string;
  /** Seconds of CPU that it has taken so far; undefined where `/proc` does not tell. */
  cpuSeconds(): number | undefined;
  /** Ends it as its administrator would, or all at once. */
  stop(how?: 'gently' | 'hard'): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its files. */
  dispose(): Promise<void>;
}

export function isRedisInstalled(): boolean {
  return ['redis-server', 'redis-cli'].every(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

/**
 * Starts a server with these settings of redis.conf besides. It appends every command to a file, as one that keeps studies is
 * to do.
 */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-redis-'));
  const port = await freePort();
  const all = { port: `${port}`, bind: '127.0.0.1', dir: folder, appendonly: 'yes', save: '', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  let child: ChildProcess | undefined;
  let prefixes = 0;
  const endWithUs = () => child?.kill('SIGKILL');
  process.once('exit', endWithUs);
  const server: TestRedis = {
    folder,
    port,
    url: (prefix = `study${++prefixes}`) => `redis://127.0.0.1:${port}/0?prefix=${encodeURIComponent(prefix)}`,
    ask: (...command) => {
      const password = settings['requirepass'];
      const login = password === undefined ? [] : ['--no-auth-warning', '-a', password];
      return execFileSync('redis-cli', ['-p', `${port}`, ...login, ...command], { encoding: 'utf8' }).trim();
    },
    cpuSeconds: () => cpuSecondsOf(child?.pid ?? -1),
    stop: async (how = 'gently') => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      child.kill(how === 'hard' ? 'SIGKILL' : 'SIGTERM');
      await ended;
    },
    start: async () => {
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      for (const until = Date.now() + START_MS; !isUp(server); await delay(30)) {
        if (child.exitCode === null && Date.now() < until) continue;
        throw new Error(`redis-server did not start:\n${output.slice(-2000)}`);
      }
    },
    dispose: async () => {
      await server.stop();
      process.off('exit', endWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

function isUp({ ask }: TestRedis): boolean {
  try {
    return ask('PING') === 'PONG';
  } catch {
    return false;
  }
}
