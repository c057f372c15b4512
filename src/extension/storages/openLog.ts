import { lstat, stat } from 'node:fs/promises';
import type { TrialLog } from '../../core/study/studyStore.ts';
import { kindOf } from '../../storage/kinds.ts';
import { type OpenOptions, openTrialLog } from '../../storage/openTrialLog.ts';
import { FrontedLog } from './fronts.ts';
import type { StrangersReader } from './strangersReader.ts';
import { ThreadLog } from './threadLog.ts';

/** From this size a file is read in a thread of its own: what is smaller is parsed in some milliseconds, in slices. */
const LARGE_BYTES = 256 * 1024;

/** Heap of a thread, in MB: for what a person opened or their own tuner wrote, and for what any record may name. */
const HEAP_MB = 1024;
const STRANGERS_HEAP_MB = 48;

/** How a file is read that only a stranger's run record names. */
export interface StrangersRead {
  readonly reader: StrangersReader;
  /** Studies that are read besides the newest. */
  readonly names: readonly string[];
  /** Whether digests of them will do. */
  readonly mayBeDigest: boolean;
  /** A run writes to it: it is read in a thread of its own, and stays open. */
  readonly isInUse?: boolean;
}

/**
 * Opens a storage for the window; a large file in a thread whose program is `thread`, and any file of a stranger's.
 * `isOwn`: a tuner of this user wrote the record that names it. Throws as `openTrialLog`, and as `StrangersReader.read`.
 */
export async function openLog(
  location: string,
  options: OpenOptions,
  thread: string | URL,
  isOwn = false,
  strange?: StrangersRead,
): Promise<TrialLog> {
  const openHere = async () => FrontedLog.of(await openTrialLog(location, options), thread);
  const kind = kindOf(location);
  if (!kind || kind.parse) return openHere();
  const path = kind.pathIn?.(location) ?? location;
  // What is no file is refused with a sentence when it is opened.
  const found = await (options.within === undefined ? stat : lstat)(path).catch(() => undefined);
  if (!found?.isFile()) return openHere();
  const isMeant = isOwn || options.within === undefined;
  if (strange && !strange.isInUse && !isMeant) {
    return strange.reader.read(location, options, strange.names, strange.mayBeDigest);
  }
  if (isMeant && found.size < LARGE_BYTES) return openHere();
  if (isMeant) return ThreadLog.open(thread, { location, options }, HEAP_MB);
  return ThreadLog.open(thread, { location, options, strange: { names: strange?.names ?? [] } }, STRANGERS_HEAP_MB);
}
