import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative } from 'node:path';
import type { RunRecord } from '../../protocol/runRecord.ts';
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
  const { storage } = record;
  if (storage !== null) {
    const path = storage.replace(/^sqlite:\/\/\//, '');
    if (/^[a-z][\w+.-]*:\/\//i.test(path)) return { location: trustKey(path), held: 'server' };
    const inside = relative(dirname(folder.parent), path);
    const isInside = isAbsolute(path) && !isAbsolute(inside) && inside.split(/[\\/]/, 1)[0] !== '..';
    return isInside ? { location: path } : { location: path, held: 'outside' };
  }
  // A script's run does not know before its study is made, or never when it fails before; what an earlier run of it left in
  // the run folder is then the study that is meant.
  const isThere = await stat(folder.journal).then(
    (found) => found.isFile(),
    () => false,
  );
  return isThere ? { location: folder.journal } : null;
}

/** Whether a process with this id is there, ours or not. */
export function hasProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
