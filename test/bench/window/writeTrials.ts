/**
 * Runs trial after trial on the study of fillStudy.ts until it is killed: URL PARAMS SEED. It sends what a worker sends, the
 * trial with its parameters, three reports and its end, and reads nothing: only who watches is measured.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

const [location = '', params = '8', seed = '0'] = process.argv.slice(2);
const STEP_MS = 50;
const RANGE = '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}';

/** Runs a statement, and returns the first cell of what it returns. */
type Ask = (sql: string) => Promise<unknown>;

async function connect(): Promise<{ ask: Ask; begin: string }> {
  if (location.startsWith('postgresql:')) {
    const client = new pg.Client({ connectionString: location });
    await client.connect();
    return {
      ask: async (sql) => Object.values((await client.query(sql)).rows[0] ?? {})[0],
      begin: 'BEGIN',
    };
  }
  if (location.startsWith('mysql:')) {
    const connection = await createConnection({ uri: location });
    return {
      ask: async (sql) => {
        const [rows] = await connection.query(sql);
        return Array.isArray(rows) ? Object.values(rows[0] ?? {})[0] : undefined;
      },
      begin: 'BEGIN',
    };
  }
  const db = new DatabaseSync(location);
  db.exec('PRAGMA busy_timeout = 60000');
  return { ask: async (sql) => Object.values(db.prepare(sql).get() ?? {})[0], begin: 'BEGIN IMMEDIATE' };
}

const { ask, begin } = await connect();
const lock = begin === 'BEGIN' ? ['SELECT study_id FROM studies WHERE study_id = 1 FOR UPDATE'] : [];
const names = Array.from({ length: Number(params) }, (_, index) => `p${index}`);
for (let count = Number(seed); ; count += 10) {
  await ask(begin);
  for (const sql of lock) await ask(sql);
  const next = Number(await ask('SELECT number FROM trials WHERE study_id = 1 ORDER BY trial_id DESC LIMIT 1')) + 1;
  const id = await ask(
    `INSERT INTO trials (number, study_id, state, datetime_start) VALUES (${next}, 1, 'RUNNING', CURRENT_TIMESTAMP) RETURNING trial_id`,
  );
  const values = names.map((name, index) => `(${id}, '${name}', ${((count * 31 + index) % 997) / 997}, '${RANGE}')`);
  await ask(`INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES ${values.join()}`);
  await ask('COMMIT');
  for (let step = 0; step < 3; step++) {
    await delay(STEP_MS);
    await ask(
      `INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (${id}, ${step}, ${1 / (step + 1)}, 'FINITE')`,
    );
  }
  await ask(begin);
  await ask(
    `INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (${id}, 0, ${1 + (count % 97)}, 'FINITE')`,
  );
  await ask(`UPDATE trials SET state = 'COMPLETE', datetime_complete = CURRENT_TIMESTAMP WHERE trial_id = ${id}`);
  await ask('COMMIT');
}
