/** The library in Node: `import { createStudy } from 'tuneboard'`. */
import { statSync } from 'node:fs';
import { TuneboardError } from '../core/errors.ts';
import { MemoryLog } from '../core/study/memoryLog.ts';
import type { WritableTrialLog } from '../core/study/studyStore.ts';
import { detectStorage } from '../storage/detectStorage.ts';
import { JournalLog } from '../storage/journal/journalLog.ts';
import { type CreateStudyOptions, LibraryStudy } from './libraryStudy.ts';

export { TuneboardError } from '../core/errors.ts';
export { MemoryLog } from '../core/study/memoryLog.ts';
export type { Trial } from '../core/study/trial.ts';
export type { FrozenTrial } from './frozenTrial.ts';
export type { CreateStudyOptions, LibraryStudy as Study, MethodSetting } from './libraryStudy.ts';
export { type Objective, type OptimizeOptions, TrialPruned } from './optimize.ts';

/** A study in memory, or in a journal file that Optuna reads too. Throws what is wrong with the options. */
export function createStudy(options: CreateStudyOptions = {}): LibraryStudy {
  return new LibraryStudy(options, openStorage);
}

async function openStorage(storage: string): Promise<WritableTrialLog> {
  if (storage === 'memory') return new MemoryLog();
  const isUrl = /^[a-z][a-z0-9+]+:\/\//i.test(storage);
  if (isUrl || /\.(db|sqlite3?)$/i.test(storage) || !(await isJournalOrNew(storage))) {
    throw new TuneboardError(
      'unsupported-storage',
      `A study is written to a journal file, and ${storage.replace(/\/\/[^@/]*@/, '//')} is none: give the path of a journal, or of a new file.`,
    );
  }
  return JournalLog.open(storage, { create: true });
}

/** A file that holds something else must not be appended to. */
async function isJournalOrNew(path: string): Promise<boolean> {
  const stat = statSync(path, { throwIfNoEntry: false });
  return !stat || (stat.isFile() && stat.size === 0) || (await detectStorage(path)) === 'journal';
}
