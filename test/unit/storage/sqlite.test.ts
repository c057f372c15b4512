import assert from 'node:assert/strict';
import { copyFileSync, cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../../src/core/study/states.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { SqliteLog } from '../../../src/storage/sql/sqlite/sqliteLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const fixture = fileURLToPath(new URL('../../fixtures/optuna/v5/study.sqlite', import.meta.url));

function copy(t: TestContext): string {
  const path = join(temporaryFolder(t), 'study.db');
  copyFileSync(fixture, path);
  return path;
}

/** Works on a copy as another program would. */
function write(path: string, ...statements: string[]): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  for (const statement of statements) db.exec(statement);
  db.close();
}

async function open(t: TestContext, path: string): Promise<SqliteLog> {
  const log = await SqliteLog.open(path);
  t.after(() => log.close());
  return log;
}

test('follows new trials and the progress of unfinished ones', async (t) => {
  const path = copy(t);
  const log = await open(t, path);
  const study = log.studies()[0];
  assert.ok(study);
  const { history } = study;
  const before = history.length;
  assert.equal(await log.refresh(), false);
  const waiting = history.states.indexOf(TrialState.waiting);
  const running = history.states.indexOf(TrialState.running);
  const id = `(SELECT trial_id FROM trials WHERE study_id = ${study.id} AND number = `;
  const float = `'{"name": "FloatDistribution", "attributes": {"step": null, "low": -1.0, "high": 1.0, "log": false}}'`;
  write(
    path,
    `INSERT INTO trials (number, study_id, state, datetime_start) VALUES (${before}, ${study.id}, 'RUNNING', '2026-11-24 06:37:59.000001')`,
    `INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (${id} ${before}), 'x', 0.5, ${float})`,
    `INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (${id} ${running}), 5, NULL, 'NAN')`,
    `INSERT INTO trial_user_attributes (trial_id, "key", value_json) VALUES (${id} ${running}), 'k', '{"a": NaN}')`,
    `UPDATE trials SET state = 'RUNNING', datetime_start = '2026-11-24 06:38:00.000000' WHERE trial_id = ${id} ${waiting})`,
  );
  assert.equal(await log.refresh(), true);
  assert.equal(history.length, before + 1);
  assert.deepEqual(history.params(before), { x: 0.5 });
  assert.equal(history.startedAt[before], Date.UTC(2026, 10, 24, 6, 37, 59) + 0.001);
  assert.deepEqual(history.curve(running).steps, [1, 5]);
  assert.deepEqual(history.userAttrs(running), { k: { a: NaN } });
  assert.equal(history.state(waiting), TrialState.running);
  assert.equal(history.startedAt[waiting], Date.UTC(2026, 10, 24, 6, 38));
  const { revision } = history;
  write(
    path,
    `UPDATE trials SET state = 'COMPLETE', datetime_complete = '2026-11-24 06:39:00.000000' WHERE trial_id = ${id} ${running})`,
    `INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (${id} ${running}), 0, NULL, 'INF_POS')`,
  );
  await log.refresh();
  assert.deepEqual(history.changedSince(revision), [running], 'only what changed counts as changed');
  assert.equal(history.value(running), Infinity);
  assert.equal(history.completedAt[running], Date.UTC(2026, 10, 24, 6, 39));
});

test('reads a trial that is being created when it has its number', async (t) => {
  const path = copy(t);
  write(path, "INSERT INTO trials (trial_id, number, study_id, state) VALUES (900, NULL, 1, 'RUNNING')");
  const log = await open(t, path);
  const history = log.studies()[0]?.history;
  const before = history?.length as number;
  write(path, `UPDATE trials SET number = ${before} WHERE trial_id = 900`);
  await log.refresh();
  assert.equal(history?.length, before + 1);
});

test('starts over when a study was deleted and ids are used again, or the file was replaced', async (t) => {
  const path = copy(t);
  const log = await open(t, path);
  const names = (): string[] => log.studies().map((study) => study.name);
  assert.equal(names()[0], 'sqlite');
  write(
    path,
    'DELETE FROM studies WHERE study_id = 1',
    'DELETE FROM trials WHERE study_id = 1',
    "INSERT INTO studies VALUES (1, 'again')",
  );
  await log.refresh();
  assert.deepEqual(names()[0], 'again');
  assert.equal(log.studies()[0]?.history.length, 0);
  cpSync(fixture, path, { force: true });
  await log.refresh();
});

test('sees rows that are only in the write-ahead log while a writer is connected', async (t) => {
  const path = copy(t);
  const db = new DatabaseSync(path);
  t.after(() => db.close());
  db.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0');
  const log = await open(t, path);
  db.exec("INSERT INTO studies VALUES (50, 'in the side file')");
  assert.equal(await log.refresh(), true);
  assert.equal(log.studies().at(-1)?.name, 'in the side file');
});

