/** Journals on Redis servers. */
import type { OpenOptions, StoragePlace, WritableOptions } from '../../kinds.ts';
import { serverUrlOf } from '../../sql/connect/serverUrl.ts';
import { inspectRedis } from './inspectRedis.ts';
import { openRedisLog, openRedisStore } from './openRedis.ts';

export { forWorkers } from '../../sql/connect/workerUrl.ts';

export function openLog(location: string, options: OpenOptions) {
  return openRedisLog(location, options);
}

export function openStore(place: StoragePlace, { onWaiting }: WritableOptions) {
  return openRedisStore(serverUrlOf(place), { onWaiting });
}

export async function inspect(place: StoragePlace) {
  const url = serverUrlOf(place);
  const { server, studies, lines, risks } = await inspectRedis(url);
  const state = lines === 0 ? 'no studies yet' : `${studies} ${studies === 1 ? 'study' : 'studies'}`;
  return { found: `${url} (${server}): ${state}`, ...(risks.length > 0 && { missing: risks.join(' ') }) };
}
