import { isProxyUrl } from './proxy/isProxyUrl.ts';
import { isServerUrl } from './sql/connect/serverUrl.ts';

/** Whether a storage is elsewhere, and no file. */
export function isRemoteUrl(text: string): boolean {
  return isServerUrl(text) || isProxyUrl(text);
}
