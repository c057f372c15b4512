import { stat } from 'node:fs/promises';
import type { TrialLog } from '../../core/study/studyStore.ts';
import { isRemoteUrl } from '../../storage/kinds.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { watchTrialLog } from '../../storage/watchTrialLog.ts';
import type { RegistryOptions } from '../studies/registryChange.ts';
import type { StorageEntry } from '../studies/studyEntry.ts';
import { MOST_STUDIES } from './digest.ts';
import { ThreadLog } from './threadLog.ts';

export interface StorageListOptions {
  /** Puts an error into one sentence. */
  explain(error: unknown): string;
  /** What is not for a person: it goes to the log. */
  report(error: unknown): void;
  /** As in `RegistryOptions`. */
  openLog?: RegistryOptions['openLog'];
  /** Names of the studies that runs have in a storage. */
  namesIn(location: string): readonly string[];
  /** Whether a run writes to it now. */
  isInUse(storage: StorageEntry): boolean;
  /** Trials or studies of an open storage have changed. */
  onChange(storage: StorageEntry): void;
  /** The records of a storage are others, with less in them: nobody need hear of it. */
  onDigest(storage: StorageEntry): void;
  /** A storage was opened at last, or can't be read any more. */
  onStanding(): void;
  /** How long a storage that could not be opened is left alone, in milliseconds: 10,000. */
  readonly retryMs?: number | undefined;
}

const RETRY_MS = 10_000;
/** What no waiting mends. */
const NEEDS_PERSON: ReadonlySet<unknown> = new Set(['missing-password', 'wrong-password']);
/** Files that are watched although no run writes to them: the ones looked at last. The others are read and put away. */
const MOST_WATCHED = 4;
/** How many of them may be strangers': a file can take all memory that its reader may have. */
const MOST_STRANGE = 1;
/** The files of a storage. */
const SUFFIXES = ['', '-wal', '-journal'];

/**
 * The storages that a window has open: each is opened once, watched, and read again when somebody asks for it. A folder
 * may hold a thousand: of files that nobody writes to only the last looked at stay open and watched.
 */
export class StorageList {
  readonly #options: StorageListOptions;
  readonly #storages = new Map<string, StorageEntry>();
  /** In the order looked at, the last one at the end. */
  readonly #watches = new Map<StorageEntry, { dispose(): void }>();
  readonly #opening = new Map<string, Promise<StorageEntry>>();
  /** Digests of storages that are whole now, for when others have been looked at since. */
  readonly #digests = new Map<StorageEntry, TrialLog>();
  /** Of strangers' logs: the studies that each was read for, besides the newest. */
  readonly #askedFor = new WeakMap<TrialLog, ReadonlySet<string>>();
  #disposed = false;

  constructor(options: StorageListOptions) {
    this.#options = options;
  }

