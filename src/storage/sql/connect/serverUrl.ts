import { userInfo } from 'node:os';
import { inspect } from 'node:util';
import { storageMessage } from '../../../words/en/storage.ts';
import { StorageError } from '../../storageError.ts';
import { type Encryption, encryptionOf } from './encryption.ts';
import { CONNECT_MS } from './serverDatabase.ts';
import { decoded, hostsOf, hostText, type ServerHost } from './serverHosts.ts';

export type ServerKind = 'postgresql' | 'mysql' | 'redis';

/** As SQLAlchemy takes URLs apart: user and password may be percent-encoded, and a password may hold anything but an @. */
const URL_PARTS =
  /^(?<scheme>[a-z][a-z0-9]*)(?:\+\w+)?:\/\/(?:(?<user>[^:/?@]*)(?::(?<password>[^@]*))?@)?(?<hosts>(?:\[[^\]/?]+\]|[^/:?@,]*)(?::\d*)?(?:,(?:\[[^\]/?]+\]|[^/:?@,]*)(?::\d*)?)*)(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/i;
const SERVER_SCHEME = /^(postgres|postgresql|mysql|mariadb|rediss?)(\+\w+)?:\/\//i;
const PLACEHOLDER = /\$\{env:([^{}]*)\}/g;
/** In the query of a URL: what must not be shown, or stands elsewhere in it. */
const UNSHOWN_OPTIONS = new Set(['password', 'passwd', 'sslpassword', 'ssl_password', 'user', 'db']);
/** Longer than anybody waits, and less than a timer can. */
const LONGEST_MS = 86_400_000;
/** In the query of a URL: which servers are meant. */
const HOST_OPTIONS = new Set(['host', 'hostaddr', 'unix_socket', 'port']);
/** In the query of a URL: what would say elsewhere whose database is meant. */
const OTHER_PLACES = [
  'service',
  'passfile',
  'read_default_file',
  'read_default_group',
  'defaults_file',
  'option_files',
];
/** Where each kind's clients look for a password. */
const PASSWORD_VARIABLES = { postgresql: 'PGPASSWORD', mysql: 'MYSQL_PWD', redis: 'REDISCLI_AUTH' } as const;
const EXAMPLES =
  'postgresql://user@host:5432/database, mysql://user@host:3306/database or redis://user@host:6379/0?prefix=name';

/** Finds the password of a server's URL within a text: behind `$1:`. It may hold a slash. */
export const SERVER_PASSWORD =
  /((?:postgres|postgresql|mysql|mariadb|rediss?)(?:\+\w{1,20})?:\/\/[^\s:/@'"]{0,200}):[^\s@'"]{1,200}(?=@)/gi;

export function isServerUrl(text: string): boolean {
  return SERVER_SCHEME.test(text);
}

export function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//i.test(text);
}

/** A storage's URL as it may be shown and kept: whatever stands for a password is left out. */
export function withoutPassword(text: string): string {
  return (
    text
      .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):.*@/i, '$1:…@')
      // An @ of the user that is not written as %40.
      .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#:]*@[^/?#@:]*):[^?]*@/i, '$1:…@')
      .replace(/([?&](?:password|passwd|ssl_?password)=)[^&]*/gi, '$1…')
  );
}

/** Replaces `${env:NAME}` by what the environment has. In the middle of a URL the value is percent-encoded. Throws `missing-variable`. */
export function expandEnvironment(text: string, env: NodeJS.ProcessEnv = process.env): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = env[name];
    if (value === undefined) {
      throw new StorageError('missing-variable', storageMessage('storageTakeButThereNo', { placeholder, name }));
    }
    return placeholder === text ? value : encodeURIComponent(value);
  });
}

/**
 * A database on a server, by its URL in SQLAlchemy's form, or in that of Redis's clients. Its password is in none of the
 * fields, and is never printed.
 */
export class ServerUrl {
  readonly kind: ServerKind;
  /** The URL without password, the same for every way to write it: it may be shown and kept. */
  readonly location: string;
  /** In the order in which they are to be tried; none where the URL cannot mean any. */
  readonly hosts: readonly ServerHost[];
  readonly user: string | undefined;
  /** Its name; Redis has numbers, from 0. */
  readonly database: string;
  readonly #scheme: string;
  readonly #parts: Readonly<Record<string, string | undefined>>;
  readonly #options: ReadonlyMap<string, string>;
  readonly #password: string | undefined;

