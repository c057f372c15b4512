import { resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { ServerUrl } from '../../storage/sql/connect/serverUrl.ts';
import { passwordOf } from '../../storage/sql/postgres/postgresLogin.ts';
import type { StoragePlace } from '../../storage/writableStorage.ts';
import { clusterMessage } from '../../words/en/cluster.ts';

/** The storage as workers on other machines reach it. */
export interface WorkerStorage {
  /** An absolute path, or a URL without password whose user and files do not depend on where it is read. */
  readonly storage: string;
  /** In a job's environment and nowhere else. */
  readonly password: string | undefined;
  /** What libpq reads of the environment here, and workers are to read there; nothing secret. */
  readonly env: Readonly<Record<string, string>>;
  /** Files that the URL or the environment names: certificates and keys, which are not sent. */
  readonly files: readonly string[];
}

/** Query options that name a file, as libpq, MySQL's clients and redis-py spell them. */
const FILES = /^(sslrootcert|sslcert|sslkey|ssl[_-](ca|cert|key)|ssl_ca_certs|ssl_certfile|ssl_keyfile)$/;
const FILE_VARIABLES = ['PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY'];
const VARIABLES = ['PGHOST', 'PGPORT', 'PGUSER', 'PGOPTIONS', 'PGSSLMODE', ...FILE_VARIABLES];
/** Stands for the authorities of the machine, not for a file. */
const NO_FILE = 'system';

/**
 * What of a storage depends on this machine is written out for workers: the user, relative paths, the password that `~/.pgpass`
 * has. Throws `usage` for what cannot be handed on.
 */
export async function storageForWorkers(
  place: StoragePlace,
  env: NodeJS.ProcessEnv = process.env,
): Promise<WorkerStorage> {
  if (!('url' in place) || place.kind === 'grpc') {
    return { storage: place.path, password: undefined, env: {}, files: [] };
  }
  const { url } = place;
  requireNoPassphrase(url);
  const { storage, files } = writtenOut(url);
  const handed = place.kind === 'postgresql' ? variablesOf(env) : {};
  const named = FILE_VARIABLES.flatMap((name) => handed[name] ?? []).filter((path) => path !== NO_FILE);
  return { storage, password: await secretOf(url, env), env: handed, files: [...files, ...named] };
}

function requireNoPassphrase(url: ServerUrl): void {
  const encryption = url.encryption();
  if (typeof encryption !== 'object' || encryption.passphrase === undefined) return;
  throw new TuneboardError('usage', clusterMessage('keyNamesPassphraseWhichNot', { url: String(url) }));
}

function writtenOut(url: ServerUrl): { readonly storage: string; readonly files: readonly string[] } {
  const [base = '', query = ''] = url.location.split(/\?(.*)/s);
  const options = new URLSearchParams(query);
  const files: string[] = [];
  for (const [name, path] of [...options]) {
    if (!FILES.test(name) || path === NO_FILE) continue;
    options.set(name, resolve(path));
    files.push(resolve(path));
  }
  const login = url.user === undefined ? url.login() : undefined;
  const withUser = login === undefined ? base : base.replace('://', `://${encodeURIComponent(login)}@`);
  return { storage: options.size === 0 ? withUser : `${withUser}?${options}`, files };
}

function variablesOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const given = VARIABLES.flatMap((name) => {
    const value = env[name];
    if (!value) return [];
    return [[name, FILE_VARIABLES.includes(name) && value !== NO_FILE ? resolve(value) : value] as const];
  });
  return Object.fromEntries(given);
}

/** A file of this machine with passwords is nothing that a worker elsewhere has. */
function secretOf(url: ServerUrl, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (url.kind !== 'postgresql') return Promise.resolve(url.password());
  const [host, port] = [url.host ?? (env['PGHOST'] || 'localhost'), url.port ?? (env['PGPORT'] || 5432)];
  return passwordOf(url, { host, port: Number(port), user: url.login() ?? '', database: url.database });
}

const HERE = /^(localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/i;

/** Whether a storage's server is named by what means another machine to each machine. */
export function isOfThisMachine(place: StoragePlace, env: NodeJS.ProcessEnv = process.env): boolean {
  if (!('url' in place)) return false;
  if (place.kind === 'grpc') return HERE.test(place.url.host);
  const elsewhere = place.kind === 'postgresql' ? env['PGHOST'] : undefined;
  return place.url.hosts.every(({ host }) => HERE.test(host ?? elsewhere ?? 'localhost'));
}

export function hereSentence({ path }: StoragePlace): string {
  return `${path} is on this machine by its name: workers on other machines do not find it, name the host that they reach.`;
}