  get all(): readonly StorageEntry[] {
    return [...this.#storages.values()];
  }

  get(location: string | null | undefined): StorageEntry | undefined {
    return location == null ? undefined : this.#storages.get(location);
  }

  /** Lists a storage without touching it: with `held`, until a person opens it, else until it is opened. */
  list(location: string, how: Pick<StorageEntry, 'held' | 'within' | 'isOwn'> = {}): StorageEntry {
    const known = this.#storages.get(location);
    if (known && how.isOwn) known.isOwn = true;
    if (known) return known;
    const storage = { ...newEntry(location), ...how };
    this.#storages.set(location, storage);
    return storage;
  }

  /**
   * A file that only a stranger's record names is opened as a digest, until somebody looks at it. Never rejects: why it
   * could not be opened is in the entry.
   */
  open(location: string): Promise<StorageEntry> {
    const known = this.#storages.get(location);
    if (known?.log && (!known.isDigest || isStrange(known))) return Promise.resolve(known);
    return this.#once(location, () => (known?.isDigest ? this.#openWhole(known) : this.#open(location)));
  }

  /** Reads all of a storage of which there is only a digest. Never rejects. */
  async whole(storage: StorageEntry): Promise<void> {
    if (storage.isDigest) await this.#once(storage.location, () => this.#openWhole(storage));
  }

  /**
   * Reads a stranger's storage again when a run was found since whose study was left out of it: of many studies only the
   * newest and those of runs are listed. Never rejects.
   */
  async complete(storage: StorageEntry): Promise<void> {
    await this.#opening.get(storage.location);
    if (this.lacks(storage)) await this.#once(storage.location, () => this.#openAgain(storage));
  }

  /** Whether `complete` would read it again. */
  lacks({ log, location }: StorageEntry): boolean {
    const asked = log && this.#askedFor.get(log);
    if (!asked || log.studies().length < MOST_STUDIES) return false;
    const listed = new Set(log.studies().map(({ name }) => name));
    return this.#options.namesIn(location).some((name) => !asked.has(name) && !listed.has(name));
  }

  #once(location: string, open: () => Promise<StorageEntry>): Promise<StorageEntry> {
    const opening = this.#opening.get(location) ?? open();
    this.#opening.set(location, opening);
    return opening.finally(() => {
      if (this.#opening.get(location) === opening) this.#opening.delete(location);
    });
  }

  /** Reads what is new, whether or not a watcher has told of it. One that is held stays as it is. */
  async read(storage: StorageEntry): Promise<void> {
    if (storage.held) return;
    if (!storage.log) {
      await this.open(storage.location);
      this.#options.onStanding();
      return;
    }
    try {
      if (await storage.log.refresh()) this.#changed(storage);
    } catch (error) {
      this.#unreadable(storage, error);
    }
  }

  /** Somebody looks at it: it is whole and watched from now on, until others have been looked at since. */
  async look(storage: StorageEntry): Promise<void> {
    if (storage.isDigest) await this.whole(storage);
    const { log } = storage;
    if (!log || this.#storages.get(storage.location) !== storage) return;
    const watch = this.#watches.get(storage);
    this.#watches.delete(storage);
    if (watch) this.#watches.set(storage, watch);
    else this.#watch(storage, log);
  }

  /** Opens a storage again and again until it is there, or nobody wants it any more; one that wants a password waits for that. */
  tryAgain(storage: StorageEntry): void {
    if (NEEDS_PERSON.has((storage.failure as { code?: unknown } | null)?.code)) return;
    const timer = setTimeout(async () => {
      if (this.#disposed || this.#storages.get(storage.location) !== storage || storage.log) return;
      await this.read(storage);
      if (!storage.log) this.tryAgain(storage);
    }, this.#options.retryMs ?? RETRY_MS);
    timer.unref();
  }

  close(storage: StorageEntry): void {
    this.#watches.get(storage)?.dispose();
    this.#watches.delete(storage);
    this.#storages.delete(storage.location);
    this.#opening.delete(storage.location);
    for (const log of [storage.log, this.#digests.get(storage)]) log?.close().catch(this.#options.report);
    this.#digests.delete(storage);
  }

  dispose(): void {
    this.#disposed = true;
    for (const watch of this.#watches.values()) watch.dispose();
    for (const storage of this.#storages.values()) storage.log?.close().catch(this.#options.report);
  }

  async #open(location: string): Promise<StorageEntry> {
    const failed = this.#storages.get(location);
    // Closed by a person while a server was waited for.
    const isUnwanted = () => this.#disposed || (failed !== undefined && this.#storages.get(location) !== failed);
    try {
      const stamp = await stampOf(location);
      const log = await this.#openLog(location, failed, true);
      await log.refresh();
      // One file may be named in two ways: as a path and as a URL.
      const known = this.#storages.get(log.location);
      if (known?.log || isUnwanted()) {
        await log.close();
        return known ?? failed ?? newEntry(location);
      }
      const storage = known ?? failed ?? newEntry(log.location);
      storage.problem = null;
      storage.held = undefined;
      this.#storages.set(storage.location, storage);
      this.#take(storage, log, stamp, false);
      return storage;
    } catch (error) {
      const storage = failed ?? newEntry(location);
      const problem = this.#options.explain(error);
      if (problem !== storage.problem) this.#options.report(error);
      storage.problem = problem;
      storage.failure = error;
      if (!isUnwanted()) this.#storages.set(location, storage);
      return storage;
    }
  }

  async #openWhole(storage: StorageEntry): Promise<StorageEntry> {
    const digest = storage.log;
    try {
      const stamp = await stampOf(storage.location);
      const log = await this.#openLog(storage.location, storage, false);
      if (this.#disposed || storage.log !== digest || this.#storages.get(storage.location) !== storage) {
        await log.close();
        return storage;
      }
      if (digest && isStrange(storage)) this.#digests.set(storage, digest);
      this.#take(storage, log, stamp, true);
      this.#changed(storage);
    } catch (error) {
      this.#unreadable(storage, error);
    }
    return storage;
  }

  async #openAgain(storage: StorageEntry): Promise<StorageEntry> {
    const before = storage.log;
    try {
      const isReplaced = await this.#replace(storage, before, await stampOf(storage.location));
      if (isReplaced) this.#changed(storage);
      // One that was read once has nothing open.
      if (isReplaced && before instanceof ThreadLog) await before.close();
    } catch (error) {
      this.#unreadable(storage, error);
    }
    return storage;
  }

  #unreadable(storage: StorageEntry, error: unknown): void {
    storage.problem = this.#options.explain(error);
    storage.failure = error;
    this.#options.report(error);
    this.#options.onStanding();
  }

  /** Puts an open log in its place: it is watched, or was read once and is closed. */
  #take(storage: StorageEntry, log: TrialLog, stamp: string, isLookedAt: boolean): void {
    const isRead = 'isDigest' in log;
    storage.isDigest = isRead && log.isDigest === true;
    storage.log = isRead ? this.#closed(storage, log, stamp) : log;
    if ('names' in log && Array.isArray(log.names)) this.#askedFor.set(storage.log, new Set(log.names));
    if (!isRead || isLookedAt) this.#watch(storage, storage.log);
  }

  /** `mayBeDigest`: nobody looks at it. */
  #openLog(location: string, storage: Partial<StorageEntry> = {}, mayBeDigest: boolean): Promise<TrialLog> {
    const { openLog, namesIn, isInUse } = this.#options;
    const { within, isOwn } = storage;
    if (!openLog) return openTrialLog(location, { within });
    if (!isStrange(storage)) return openLog(location, within, isOwn);
    const names = namesIn(location);
    return openLog(location, within, isOwn, { names, mayBeDigest, isInUse: isInUse(storage as StorageEntry) });
  }

  #watch(storage: StorageEntry, log: TrialLog): void {
    const onError = (error: unknown) => this.#failed(storage, error);
    this.#watches.get(storage)?.dispose();
    this.#watches.set(
      storage,
      watchTrialLog(log, () => this.#changed(storage), onError),
    );
    const idle = [...this.#watches.keys()].filter((other) => !other.pinned && !this.#options.isInUse(other));
    for (const oldest of allBut(MOST_WATCHED, idle)) void this.#putAway(oldest);
    for (const oldest of allBut(MOST_STRANGE, idle.filter(isStrange))) void this.#putAway(oldest);
  }

  /** Keeps what was read, and nothing open. */
  async #putAway(storage: StorageEntry): Promise<void> {
    const { log } = storage;
    this.#watches.get(storage)?.dispose();
    this.#watches.delete(storage);
    if (!log || isRemoteUrl(storage.location)) return;
    const stamp = await stampOf(storage.location);
    // What came after the stamp is read again: better twice than not at all.
    const isChanged = await log.refresh().catch(() => false);
    if (storage.log !== log || this.#watches.has(storage)) return;
    const digest = this.#digests.get(storage);
    this.#digests.delete(storage);
    if (digest && isStrange(storage)) {
      storage.log = digest;
      storage.isDigest = true;
      this.#options.onDigest(storage);
    } else {
      const studies = log.studies();
      const { kind, location, warnings } = log;
      const kept = { kind, location, warnings, studies: () => studies, close: async () => {} };
      storage.log = this.#closed(storage, kept, stamp);
      const asked = this.#askedFor.get(log);
      if (asked) this.#askedFor.set(storage.log, asked);
    }
    await log.close().catch(this.#options.report);
    if (isChanged) this.#changed(storage);
    await this.complete(storage);
  }

  /** A log of which nothing is open: it is read again when its file is another one. */
  #closed(storage: StorageEntry, log: Omit<TrialLog, 'refresh'>, stamp: string): TrialLog {
    const { kind, location, warnings } = log;
    const refresh = () => this.#readAgain(storage, stamp);
    return { kind, location, warnings, studies: () => log.studies(), refresh, close: () => log.close() };
  }

  async #readAgain(storage: StorageEntry, stamp: string): Promise<boolean> {
    const before = storage.log;
    const now = await stampOf(storage.location);
    return stamp !== now && this.#replace(storage, before, now);
  }

  /** Reads a storage anew. Returns whether that took the place of `before`. */
  async #replace(storage: StorageEntry, before: TrialLog | null, stamp: string): Promise<boolean> {
    const isLookedAt = this.#watches.has(storage);
    const log = await this.#openLog(storage.location, storage, !isLookedAt);
    if (this.#disposed || storage.log !== before || this.#storages.get(storage.location) !== storage) {
      await log.close();
      return false;
    }
    this.#take(storage, log, stamp, isLookedAt);
    return true;
  }

