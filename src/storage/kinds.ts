/**
 * Every kind of storage, one row each. What opens, writes, watches, inspects or trusts a storage looks here, and names no kind
 * itself: a new storage is a folder with a door (what is loaded when the first one is opened) and a row.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrialLog, WritableTrialLog } from '../core/study/studyStore.ts';
import { ProxyUrl } from './proxy/proxyUrl.ts';
import type { FileRules } from './regularFile.ts';
import type { OnWaiting } from './retry.ts';
import { isRedisUrl, ServerUrl } from './sql/connect/serverUrl.ts';

/** The URL of a storage elsewhere, taken apart. */
export interface StorageUrl {
  /** Without its password, the same for every way to write it: it may be shown and kept. */
  readonly location: string;
  /** The password that the URL itself brought. */
  readonly ownPassword: string | undefined;
  /** The hosts that it names, with what the environment adds; `localhost` for none. */
  hostNames(env: NodeJS.ProcessEnv): readonly string[];
}

/** Where a study is kept. */
export interface StoragePlace {
  /** The `name` of a row. */
  readonly kind: string;
  /** An absolute path, or the URL's location. */
  readonly path: string;
  /** Undefined for files. */
  readonly url?: StorageUrl;
}

export interface OpenOptions {
  /** Of a database on a server. Default: what its URL has, else the environment. */
  readonly password?: string | undefined;
  /** The only study that is wanted: a storage elsewhere may then leave out the others. */
  readonly studyName?: string | undefined;
  /**
   * The study's folder, of a location that a run record named: only a regular file in it of at most
   * `FILE_LIMITS.recordedStorage` bytes is opened. No server is asked, no `${env:…}` replaced, and no password,
   * certificate or link out of the folder is used. Default: a person named the location.
   */
  readonly within?: string | undefined;
}

export interface WritableOptions {
  /** Awaited before a journal file is opened. */
  readonly beforeJournal?: ((path: string) => Promise<void>) | undefined;
  /** The only study that is wanted: a storage elsewhere then leaves out the others. */
  readonly studyName?: string | undefined;
  /** Its trials carry no owner: on MySQL they name their writer, so that a crash of the server mixes up none of one second. */
  readonly signs?: boolean | undefined;
  /** Called when a storage is away and waited for, and when it is there again. */
  readonly onWaiting?: OnWaiting | undefined;
}

/** Whether studies can be kept in a storage, for a person. */
export interface Inspection {
  readonly found: string;
  /** What has to be done first; undefined: nothing. */
  readonly missing?: string;
}

/** What workers on other machines need to reach a storage. */
export interface WorkerStorage {
  /** An absolute path, or a URL without password whose user and files do not depend on where it is read. */
  readonly storage: string;
  /** In a job's environment and nowhere else. */
  readonly password: string | undefined;
  /** Environment variables that workers are to have; nothing secret. */
  readonly env: Readonly<Record<string, string>>;
  /** Files that the URL or the environment names: certificates and keys, which are not sent. */
  readonly files: readonly string[];
}

/** What a kind can do, loaded with its drivers when the first storage of it is opened. */
export interface StorageDoor {
  /** Opens for reading. Throws StorageError, whose sentence never has a password. */
  openLog(location: string, options: OpenOptions & FileRules): Promise<TrialLog>;
  /** Opens for writing, made if missing. Undefined: nothing is written to this kind. */
  readonly openStore?: (place: StoragePlace, options: WritableOptions) => Promise<WritableTrialLog>;
  /** Default: it is opened, and its studies are counted. */
  readonly inspect?: (place: StoragePlace) => Promise<Inspection>;
  /** Default: workers get the place's `path`. Throws `usage` for what cannot be handed on. */
  readonly forWorkers?: (place: StoragePlace, env: NodeJS.ProcessEnv) => Promise<WorkerStorage>;
}

export interface StorageKind {
  /** The `kind` of its logs. */
  readonly name: string;
  /** As a person calls it. */
  readonly label: string;
  /** Whether a text names such a storage, rightly or not. Files are recognised by their content when they are read. */
  accepts(text: string): boolean;
  /** Takes a URL apart. Throws `unsupported-url`. Undefined: a file. */
  readonly parse?: (text: string, password?: string) => StorageUrl;
  /** Of a file: its path, relative to the study's folder, in what a setting says. Default: the text itself. */
  readonly pathIn?: (text: string) => string;
  /** Of a file: what names it whatever its path ends with. Default: the path. */
  readonly textOf?: (path: string) => string;
  load(): Promise<StorageDoor>;
  /** `file`: the operating system tells of changes. `poll`: it is asked. */
  readonly watch: 'file' | 'poll';
  /** The longest time between two questions while nothing changes, in milliseconds. */
  readonly pollMs: number;
  /** Whether a server may want a password. */
  readonly takesPassword: boolean;
  /** What a copy into it loses: fractions of seconds, the sign of zero. */
  readonly loses: readonly ('fractions' | 'minus zero')[];
}

