import { dirname } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { TuneboardError } from '../../core/errors.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { hasProcess } from '../../runs/processIdentity.ts';
import { type RunFolder, runFolderAt, runFolderOf } from '../../runs/runFolder.ts';
import { isAlive, readRunRecord } from '../../runs/runRecords.ts';
import { isRemoteUrl } from '../../storage/kinds.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { StorageList } from '../storages/storageList.ts';
import { Emitter } from '../window/emitter.ts';
import { KnownRuns, recordedPlace, relocated } from './knownRuns.ts';
import { Limiter } from './limiter.ts';
import { OthersAtWork } from './othersAtWork.ts';
import type { RegistryChange, RegistryOptions } from './registryChange.ts';
import { RunWatches } from './runWatches.ts';
import { type BadRun, isEnded, type RunEntry, type StorageEntry, type StudyEntry } from './studyEntry.ts';
import { valueFormat } from './studyInsight.ts';
import { StudyRows } from './studyRows.ts';

const LIVENESS_MS = 400;
/** How long a server is waited for when a run has ended, in milliseconds: its last trials belong to the notice of the end. */
const LAST_READ_MS = 5000;
/** Files that are read at the same time while a folder is looked through. */
const READERS = 2;
/** Servers that are asked at the same time; each may be away. */
const SERVERS = 8;
/** Changes found while a folder is searched are reported together. */
const TOGETHER_MS = 150;

/**
 * Every study that this window knows: of runs found in its folders, and of storages that somebody opened. The storage is
 * the truth about trials, the run record about the process; this joins the two and tells what changed.
 *
 * A run record may come from anybody. What it names outside the study's folder or on a server is listed and left alone
 * until a person opens it: see `load`.
 */
