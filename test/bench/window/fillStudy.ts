/** A database with one large study in it, filled by its own server, and processes that go on with that study. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Direction } from '../../../src/core/study/states.ts';
import { openWritableStorage, storagePlace } from '../../../src/storage/writableStorage.ts';
import { type ServerName, startServer } from '../../support/servers.ts';

export type StorageName = ServerName | 'sqlite';

/** What a study of the bench is like. */
export interface StudyShape {
  readonly trials: number;
  readonly params: number;
  /** Of each trial. */
  readonly reports: number;
}

export interface FilledStudy {
  readonly location: string;
  /** Starts a process that runs trial after trial, each with the study's parameters and three reports, until it is killed. */
  write(seed: number): ChildProcess;
  dispose(): Promise<void>;
}

/** Makes a study named `bench` with finished trials. */
export async function fillStudy(storage: StorageName, shape: StudyShape): Promise<FilledStudy> {
  const database = storage === 'sqlite' ? sqliteDatabase() : await serverDatabase(storage);
  try {
    const log = await openWritableStorage(storagePlace(database.location, '.'));
    await log.createStudy({ name: 'bench', directions: [Direction.minimize] });
    await log.close();
    for (const sql of filling(storage, shape)) await database.run(sql);
    const writer = fileURLToPath(new URL('writeTrials.ts', import.meta.url));
    return {
      location: database.location,
      write: (seed) =>
        spawn(process.execPath, [writer, database.location, String(shape.params), String(seed)], { stdio: 'inherit' }),
      dispose: database.dispose,
    };
  } catch (error) {
    await database.dispose();
    throw error;
  }
}

interface Database {
  readonly location: string;
  run(sql: string): Promise<unknown>;
  dispose(): Promise<void>;
}

function sqliteDatabase(): Database {
  const location = join(tmpdir(), `tuneboard-window-${process.pid}.db`);
  const dispose = async () => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(location + suffix, { force: true });
  };
  const run = async (sql: string) => {
    const db = new DatabaseSync(location);
    db.exec(sql);
    db.close();
  };
  return { location, run, dispose };
}

async function serverDatabase(name: ServerName): Promise<Database> {
  const server = await startServer(name);
  const location = await server.newDatabase();
  const run = (sql: string) => server.admin(sql, location.slice(location.lastIndexOf('/') + 1));
  return { location, run, dispose: () => server.dispose() };
}

/** The numbers 0 … count − 1 as a table with the column n. */
const NUMBERS: Readonly<Record<StorageName, (count: number) => string>> = {
  postgres: (count) => `(SELECT generate_series(0, ${count - 1}) AS n) AS numbers`,
  mysql: (count) => `(SELECT seq AS n FROM seq_0_to_${count - 1}) AS numbers`,
  sqlite: (count) =>
    `(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < ${count - 1}) SELECT n FROM c) AS numbers`,
};

const RANGE = '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}';

function filling(storage: StorageName, { trials, params, reports }: StudyShape): string[] {
  const numbers = NUMBERS[storage];
  const name = storage === 'mysql' ? "CONCAT('p', n)" : "'p' || n";
  const each = (table: string, columns: string, values: string, count: number) =>
    `INSERT INTO ${table} (trial_id, ${columns}) SELECT trial_id, ${values} FROM trials CROSS JOIN ${numbers(count)}`;
  const made = "'2026-01-01 00:00:00', '2026-01-01 00:01:00'";
  const value = (salt: string) => `((trial_id * 7919 + ${salt}) % 9973) / 9973.0`;
  return [
    `INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) SELECT n, 1, 'COMPLETE', ${made} FROM ${numbers(trials)} ORDER BY n`,
    each(
      'trial_params',
      'param_name, param_value, distribution_json',
      `${name}, ${value('n * 31')}, '${RANGE}'`,
      params,
    ),
    each('trial_values', 'objective, value, value_type', `n, ${value('n')}, 'FINITE'`, 1),
    ...(reports === 0
      ? []
      : [
          each(
            'trial_intermediate_values',
            'step, intermediate_value, intermediate_value_type',
            `n, ${value('n * 17')}, 'FINITE'`,
            reports,
          ),
        ]),
    ...(storage === 'postgres' ? ['ANALYZE'] : []),
  ];
}
