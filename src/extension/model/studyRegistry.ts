import { basename, dirname } from 'node:path';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { hasProcess } from '../../runs/processIdentity.ts';
import { type RunFolder, runFolderAt, runFolderOf } from '../../runs/runFolder.ts';
import { findRunRecords, isAlive, isFound, readRunRecord } from '../../runs/runRecords.ts';
import { Emitter } from './emitter.ts';
import type { RegistryChange, RegistryOptions } from './registryChange.ts';
import { relocated } from './relocate.ts';
import { placeOf, RowIds, runIdOf } from './rowIds.ts';
import { storageOf } from './runFacts.ts';
import { RunWatches } from './runWatches.ts';
import { StorageList } from './storageList.ts';
import { isEnded, listedByName, type RunEntry, type StorageEntry, StudyEntry } from './studyEntry.ts';

const LIVENESS_MS = 400;

/**
 * Every study that this window knows: of runs found in its folders, and of storages that somebody opened. The storage is
 * the truth about trials, the run record about the process; this joins the two and tells what changed.
 */
export class StudyRegistry {
  readonly #options: RegistryOptions;
  readonly #changes: Emitter<RegistryChange>;
  readonly #storages: StorageList;
  readonly #runs = new Map<string, RunEntry>();
  readonly #runWatches = new RunWatches(({ record }) => void this.noteRecord(record));
  readonly #studies = new Map<string, StudyEntry>();
  readonly #ids = new RowIds();
  #sorted: readonly StudyEntry[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #disposed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#changes = new Emitter<RegistryChange>(options.report);
    this.#storages = new StorageList({
      explain: (error) => options.explain(error),
      report: (error) => options.report(error),
      openLog: options.openLog,
      retryMs: options.retryMs,
      onChange: (storage) => this.#changed(storage),
      onStanding: () => this.#join(),
    });
  }

  onDidChange(listener: (change: RegistryChange) => void): { dispose(): void } {
    return this.#changes.listen(listener);
  }

  /** By name, so that a study keeps its place. */
  get studies(): readonly StudyEntry[] {
    return this.#sorted;
  }

  get storages(): readonly StorageEntry[] {
    return this.#storages.all;
  }

  /** By its id, or by its place. */
  study(id: string): StudyEntry | undefined {
    return this.#studies.get(this.#ids.idOf(id));
  }

  studiesOf(storage: StorageEntry): readonly StudyEntry[] {
    return this.studies.filter((study) => study.storage === storage);
  }

  /** The studies that were started from a file, or whose script it is. */
  studiesFrom(path: string): readonly StudyEntry[] {
    return this.studies.filter(({ run }) => run?.record.source === path || run?.record.script === path);
  }

  /** Looks for runs in these folders and opens what they write to. */
  async discover(folders: readonly string[]): Promise<void> {
    for (const folder of folders) {
      try {
        for (const found of await findRunRecords(folder)) {
          if (isFound(found)) await this.addRun(found.record, found.folder);
        }
      } catch (error) {
        this.#options.report(error);
      }
    }
  }

  /** A run record on the disk is new or changed. */
  async noteRecord(path: string): Promise<void> {
    try {
      const folder = runFolderAt(dirname(path));
      const run = this.#runs.get(folder.path);
      if (run?.alive) return await this.#checkRun(run);
      const read = await readRunRecord(path);
      if (!read) return;
      const record = relocated(read, folder);
      if (JSON.stringify(run?.record) !== JSON.stringify(record)) await this.addRun(record, folder);
    } catch (error) {
      this.#options.report(error);
    }
  }

  /** Takes in a run, new or changed, and opens its storage. */
  async addRun(record: RunRecord, folder = runFolderOf(record.source, record.studyName)): Promise<void> {
    await this.#takeRun(folder, relocated(record, folder), await isAlive(record));
  }

  async #takeRun(folder: RunFolder, record: RunRecord, alive: boolean): Promise<void> {
    if (this.#disposed) return;
    const before = this.#runs.get(folder.path);
    this.#setRun({ folder, record, alive, goneAt: this.#goneAt(folder.path, record, alive) });
    const storage = storageOf(this.#runs.get(folder.path));
    if (storage !== null) await this.#storages.open(storage);
    this.#join(before?.alive !== alive || before.record.state !== record.state);
  }

  /** Opens a storage for a person: it stays listed, and a reason that it cannot be opened is thrown. */
  async open(location: string): Promise<StorageEntry> {
    const storage = await this.#storages.open(location);
    if (storage.problem !== null) {
      if (!storage.pinned) this.#storages.close(storage);
      this.#join();
      throw storage.failure;
    }
    storage.pinned = true;
    this.#join();
    return storage;
  }

  /** Opens again what a person had open: one that cannot be read now is listed all the same, says why, and is tried again. */
  async reopen(location: string): Promise<StorageEntry> {
    const storage = await this.#storages.open(location);
    storage.pinned = true;
    if (!storage.log) this.#storages.tryAgain(storage);
    this.#join();
    return storage;
  }

  close(storage: StorageEntry): void {
    this.#storages.close(storage);
    for (const [path, run] of this.#runs) {
      if (storageOf(run) === storage.location && !run.alive) this.#runs.delete(path);
    }
    this.#join();
  }

  /** Reads everything again that may have changed without a sign. */
  async refresh(): Promise<void> {
    await this.#checkRuns();
    for (const storage of this.#storages.all) await this.#storages.read(storage);
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#timer);
    this.#runWatches.dispose();
    this.#storages.dispose();
    this.#changes.dispose();
  }

  #goneAt(path: string, record: RunRecord, alive: boolean): number | null {
    if (alive || isEnded(record.state)) return null;
    return this.#runs.get(path)?.goneAt ?? this.#options.now?.() ?? Date.now();
  }

  #setRun(run: RunEntry): void {
    this.#runs.set(run.folder.path, run);
    if (!run.alive) {
      this.#runWatches.drop(run.folder);
      return;
    }
    this.#runWatches.add(run.folder);
    this.#timer ??= setInterval(() => void this.#checkRuns(), this.#options.livenessMs ?? LIVENESS_MS);
  }

  async #checkRuns(): Promise<void> {
    let live = 0;
    for (const run of [...this.#runs.values()]) {
      if (isEnded(run.record.state) || !run.alive) continue;
      live++;
      try {
        await this.#checkRun(run);
      } catch (error) {
        this.#options.report(error);
      }
    }
    if (live > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #checkRun(run: RunEntry): Promise<void> {
    const read = await readRunRecord(run.folder.path);
    let record = read ? relocated(read, run.folder) : run.record;
    // A journal is there before its first study is: it is tried again until it can be read.
    const waiting = this.#storages.get(storageOf(run));
    if (waiting && !waiting.log) await this.#storages.read(waiting);
    const isSame = record.pid === run.record.pid && record.processStart === run.record.processStart;
    // The full check may start a program; while the process that passed it is there, its pid is nobody else's.
    const alive = !isEnded(record.state) && (isSame ? hasProcess(record.pid) : await isAlive(record));
    if (!alive && !isEnded(record.state)) {
      // The last it says it may have said between the two looks; now nobody changes it any more.
      const last = await readRunRecord(run.folder.path);
      if (last?.pid === record.pid) record = relocated(last, run.folder);
    }
    if (alive === run.alive && JSON.stringify(record) === JSON.stringify(run.record)) return;
    // The last lines are written before the record says that the run is over.
    const storage = this.#storages.get(storageOf(run));
    if (!alive && storage) await this.#storages.read(storage);
    await this.#takeRun(run.folder, record, alive);
  }

  #changed(storage: StorageEntry): void {
    const records = storage.log?.studies() ?? [];
    const listed = this.studiesOf(storage);
    const same =
      records.length === listed.length &&
      records.every((record) => this.#entryOf(storage, record.name)?.record === record);
    if (!same) this.#join();
    else this.#changes.emit({ structure: false, runs: false, studies: new Set(listed) });
  }

  #entryOf(storage: StorageEntry, name: string): StudyEntry | undefined {
    return this.study(placeOf(storage.location, name));
  }

  /** Makes the list of studies from storages and runs; entries that stay keep their identity. */
  #join(runs = false): void {
    if (this.#disposed) return;
    const before = this.#layout();
    this.#keepRows();
    const listed = new Set<StudyEntry>();
    for (const storage of this.#storages.all) {
      for (const record of storage.log?.studies() ?? []) {
        const { name } = record;
        const entry = this.#obtain(this.#ids.idOf(placeOf(storage.location, name)), name);
        listed.add(Object.assign(entry, { name, storage, record, run: null }));
      }
    }
    for (const run of this.#runs.values()) listed.add(this.#joinRun(run, listed));
    for (const [id, entry] of this.#studies) if (!listed.has(entry)) this.#studies.delete(id);
    this.#ids.retain(this.#studies);
    this.#sorted = listedByName(this.#studies.values());
    this.#changes.emit({ structure: before !== this.#layout(), runs, studies: listed });
  }

  /** Which rows there are, and below which storage each stands. */
  #layout(): string {
    const rows = this.#sorted.map(({ id, name, storage, record }) => [id, name, storage?.location, record !== null]);
    return JSON.stringify(rows);
  }

  /** The row that a run has had becomes its study's when that is found in a storage. */
  #keepRows(): void {
    for (const run of this.#runs.values()) {
      const { path } = run.folder;
      const row = this.#sorted.find((entry) => entry.record === null && entry.run?.folder.path === path);
      const stored = row && this.#storedStudy(run);
      if (stored && !this.study(stored)) this.#ids.keep(stored, row.id);
    }
  }

  /** The place of the study that a run writes to, if it is there. */
  #storedStudy(run: RunEntry): string | undefined {
    const storage = this.#storages.get(storageOf(run));
    const names = (storage?.log?.studies() ?? []).map(({ name }) => name);
    const { storage: told, storedName, studyName } = run.record;
    const wanted = (told === null ? names[0] : undefined) ?? storedName ?? studyName;
    return storage && names.includes(wanted) ? placeOf(storage.location, wanted) : undefined;
  }

  #joinRun(run: RunEntry, listed: ReadonlySet<StudyEntry>): StudyEntry {
    const place = this.#storedStudy(run);
    const stored = place === undefined ? undefined : this.study(place);
    if (stored) {
      // Of two runs that ever wrote to one study the newer one tells how it is.
      if (!stored.run || stored.run.record.startedAt <= run.record.startedAt) stored.run = run;
      return stored;
    }
    const { studyName, source, startedAt } = run.record;
    const { path } = run.folder;
    // An earlier run of the same file may have left a study that kept the folder's id.
    const known = this.#studies.get(runIdOf(path));
    const id = runIdOf(path, known && listed.has(known) ? startedAt : undefined);
    const entry = this.#obtain(id, studyName || basename(source));
    return Object.assign(entry, { run, storage: this.#storages.get(storageOf(run)) ?? null, record: null });
  }

  #obtain(id: string, name: string): StudyEntry {
    const known = this.#studies.get(id);
    if (known) return known;
    const entry = new StudyEntry(id, name);
    this.#studies.set(id, entry);
    return entry;
  }
}
