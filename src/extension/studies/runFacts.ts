import { stat } from 'node:fs/promises';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { recordedStorage } from '../../runs/recordTrust.ts';
import type { RunFolder } from '../../runs/runFolder.ts';
import { trustKey } from '../storages/storageTrust.ts';
import type { HeldPlace } from './studyEntry.ts';

/** The storage that a run record names. */
export interface RecordedPlace {
  /** Its absolute path, or its URL without password. */
  readonly location: string;
  /** Absent: a file in the study's own folder. */
  readonly held?: HeldPlace | undefined;
}

/** Where the trials of a run are; null where that is not known. Touches nothing that the record names. */
export async function recordedPlace(record: RunRecord, folder: RunFolder): Promise<RecordedPlace | null> {
  const told = recordedStorage(record, folder);
  if (told?.place === 'server') return { location: trustKey(told.url), held: 'server' };
  if (told) return { location: told.path, held: told.place === 'outside' ? 'outside' : undefined };
  // A script's run does not know before its study is made, or never when it fails before; what an earlier run of it left in
  // the run folder is then the study that is meant.
  const isThere = await stat(folder.journal).then(
    (found) => found.isFile(),
    () => false,
  );
  return isThere ? { location: folder.journal } : null;
}
