import { basename } from 'node:path';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { otherAccount } from '../../runs/runFolder.ts';
import type { StorageList } from '../storages/storageList.ts';
import { placeOf, RowIds, runIdOf } from './rowIds.ts';
import { type BadRun, hasOwnRow, listedByName, type RunEntry, type StorageEntry, StudyEntry } from './studyEntry.ts';

/** What a study was when its listeners last heard of it. */
interface Seen {
  readonly record: StudyRecord | null;
  readonly run: RunEntry | null;
  readonly standing: string;
}

/** Studies that are listed of a storage which no person opened: the newest ones, and those of runs. */
const MOST_UNASKED = 500;

/**
 * The list of studies, made from storages and runs. Entries that stay keep their identity. Its cost grows with the number
 * of studies, never with its square.
 */
export class StudyRows {
  readonly #studies = new Map<string, StudyEntry>();
  readonly #ids = new RowIds();
  /** Rows of runs whose study is in no storage yet, by run folder. */
  readonly #early = new Map<string, StudyEntry>();
  #sorted: readonly StudyEntry[] = [];
  #byStorage = new Map<StorageEntry, StudyEntry[]>();
  /** The records of each storage by name, as they were at the last join. */
  #stored = new Map<StorageEntry, ReadonlyMap<string, StudyRecord>>();
  #seen = new Map<StudyEntry, Seen>();
  /** Names of the studies of runs, by the location of their storage. */
  #wanted = new Map<string | null | undefined, Set<string>>();
  #layout = '';

  /** By name. */
  get all(): readonly StudyEntry[] {
    return this.#sorted;
  }

  /** By its id, or by its place. */
  study(id: string): StudyEntry | undefined {
    return this.#studies.get(this.#ids.idOf(id));
  }

  /** The studies of a storage, by name. */
  of(storage: StorageEntry): readonly StudyEntry[] {
    return this.#byStorage.get(storage) ?? [];
  }

  /** Whether the studies that an open storage has now are the listed ones. */
  isListed(storage: StorageEntry): boolean {
    const records = this.#recordsOf(storage);
    const stored = this.#stored.get(storage);
    return stored?.size === records.length && records.every((record) => stored.get(record.name) === record);
  }

  /** Makes the list anew. `studies`: those that changed. `structure`: whether rows came, went or moved. */
  join(
    storages: StorageList,
    runs: readonly RunEntry[],
    bad: readonly BadRun[],
  ): { structure: boolean; studies: ReadonlySet<StudyEntry> } {
    const all = storages.all;
    this.#wanted = new Map();
    for (const { location, record } of runs) {
      const names = this.#wanted.get(location) ?? new Set<string>();
      this.#wanted.set(location, names.add(record.storedName ?? record.studyName));
    }
    this.#stored = new Map(all.map((storage) => [storage, byName(this.#recordsOf(storage))]));
    const places = new Map(runs.map((run) => [run, this.#storedStudy(run, storages.get(run.location))]));
    this.#keepRows(places);
    const listed = new Set<StudyEntry>();
    for (const [storage, records] of this.#stored) {
      for (const [name, record] of records) {
        const entry = this.#obtain(this.#ids.idOf(placeOf(storage.location, name)), name);
        listed.add(Object.assign(entry, { name, storage, record, run: null, earlierRun: null }));
      }
    }
    for (const run of runs) listed.add(this.#joinRun(run, places.get(run), storages.get(run.location) ?? null, listed));
    for (const run of runs) this.#noteEarlier(run);
    for (const [id, entry] of this.#studies) if (!listed.has(entry)) this.#studies.delete(id);
    this.#ids.retain(this.#studies);
    this.#sorted = listedByName(this.#studies.values());
    this.#index();
    const before = this.#layout;
    this.#layout = this.#layoutOf(all, bad);
    return { structure: before !== this.#layout, studies: this.#changed() };
  }

  /** Takes the records that a storage has now for those of the same studies: no listener hears of it. */
  exchange(storage: StorageEntry): void {
    const records = byName(this.#recordsOf(storage));
    this.#stored.set(storage, records);
    for (const study of this.of(storage)) {
      const record = records.get(study.record?.name ?? '');
      const seen = this.#seen.get(study);
      if (!record || !seen) continue;
      study.record = record;
      this.#seen.set(study, { ...seen, record });
    }
  }

  #recordsOf(storage: StorageEntry): readonly StudyRecord[] {
    const records = storage.log?.studies() ?? [];
    if (storage.pinned || records.length <= MOST_UNASKED) return records;
    const wanted = this.#wanted.get(storage.location);
    const first = records.length - MOST_UNASKED;
    return records.filter(({ name }, index) => index === 0 || index > first || wanted?.has(name));
  }

  #index(): void {
    this.#byStorage = new Map();
    this.#early.clear();
    for (const entry of this.#sorted) {
      if (!entry.record && entry.run) this.#early.set(entry.run.folder.path, entry);
      if (!entry.storage) continue;
      const own = this.#byStorage.get(entry.storage);
      if (own) own.push(entry);
      else this.#byStorage.set(entry.storage, [entry]);
    }
  }

  /** Which rows there are, and below which each stands. */
  #layoutOf(storages: readonly StorageEntry[], bad: readonly BadRun[]): string {
    const own = new Set(storages.filter((storage) => hasOwnRow(storage, this.of(storage))));
    const rows = this.#sorted.map(({ id, name, storage }) => {
      return [id, name, storage && own.has(storage) ? storage.location : null];
    });
    const others = [...own].map(({ location, problem, log }) => [location, problem, log === null]);
    return JSON.stringify([rows, others, bad.map(({ folder, problem }) => [folder.path, problem])]);
  }

  #changed(): Set<StudyEntry> {
    const changed = new Set<StudyEntry>();
    const seen = new Map<StudyEntry, Seen>();
    for (const study of this.#sorted) {
      const { record, run, storage, hasNamesake } = study;
      const standing = `${storage?.location} ${storage?.held} ${storage?.log == null} ${hasNamesake} ${storage?.problem}`;
      const last = this.#seen.get(study);
      const isSame = last?.record === record && last.run === run && last.standing === standing;
      if (!isSame) changed.add(study);
      seen.set(study, { record, run, standing });
    }
    this.#seen = seen;
    return changed;
  }

  /** The row that a run has had becomes its study's when that is found in a storage. */
  #keepRows(places: ReadonlyMap<RunEntry, string | undefined>): void {
    for (const [run, stored] of places) {
      const row = this.#early.get(run.folder.path);
      if (row && stored && !this.study(stored)) this.#ids.keep(stored, row.id);
    }
  }