test('tolerates nulls, missing directions, foreign columns and broken JSON', async (t) => {
  const path = copy(t);
  write(
    path,
    'ALTER TABLE trials ADD COLUMN discarded_at DATETIME',
    'ALTER TABLE studies ADD COLUMN extra TEXT',
    'DELETE FROM alembic_version',
    "UPDATE trials SET discarded_at = '2026-11-24 06:38:00' WHERE trial_id = 2",
    "INSERT INTO studies (study_id, study_name) VALUES (60, 'bare')",
    "INSERT INTO trials (trial_id, number, study_id, state) VALUES (700, 0, 60, 'RUNNING'), (701, 3, 60, 'COMPLETE')",
    "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) VALUES (700, 'broken', '{\"a\"'), (700, 'null', NULL)",
    "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (700, 'p', 1, 'no JSON')",
  );
  const log = await open(t, path);
  const { history } = log.studies().at(-1) as { history: import('../../../src/core/study/history.ts').History };
  assert.deepEqual(history.userAttrs(0), { broken: '{"a"', null: null });
  assert.ok(Number.isNaN(history.startedAt[0]));
  assert.equal(history.length, 4);
  assert.equal(history.state(2), TrialState.fail);
  assert.equal(log.warnings.length, 3);
  assert.ok(log.warnings.some((warning) => /Rustuna discarded trials/.test(warning)));
});

test('reads a parameter written by Optuna 0.x to 2.x', async (t) => {
  const path = copy(t);
  const old = `{"name": "LogUniformDistribution", "attributes": {"low": 1e-05, "high": 1}}`;
  write(
    path,
    "INSERT INTO studies (study_id, study_name) VALUES (60, 'old')",
    "INSERT INTO trials (trial_id, number, study_id, state) VALUES (700, 0, 60, 'RUNNING')",
    `INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (700, 'p', 0.5, '${old}')`,
  );
  const log = await open(t, path);
  const { history } = log.studies().at(-1) as { history: import('../../../src/core/study/history.ts').History };
  assert.deepEqual(history.distribution(0, 'p'), { type: 'float', low: 1e-5, high: 1, log: true, step: null });
});

test('a damaged trial number is skipped with a warning instead of filled up to', async (t) => {
  const path = copy(t);
  const before = (await open(t, path)).studies()[0]?.history.length;
  write(path, "INSERT INTO trials (trial_id, number, study_id, state) VALUES (9000, 4000000000, 1, 'RUNNING')");
  const log = await open(t, path);
  assert.equal(log.studies()[0]?.history.length, before);
  assert.match(log.warnings.join(), /4000000000 .* cannot be right/);
});

const bad: [name: string, code: string, message: RegExp, prepare: (path: string) => void][] = [
  [
    'from a newer Optuna',
    'newer-version',
    /newer than this version knows.*Update/,
    (path) => write(path, "UPDATE alembic_version SET version_num = 'v9.0.0.a'"),
  ],
  [
    'from an older Optuna',
    'older-version',
    /optuna storage upgrade/,
    (path) => write(path, "UPDATE alembic_version SET version_num = 'v2.6.0.a'"),
  ],
  [
    'of another program',
    'not-a-storage',
    /not one of Optuna's/,
    (path) => {
      writeFileSync(path, '');
      write(path, 'CREATE TABLE t (x)');
    },
  ],
  [
    'without one of its tables',
    'not-a-storage',
    /no table trial_values/,
    (path) => write(path, 'DROP TABLE trial_values'),
  ],
  ['cut off in the middle', 'truncated', /cut off in the middle/, (path) => truncateSync(path, 60_000)],
  ['cut off in its header', 'truncated', /middle of its header/, (path) => truncateSync(path, 12)],
  [
    'overwritten',
    'truncated',
    /damaged/,
    (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xff, 100, 20_000);
      writeFileSync(path, bytes);
    },
  ],
];
for (const [name, code, message, prepare] of bad) {
  test(`a database ${name} is one clear sentence with its name`, async (t) => {
    const path = copy(t);
    prepare(path);
    await assert.rejects(openTrialLog(path), (error: { code: string; message: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(error.message.includes(path));
      return true;
    });
  });
}

test('a locked database says so after waiting, and opens once it is free', async (t) => {
  const path = copy(t);
  const db = new DatabaseSync(path);
  t.after(() => db.close());
  db.exec('BEGIN EXCLUSIVE');
  let turns = 0;
  const ticking = setInterval(() => turns++, 20);
  await assert.rejects(openTrialLog(path), { code: 'locked' });
  clearInterval(ticking);
  assert.ok(turns > 20, 'waits without holding the event loop');
  db.exec('COMMIT');
  await (await openTrialLog(path)).close();
});