export class StudyRegistry {
  readonly #options: RegistryOptions;
  readonly #changes: Emitter<RegistryChange>;
  readonly #storages: StorageList;
  readonly #runs: KnownRuns;
  readonly #runWatches = new RunWatches(({ record }) => void this.noteRecord(record));
  readonly #others = new OthersAtWork((study) => {
    this.#changes.emit({ structure: false, runs: false, studies: new Set([study]) });
  });
  readonly #rows = new StudyRows();
  /** Storages that are shown for as long as a panel is there, and how many show each. */
  readonly #kept = new Map<StorageEntry, number>();
  readonly #files = new Limiter(READERS);
  readonly #servers = new Limiter(SERVERS);
  #timer: ReturnType<typeof setInterval> | undefined;
  #joining: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#changes = new Emitter<RegistryChange>(options.report);
    this.#storages = new StorageList({
      explain: (error) => options.explain(error),
      report: (error) => options.report(error),
      openLog: options.openLog?.bind(options),
      namesIn: (location) => this.#namesIn(location),
      retryMs: options.retryMs,
      isInUse: (storage) => this.#kept.has(storage) || this.#rows.of(storage).some((study) => study.isLive),
      onChange: (storage) => this.#changed(storage),
      onDigest: (storage) => this.#rows.exchange(storage),
      onStanding: () => this.#join(),
    });
    this.#runs = new KnownRuns(options, this.#storages);
  }

  onDidChange(listener: (change: RegistryChange) => void): { dispose(): void } {
    return this.#changes.listen(listener);
  }

  /** By name, so that a study keeps its place. */
  get studies(): readonly StudyEntry[] {
    return this.#rows.all;
  }

  get storages(): readonly StorageEntry[] {
    return this.#storages.all;
  }

  /** Run folders whose record cannot be used, by path. */
  get badRuns(): readonly BadRun[] {
    return this.#runs.bad;
  }

  /** By its id, or by its place. */
  study(id: string): StudyEntry | undefined {
    return this.#rows.study(id);
  }

  studiesOf(storage: StorageEntry): readonly StudyEntry[] {
    return this.#rows.of(storage);
  }

  /** The studies that were started from a file, or whose script it is. */
  studiesFrom(path: string): readonly StudyEntry[] {
    return this.studies.filter(({ run }) => run?.record.source === path || run?.record.script === path);
  }

  /**
   * Lists the runs of these folders. Their files are read afterwards, those of live runs first and then the newest;
   * servers that a person has opened before are asked meanwhile, each on its own.
   */
  async list(folders: readonly string[]): Promise<void> {
    const found = await Promise.all(folders.map((folder) => this.#runs.search(folder)));
    const places = new Set<string>();
    for (const run of found.flat().sort((a, b) => Number(b.alive) - Number(a.alive))) {
      this.#setRun(run);
      if (run.location != null) places.add(run.location);
    }
    await nextTurn();
    this.#join();
    await nextTurn();
    for (const location of places) this.#readLater(location);
  }

  /** Resolves when the files are read that are to be read by themselves; servers are not waited for. */
  async settled(): Promise<void> {
    await this.#files.idle;
    if (this.#joining) this.#join();
  }

  /** Looks for runs in these folders and reads what they write to. */
  async discover(folders: readonly string[]): Promise<void> {
    await this.list(folders);
    await this.settled();
  }

  /** Reads the files of these studies now, before the others, and whole. */
  async readNow(studies: readonly StudyEntry[]): Promise<void> {
    await Promise.all(studies.map(({ storage }) => storage && this.#storages.whole(storage)));
    const unread = studies.filter(({ isUnread, storage }) => isUnread && storage && !isRemoteUrl(storage.location));
    await Promise.all(unread.map(({ storage }) => this.#storages.open((storage as StorageEntry).location)));
    if (unread.length > 0) this.#join();
  }

  /** A run record on the disk is new or changed. */
  async noteRecord(path: string): Promise<void> {
    const folder = runFolderAt(dirname(path));
    try {
      const run = this.#runs.get(folder);
      if (run?.alive) return await this.#checkRun(run);
      const read = await readRunRecord(path);
      if (this.#runs.clearBad(folder)) this.#joinSoon();
      if (!read) return;
      const record = relocated(read, folder);
      if (JSON.stringify(run?.record) !== JSON.stringify(record)) await this.addRun(record, folder);
    } catch (error) {
      this.#runs.setBad(folder, error);
      this.#joinSoon();
    }
  }

  /** The journal of a run folder has changed: one that is watched is read anyway. */
  async noteJournal(path: string): Promise<void> {
    const storage = this.#storages.get(path);
    if (storage?.log) await this.#storages.read(storage);
    else this.#readLater(path);
  }

  /** Takes in a run, new or changed, and opens its storage. `isOwn`: this window has started it, so its storage is meant. */
  async addRun(record: RunRecord, folder = runFolderOf(record.source, record.studyName), isOwn = false): Promise<void> {
    await this.#takeRun(folder, relocated(record, folder), await isAlive(record), isOwn);
  }

  async #takeRun(folder: RunFolder, record: RunRecord, alive: boolean, isOwn: boolean): Promise<void> {
    const before = this.#runs.get(folder);
    const run = await this.#runs.entryOf(folder, record, alive, isOwn);
    if (this.#disposed) return;
    if (run.isOwn && run.location != null) await this.#options.trust?.(run.location);
    this.#setRun(run);
    const isNews = before?.alive !== alive || before.record.state !== record.state;
    const storage = this.#storages.get(run.location);
    if (run.isOwn && storage) this.#release(storage);
    if (storage && !storage.held) {
      // A server may be away: the run is listed at once.
      if (!isRemoteUrl(storage.location)) await this.#storages.open(storage.location);
      else if (!storage.log) this.#readLater(storage.location);
      await this.#storages.complete(storage);
    }
    this.#join(isNews);
  }

  /** Opens a storage for a person: it stays listed, and a reason that it cannot be opened is thrown. */
  async open(location: string): Promise<StorageEntry> {
    const known = this.#storages.get(location);
    if (known) this.#release(known);
    const storage = await this.#storages.open(location);
    if (storage.problem !== null) {
      const isNamed = this.#rows.of(storage).length > 0;
      if (!storage.pinned && !isNamed) this.#storages.close(storage);
      this.#join();
      throw storage.failure;
    }
    storage.pinned = true;
    this.#join();
    return storage;
  }

  /**
   * Opens a storage that a run record names, because a person asks for it: the next windows open it by themselves. Throws
   * why it cannot be opened; it stays listed.
   */
  async load(storage: StorageEntry): Promise<void> {
    if (/\$\{env:|%24%7Benv/i.test(storage.location)) {
      throw new TuneboardError(
        'names-environment',
        storageMessage('recordNamesEnvironment', { place: storage.location }),
      );
    }
    this.#release(storage);
    await this.#storages.open(storage.location);
    this.#join();
    if (storage.problem !== null) throw storage.failure;
    await this.#options.trust?.(storage.location);
  }

  /** Opens again what a person had open: one that cannot be read now is listed all the same, says why, and is tried again. */
  async reopen(location: string): Promise<StorageEntry> {
    const listed = this.#storages.list(location);
    this.#release(listed);
    listed.pinned = true;
    this.#joinSoon();
    const storage = await this.#storages.open(location);
    storage.pinned = true;
    if (!storage.log) this.#storages.tryAgain(storage);
    this.#join();
    return storage;
  }

  /** Opens what may be opened by now: the workspace was trusted. */
  reconsider(): void {
    for (const { location, held } of this.#storages.all) if (held) this.#readLater(location);
  }

  /** Somebody looks at a study: its file is watched. Resolves when all its trials are there, or a reason that they are not. */
  async look(study: StudyEntry): Promise<void> {
    // Rows are listed before their files are read: one that is opened at once would have nothing below it.
    if (study.isUnread) await this.readNow([study]);
    if (study.storage) await this.#storages.look(study.storage);
  }

  /** As `look`, and it stays so until what is returned is disposed of. */
  keep(study: StudyEntry): { dispose(): void } {
    const { storage } = study;
    if (!storage) return { dispose: () => undefined };
    this.#kept.set(storage, (this.#kept.get(storage) ?? 0) + 1);
    void this.look(study);
    return {
      dispose: () => {
        const others = (this.#kept.get(storage) ?? 0) - 1;
        if (others > 0) this.#kept.set(storage, others);
        else this.#kept.delete(storage);
      },
    };
  }

  close(storage: StorageEntry): void {
    this.#storages.close(storage);
    this.#runs.forgetEnded(storage.location);
    this.#join();
  }

  /** Reads everything again that may have changed without a sign. Servers are asked, and not waited for. */
  async refresh(): Promise<void> {
    await this.#checkRuns();
    for (const storage of this.#storages.all) {
      const queue = isRemoteUrl(storage.location) ? this.#servers : this.#files;
      queue.add(() => this.#storages.read(storage));
    }
    await this.#files.idle;
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#joining);
    this.#runWatches.dispose();
    this.#storages.dispose();
    this.#changes.dispose();
  }

  #setRun(run: RunEntry): void {
    this.#runs.set(run);
    if (!run.alive) {
      this.#runWatches.drop(run.folder);
      return;
    }
    this.#runWatches.add(run.folder);
    this.#timer ??= setInterval(() => void this.#checkRuns(), this.#options.livenessMs ?? LIVENESS_MS);
  }

  /** Opens a listed storage by itself, if it may be. */
  #readLater(location: string): void {
    const storage = this.#storages.get(location);
    if (storage && this.#storages.lacks(storage)) this.#files.add(() => this.#storages.complete(storage));
    if (!storage || storage.log) return;
    if (storage.held && !this.#options.mayOpen?.(location)) return;
    if (storage.held) this.#release(storage);
    const queue = isRemoteUrl(location) ? this.#servers : this.#files;
    queue.add(async () => {
      if (this.#storages.get(location) !== storage || storage.log) return;
      await this.#storages.open(location);
      // A thousand rows are drawn at once: how their values are written is worked out here, one by one.
      for (const { history } of this.#storages.get(location)?.log?.studies() ?? []) valueFormat(history);
      this.#joinSoon();
    });
  }

  #namesIn(location: string): string[] {
    const here = this.#runs.all.filter((run) => run.location === location);
    return here.map(({ record }) => record.storedName ?? record.studyName);
  }

  #release(storage: StorageEntry): void {
    storage.held = undefined;
    storage.within = undefined;
  }

  async #checkRuns(): Promise<void> {
    let live = 0;
    // Side by side: one whose server is away must not delay what is known of the others.
    const checks = this.#runs.all.map(async (run) => {
      if (isEnded(run.record.state) || !run.alive) return;
      live++;
      await this.#checkRun(run).catch(this.#options.report);
    });
    await Promise.all(checks);
    if (live > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #checkRun(run: RunEntry): Promise<void> {
    const read = await readRunRecord(run.folder.path);
    let record = read ? relocated(read, run.folder) : run.record;
    // A journal is there before its first study is: it is tried again until it can be read. A server is not waited for.
    const waiting = this.#storages.get(run.location);
    if (waiting && !waiting.log && !isRemoteUrl(waiting.location)) await this.#storages.read(waiting);
    const isSame = record.pid === run.record.pid && record.processStart === run.record.processStart;
    // The full check may start a program; while the process that passed it is there, its pid is nobody else's.
    const alive = !isEnded(record.state) && (isSame ? hasProcess(record.pid) : await isAlive(record));
    if (!alive && !isEnded(record.state)) {
      // The last it says it may have said between the two looks; now nobody changes it any more.
      const last = await readRunRecord(run.folder.path);
      if (last?.pid === record.pid) record = relocated(last, run.folder);
    }
    const isPlaceKnown = run.location != null || (await recordedPlace(record, run.folder)) === null;
    if (alive === run.alive && isPlaceKnown && JSON.stringify(record) === JSON.stringify(run.record)) return;
    // The last lines are written before the record says that the run is over.
    const storage = this.#storages.get(run.location);
    if (!alive && storage) {
      const read = this.#storages.read(storage);
      // A server that went away meanwhile must not keep the end of the run from being told.
      await (isRemoteUrl(storage.location)
        ? Promise.race([read, delay(LAST_READ_MS, undefined, { ref: false })])
        : read);
    }
    await this.#takeRun(run.folder, record, alive, false);
  }

  #changed(storage: StorageEntry): void {
    if (!this.#rows.isListed(storage)) {
      this.#join();
      return;
    }
    const listed = this.#rows.of(storage);
    this.#others.note(listed);
    this.#changes.emit({ structure: false, runs: false, studies: new Set(listed) });
  }

  /** Changes of many storages are reported together. */
  #joinSoon(): void {
    this.#joining ??= setTimeout(() => this.#join(), TOGETHER_MS);
  }

  #join(runs = false): void {
    clearTimeout(this.#joining);
    this.#joining = undefined;
    if (this.#disposed) return;
    const { structure, studies } = this.#rows.join(this.#storages, this.#runs.all, this.badRuns);
    this.#others.note(studies);
    this.#changes.emit({ structure, runs, studies });
  }
}
