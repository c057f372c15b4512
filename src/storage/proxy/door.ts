/** What is behind Optuna's storage proxy. */
import type { OpenOptions, StoragePlace, WritableOptions } from '../kinds.ts';
import { openProxyLog } from './proxyLog.ts';
import { ProxyStore } from './proxyStore.ts';
import { ProxyUrl } from './proxyUrl.ts';

export function openLog(location: string, { studyName }: OpenOptions) {
  return openProxyLog(location, studyName);
}

export function openStore({ path }: StoragePlace, { studyName, onWaiting }: WritableOptions) {
  return ProxyStore.open(ProxyUrl.parse(path), { studyName, onWaiting });
}
