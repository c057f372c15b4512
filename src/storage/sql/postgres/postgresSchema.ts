import type { Queries } from '../connect/serverDatabase.ts';
import { HEAD_VERSION, LIBRARY_VERSION, SCHEMA_VERSION } from '../schemaVersion.ts';
import { ALL_TABLES } from '../tables.ts';

/** Makers of tables wait for each other: a number of our own. */
const LOCK = 7_483_295_113;

const TYPES: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['studydirection', ['NOT_SET', 'MINIMIZE', 'MAXIMIZE']],
  ['trialstate', ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']],
  ['trialvaluetype', ['FINITE', 'INF_POS', 'INF_NEG']],
  ['trialintermediatevaluetype', ['FINITE', 'INF_POS', 'INF_NEG', 'NAN']],
];

const OF_STUDY = 'FOREIGN KEY(study_id) REFERENCES studies (study_id)';
const OF_TRIAL = 'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)';

const attributes = (owner: 'study' | 'trial', kind: 'user' | 'system') =>
  `${owner}_${kind}_attribute_id SERIAL NOT NULL, ${owner}_id INTEGER, key VARCHAR(512), value_json TEXT,
   PRIMARY KEY (${owner}_${kind}_attribute_id), UNIQUE (${owner}_id, key), ${owner === 'study' ? OF_STUDY : OF_TRIAL}`;

/** As Optuna 5 has SQLAlchemy make them, with PostgreSQL's own names for keys and sequences. */
const TABLES: Readonly<Record<(typeof ALL_TABLES)[number], string>> = {
  studies: 'study_id SERIAL NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id)',
  version_info: `version_info_id INTEGER NOT NULL, schema_version INTEGER, library_version VARCHAR(256),
    PRIMARY KEY (version_info_id), CHECK (version_info_id=1)`,
  study_directions: `study_direction_id SERIAL NOT NULL, direction studydirection NOT NULL, study_id INTEGER NOT NULL,
    objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), UNIQUE (study_id, objective), ${OF_STUDY}`,
  study_user_attributes: attributes('study', 'user'),
  study_system_attributes: attributes('study', 'system'),
  trials: `trial_id SERIAL NOT NULL, number INTEGER, study_id INTEGER, state trialstate NOT NULL,
    datetime_start TIMESTAMP WITHOUT TIME ZONE, datetime_complete TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (trial_id), ${OF_STUDY}`,
  trial_user_attributes: attributes('trial', 'user'),
  trial_system_attributes: attributes('trial', 'system'),
  trial_params: `param_id SERIAL NOT NULL, trial_id INTEGER, param_name VARCHAR(512), param_value DOUBLE PRECISION,
    distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), ${OF_TRIAL}`,
  trial_values: `trial_value_id SERIAL NOT NULL, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL,
    value DOUBLE PRECISION, value_type trialvaluetype NOT NULL, PRIMARY KEY (trial_value_id),
    UNIQUE (trial_id, objective), ${OF_TRIAL}`,
  trial_intermediate_values: `trial_intermediate_value_id SERIAL NOT NULL, trial_id INTEGER NOT NULL,
    step INTEGER NOT NULL, intermediate_value DOUBLE PRECISION,
    intermediate_value_type trialintermediatevaluetype NOT NULL, PRIMARY KEY (trial_intermediate_value_id),
    UNIQUE (trial_id, step), ${OF_TRIAL}`,
  trial_heartbeats: `trial_heartbeat_id SERIAL NOT NULL, trial_id INTEGER NOT NULL,
    heartbeat TIMESTAMP WITHOUT TIME ZONE NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), ${OF_TRIAL}`,
  alembic_version: 'version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)',
};

/** Makes what is missing, within the caller's transaction. */
export async function createPostgresTables(queries: Queries, missing: ReadonlySet<string>): Promise<void> {
  await queries.rows('SELECT pg_advisory_xact_lock(?)', [LOCK]);
  const found = await queries.rows(
    'SELECT typname FROM pg_catalog.pg_type WHERE pg_catalog.pg_type_is_visible(oid) AND typname = ANY(?::text[])',
    [TYPES.map(([name]) => name)],
  );
  const known = new Set(found.map(([name]) => name));
  for (const [name, values] of TYPES) {
    const list = values.map((value) => `'${value}'`).join(', ');
    if (!known.has(name)) await queries.run(`CREATE TYPE ${name} AS ENUM (${list})`);
  }
  for (const table of ALL_TABLES) {
    if (missing.has(table)) await queries.run(`CREATE TABLE IF NOT EXISTS ${table} (${TABLES[table]})`);
  }
  await queries.run('CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name)');
  await queries.run('CREATE INDEX IF NOT EXISTS ix_trials_study_id ON trials (study_id)');
  await queries.run(
    'INSERT INTO version_info (version_info_id, schema_version, library_version) VALUES (1, ?, ?) ON CONFLICT DO NOTHING',
    [SCHEMA_VERSION, LIBRARY_VERSION],
  );
  await queries.run(
    'INSERT INTO alembic_version (version_num) SELECT ?::varchar WHERE NOT EXISTS (SELECT 1 FROM alembic_version)',
    [HEAD_VERSION],
  );
}
