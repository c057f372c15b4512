/** Databases on PostgreSQL and MySQL servers. */
import type { OpenOptions, StoragePlace, WritableOptions } from '../kinds.ts';
import { inspectServer } from './connect/inspectServer.ts';
import { type ServerUrl, serverUrlOf } from './connect/serverUrl.ts';
import { forWorkers as workerUrl } from './connect/workerUrl.ts';
import { passwordOf } from './postgres/postgresLogin.ts';
import { openServerLog } from './read/serverLog.ts';
import { ServerStore } from './write/serverStore.ts';

export function openLog(location: string, options: OpenOptions) {
  return openServerLog(location, options);
}

export function openStore(place: StoragePlace, { studyName, signs, onWaiting }: WritableOptions) {
  return ServerStore.open(serverUrlOf(place), { create: true, studyName, signs, onWaiting });
}

export async function inspect(place: StoragePlace) {
  const url = serverUrlOf(place);
  const { server, tables } = await inspectServer(url);
  const made = tables?.optunaVersion === undefined ? '' : ` of Optuna ${tables.optunaVersion}`;
  const count = tables && `${tables.studies} ${tables.studies === 1 ? 'study' : 'studies'}`;
  const state = tables ? `tables${made} with ${count}, can be written` : "no tables yet, Optuna's can be made";
  return { found: `${url} (${server}): ${state}` };
}

export function forWorkers(place: StoragePlace, env: NodeJS.ProcessEnv) {
  return workerUrl(place, env, secretOf);
}

/** A file of this machine with passwords is nothing that a worker elsewhere has. */
async function secretOf(url: ServerUrl, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (url.kind !== 'postgresql') return url.password();
  const [host, port] = [url.host ?? (env['PGHOST'] || 'localhost'), url.port ?? (env['PGPORT'] || 5432)];
  return passwordOf(url, { host, port: Number(port), user: url.login() ?? '', database: url.database });
}