  /** The place of the study that a run writes to, if it is there. */
  #storedStudy(run: RunEntry, storage: StorageEntry | undefined): string | undefined {
    const records = storage && this.#stored.get(storage);
    if (!records) return undefined;
    const { storage: told, storedName, studyName } = run.record;
    const [first] = told === null ? records.keys() : [];
    const wanted = first ?? storedName ?? studyName;
    return records.has(wanted) ? placeOf(storage.location, wanted) : undefined;
  }

  #joinRun(
    run: RunEntry,
    place: string | undefined,
    storage: StorageEntry | null,
    listed: ReadonlySet<StudyEntry>,
  ): StudyEntry {
    const stored = place === undefined ? undefined : this.study(place);
    if (stored) {
      if (!stored.run || tellsMore(run.record, stored.run.record)) stored.run = run;
      return stored;
    }
    const { studyName, source, startedAt } = run.record;
    const { path } = run.folder;
    // An earlier run of the same file may have left a study that kept the folder's id.
    const known = this.#studies.get(runIdOf(path));
    const id = runIdOf(path, known && listed.has(known) ? startedAt : undefined);
    const entry = this.#obtain(id, studyName || basename(source));
    return Object.assign(entry, { run, storage, record: null });
  }

  /** The other studies of a script that made several. */
  #noteEarlier(run: RunEntry): void {
    for (const { name } of run.record.studies ?? []) {
      const study = run.location == null ? undefined : this.study(placeOf(run.location, name));
      const known = study?.earlierRun?.record.startedAt ?? Number.NEGATIVE_INFINITY;
      if (study && known < run.record.startedAt) study.earlierRun = run;
    }
  }

  #obtain(id: string, name: string): StudyEntry {
    const known = this.#studies.get(id);
    if (known) return known;
    const entry = new StudyEntry(id, name);
    this.#studies.set(id, entry);
    return entry;
  }
}

/** Of two runs that ever wrote to one study this account's tells how it is, else the newer one. */
function tellsMore(one: RunRecord, other: RunRecord): boolean {
  const [isOwn, isOtherOwn] = [otherAccount(one) === null, otherAccount(other) === null];
  return isOwn === isOtherOwn ? other.startedAt <= one.startedAt : isOwn;
}

function byName(records: readonly StudyRecord[]): ReadonlyMap<string, StudyRecord> {
  return new Map(records.map((record) => [record.name, record]));
}