  private constructor(parts: Record<string, string | undefined>, password: string | undefined) {
    const scheme = parts['scheme']?.toLowerCase() ?? '';
    this.kind = scheme.startsWith('postgres') ? 'postgresql' : scheme.startsWith('redis') ? 'redis' : 'mysql';
    this.#scheme = this.kind === 'redis' ? scheme : this.kind;
    const query = new URLSearchParams(parts['query'] ?? '');
    const options = new Map(query);
    this.#parts = parts;
    this.#options = options;
    this.user = decoded(parts['user']) || options.get('user');
    this.hosts = hostsOf(parts['hosts'] ?? '', query);
    this.database = decoded(parts['database']) || options.get('dbname') || '';
    // As Redis's clients have it.
    if (this.kind === 'redis') this.database = options.get('db') ?? (this.database || '0');
    this.#password = password ?? decoded(parts['password']) ?? options.get('password') ?? options.get('passwd');
    this.location = this.#print();
  }

  /**
   * Takes a URL such as `postgresql://user@host/database` or `mysql+pymysql://…` apart; `password` counts more than the
   * one in it. It may name several servers, as libpq or as SQLAlchemy does. Throws `unsupported-url`.
   */
  static parse(text: string, password?: string): ServerUrl {
    const parts = isServerUrl(text) ? URL_PARTS.exec(text)?.groups : undefined;
    requireNoFile(text, parts?.['query']);
    const url = parts && new ServerUrl(parts, password);
    // Behind an @ of the password, the rest of it would be taken for a host and a database, and shown.
    if (isServerUrl(text) && (parts ? parts['database']?.includes('@') : /@.*@/.test(text))) {
      throw new StorageError(
        'unsupported-url',
        storageMessage('moreThanOneWriteThose', { text: withoutPassword(text) }),
      );
    }
    if (!url || url.hosts.length === 0) {
      throw new StorageError(
        'unsupported-url',
        storageMessage('noUrlDatabaseWrite', { text: withoutPassword(text), examples: EXAMPLES }),
      );
    }
    if (url.database === '') {
      throw new StorageError(
        'unsupported-url',
        storageMessage('namesNoDatabaseAddDatabase', { location: url.location }),
      );
    }
    if (url.kind === 'redis' && url.hosts.length > 1) {
      throw new StorageError(
        'unsupported-url',
        storageMessage('namesSeveralHostsWriteOne', { location: url.location }),
      );
    }
    const wait = url.#options.get('connect_timeout') ?? '';
    if (Number.isNaN(Number(wait))) {
      throw new StorageError(
        'unsupported-url',
        storageMessage('waitsServersConnectTimeoutWhich', { location: url.location, wait }),
      );
    }
    if (url.kind === 'redis' && !/^\d{1,9}$/.test(url.database)) {
      throw new StorageError(
        'unsupported-url',
        storageMessage('namesDatabaseButThoseRedis', { location: url.location, database: url.database }),
      );
    }
    return url;
  }

  /** Of the first server: a name, an address, or the folder or path of a socket. Undefined: this machine. */
  get host(): string | undefined {
    return this.hosts[0]?.host;
  }

  get port(): number | undefined {
    return this.hosts[0]?.port;
  }

