import { storageMessage } from '../../words/en/storage.ts';
import { StorageError } from '../storageError.ts';

/** Optuna's schema since 3.2; 4.x and 5.0 have the same. */
export const HEAD_VERSION = 'v3.2.0.a';
/** Frozen in Optuna since it has alembic. */
export const SCHEMA_VERSION = 12;
/** Whose conventions a database of ours keeps, times in UTC among them: readers take it from the creator's version. */
export const LIBRARY_VERSION = '5.0.0';

const OLDER_VERSIONS = new Set([
  'v0.9.0.a',
  'v1.2.0.a',
  'v1.3.0.a',
  'v2.4.0.a',
  'v2.6.0.a',
  'v3.0.0.a',
  'v3.0.0.b',
  'v3.0.0.c',
  'v3.0.0.d',
]);

/** What is read besides studies and trials. */
export const READ_TABLES = [
  'study_directions',
  'study_user_attributes',
  'study_system_attributes',
  'trial_params',
  'trial_values',
  'trial_intermediate_values',
  'trial_user_attributes',
  'trial_system_attributes',
];

export interface FoundSchema {
  readonly tables: ReadonlySet<string>;
  /** `alembic_version.version_num`; undefined where there is none. */
  readonly stamp: unknown;
  /** `version_info.schema_version`. */
  readonly schemaVersion: unknown;
}

/** Throws when the tables are of another version of Optuna. `url` is what its command line is given. */
export function requireKnownVersion({ stamp, schemaVersion }: FoundSchema, location: string, url = location): void {
  const isOld = stamp === undefined && typeof schemaVersion === 'number' && schemaVersion < SCHEMA_VERSION;
  const version = isOld ? 'v0.9.0.a' : stamp;
  if (typeof version !== 'string' || version === HEAD_VERSION) return;
  throw OLDER_VERSIONS.has(version)
    ? new StorageError(
        'older-version',
        storageMessage('writtenOldOptunaSchemaRun', { location, version, url: String(url) }),
      )
    : new StorageError('newer-version', storageMessage('writtenOptunaNewerThanVersion', { location, version }));
}

/** A table of Optuna's that is missing although it has others. */
export function missingTable({ tables }: FoundSchema): string | undefined {
  return READ_TABLES.find((table) => !tables.has(table));
}

/** The tables that are read, of those that a database has. */
export function readTables({ tables }: FoundSchema): string[] {
  return ['studies', 'trials', 'alembic_version', 'version_info', ...READ_TABLES].filter((table) => tables.has(table));
}
