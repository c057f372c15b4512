/** How each kind of database server is made, started and asked. */
import { cpSync, existsSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type ServerName = 'postgres' | 'mysql';

/** A user with a password, who may do everything in the databases that `newDatabase` makes. */
export const SECRET_USER = 'secret';
export const SECRET_PASSWORD = 'p@ss/w:rd #1';
/** A user without any rights to make tables. */
export const READER = 'reader';

export interface ServerOptions {
  /** Its commits outlive the machine, for measurements. */
  readonly durable?: boolean;
  /** Programs of another release than Debian's: a folder with `initdb` and `postgres`, or MySQL's own `mysqld`. */
  readonly programs?: string;
  /** Settings of the server, as its command line has them. */
  readonly settings?: readonly string[];
  /** PostgreSQL: who may connect, as lines of pg_hba.conf that come before all others. */
  readonly rules?: readonly string[];
  /** MySQL: it joins a cluster, and has the users of that. */
  readonly isJoining?: boolean;
  /** PostgreSQL: a server that it copies and follows, until `SELECT pg_promote()`. */
  readonly standbyOf?: ServerPlace;
}

/** Where a server of a test is. */
export interface ServerPlace {
  readonly folder: string;
  readonly port: number;
}

/** What differs between the servers. */
export interface ServerWords {
  readonly init: readonly string[];
  readonly daemon: readonly string[];
  readonly client: readonly string[];
  readonly gentle: NodeJS.Signals;
  readonly hard: NodeJS.Signals;
  readonly setUp: readonly string[];
  /** Before `init`, after it. */
  prepare?(): void;
  configure?(): void;
  url(database: string): string;
  ask(sql: string, database?: string): readonly string[];
  create(database: string): readonly string[];
  grant(database: string): readonly string[];
}

/** Where Debian and others put PostgreSQL's programs, the newest first; undefined when there are none. */
export function postgresBin(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin')
    .concat('/usr/local/pgsql/bin', '/opt/homebrew/bin', '/usr/bin')
    .filter((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
    .sort((a, b) => Number(/\d+/.exec(b)?.[0] ?? 0) - Number(/\d+/.exec(a)?.[0] ?? 0))[0];
}

const MARIADB = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd'];

export function isMariadbInstalled(): boolean {
  return MARIADB.some((path) => existsSync(path)) && existsSync('/usr/bin/mariadb-install-db');
}

export function wordsOf(name: ServerName, place: ServerPlace, options: ServerOptions): ServerWords {
  return name === 'postgres' ? postgres(place, options) : mysql(place, options);
}

function postgres({ folder, port }: ServerPlace, options: ServerOptions): ServerWords {
  const { durable = false, programs, settings = [], rules = [], standbyOf } = options;
  const own = postgresBin() as string;
  // It does not run as root, and another user may not reach the folder of this project.
  const bin = programs === undefined ? own : join(folder, 'programs', 'bin');
  const data = join(folder, 'data');
  const set = (...words: readonly string[]) => words.flatMap((word) => ['-c', word]);
  const fast = durable ? [] : set('fsync=off', 'full_page_writes=off');
  const where = set('listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`);
  return {
    ...(programs !== undefined && {
      prepare: () =>
        cpSync(join(programs, '..'), join(folder, 'programs'), { recursive: true, verbatimSymlinks: true }),
    }),
    init: standbyOf
      ? [
          join(bin, 'pg_basebackup'),
          ...['-h', standbyOf.folder, '-p', String(standbyOf.port), '-U', 'postgres', '-D', data],
          ...['--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
        ]
      : [
          join(bin, 'initdb'),
          ...['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
        ],
    configure: () => {
      if (standbyOf) return;
      const lines = [
        ...rules,
        `host all ${SECRET_USER} all scram-sha-256`,
        'local all,replication all trust',
        'host all all 127.0.0.1/32 trust',
      ];
      writeFileSync(join(data, 'pg_hba.conf'), `${lines.join('\n')}\n`);
    },
    daemon: [join(bin, 'postgres'), '-D', data, '-p', String(port), ...where, ...fast, ...set(...settings)],
    // Through the socket: who may connect from elsewhere is what some tests are about.
    client: [
      ...[join(own, 'psql'), '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'],
      ...['-h', folder, '-p', String(port), '-U', 'postgres'],
    ],
    gentle: 'SIGINT',
    hard: 'SIGQUIT',
    setUp: standbyOf
      ? []
      : [`CREATE ROLE ${SECRET_USER} LOGIN PASSWORD '${SECRET_PASSWORD}'`, `CREATE ROLE ${READER} LOGIN`],
    url: (database) => `postgresql://postgres@127.0.0.1:${port}/${database}`,
    ask: (sql, database = 'postgres') => ['-d', database, '-c', sql],
    create: (database) => [`CREATE DATABASE ${database}`, `GRANT ALL ON DATABASE ${database} TO ${SECRET_USER}`],
    grant: () => [`GRANT ALL ON SCHEMA public TO ${SECRET_USER}`],
  };
}

function mysql({ folder, port }: ServerPlace, options: ServerOptions): ServerWords {
  const { durable = false, programs, settings = [], isJoining = false } = options;
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  const fast = durable ? [] : ['--innodb-flush-log-at-trx-commit=2', '--innodb-flush-method=nosync'];
  // Servers that run at once would take each other's temporary tables for their own.
  const own = [`--datadir=${data}`, `--tmpdir=${folder}`];
  const init =
    programs === undefined
      ? ['mariadb-install-db', '--no-defaults', ...own, '--auth-root-authentication-method=normal', '--skip-test-db']
      : [programs, '--no-defaults', ...own, '--user=root', '--initialize-insecure'];
  // MySQL's own has one more protocol, with a port and a socket that all would share.
  const alone = programs === undefined ? [] : ['--user=root', '--mysqlx=OFF'];
  return {
    init,
    daemon: [
      ...[programs ?? (MARIADB.find((path) => existsSync(path)) as string), '--no-defaults', ...own, ...alone],
      ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${socket}`, `--pid-file=${join(folder, 'pid')}`],
      `--log-error=${join(folder, 'server.log')}`,
      '--character-set-server=utf8mb4',
      ...(programs === undefined ? ['--collation-server=utf8mb4_general_ci'] : []),
      ...fast,
      ...settings,
    ],
    client: ['mariadb', '--no-defaults', '--batch', '--skip-column-names', `--socket=${socket}`, '--user=root'],
    gentle: 'SIGTERM',
    hard: 'SIGKILL',
    setUp: isJoining
      ? []
      : [
          `CREATE USER ${SECRET_USER}@'%' IDENTIFIED BY '${SECRET_PASSWORD}'`,
          `CREATE USER ${READER}@'%'`,
          // MySQL's own makes its administrator for `localhost` alone, which 127.0.0.1 is not everywhere.
          ...(programs === undefined ? [] : ["CREATE USER root@'127.0.0.1'", "GRANT ALL ON *.* TO root@'127.0.0.1'"]),
        ],
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
