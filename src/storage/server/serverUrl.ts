import { userInfo } from 'node:os';
import { inspect } from 'node:util';
import { StorageError } from '../storageError.ts';
import { type Encryption, encryptionOf } from './encryption.ts';

export type ServerKind = 'postgresql' | 'mysql';

/** As SQLAlchemy takes URLs apart: user and password may be percent-encoded, and a password may hold anything but an @. */
const URL_PARTS =
  /^(?<scheme>[a-z][a-z0-9]*)(?:\+\w+)?:\/\/(?:(?<user>[^:/?@]*)(?::(?<password>[^@]*))?@)?(?:\[(?<ipv6>[^\]/?]+)\]|(?<host>[^/:?@]*))(?::(?<port>\d*))?(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/i;
const SERVER_SCHEME = /^(postgres|postgresql|mysql|mariadb)(\+\w+)?:\/\//i;
const PLACEHOLDER = /\$\{env:([^}]*)\}/g;
/** In the query of a URL: what must not be shown. */
const SECRET_OPTIONS = new Set(['password', 'passwd', 'sslpassword']);
/** In the query of a URL: what would say elsewhere whose database is meant. */
const OTHER_PLACES = [
  'service',
  'passfile',
  'read_default_file',
  'read_default_group',
  'defaults_file',
  'option_files',
];

export function isServerUrl(text: string): boolean {
  return SERVER_SCHEME.test(text);
}

/** A storage's URL as it may be shown and kept: whatever stands for a password is left out. */
export function withoutPassword(text: string): string {
  return (
    text
      .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):.*@/i, '$1:…@')
      // An @ of the user that is not written as %40.
      .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#:]*@[^/?#@:]*):[^?]*@/i, '$1:…@')
      .replace(/([?&](?:password|passwd|sslpassword)=)[^&]*/gi, '$1…')
  );
}

/** Replaces `${env:NAME}` by what the environment has. In the middle of a URL the value is percent-encoded. Throws `missing-variable`. */
export function expandEnvironment(text: string, env: NodeJS.ProcessEnv = process.env): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = env[name];
    if (value === undefined) {
      throw new StorageError(
        'missing-variable',
        `The storage is to take ${placeholder}, but there is no environment variable ${name}: set it.`,
      );
    }
    return placeholder === text ? value : encodeURIComponent(value);
  });
}

/** A database on a server, by its URL in SQLAlchemy's form. Its password is in none of the fields, and is never printed. */
export class ServerUrl {
  readonly kind: ServerKind;
  /** The URL without password, the same for every way to write it: it may be shown and kept. */
  readonly location: string;
  /** A name, an address, or the folder or path of a socket. Undefined: this machine. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly database: string;
  readonly #options: ReadonlyMap<string, string>;
  readonly #password: string | undefined;

  private constructor(parts: Record<string, string | undefined>, password: string | undefined) {
    this.kind = parts['scheme']?.toLowerCase().startsWith('postgres') ? 'postgresql' : 'mysql';
    const options = new Map(new URLSearchParams(parts['query'] ?? ''));
    this.#options = options;
    this.user = decoded(parts['user']) || options.get('user');
    // As SQLAlchemy has it: a host of the query may bring its port.
    const [, name, ownPort] = /^([^:/[\]]+):(\d+)$/.exec(options.get('host') ?? '') ?? [];
    this.host =
      name ??
      options.get('host') ??
      options.get('unix_socket') ??
      (parts['ipv6'] || decoded(parts['host']) || undefined);
    const port = ownPort || parts['port'] || options.get('port');
    this.port = port ? Number(port) : undefined;
    this.database = decoded(parts['database']) || options.get('dbname') || '';
    this.#password = password ?? decoded(parts['password']) ?? options.get('password') ?? options.get('passwd');
    this.location = this.#print(parts);
  }

  /**
   * Takes a URL such as `postgresql://user@host/database` or `mysql+pymysql://…` apart; `password` counts more than the
   * one in it. Throws `unsupported-url`.
   */
  static parse(text: string, password?: string): ServerUrl {
    const parts = isServerUrl(text) ? URL_PARTS.exec(text)?.groups : undefined;
    requireOnePlace(text);
    const url = parts && new ServerUrl(parts, password);
    // Behind an @ of the password, the rest of it would be taken for a host and a database, and shown.
    if (isServerUrl(text) && (parts ? parts['database']?.includes('@') : /@.*@/.test(text))) {
      throw new StorageError(
        'unsupported-url',
        `${withoutPassword(text)} has more than one @: write those of the user and the password as %40, or leave the password to TUNEBOARD_STORAGE_PASSWORD.`,
      );
    }
    if (!url || Number.isNaN(url.port ?? 0) || (url.port ?? 0) > 65_535) {
      throw new StorageError(
        'unsupported-url',
        `${withoutPassword(text)} is no URL of a database: write it as postgresql://user@host:5432/database or mysql://user@host:3306/database.`,
      );
    }
    if (url.database === '') {
      throw new StorageError('unsupported-url', `${url.location} names no database: add /database at its end.`);
    }
    return url;
  }

