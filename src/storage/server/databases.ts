/** The bundle that is loaded when the first database on a server is opened. */
export { createMysqlPool, PostgresPool, readPgpass, serialize } from './drivers.ts';
export { openServerLog } from './serverLog.ts';
