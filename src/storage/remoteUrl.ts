import { isProxyUrl } from './grpc/isProxyUrl.ts';
import { isServerUrl } from './server/serverUrl.ts';

/** Whether a storage is elsewhere, and no file. */
export function isRemoteUrl(text: string): boolean {
  return isServerUrl(text) || isProxyUrl(text);
}