  /** Who logs in: without a user in the URL, who is at work here, as libpq and PyMySQL have it. */
  login(env: NodeJS.ProcessEnv = process.env): string | undefined {
    return this.user ?? ((this.kind === 'postgresql' && env['PGUSER']) || loginHere());
  }

  /** The URL's own, else the environment's TUNEBOARD_STORAGE_PASSWORD, PGPASSWORD or MYSQL_PWD. */
  password(env: NodeJS.ProcessEnv = process.env): string | undefined {
    return (
      this.#password ?? env['TUNEBOARD_STORAGE_PASSWORD'] ?? env[this.kind === 'mysql' ? 'MYSQL_PWD' : 'PGPASSWORD']
    );
  }

  /** The password that the URL itself brought. */
  get ownPassword(): string | undefined {
    return this.#password;
  }

  /** What libpq's `options` hands to the server, such as `-c search_path=team`. */
  get sessionOptions(): string | undefined {
    return this.#options.get('options');
  }

  /** How a connection to it is encrypted. Throws `unsupported-url` and `not-found`. */
  encryption(env: NodeJS.ProcessEnv = process.env): Encryption {
    return encryptionOf(
      {
        option: (...names) => names.map((name) => this.#options.get(name)).find((value) => value),
        host: this.host,
        isPostgres: this.kind === 'postgresql',
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

  #print(parts: Record<string, string | undefined>): string {
    const user = this.user === undefined ? '' : `${encodeURIComponent(this.user)}@`;
    const host = parts['ipv6'] ? `[${parts['ipv6']}]` : (parts['host'] ?? '');
    const port = parts['port'] ? `:${parts['port']}` : '';
    const kept = [...this.#options].filter(([name]) => !SECRET_OPTIONS.has(name) && name !== 'user');
    const query = kept.length > 0 ? `?${new URLSearchParams(kept)}` : '';
    return `${this.kind}://${user}${host}${port}/${parts['database'] ?? ''}${query}`;
  }
}

/** What names several servers, or a file that would, is refused: one of them is asked. */
function requireOnePlace(text: string): void {
  const [, place = '', query = ''] = /^[^?]*?:\/\/(?:[^/?]*@)?([^/?]*)[^?]*(?:\?(.*))?$/.exec(text) ?? [];
  const options = new URLSearchParams(query);
  const hosts = [...options.getAll('host'), ...options.getAll('hostaddr')];
  if (hosts.length > 1 || [place, ...hosts].some((one) => one.includes(','))) {
    throw new StorageError(
      'unsupported-url',
      `${withoutPassword(text)} names several hosts: write the one that takes writes, or a name that stands for it.`,
    );
  }
  const other = OTHER_PLACES.find((name) => options.has(name));
  if (other === undefined) return;
  throw new StorageError(
    'unsupported-url',
    `${withoutPassword(text)} names a file with "${other}", which is not read here: write user, host and database into the URL, and the password into TUNEBOARD_STORAGE_PASSWORD.`,
  );
}

function loginHere(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // Nobody has a name in some containers.
    return undefined;
  }
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // A per cent sign that stands for itself.
    return text;
  }
}
