import { storageMessage } from '../../../words/en/storage.ts';
import { Retry } from '../../retry.ts';
import { fromSystemError, StorageError } from '../../storageError.ts';

/** SQLite's primary result codes that a person can do something about. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOT_A_DB = 26;

/** Tries again for `patienceMs` while others have the database locked. Throws what the error means for a person. */
export function lockedRetry(path: string, patienceMs: number, action: 'read' | 'write'): Retry {
  const meaningOf = (error: unknown) => fromSqliteError(error, path, action);
  return new Retry({
    place: path,
    patienceMs,
    meaningOf,
    remedyFor: (error) => (meaningOf(error).code === 'locked' ? 'retry' : 'none'),
  });
}

/** What an error of SQLite means for a person. `action` completes "Cannot … <path>". */
export function fromSqliteError(error: unknown, path: string, action: 'read' | 'write' = 'read'): StorageError {
  if (error instanceof StorageError) return error;
  const options = { cause: error };
  switch (((error as { errcode?: number }).errcode ?? 0) & 0xff) {
    case BUSY:
    case LOCKED:
      return new StorageError('locked', storageMessage('lockedAnotherProgramTryAgainWhen', { path }), options);
    case CORRUPT:
      return new StorageError('truncated', storageMessage('damagedCutOffMiddleCopy', { path }), options);
    case NOT_A_DB:
      return new StorageError('not-a-storage', storageMessage('notSqliteDatabaseEncrypted', { path }), options);
    case FULL:
      return diskFull(path, options);
    case IOERR:
      if (action === 'read') return fromSystemError(error, action, path);
      return new StorageError('io', storageMessage('cannotWriteDiskRefusedMaybe', { path }), options);
    case READONLY:
    case CANTOPEN:
      if (action === 'write') {
        return new StorageError('read-only', storageMessage('cannotWritePermissionDeniedFile', { path }), options);
      }
      return new StorageError('io', storageMessage('cannotOpenFolderMustWritable', { path }), options);
    default:
      return fromSystemError(error, action, path);
  }
}

function diskFull(path: string, options: ErrorOptions): StorageError {
  return new StorageError('disk-full', storageMessage('cannotWriteDiskFullFree', { path }), options);
}
