/** A PgBouncer in front of a PostgreSQL of a test: every transaction may be on another of its few connections. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './freePort.ts';
import { runToEnd } from './processes.ts';
import { ownerOf, postgresBin, type TestServer } from './servers.ts';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
const START_MS = 60_000;

export function isPgBouncerInstalled(): boolean {
  return PROGRAM !== undefined;
}

export interface PgBouncer {
  /** The same database, by way of it. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** @param mode How it hands out connections, `transaction` or `statement`. */
export async function startPgBouncer(server: TestServer, mode = 'transaction'): Promise<PgBouncer> {
  const port = await freePort();
  const conf = join(server.folder, `pgbouncer-${port}.ini`);
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${server.port}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${mode}`,
    'default_pool_size = 2',
    'max_client_conn = 200',
  ];
  // With `any`, whoever asks is this user on the server.
  lines[1] += ' user=postgres';
  writeFileSync(conf, `${lines.join('\n')}\n`, { mode: 0o644 });
  const child: ChildProcess = spawn(PROGRAM as string, [conf], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...ownerOf('postgres'),
  });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += chunk));
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async () => {
    process.off('exit', endWithUs);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  };
  const psql = [join(postgresBin() as string, 'psql'), '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
  for (const until = Date.now() + START_MS; ; await delay(100)) {
    const asked = await runToEnd(psql[0] as string, [...psql.slice(1), '-c', 'SELECT 1', 'postgres'], {}).then(
      () => true,
      () => false,
    );
    if (asked) break;
    if (child.exitCode === null && Date.now() < until) continue;
    await stop();
    throw new Error(`PgBouncer did not start: ${said.slice(-2000)}`);
  }
  return { through: (url) => url.replace(`:${server.port}/`, `:${port}/`), stop };
}