  /** A server that is away and a file that is gone are told of, once; any other file is tried again at its next change. */
  #failed(storage: StorageEntry, error: unknown): void {
    const problem = this.#options.explain(error);
    if (problem === storage.problem) return;
    this.#options.report(error);
    if (!isRemoteUrl(storage.location) && !isGone(error)) return;
    storage.problem = problem;
    storage.failure = error;
    this.#options.onStanding();
  }

  #changed(storage: StorageEntry): void {
    if (this.#disposed) return;
    const isBack = storage.problem !== null;
    storage.problem = null;
    storage.failure = null;
    this.#options.onChange(storage);
    if (isBack) this.#options.onStanding();
  }
}

/** Whether only a run record names it that no tuner of this user wrote. */
function isStrange({ within, isOwn }: Partial<StorageEntry>): boolean {
  return within !== undefined && !isOwn;
}

function allBut<T>(last: number, items: readonly T[]): readonly T[] {
  return items.slice(0, Math.max(0, items.length - last));
}

function newEntry(location: string): StorageEntry {
  return { location, log: null, problem: null, failure: null, pinned: false };
}

function isGone(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'not-found';
}

/** What tells that a file is as it was. */
async function stampOf(location: string): Promise<string> {
  const one = async (suffix: string) => {
    const found = await stat(location + suffix).catch(() => undefined);
    return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : '';
  };
  return (await Promise.all(SUFFIXES.map(one))).join(' ');
}
