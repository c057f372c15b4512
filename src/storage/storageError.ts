import { TuneboardError } from '../core/errors.ts';
import type { TrialChange } from '../core/study/changes.ts';
import type { StudyRecord } from '../core/study/studyStore.ts';
import { storageMessage } from '../words/en/storage.ts';
import type { Message } from '../words/message.ts';

export type StorageErrorCode =
  | 'not-found'
  | 'not-a-storage'
  | 'not-a-file'
  | 'outside-folder'
  | 'too-large'
  | 'needs-consent'
  | 'locked'
  | 'newer-version'
  | 'older-version'
  | 'truncated'
  | 'no-study'
  | 'study-replaced'
  | 'duplicate-study'
  | 'finished-trial'
  | 'changed-meanwhile'
  | 'unknown-trial'
  | 'incompatible-distribution'
  | 'read-only'
  | 'disk-full'
  | 'no-sqlite'
  | 'unsupported-url'
  | 'missing-variable'
  | 'missing-password'
  | 'wrong-password'
  | 'access-denied'
  | 'unreachable'
  | 'no-database'
  | 'unstorable'
  | 'closed'
  | 'io';

/** A trial log that cannot be read or written. The message names the file and says what to do. */
export class StorageError extends TuneboardError {
  declare readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, sentence: Message, options?: ErrorOptions) {
    super(code, sentence, options);
    this.name = 'StorageError';
  }
}

/** Of a record that stands for what is there no more. */
export function studyReplaced(location: string, { name }: StudyRecord): StorageError {
  return new StorageError('study-replaced', storageMessage('studyReplacedWhileUseResume', { name, location }));
}

/** Of a commit whose condition does not hold any more. */
export function changedMeanwhile(location: string, study: StudyRecord, changes: readonly TrialChange[]): StorageError {
  const numbers = [...new Set(changes.map(({ number }) => number))].join(', ');
  return new StorageError(
    'changed-meanwhile',
    storageMessage('trialStudyChangedMeanwhileNothing', { numbers, name: study.name, location }),
  );
}

/** A network drive or a disk that is away or full may be there again: a handle of a share that restarted, a failed device. */
const AWAY = new Set(['ESTALE', 'EIO', 'ENOSPC', 'EDQUOT']);

/** Whether a file's error may pass by itself, or once somebody made room. */
export function isAway(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return AWAY.has(String(code)) || (error instanceof StorageError && cause !== undefined && isAway(cause));
}

/** What was to be done with a file. */
export type StorageAction = 'open' | 'read' | 'write' | 'create' | 'lock';

/** What the operating system's error means for a person. `action` completes "Cannot … <path>". */
export function fromSystemError(cause: unknown, action: StorageAction, path: string): StorageError {
  if (cause instanceof StorageError) return cause;
  const verb = storageMessage(action);
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return new StorageError('not-found', storageMessage('cannotThereNoSuchFile', { verb, path }), { cause });
    case 'EISDIR':
      return new StorageError('not-a-storage', storageMessage('folderOpenFileInside', { path }), { cause });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StorageError('disk-full', storageMessage('cannotDiskFullFreeSome', { verb, path }), {
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageError('read-only', storageMessage('cannotPermissionDenied', { verb, path }), { cause });
    default:
      return new StorageError('io', storageMessage('cannot', { verb, path, reason: (cause as Error).message }), {
        cause,
      });
  }
}
