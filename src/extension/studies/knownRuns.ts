import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { isOwnRecord, recordedStorage } from '../../runs/recordTrust.ts';
import type { RunFolder } from '../../runs/runFolder.ts';
import { type FoundRun, findRunRecords, isAlive, type BadRun as NoRun } from '../../runs/runRecords.ts';
import { TimeSlice } from '../../storage/eventLoop.ts';
import type { StorageList } from '../storages/storageList.ts';
import { trustKey } from '../storages/storageTrust.ts';
import type { RegistryOptions } from './registryChange.ts';
import { type BadRun, type HeldPlace, isEnded, type RunEntry } from './studyEntry.ts';

/** Runs of which it is looked up at the same time whether they are alive, and where their trials are. */
const AT_ONCE = 16;

/** The runs of the window's folders, by the path of their folder, and run folders whose record cannot be used. */
export class KnownRuns {
  readonly #options: Pick<RegistryOptions, 'explain' | 'report' | 'now'>;
  readonly #storages: Pick<StorageList, 'list'>;
  readonly #runs = new Map<string, RunEntry>();
  readonly #bad = new Map<string, BadRun>();

  constructor(options: Pick<RegistryOptions, 'explain' | 'report' | 'now'>, storages: Pick<StorageList, 'list'>) {
    this.#options = options;
    this.#storages = storages;
  }

  get all(): readonly RunEntry[] {
    return [...this.#runs.values()];
  }

  get bad(): readonly BadRun[] {
    return [...this.#bad.values()];
  }

  get({ path }: RunFolder): RunEntry | undefined {
    return this.#runs.get(path);
  }

  set(run: RunEntry): void {
    this.#bad.delete(run.folder.path);
    this.#runs.set(run.folder.path, run);
  }

  /** Forgets the runs of a storage that have ended. */
  forgetEnded(location: string): void {
    for (const [path, run] of this.#runs) if (run.location === location && !run.alive) this.#runs.delete(path);
  }

  /** What is found in a folder, not taken in yet; bad records are. */
  async search(folder: string): Promise<RunEntry[]> {
    try {
      const found = await findRunRecords(folder);
      const taken: RunEntry[] = [];
      const slice = new TimeSlice();
      // A few side by side: what a thousand promises have to do would come in one turn of the event loop.
      for (let from = 0; from < found.length; from += AT_ONCE) {
        if (slice.isOver) await slice.yield();
        const some = await Promise.all(found.slice(from, from + AT_ONCE).map((run) => this.#found(run)));
        for (const run of some) if (run) taken.push(run);
      }
      return taken;
    } catch (error) {
      this.#options.report(error);
      return [];
    }
  }

  async #found(found: FoundRun | NoRun): Promise<RunEntry | null> {
    const { folder } = found;
    try {
      if ('problem' in found) throw found.problem;
      this.#bad.delete(folder.path);
      const record = relocated(found.record, folder);
      return await this.entryOf(folder, record, await isAlive(record), false);
    } catch (error) {
      this.setBad(folder, error);
      return null;
    }
  }

  /** Lists the storage that the record names. */
  async entryOf(folder: RunFolder, record: RunRecord, alive: boolean, isOwn: boolean): Promise<RunEntry> {
    const before = this.get(folder);
    const isSame = before?.record.token === record.token && before.record.pid === record.pid;
    const place = await recordedPlace(record, folder);
    const within = place?.held ? undefined : dirname(folder.parent);
    if (place) this.#storages.list(place.location, { held: place.held, within, isOwn: isOwnRecord(record, folder) });
    const isGone = !alive && !isEnded(record.state);
    return {
      folder,
      record,
      alive,
      goneAt: isGone ? (before?.goneAt ?? this.#options.now?.() ?? Date.now()) : null,
      location: place?.location ?? null,
      isOwn: isOwn || (isSame && before.isOwn === true),
    };
  }

  /** Reports a record that cannot be used, once for each reason. A run that was read before is listed as it was. */
  setBad(folder: RunFolder, error: unknown): void {
    const problem = this.#options.explain(error);
    if (problem !== this.#bad.get(folder.path)?.problem) this.#options.report(error);
    if (!this.#runs.has(folder.path)) this.#bad.set(folder.path, { folder, problem });
  }

  /** The record of this folder can be read again. Returns whether it could not before. */
  clearBad({ path }: RunFolder): boolean {
    return this.#bad.delete(path);
  }
}

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

/**
 * A run record as it reads where it was found. Its paths are absolute, so after a folder was moved or copied they name
 * the old place; what lay in or beside the run folder is then taken from where the run folder is now. What a run was
 * started from lies beside its run folder, whatever the record says: a record cannot name a program elsewhere.
 */
export function relocated(record: RunRecord, folder: RunFolder): RunRecord {
  const to = dirname(folder.parent);
  const from = dirname(record.source);
  if (from === to) return record;
  const moved = (path: string) => {
    const inside = relative(from, path);
    return inside.startsWith('..') || isAbsolute(inside) ? path : join(to, inside);
  };
  const { storage } = record;
  return {
    ...record,
    source: join(to, basename(record.source)),
    storage: storage === null || /^[a-z][\w+.-]+:\/\//i.test(storage) ? storage : moved(storage),
    ...(record.script === undefined ? {} : { script: moved(record.script) }),
  };
}
