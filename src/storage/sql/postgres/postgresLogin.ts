import { existsSync } from 'node:fs';
import type { ConnectionParameters } from 'pgpass';
import { loadDrivers } from '../connect/loadDrivers.ts';
import type { ServerUrl } from '../connect/serverUrl.ts';

/** Debian's, and PostgreSQL's own. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];

/** Where a server is whose URL names no host: as libpq has it, behind a socket of this machine. Undefined: the driver's default. */
export function hostOf(url: ServerUrl, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (url.host !== undefined || env['PGHOST']) return url.host;
  return SOCKET_FOLDERS.find((folder) => existsSync(`${folder}/.s.PGSQL.${url.port ?? (env['PGPORT'] || 5432)}`));
}

/** The password as the driver asks for it: the URL's or the environment's, else what `~/.pgpass` (or PGPASSFILE) has. */
export async function passwordOf(url: ServerUrl, place: ConnectionParameters): Promise<string | undefined> {
  const password = url.password();
  if (password !== undefined) return password;
  const { readPgpass } = await loadDrivers();
  return new Promise((resolve) => readPgpass(place, resolve));
}
