/** The bundle that is loaded when the first storage proxy is opened. */
export * from './library.ts';
export { openProxyLog } from './proxyLog.ts';
