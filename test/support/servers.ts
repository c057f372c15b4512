/** Database servers of the tests: each is started in a folder of its own, on a free port, and is gone at the end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runToEnd } from './processes.ts';

export type ServerName = 'postgres' | 'mysql';

/** A user with a password, who may do everything in the databases that `newDatabase` makes. */
export const SECRET_USER = 'secret';
export const SECRET_PASSWORD = 'p@ss/w:rd #1';
/** A user without any rights to make tables. */
export const READER = 'reader';

const START_MS = 60_000;

/** Where Debian and others put PostgreSQL's programs, the newest first; undefined when there are none. */
export function postgresBin(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin')
    .concat('/usr/local/pgsql/bin', '/opt/homebrew/bin', '/usr/bin')
    .filter((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
    .sort((a, b) => Number(/\d+/.exec(b)?.[0] ?? 0) - Number(/\d+/.exec(a)?.[0] ?? 0))[0];
}

export function isMariadbInstalled(): boolean {
  return (
    ['/usr/sbin/mariadbd', '/usr/bin/mariadbd'].some((path) => existsSync(path)) &&
    existsSync('/usr/bin/mariadb-install-db')
  );
}

export interface TestServer {
  readonly name: ServerName;
  readonly port: number;
  /** The URL of a database for its administrator, who needs no password. */
  url(database: string): string;
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>;
  /** Asks the server something as its administrator. */
  admin(sql: string, database?: string): Promise<string>;
  /** Ends the server as its administrator would, or all at once. */
  stop(how?: 'gently' | 'hard'): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its files. */
  dispose(): Promise<void>;
}

/** Starts a server. Its commits outlive it, but not the machine, unless they are to be `durable`, for measurements. */
export async function startServer(name: ServerName, options: { durable?: boolean } = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), `tuneboard-${name}-`));
  const owner = ownerOf(name);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const port = await freePort();
  const server = name === 'postgres' ? postgres(folder, port, options) : mariadb(folder, port, options);
  const log = join(folder, 'server.log');
  let child: ChildProcess | undefined;
  // A test that ends without its `after` leaves no server behind.
  const endWithUs = () => child?.kill('SIGKILL');
  process.once('exit', endWithUs);
  let databases = 0;
  const test: TestServer = {
    name,
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

/** What differs between the servers. */
interface ServerWords {
  readonly init: readonly string[];
  readonly daemon: readonly string[];
  readonly client: readonly string[];
  readonly gentle: NodeJS.Signals;
  readonly hard: NodeJS.Signals;
  readonly setUp: readonly string[];
  configure?(): void;
  url(database: string): string;
  ask(sql: string, database?: string): readonly string[];
  create(database: string): readonly string[];
  grant(database: string): readonly string[];
}

function postgres(folder: string, port: number, { durable = false }): ServerWords {
  const bin = postgresBin() as string;
  const data = join(folder, 'data');
  const fast = durable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
  return {
    init: [
      join(bin, 'initdb'),
      '-D',
      data,
      '-A',
      'trust',
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
    configure: () => {
      const rules = [
        `host all ${SECRET_USER} all scram-sha-256`,
        'local all all trust',
        'host all all 127.0.0.1/32 trust',
      ];
      writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
    },
    daemon: [
      join(bin, 'postgres'),
      '-D',
      data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${folder}`,
      ...fast,
    ],
    client: [
      join(bin, 'psql'),
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
    ],
    gentle: 'SIGINT',
    hard: 'SIGQUIT',
    setUp: [`CREATE ROLE ${SECRET_USER} LOGIN PASSWORD '${SECRET_PASSWORD}'`, `CREATE ROLE ${READER} LOGIN`],
    url: (database) => `postgresql://postgres@127.0.0.1:${port}/${database}`,
    ask: (sql, database = 'postgres') => ['-d', database, '-c', sql],
    create: (database) => [`CREATE DATABASE ${database}`, `GRANT ALL ON DATABASE ${database} TO ${SECRET_USER}`],
    grant: () => [`GRANT ALL ON SCHEMA public TO ${SECRET_USER}`],
  };
}

function mariadb(folder: string, port: number, { durable = false }): ServerWords {
  const data = join(folder, 'data');
  const daemon = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd'].find((path) => existsSync(path)) as string;
  const fast = durable ? [] : ['--innodb-flush-log-at-trx-commit=2', '--innodb-flush-method=nosync'];
  // Servers that run at once would take each other's temporary tables for their own.
  const own = [`--datadir=${data}`, `--tmpdir=${folder}`];
  return {
    init: ['mariadb-install-db', '--no-defaults', ...own, '--auth-root-authentication-method=normal', '--skip-test-db'],
    daemon: [
      daemon,
      '--no-defaults',
      ...own,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--log-error=${join(folder, 'server.log')}`,
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_general_ci',
      ...fast,
    ],
    client: [
      'mariadb',
      '--no-defaults',
      '--batch',
      '--skip-column-names',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--user=root',
    ],
    gentle: 'SIGTERM',
    hard: 'SIGKILL',
    setUp: [`CREATE USER ${SECRET_USER}@'%' IDENTIFIED BY '${SECRET_PASSWORD}'`, `CREATE USER ${READER}@'%'`],
    url: (database) => `mysql://root@127.0.0.1:${port}/${database}`,
    ask: (sql, database) => [...(database ? [`--database=${database}`] : []), '-e', sql],
    create: (database) => [
      `CREATE DATABASE ${database}`,
      `GRANT ALL ON ${database}.* TO ${SECRET_USER}@'%'`,
      `GRANT SELECT ON ${database}.* TO ${READER}@'%'`,
    ],
    grant: () => [],
  };
}

/** Whom a server runs as, where that is not who runs the tests: neither runs as root. */
export function ownerOf(name: ServerName): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = name === 'postgres' ? 'postgres' : 'mysql';
  const id = (which: string) => Number(execFileSync('id', [which, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
