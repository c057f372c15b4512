import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { MOST_OBJECTIVES, MOST_STUDIES } from '../../../core/study/states.ts';
import type { NaiveZone } from '../../datetimes.ts';
import { TimeSlice } from '../../eventLoop.ts';
import { fromSystemError } from '../../storageError.ts';
import { type Cell, directionsFrom, type RowDecoder } from '../read/rowDecoder.ts';
import { StudyTracker, zoneOf } from '../read/studyTracker.ts';
import type { OpenedDatabase } from './openDatabase.ts';
import { cut, TrialRows } from './sqliteRows.ts';

const TRIALS_A_QUERY = 500;

export interface OpenedReader {
  readonly db: DatabaseSync;
  readonly rows: TrialRows;
  readonly inode: string;
  /** Of the naive times in the file. */
  readonly zone: NaiveZone;
}

/**
 * The studies of an Optuna database in SQLite. Reading again asks for new trials and for those that were not finished; the
 * database's own change counter tells whether to ask at all: it counts what other connections have committed. What is
 * written through the same connection has to be told to the tracker.
 */
export class SqliteReader {
  readonly tracker: StudyTracker;
  readonly #location: string;
  readonly #openDatabase: () => Promise<OpenedDatabase>;
  /** Who created the file, such as `4.1.0`; Rustuna and files without it leave it undefined. */
  optunaVersion: string | undefined;
  opened: OpenedReader | undefined;
  #dataVersion = -1;
  /** Whether a trial without a number was met: it is looked for again, whether or not anything else changes. */
  #isBehind = false;

  constructor(location: string, openDatabase: () => Promise<OpenedDatabase>) {
    this.#location = location;
    this.#openDatabase = openDatabase;
    this.tracker = new StudyTracker(location);
  }

  get decoder(): RowDecoder | undefined {
    return this.opened?.rows.decoder;
  }

  /** Opens the database, anew where the file was replaced. */
  async current(): Promise<OpenedReader> {
    let inode: string;
    try {
      const stat = statSync(this.#location, { bigint: true });
      inode = `${stat.dev}:${stat.ino}`;
    } catch (error) {
      throw fromSystemError(error, 'open', this.#location);
    }
    if (this.opened?.inode === inode) return this.opened;
    this.close();
    this.forget();
    const { db, optunaVersion, hasDiscarded } = await this.#openDatabase();
    this.optunaVersion = optunaVersion;
    const zone = zoneOf(optunaVersion, hasDiscarded);
    const rows = new TrialRows(db, { zone, hasDiscarded, warn: (warning) => this.tracker.warn(warning) });
    this.opened = { db, rows, inode, zone };
    return this.opened;
  }

  /** Reads what other connections have committed since. Returns whether there was anything. */
  async sync(): Promise<boolean> {
    const opened = await this.current();
    const version = Number(opened.db.prepare('PRAGMA data_version').get()?.['data_version']);
    if (version === this.#dataVersion) return false;
    this.#readStudies(opened);
    await this.#readTrials(opened);
    this.tracker.checkZone(opened.zone, this.optunaVersion);
    this.#dataVersion = this.#isBehind ? -1 : version;
    this.#isBehind = false;
    return true;
  }

  close(): void {
    this.opened?.db.close();
    this.opened = undefined;
  }

  /** Reads everything anew next time, into new records. */
  forget(): void {
    this.tracker.forget();
    this.#dataVersion = -1;
    this.#isBehind = false;
  }

  #readStudies({ db, rows }: OpenedReader): void {
    const { tracker } = this;
    const found = db
      .prepare(`SELECT ${cut('study_id')}, ${cut('study_name')} FROM studies ORDER BY study_id LIMIT ?`)
      .all(MOST_STUDIES + 1);
    if (found.length > MOST_STUDIES) {
      found.pop();
      tracker.warn(`${this.#location} has more than ${MOST_STUDIES} studies: the first ${MOST_STUDIES} are shown.`);
    }
    const names = new Map(found.map((row) => [Number(row['study_id']), String(row['study_name'])]));
    const count = db.prepare('SELECT COUNT(*) AS n FROM trials WHERE trial_id <= ?').get(tracker.lastTrialId)?.['n'];
    // Ids are used again after a deletion.
    const isIntact = tracker.studies.every((study) => names.get(study.id) === study.name);
    if (!isIntact || Number(count) < tracker.knownTrials) this.forget();
    const added = [...names].filter(([id]) => !tracker.study(id));
    const directions = added.length > 0 ? readDirections(db) : undefined;
    for (const [id, name] of added) tracker.addStudy(id, name, directionsFrom(directions?.get(id) ?? []));
    tracker.setAttrs('userAttrs', rows.attributes('study_user_attributes'));
    tracker.setAttrs('systemAttrs', rows.attributes('study_system_attributes'));
  }

  async #readTrials({ rows }: OpenedReader): Promise<void> {
    const { tracker } = this;
    const slice = new TimeSlice();
    const open = tracker.openIds();
    for (let start = 0; start < open.length; start += TRIALS_A_QUERY) {
      for (const row of rows.withIds(open.slice(start, start + TRIALS_A_QUERY))) tracker.update(row);
      if (slice.isOver) await slice.yield();
    }
    // Ids that a number can't hold would be found again and again.
    for (let last = tracker.lastTrialId; ; ) {
      const found = rows.after(tracker.lastTrialId, TRIALS_A_QUERY);
      for (const row of found) {
        // A trial without a number is being created at this moment: it and all after it are read next time.
        if (row.number === null) {
          this.#isBehind = true;
          return;
        }
        tracker.add(row, row.number);
      }
      if (found.length < TRIALS_A_QUERY || tracker.lastTrialId <= last) return;
      last = tracker.lastTrialId;
      if (slice.isOver) await slice.yield();
    }
  }
}

/** By study, in the order of the objectives; of damaged studies not more than are taken. One query: an index may be missing. */
function readDirections(db: DatabaseSync): ReadonlyMap<number, Cell[]> {
  const directions = new Map<number, Cell[]>();
  const sql = `SELECT ${cut('study_id')}, ${cut('direction')} FROM study_directions ORDER BY study_id, objective`;
  for (const row of db.prepare(sql).iterate()) {
    const id = Number(row['study_id']);
    const known = directions.get(id);
    if (!known) directions.set(id, [row['direction']]);
    else if (known.length < MOST_OBJECTIVES) known.push(row['direction']);
  }
  return directions;
}
