import type { DatabaseSync } from 'node:sqlite';
import { HEAD_VERSION, LIBRARY_VERSION, SCHEMA_VERSION } from '../schemaVersion.ts';

/** Makes the tables of an Optuna database in a file that has none, in one transaction; else does nothing. */
export function createSchema(db: DatabaseSync, isLocal: boolean): void {
  if (hasTables(db)) return;
  if (isLocal) db.exec('PRAGMA journal_mode = WAL');
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    if (!hasTables(db)) {
      for (const [name, columns] of TABLES) {
        db.exec(`CREATE TABLE ${name} (\n\t${columns.join(', \n\t')}\n)`);
        for (const index of INDICES[name] ?? []) db.exec(index);
      }
      const version = 'INSERT INTO version_info (version_info_id, schema_version, library_version) VALUES (1, ?, ?)';
      db.prepare(version).run(SCHEMA_VERSION, LIBRARY_VERSION);
      db.prepare('INSERT INTO alembic_version (version_num) VALUES (?)').run(HEAD_VERSION);
    }
    db.exec('COMMIT');
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** After an error SQLite may have done it by itself. */
export function rollBack(db: DatabaseSync): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // No transaction is open any more.
  }
}

function hasTables(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() !== undefined;
}

const INDICES: Readonly<Record<string, readonly string[]>> = {
  studies: ['CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name)'],
  trials: ['CREATE INDEX ix_trials_study_id ON trials (study_id)'],
};

const OF_STUDY = 'FOREIGN KEY(study_id) REFERENCES studies (study_id)';
const OF_TRIAL = 'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)';

function attributes(owner: 'study' | 'trial', kind: 'user' | 'system'): [string, readonly string[]] {
  const id = `${owner}_${kind}_attribute_id`;
  const columns = [
    `${id} INTEGER NOT NULL`,
    `${owner}_id INTEGER`,
    '"key" VARCHAR(512)',
    'value_json TEXT',
    `PRIMARY KEY (${id})`,
    `UNIQUE (${owner}_id, "key")`,
    owner === 'study' ? OF_STUDY : OF_TRIAL,
  ];
  return [`${owner}_${kind}_attributes`, columns];
}

/** To the letter as Optuna 5 makes them, in its order. */
const TABLES: readonly (readonly [name: string, columns: readonly string[]])[] = [
  ['studies', ['study_id INTEGER NOT NULL', 'study_name VARCHAR(512) NOT NULL', 'PRIMARY KEY (study_id)']],
  [
    'version_info',
    [
      'version_info_id INTEGER NOT NULL',
      'schema_version INTEGER',
      'library_version VARCHAR(256)',
      'PRIMARY KEY (version_info_id)',
      'CHECK (version_info_id=1)',
    ],
  ],
  [
    'study_directions',
    [
      'study_direction_id INTEGER NOT NULL',
      'direction VARCHAR(8) NOT NULL',
      'study_id INTEGER NOT NULL',
      'objective INTEGER NOT NULL',
      'PRIMARY KEY (study_direction_id)',
      'UNIQUE (study_id, objective)',
      OF_STUDY,
    ],
  ],
  attributes('study', 'user'),
  attributes('study', 'system'),
  [
    'trials',
    [
      'trial_id INTEGER NOT NULL',
      'number INTEGER',
      'study_id INTEGER',
      'state VARCHAR(8) NOT NULL',
      'datetime_start DATETIME',
      'datetime_complete DATETIME',
      'PRIMARY KEY (trial_id)',
      OF_STUDY,
    ],
  ],
  attributes('trial', 'user'),
  attributes('trial', 'system'),
  [
    'trial_params',
    [
      'param_id INTEGER NOT NULL',
      'trial_id INTEGER',
      'param_name VARCHAR(512)',
      'param_value FLOAT',
      'distribution_json TEXT',
      'PRIMARY KEY (param_id)',
      'UNIQUE (trial_id, param_name)',
      OF_TRIAL,
    ],
  ],
  [
    'trial_values',
    [
      'trial_value_id INTEGER NOT NULL',
      'trial_id INTEGER NOT NULL',
      'objective INTEGER NOT NULL',
      'value FLOAT',
      'value_type VARCHAR(7) NOT NULL',
      'PRIMARY KEY (trial_value_id)',
      'UNIQUE (trial_id, objective)',
      OF_TRIAL,
    ],
  ],
  [
    'trial_intermediate_values',
    [
      'trial_intermediate_value_id INTEGER NOT NULL',
      'trial_id INTEGER NOT NULL',
      'step INTEGER NOT NULL',
      'intermediate_value FLOAT',
      'intermediate_value_type VARCHAR(7) NOT NULL',
      'PRIMARY KEY (trial_intermediate_value_id)',
      'UNIQUE (trial_id, step)',
      OF_TRIAL,
    ],
  ],
  [
    'trial_heartbeats',
    [
      'trial_heartbeat_id INTEGER NOT NULL',
      'trial_id INTEGER NOT NULL',
      'heartbeat DATETIME NOT NULL',
      'PRIMARY KEY (trial_heartbeat_id)',
      'UNIQUE (trial_id)',
      OF_TRIAL,
    ],
  ],
  ['alembic_version', ['version_num VARCHAR(32) NOT NULL', 'CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)']],
];
