/** A server's URL as workers on other machines are to read it. */
import { resolve } from 'node:path';
import { TuneboardError } from '../../../core/errors.ts';
import { storageMessage } from '../../../words/en/storage.ts';
import type { StoragePlace, WorkerStorage } from '../../kinds.ts';
import { type ServerUrl, serverUrlOf } from './serverUrl.ts';

/** Query options that name a file, as libpq, MySQL's clients and redis-py spell them. */
const FILES = /^(sslrootcert|sslcert|sslkey|ssl[_-](ca|cert|key)|ssl_ca_certs|ssl_certfile|ssl_keyfile)$/;
const FILE_VARIABLES = ['PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY'];
/** What libpq reads of the environment. */
const VARIABLES = ['PGHOST', 'PGPORT', 'PGUSER', 'PGOPTIONS', 'PGSSLMODE', ...FILE_VARIABLES];
/** Stands for the authorities of the machine, not for a file. */
const NO_FILE = 'system';

/** The user and relative paths are written out. `secretOf` finds a password that only this machine has. */
export async function forWorkers(
  place: StoragePlace,
  env: NodeJS.ProcessEnv,
  secretOf: (url: ServerUrl, env: NodeJS.ProcessEnv) => Promise<string | undefined> = async (url) => url.password(),
): Promise<WorkerStorage> {
  const url = serverUrlOf(place);
  const encryption = url.encryption();
  if (typeof encryption === 'object' && encryption.passphrase !== undefined) {
    throw new TuneboardError('usage', storageMessage('keyNamesPassphraseWhichNot', { url: String(url) }));
  }
  const { storage, files } = writtenOut(url);
  const handed = url.kind === 'postgresql' ? variablesOf(env) : {};
  const named = FILE_VARIABLES.flatMap((name) => handed[name] ?? []).filter((path) => path !== NO_FILE);
  return { storage, password: await secretOf(url, env), env: handed, files: [...files, ...named] };
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