  /**
   * The same database on each server alone, in the order in which they are to be tried. Where the URL names none, those of
   * the environment's PGHOST and PGPORT, as libpq has it, if they are several.
   */
  servers(env: NodeJS.ProcessEnv = process.env): readonly ServerUrl[] {
    const { PGHOST: host = '', PGPORT: port = '' } = env;
    const isElsewhere = this.kind === 'postgresql' && this.host === undefined && this.hosts.length === 1;
    const hosts = isElsewhere && host.includes(',') ? hostsOf('', new URLSearchParams({ host, port })) : this.hosts;
    if (hosts.length < 2) return [this];
    const query = new URLSearchParams([...this.#options].filter(([name]) => !HOST_OPTIONS.has(name)));
    return hosts.map(
      (one) => new ServerUrl({ ...this.#parts, hosts: hostText(one), query: `${query}` }, this.#password),
    );
  }

  /** The user name: without one in the URL, this account's, as in libpq and PyMySQL; on Redis its default user. */
  login(env: NodeJS.ProcessEnv = process.env): string | undefined {
    if (this.kind === 'redis') return this.user;
    return this.user ?? ((this.kind === 'postgresql' && env['PGUSER']) || loginHere());
  }

  /** The URL's own, else the environment's TUNEBOARD_STORAGE_PASSWORD, PGPASSWORD, MYSQL_PWD or REDISCLI_AUTH. */
  password(env: NodeJS.ProcessEnv = process.env): string | undefined {
    return this.#password ?? env['TUNEBOARD_STORAGE_PASSWORD'] ?? env[PASSWORD_VARIABLES[this.kind]];
  }

  /** The password that the URL itself brought. */
  get ownPassword(): string | undefined {
    return this.#password;
  }

  /** Of PostgreSQL, the environment's PGHOST stands for a host that is left out. */
  hostNames(env: NodeJS.ProcessEnv): readonly string[] {
    const other = (this.kind === 'postgresql' && env['PGHOST']) || 'localhost';
    return this.hosts.map(({ host }) => host ?? other);
  }

  /** How long connecting to one server may take, in milliseconds: `connect_timeout`, in seconds, as libpq and PyMySQL have it. */
  get connectMs(): number {
    const seconds = Number(this.#options.get('connect_timeout'));
    return seconds > 0 ? Math.min(1000 * seconds, LONGEST_MS) : CONNECT_MS;
  }

  /** What libpq's `options` hands to the server, such as `-c search_path=team`. */
  get sessionOptions(): string | undefined {
    return this.#options.get('options');
  }

  /** What Optuna's `JournalRedisBackend` calls `prefix`: what all keys of a storage begin with. */
  get keyPrefix(): string {
    return this.#options.get('prefix') ?? '';
  }

  /** How a connection to it is encrypted. Throws `unsupported-url` and `not-found`. */
  encryption(env: NodeJS.ProcessEnv = process.env): Encryption {
    return encryptionOf(
      {
        option: (...names) => names.map((name) => this.#options.get(name)).find((value) => value),
        host: this.host,
        kind: this.kind,
        mustEncrypt: this.#scheme === 'rediss',
        location: this.location,
      },
      env,
    );
  }

  toString(): string {
    return this.location;
  }

  [inspect.custom](): string {
    return this.location;
  }

  #print(): string {
    const parts = this.#parts;
    const user = this.user === undefined ? '' : `${encodeURIComponent(this.user)}@`;
    const areSeveral = this.hosts.length > 1;
    const place = areSeveral ? this.hosts.map(hostText).join(',') : (parts['hosts'] ?? '');
    const isLeftOut = (name: string) =>
      UNSHOWN_OPTIONS.has(name.toLowerCase()) || (areSeveral && HOST_OPTIONS.has(name));
    const kept = [...this.#options].filter(([name]) => !isLeftOut(name));
    const query = kept.length > 0 ? `?${new URLSearchParams(kept)}` : '';
    const database = this.kind === 'redis' ? this.database : (parts['database'] ?? '');
    return `${this.#scheme}://${user}${place}/${database}${query}`;
  }
}

/** A file that would say whose database is meant is refused: it is not read. */
function requireNoFile(text: string, query = /^[^?]*\?(.*)$/.exec(text)?.[1]): void {
  const options = new URLSearchParams(query);
  const other = OTHER_PLACES.find((name) => options.has(name));
  if (other === undefined) return;
  throw new StorageError(
    'unsupported-url',
    storageMessage('namesFileWhichNotRead', { text: withoutPassword(text), other }),
  );
}

/** Of a place on a server. Throws `unsupported-url`. */
export function serverUrlOf({ path, url }: { readonly path: string; readonly url?: unknown }): ServerUrl {
  return url instanceof ServerUrl ? url : ServerUrl.parse(path);
}

function loginHere(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // Nobody has a name in some containers.
    return undefined;
  }
}
