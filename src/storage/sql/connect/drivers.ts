/// <reference path="../postgres/pgpass.d.ts" />
/** The drivers of database servers: a bundle of their own, loaded when the first server is asked. */
export { createPool as createMysqlPool } from 'mysql2';
export { Pool as PostgresPool } from 'pg';
export { serialize } from 'pg-protocol';
export { default as readPgpass } from 'pgpass';
