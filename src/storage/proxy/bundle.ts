/** The bundle that is loaded when the first storage proxy is opened. */
export { Client, credentials, Reader, Writer } from './library.ts';
export { openProxyLog } from './proxyLog.ts';
