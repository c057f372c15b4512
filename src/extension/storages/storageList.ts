import { stat } from 'node:fs/promises';
import type { TrialLog } from '../../core/study/studyStore.ts';
import { isRemoteUrl } from '../../storage/kinds.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { watchTrialLog } from '../../storage/watchTrialLog.ts';
import type { StorageEntry } from '../studies/studyEntry.ts';

export interface StorageListOptions {
  /** Puts an error into one sentence. */
  explain(error: unknown): string;
  /** What is not for a person: it goes to the log. */
  report(error: unknown): void;
  /** Opens a storage; by default without any secret of the editor's. `within`: see `RegistryOptions`. */
  openLog?: ((location: string, within?: string, isOwn?: boolean) => Promise<TrialLog>) | undefined;
  /** Whether a run writes to it now. */
  isInUse(storage: StorageEntry): boolean;
  /** Trials or studies of an open storage have changed. */
  onChange(storage: StorageEntry): void;
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
    if (known) return known;
    const storage = { ...newEntry(location), ...how };
    this.#storages.set(location, storage);
    return storage;
  }

  /** Never rejects: why it could not be opened is in the entry. */
  open(location: string): Promise<StorageEntry> {
    const known = this.#storages.get(location);
    if (known?.log) return Promise.resolve(known);
    const opening = this.#opening.get(location) ?? this.#open(location);
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
      storage.problem = this.#options.explain(error);
      storage.failure = error;
      this.#options.report(error);
      this.#options.onStanding();
    }
  }

  /** Somebody looks at it: it is watched from now on, until others have been looked at since. */
  look(storage: StorageEntry): void {
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
    storage.log?.close().catch(this.#options.report);
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
      const log = await this.#openLog(location, failed);
      await log.refresh();
      // One file may be named in two ways: as a path and as a URL.
      const known = this.#storages.get(log.location);
      if (known?.log || isUnwanted()) {
        await log.close();
        return known ?? failed ?? newEntry(location);
      }
      const storage = known ?? failed ?? newEntry(log.location);
      storage.log = log;
      storage.problem = null;
      storage.held = undefined;
      this.#storages.set(storage.location, storage);
      this.#watch(storage, log);
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

  #openLog(location: string, { within, isOwn }: Partial<StorageEntry> = {}): Promise<TrialLog> {
    const { openLog } = this.#options;
    return openLog ? openLog(location, within, isOwn) : openTrialLog(location, { within });
  }

  #watch(storage: StorageEntry, log: TrialLog): void {
    const onError = (error: unknown) => this.#failed(storage, error);
    this.#watches.get(storage)?.dispose();
    this.#watches.set(
      storage,
      watchTrialLog(log, () => this.#changed(storage), onError),
    );
    const idle = [...this.#watches.keys()].filter((other) => !other.pinned && !this.#options.isInUse(other));
    for (const oldest of idle.slice(0, Math.max(0, idle.length - MOST_WATCHED))) void this.#putAway(oldest);
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
    const { kind, location, warnings } = log;
    const studies = log.studies();
    const refresh = () => this.#readAgain(storage, stamp);
    storage.log = { kind, location, warnings, studies: () => studies, refresh, close: async () => {} };
    await log.close().catch(this.#options.report);
    if (isChanged) this.#changed(storage);
  }

  /** Opens a file that was put away, if it is another one by now. */
  async #readAgain(storage: StorageEntry, stamp: string): Promise<boolean> {
    const before = storage.log;
    if (stamp === (await stampOf(storage.location))) return false;
    const log = await this.#openLog(storage.location, storage);
    if (this.#disposed || storage.log !== before || this.#storages.get(storage.location) !== storage) {
      await log.close();
      return false;
    }
    storage.log = log;
    this.#watch(storage, log);
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
