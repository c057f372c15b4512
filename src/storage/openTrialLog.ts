import type { TrialLog } from '../core/study/studyStore.ts';
import { detectStorage } from './detectStorage.ts';
import { JournalLog } from './journal/journalLog.ts';
import { SqliteLog } from './sqlite/sqliteLog.ts';
import { TextLog } from './text/textLog.ts';

/**
 * Opens whatever holds trials, recognised by its content: an Optuna journal, an Optuna SQLite database, or the printed
 * log of a run. `sqlite:///path` is understood too. Throws a StorageError that names the file.
 */
export async function openTrialLog(location: string): Promise<TrialLog> {
  const path = location.replace(/^sqlite:\/\/\//, '').replace(/^journal:\/\/\//, '/');
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
