/** The bundle that is loaded when the first database on a server is opened. */
export { createMysqlPool, PostgresPool } from './drivers.ts';
export { openServerLog } from './serverLog.ts';
