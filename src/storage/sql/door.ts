/** Databases on PostgreSQL and MySQL servers. */
import type { OpenOptions, StoragePlace, WritableOptions } from '../kinds.ts';
import { inspectServer } from './connect/inspectServer.ts';
import { serverUrlOf } from './connect/serverUrl.ts';
import { openServerLog } from './read/serverLog.ts';
import { ServerStore } from './write/serverStore.ts';

export { forWorkers } from './connect/workerUrl.ts';

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
