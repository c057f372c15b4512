import { basename, dirname } from 'node:path';
import type { TrialLog } from '../../core/study/studyStore.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { type RunFolder, runFolderAt, runFolderOf } from '../../runs/runFolder.ts';
import { findRunRecords, isAlive, readRunRecord } from '../../runs/runRecords.ts';
import { Emitter } from './emitter.ts';
import { relocated } from './relocate.ts';
import { hasProcess, storageOf } from './runFacts.ts';
import { RunWatches } from './runWatches.ts';
import { StorageList } from './storageList.ts';
import { isEnded, type RunEntry, type StorageEntry, StudyEntry } from './studyEntry.ts';

export interface RegistryChange {
  /** Studies or storages came or went. */
  readonly structure: boolean;
  /** A run began, ended or stands otherwise than before: nobody should wait to see that. */
  readonly runs: boolean;
  /** Studies whose trials or run changed. */
  readonly studies: ReadonlySet<StudyEntry>;
}

export interface RegistryOptions {
  /** Puts an error into one sentence. */
  explain(error: unknown): string;
  /** What is not for a person: it goes to the log. */
  report(error: unknown): void;
  /** Opens a storage; by default without any secret of the editor's. */
  openLog?(location: string): Promise<TrialLog>;
  now?(): number;
  /** How often the process of a run is looked for, in milliseconds: 400. Its record and its trials are watched, not polled. */
  readonly livenessMs?: number;
}

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

  study(id: string): StudyEntry | undefined {
    return this.#studies.get(id);
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
        for (const found of await findRunRecords(folder)) await this.addRun(found.record, found.folder);
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
    await this.#takeRun(folder, relocated(record, folder), isAlive(record));
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
      this.#storages.close(storage);
      this.#join();
      throw storage.failure;
    }
    storage.pinned = true;
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
    const alive = !isEnded(record.state) && (isSame ? hasProcess(record.pid) : isAlive(record));
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
    return this.#studies.get(studyId(storage.location, name));
  }

  /** Makes the list of studies from storages and runs; entries that stay keep their identity. */
  #join(runs = false): void {
    if (this.#disposed) return;
    const before = new Set(this.#studies.keys());
    const listed = new Set<StudyEntry>();
    for (const storage of this.#storages.all) {
      for (const record of storage.log?.studies() ?? []) {
        const entry = this.#obtain(studyId(storage.location, record.name), record.name);
        Object.assign(entry, { storage, record, run: null });
        listed.add(entry);
      }
    }
    for (const run of this.#runs.values()) listed.add(this.#joinRun(run));
    for (const [id, entry] of this.#studies) if (!listed.has(entry)) this.#studies.delete(id);
    this.#sorted = [...this.#studies.values()].sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
    const structure = before.size !== this.#studies.size || [...before].some((id) => !this.#studies.has(id));
    this.#changes.emit({ structure, runs, studies: listed });
  }

  #joinRun(run: RunEntry): StudyEntry {
    const { storedName, studyName, source } = run.record;
    const storage = this.#storages.get(storageOf(run));
    const only = run.record.storage === null ? storage?.log?.studies()[0]?.name : undefined;
    const stored = storage && this.#entryOf(storage, only ?? storedName ?? studyName);
    if (stored?.record && storage?.log?.studies().includes(stored.record)) {
      // Of two runs that ever wrote to one study the newer one tells how it is.
      if (!stored.run || stored.run.record.startedAt <= run.record.startedAt) stored.run = run;
      return stored;
    }
    const entry = this.#obtain(`run:${run.folder.path}`, studyName || basename(source));
    Object.assign(entry, { run, storage: storage ?? null, record: null });
    return entry;
  }

  #obtain(id: string, name: string): StudyEntry {
    const known = this.#studies.get(id);
    if (known) return known;
    const entry = new StudyEntry(id, name);
    this.#studies.set(id, entry);
    return entry;
  }
}

/** The id that commands, panels and the language server know a study by. */
export function studyId(location: string, name: string): string {
  return `${location}#${name}`;
}

function compareText(a: string, b: string): number {
  return a.localeCompare(b);
}
