/** The bundle that is loaded when the first database on a server is opened. */
export * from '../door.ts';
export { createMysqlPool, PostgresPool, readPgpass, serialize } from './drivers.ts';
