import { resolve } from 'node:path';
import type { TrialLog } from '../core/study/studyStore.ts';
import { storageMessage } from '../words/en/storage.ts';
import { detectStorage } from './detectStorage.ts';
import { kindNamed, kindOf, type OpenOptions } from './kinds.ts';
import { FILE_LIMITS, type FileRules, isPlainPath } from './regularFile.ts';
import { expandEnvironment, withoutPassword } from './sql/connect/serverUrl.ts';
import { StorageError } from './storageError.ts';

export type { OpenOptions } from './kinds.ts';

/**
 * Opens whatever holds trials: a storage elsewhere by its URL, a file by its content (an Optuna journal, an Optuna database in
 * SQLite, or the printed log of a run). `sqlite:///path` is understood too. Throws a StorageError that names the file or the
 * URL without its password.
 */
export async function openTrialLog(location: string, options: OpenOptions = {}): Promise<TrialLog> {
  if (options.within !== undefined) return openRecorded(location, options.within);
  const given = expandEnvironment(location);
  const kind = kindOf(given);
  if (!kind) throw unsupportedUrl(given);
  if (kind.parse) return (await kind.load()).openLog(given, options);
  return openFile(kind.pathIn?.(given) ?? given);
}

async function openFile(path: string, rules: FileRules = {}): Promise<TrialLog> {
  const { load } = kindNamed(await detectStorage(path, rules));
  return (await load()).openLog(path, rules);
}

async function openRecorded(location: string, within: string): Promise<TrialLog> {
  if (!isPlainPath(location)) {
    throw new StorageError(
      'needs-consent',
      storageMessage('namedRunRecordServerOpen', { location: withoutPassword(location) }),
    );
  }
  return openFile(resolve(within, location), { within, maxBytes: FILE_LIMITS.recordedStorage });
}

function unsupportedUrl(url: string): StorageError {
  const message = storageMessage('serviceCannotOpenedOpenJournal', { url: withoutPassword(url) });
  return new StorageError('unsupported-url', message);
}
