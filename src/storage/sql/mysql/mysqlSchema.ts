import type { Queries } from '../connect/serverDatabase.ts';
import { HEAD_VERSION, LIBRARY_VERSION, SCHEMA_VERSION } from '../schemaVersion.ts';
import { ALL_TABLES } from '../tables.ts';

const STATES = "ENUM('RUNNING','COMPLETE','PRUNED','FAIL','WAITING')";
const OF_STUDY = 'FOREIGN KEY(study_id) REFERENCES studies (study_id)';
const OF_TRIAL = 'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)';

const attributes = (owner: 'study' | 'trial', kind: 'user' | 'system') =>
  `${owner}_${kind}_attribute_id INTEGER NOT NULL AUTO_INCREMENT, ${owner}_id INTEGER, \`key\` VARCHAR(512),
   value_json TEXT, PRIMARY KEY (${owner}_${kind}_attribute_id), UNIQUE (${owner}_id, \`key\`),
   ${owner === 'study' ? OF_STUDY : OF_TRIAL}`;

/** As Optuna 5 has SQLAlchemy make them. */
const TABLES: Readonly<Record<(typeof ALL_TABLES)[number], string>> = {
  studies: `study_id INTEGER NOT NULL AUTO_INCREMENT, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id),
    UNIQUE INDEX ix_studies_study_name (study_name)`,
  version_info: `version_info_id INTEGER NOT NULL, schema_version INTEGER, library_version VARCHAR(256),
    PRIMARY KEY (version_info_id), CHECK (version_info_id=1)`,
  study_directions: `study_direction_id INTEGER NOT NULL AUTO_INCREMENT,
    direction ENUM('NOT_SET','MINIMIZE','MAXIMIZE') NOT NULL, study_id INTEGER NOT NULL, objective INTEGER NOT NULL,
    PRIMARY KEY (study_direction_id), UNIQUE (study_id, objective), ${OF_STUDY}`,
  study_user_attributes: attributes('study', 'user'),
  study_system_attributes: attributes('study', 'system'),
  trials: `trial_id INTEGER NOT NULL AUTO_INCREMENT, number INTEGER, study_id INTEGER, state ${STATES} NOT NULL,
    datetime_start DATETIME, datetime_complete DATETIME, PRIMARY KEY (trial_id), INDEX ix_trials_study_id (study_id),
    ${OF_STUDY}`,
  trial_user_attributes: attributes('trial', 'user'),
  trial_system_attributes: attributes('trial', 'system'),
  trial_params: `param_id INTEGER NOT NULL AUTO_INCREMENT, trial_id INTEGER, param_name VARCHAR(512),
    param_value DOUBLE, distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), ${OF_TRIAL}`,
  trial_values: `trial_value_id INTEGER NOT NULL AUTO_INCREMENT, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL,
    value DOUBLE, value_type ENUM('FINITE','INF_POS','INF_NEG') NOT NULL, PRIMARY KEY (trial_value_id),
    UNIQUE (trial_id, objective), ${OF_TRIAL}`,
  trial_intermediate_values: `trial_intermediate_value_id INTEGER NOT NULL AUTO_INCREMENT, trial_id INTEGER NOT NULL,
    step INTEGER NOT NULL, intermediate_value DOUBLE,
    intermediate_value_type ENUM('FINITE','INF_POS','INF_NEG','NAN') NOT NULL,
    PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step), ${OF_TRIAL}`,
  trial_heartbeats: `trial_heartbeat_id INTEGER NOT NULL AUTO_INCREMENT, trial_id INTEGER NOT NULL,
    heartbeat DATETIME NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), ${OF_TRIAL}`,
  alembic_version: 'version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)',
};

/**
 * Makes what is missing. MySQL commits each table by itself: makers wait for each other, and what one of them left half
 * done the next one completes.
 */
export async function createMysqlTables(queries: Queries, missing: ReadonlySet<string>): Promise<void> {
  await queries.rows("SELECT GET_LOCK(CONCAT('tuneboard ', LEFT(DATABASE(), 50)), 30)");
  try {
    for (const table of ALL_TABLES) {
      // InnoDB has the transactions and keys that Optuna counts on, whatever the server's default is.
      if (missing.has(table)) await queries.run(`CREATE TABLE IF NOT EXISTS ${table} (${TABLES[table]}) ENGINE=InnoDB`);
    }
    await queries.run(
      'INSERT IGNORE INTO version_info (version_info_id, schema_version, library_version) VALUES (1, ?, ?)',
      [SCHEMA_VERSION, LIBRARY_VERSION],
    );
    await queries.run(
      'INSERT INTO alembic_version (version_num) SELECT ? FROM version_info WHERE NOT EXISTS (SELECT 1 FROM alembic_version)',
      [HEAD_VERSION],
    );
  } finally {
    await queries.rows("SELECT RELEASE_LOCK(CONCAT('tuneboard ', LEFT(DATABASE(), 50)))").catch(() => {});
  }
}
