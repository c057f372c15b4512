import type { TrialLog } from '../core/study/studyStore.ts';
import { detectStorage } from './detectStorage.ts';
import { JournalLog } from './journal/journalLog.ts';
import { SqliteLog } from './sqlite/sqliteLog.ts';
import { StorageError } from './storageError.ts';
import { TextLog } from './text/textLog.ts';

/**
 * Opens whatever holds trials, recognised by its content: an Optuna journal, an Optuna SQLite database, or the printed
 * log of a run. `sqlite:///path` is understood too. Throws a StorageError that names the file.
 */
export async function openTrialLog(location: string): Promise<TrialLog> {
  const path = location.replace(/^sqlite:\/\/\//, '').replace(/^journal:\/\/\//, '/');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw unsupportedUrl(path);
  switch (await detectStorage(path)) {
    case 'sqlite':
      return SqliteLog.open(path);
    case 'journal':
      return JournalLog.open(path);
    case 'text':
      return TextLog.open(path);
    default:
      throw new Error('unreachable');
  }
}

function unsupportedUrl(url: string): StorageError {
  const shown = withoutPassword(url);
  const message = `${shown} is a database server or service, which this version cannot open. Open a journal, a SQLite file or a log.`;
  return new StorageError('unsupported-url', message);
}

/** A storage's URL as it may be shown and kept. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^@/?#]*@/i, '$1:…@');
}