/** Network drives report no changes: files are looked at as often as this, in milliseconds. */
const FILE_POLL_MS = 2000;
const file = { watch: 'file', pollMs: FILE_POLL_MS, takesPassword: false } as const;
const elsewhere = { watch: 'poll' } as const;
const server = {
  ...elsewhere,
  parse: ServerUrl.parse,
  pollMs: 4000,
  takesPassword: true,
  load: () => import('./sql/door.ts'),
} as const;
/** As SQLAlchemy has it: three slashes before a relative path, four before an absolute one. */
const SQLITE_URL = /^sqlite(?:\+\w+)?:\/\/\/(?!:memory:)([^?]+)/i;

/** The first row that accepts a text counts. */
const KINDS: StorageKind[] = [
  {
    ...server,
    name: 'postgresql',
    label: 'PostgreSQL',
    accepts: (text) => /^postgres(ql)?(\+\w+)?:\/\//i.test(text),
    loses: [],
  },
  {
    ...server,
    name: 'mysql',
    label: 'MySQL',
    accepts: (text) => /^(mysql|mariadb)(\+\w+)?:\/\//i.test(text),
    loses: ['fractions', 'minus zero'],
  },
  {
    ...server,
    name: 'redis',
    label: 'Redis',
    accepts: isRedisUrl,
    // It is asked for one number.
    pollMs: 1000,
    load: () => import('./journal/redis/door.ts'),
    loses: [],
  },
  {
    ...elsewhere,
    name: 'grpc',
    label: 'storage proxy',
    accepts: (text) => /^grpcs?:\/\//i.test(text),
    parse: ProxyUrl.parse,
    // It is asked for the trials that are not known yet.
    pollMs: 1000,
    takesPassword: false,
    load: () => import('./proxy/door.ts'),
    loses: [],
  },
  {
    ...file,
    name: 'sqlite',
    label: 'SQLite',
    accepts: (text) => SQLITE_URL.test(text) || (!isUrl(text) && /\.(db|sqlite3?)$/i.test(text)),
    pathIn: (text) => SQLITE_URL.exec(text)?.[1] ?? text,
    textOf: (path) => `sqlite:///${path}`,
    load: () => import('./sql/sqlite/door.ts'),
    loses: ['minus zero'],
  },
  {
    ...file,
    name: 'journal',
    label: 'journal',
    accepts: (text) => /^(file|journal):/i.test(text) || !isUrl(text),
    pathIn: (text) => (/^file:/i.test(text) ? fileURLToPath(text) : text.replace(/^journal:\/\/\//i, '/')),
    load: () => import('./journal/door.ts'),
    loses: [],
  },
  // Is read only, and recognised by its content alone.
  { ...file, name: 'text', label: 'log', accepts: () => false, load: () => import('./log/door.ts'), loses: [] },
];

/** Adds a kind before all others; returns what removes it. */
export function registerKind(kind: StorageKind): () => void {
  KINDS.unshift(kind);
  return () => {
    if (KINDS.includes(kind)) KINDS.splice(KINDS.indexOf(kind), 1);
  };
}

export function kindOf(text: string): StorageKind | undefined {
  return KINDS.find((kind) => kind.accepts(text));
}

/** Throws for a name that is in no row. */
export function kindNamed(name: string): StorageKind {
  const found = KINDS.find((kind) => kind.name === name);
  if (!found) throw new RangeError(`There is no storage of the kind "${name}".`);
  return found;
}

/** The kind of a storage that is elsewhere; undefined for files and for what no kind accepts. */
export function remoteKindOf(text: string): StorageKind | undefined {
  const kind = kindOf(text);
  return kind?.parse && kind;
}

export function isRemoteUrl(text: string): boolean {
  return remoteKindOf(text) !== undefined;
}

/** A storage's URL taken apart; undefined for files. Throws `unsupported-url`. */
export function storageUrl(text: string): StorageUrl | undefined {
  return remoteKindOf(text)?.parse?.(text);
}

/** The same, where its server may want a password. Throws `unsupported-url`. */
export function serverUrl(text: string): StorageUrl | undefined {
  const kind = remoteKindOf(text);
  return kind?.takesPassword ? kind.parse?.(text) : undefined;
}

/** The place that a text names, relative to `folder`; undefined where no kind accepts it. Throws `unsupported-url`. */
export function placeOf(text: string, folder: string): StoragePlace | undefined {
  const kind = kindOf(text);
  if (!kind) return undefined;
  const url = kind.parse?.(text);
  if (url) return { kind: kind.name, path: url.location, url };
  return { kind: kind.name, path: resolve(folder, kind.pathIn?.(text) ?? text) };
}

const HERE = /^(localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/i;

/** Whether a storage's server is named by what means another machine to each machine. */
export function isOfThisMachine({ url }: StoragePlace, env: NodeJS.ProcessEnv = process.env): boolean {
  return url?.hostNames(env).every((host) => HERE.test(host)) ?? false;
}

/**
 * A storage as workers on other machines reach it: what of it depends on this machine is written out. Throws `usage` for what
 * cannot be handed on.
 */
export async function storageForWorkers(
  place: StoragePlace,
  env: NodeJS.ProcessEnv = process.env,
): Promise<WorkerStorage> {
  const { forWorkers } = await kindNamed(place.kind).load();
  return forWorkers?.(place, env) ?? { storage: place.path, password: undefined, env: {}, files: [] };
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}
