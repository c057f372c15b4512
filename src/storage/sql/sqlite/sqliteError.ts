import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { storageMessage } from '../../../words/en/storage.ts';
import { type OnWaiting, Retry, type RetryOptions } from '../../retry.ts';
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

/** Room that a writer leaves on the disk, in bytes: a transaction of 50 ms seldom writes as much. */
const ROOM = 2 ** 20;

/** Tries again for `lockedMs` while others have the database locked. Throws what the error means for a person. */
export function lockedRetry(path: string, lockedMs: number, action: 'read' | 'write'): Retry {
  return new Retry({ ...rulesFor(path, action), patienceMs: lockedMs });
}

/** As `lockedRetry`, and waits for `patienceMs` while `requireRoom` finds none. */
export function writerRetry(path: string, lockedMs: number, patienceMs: number, onWaiting?: OnWaiting): Retry {
  const limitFor = (error: unknown) => (error instanceof NoRoom ? patienceMs : lockedMs);
  return new Retry({ ...rulesFor(path, 'write'), patienceMs: Math.max(lockedMs, patienceMs), limitFor, onWaiting });
}

function rulesFor(path: string, action: 'read' | 'write'): Pick<RetryOptions, 'place' | 'meaningOf' | 'remedyFor'> {
  const meaningOf = (error: unknown) => fromSqliteError(error, path, action);
  const remedyFor = (error: unknown) => {
    if (error instanceof NoRoom) return 'reconnect';
    return meaningOf(error).code === 'locked' ? 'retry' : 'none';
  };
  return { place: path, meaningOf, remedyFor };
}

class NoRoom extends StorageError {}

/**
 * Throws `disk-full` where a transaction may not find room: one that fails at its end leaves the histories ahead of the
 * file, and the study cannot go on. A quota is not seen.
 */
export function requireRoom(path: string): void {
  const { bavail, bfree, bsize } = statfsSync(dirname(path));
  const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
  if (free < ROOM) throw new NoRoom('disk-full', storageMessage('cannotWriteDiskFullFree', { path }));
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
