import type { TrialLog } from '../../core/study/studyStore.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { isRemoteUrl } from '../../storage/remoteUrl.ts';
import { watchTrialLog } from '../../storage/watchTrialLog.ts';
import type { StorageEntry } from './studyEntry.ts';

export interface StorageListOptions {
  /** Puts an error into one sentence. */
  explain(error: unknown): string;
  /** What is not for a person: it goes to the log. */
  report(error: unknown): void;
  /** Opens a storage; by default without any secret of the editor's. */
  openLog?: ((location: string) => Promise<TrialLog>) | undefined;
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

/** The storages that a window has open: each is opened once, watched, and read again when somebody asks for it. */
export class StorageList {
  readonly #options: StorageListOptions;
  readonly #storages = new Map<string, StorageEntry>();
  readonly #watches = new Map<string, { dispose(): void }>();
  readonly #opening = new Map<string, Promise<StorageEntry>>();
  #disposed = false;

  constructor(options: StorageListOptions) {
    this.#options = options;
  }

  get all(): readonly StorageEntry[] {
    return [...this.#storages.values()];
  }

  get(location: string | null): StorageEntry | undefined {
    return location === null ? undefined : this.#storages.get(location);
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

  /** Reads what is new, whether or not a watcher has told of it. */
  async read(storage: StorageEntry): Promise<void> {
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
    this.#watches.get(storage.location)?.dispose();
    this.#watches.delete(storage.location);
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
      const log = await (this.#options.openLog ?? openTrialLog)(location);
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

  #watch(storage: StorageEntry, log: TrialLog): void {
    this.#storages.set(storage.location, storage);
    const onError = (error: unknown) => this.#failed(storage, error);
    this.#watches.set(
      storage.location,
      watchTrialLog(log, () => this.#changed(storage), onError),
    );
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
