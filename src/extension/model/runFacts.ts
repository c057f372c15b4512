import { existsSync } from 'node:fs';
import type { RunEntry } from './studyEntry.ts';

/**
 * Where the trials of a run are. A script's run does not know before its study is made, or never when it fails before;
 * what an earlier run of it left in the run folder is then the study that is meant.
 */
export function storageOf(run: RunEntry | undefined): string | null {
  if (!run) return null;
  if (run.record.storage !== null) return run.record.storage;
  return existsSync(run.folder.journal) ? run.folder.journal : null;
}
