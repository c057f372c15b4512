import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { setOwn } from '../../core/ownProperty.ts';
import type { JsonValue } from '../../core/study/changes.ts';
import { History } from '../../core/study/history.ts';
import { Direction, isFinished, TrialState } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import type { NaiveZone } from '../datetimes.ts';
import { Mutex, TimeSlice } from '../eventLoop.ts';
import type { ExactAttrs } from '../exactAttrs.ts';
import { fromSystemError } from '../storageError.ts';
import { updateTrial } from './historyUpdate.ts';
import { fromSqliteError, openDatabase } from './openDatabase.ts';
import { type TrialRow, TrialRows } from './sqliteRows.ts';

const TRIALS_A_QUERY = 500;
/** More missing trial numbers than this are damage, not a gap that could be filled. */
const LARGEST_GAP = 100_000;
/** How long a database that somebody writes is tried again, and how often, in milliseconds. */
const LOCKED_MS = 3000;
const RETRY_MS = 50;

interface SqliteStudy extends StudyRecord {
  userAttrs: Record<string, JsonValue>;
  systemAttrs: Record<string, JsonValue>;
  /** Database ids by trial number. */
  readonly trialIds: number[];
}

interface Opened {
  readonly db: DatabaseSync;
  readonly rows: TrialRows;
  readonly inode: string;
}

/**
 * An Optuna database in SQLite, read only. Reading again asks for new trials and for those that were not finished; the
 * database's own change counter tells whether to ask at all. After the file was replaced or a study deleted, `studies()`
 * returns new records.
 */
export class SqliteLog implements TrialLog {
  readonly kind = 'sqlite';
  readonly location: string;
  /** Who created the file, such as `4.1.0`; Rustuna and files without it leave it undefined. */
  libraryVersion: string | undefined;
  readonly #reading = new Mutex();
  readonly #warnings: string[] = [];
  #opened: Opened | undefined;
  #studies = new Map<number, SqliteStudy>();
  #dataVersion = -1;
  #lastTrialId = 0;
  /** Trials to ask for again, by id: unfinished ones, and those that had no number yet. */
  #open = new Map<number, { readonly study: SqliteStudy; readonly number: number }>();
  #knownTrials = 0;
  #zone: NaiveZone = 'local';

  private constructor(path: string) {
    this.location = path;
  }

  static async open(path: string): Promise<SqliteLog> {
    const log = new SqliteLog(resolve(path));
    try {
      await log.refresh();
    } catch (error) {
      await log.close();
      throw error;
    }
    return log;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs | undefined {
    return this.#opened?.rows.exact;
  }

  studies(): readonly StudyRecord[] {
    return [...this.#studies.values()];
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(async () => {
      for (const until = performance.now() + LOCKED_MS; ; await sleep(RETRY_MS)) {
        try {
          return await this.#refresh();
        } catch (cause) {
          const error = fromSqliteError(cause, this.location);
          if (error.code !== 'locked' || performance.now() > until) throw error;
        }
      }
    });
  }

  async close(): Promise<void> {
    await this.#reading.run(async () => {
      this.#opened?.db.close();
      this.#opened = undefined;
    });
  }

  async #refresh(): Promise<boolean> {
    const opened = await this.#current();
    const version = Number(opened.db.prepare('PRAGMA data_version').get()?.['data_version']);
    if (version === this.#dataVersion) return false;
    this.#readStudies(opened);
    await this.#readTrials(opened);
    this.#dataVersion = version;
    this.#checkZone();
    return true;
  }

  async #current(): Promise<Opened> {
    let inode: string;
    try {
      const stat = statSync(this.location, { bigint: true });
      inode = `${stat.dev}:${stat.ino}`;
    } catch (error) {
      throw fromSystemError(error, 'open', this.location);
    }
    if (this.#opened?.inode === inode) return this.#opened;
    this.#opened?.db.close();
    this.#opened = undefined;
    this.#restart();
    const { db, libraryVersion, hasDiscarded } = await openDatabase(this.location);
    this.libraryVersion = libraryVersion;
    // Optuna 5 and Rustuna write UTC, older ones local time; nothing else in the file tells.
    this.#zone = hasDiscarded || Number.parseInt(libraryVersion ?? '', 10) >= 5 ? 'utc' : 'local';
    const rows = new TrialRows(db, { zone: this.#zone, hasDiscarded, warn: (warning) => this.#warn(warning) });
    this.#opened = { db, rows, inode };
    return this.#opened;
  }

  #restart(): void {
    this.#studies = new Map();
    this.#open = new Map();
    this.#dataVersion = -1;
    this.#lastTrialId = 0;
    this.#knownTrials = 0;
    this.#warnings.length = 0;
  }

  #readStudies({ db, rows }: Opened): void {
    const found = db.prepare('SELECT study_id, study_name FROM studies ORDER BY study_id').all();
    const names = new Map(found.map((row) => [Number(row['study_id']), String(row['study_name'])]));
    const count = db.prepare('SELECT COUNT(*) AS n FROM trials WHERE trial_id <= ?').get(this.#lastTrialId)?.['n'];
    // Ids are used again after a deletion.
    const isIntact = [...this.#studies.values()].every((study) => names.get(study.id) === study.name);
    if (!isIntact || Number(count) < this.#knownTrials) this.#restart();
    for (const [id, name] of names) {
      if (this.#studies.has(id)) continue;
      const directions = this.#directions(db, id);
      const history = new History(directions);
      this.#studies.set(id, { id, name, directions, userAttrs: {}, systemAttrs: {}, history, trialIds: [] });
    }
    this.#setAttrs('userAttrs', rows.attributes('study_user_attributes'));
    this.#setAttrs('systemAttrs', rows.attributes('study_system_attributes'));
  }

  #directions(db: DatabaseSync, studyId: number): Direction[] {
    const rows = db
      .prepare('SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective')
      .all(studyId);
    const directions = rows.map((row) => (row['direction'] === 'MAXIMIZE' ? Direction.maximize : Direction.minimize));
    return directions.length > 0 ? directions : [Direction.minimize];
  }

  #setAttrs(kind: 'userAttrs' | 'systemAttrs', rows: readonly [number, string, JsonValue][]): void {
    for (const study of this.#studies.values()) study[kind] = {};
    for (const [id, key, value] of rows) {
      const study = this.#studies.get(id);
      if (study) setOwn(study[kind], key, value);
    }
  }

  async #readTrials({ rows }: Opened): Promise<void> {
    const slice = new TimeSlice();
    const open = [...this.#open.keys()];
    for (let start = 0; start < open.length; start += TRIALS_A_QUERY) {
      for (const row of rows.withIds(open.slice(start, start + TRIALS_A_QUERY))) this.#update(row);
      if (slice.isOver) await slice.yield();
    }
    for (;;) {
      const found = rows.after(this.#lastTrialId, TRIALS_A_QUERY);
      for (const row of found) {
        // A trial without a number is being created at this moment: it and all after it are read next time.
        if (row.number === null) {
          this.#dataVersion = -1;
          return;
        }
        this.#add(row, row.number);
      }
      if (found.length < TRIALS_A_QUERY) return;
      if (slice.isOver) await slice.yield();
    }
  }

  #add(row: TrialRow, number: number): void {
    this.#lastTrialId = row.trialId;
    this.#knownTrials++;
    const study = this.#studies.get(row.studyId);
    if (!study) return;
    if (row.isDiscarded)
      this.#warn(`Rustuna discarded trials in ${this.location}; they are shown, as Optuna shows them.`);
    if (number < study.history.length) {
      this.#warn(
        `Trial number ${number} of study "${study.name}" occurs twice in ${this.location}; the second was skipped.`,
      );
      return;
    }
    if (number - study.history.length > LARGEST_GAP) {
      this.#warn(
        `Trial number ${number} of study "${study.name}" in ${this.location} cannot be right; it was skipped.`,
      );
      return;
    }
    while (study.history.length < number) {
      this.#warn(`Trial numbers are missing in study "${study.name}" of ${this.location}; they are shown as failed.`);
      study.trialIds.push(-1);
      study.history.add({ state: TrialState.fail });
    }
    study.trialIds.push(row.trialId);
    study.history.add(row.template);
    if (!isFinished(row.template.state)) this.#open.set(row.trialId, { study, number });
  }

  #update(row: TrialRow): void {
    const known = this.#open.get(row.trialId);
    if (!known) return;
    updateTrial(known.study.history, known.number, row.template);
    if (isFinished(row.template.state)) this.#open.delete(row.trialId);
  }

  /** A file begun by Optuna 4 and continued by 5 holds both local times and UTC: a start in the future gives it away. */
  #checkZone(): void {
    if (this.#zone === 'utc' || new Date().getTimezoneOffset() === 0) return;
    const limit = Date.now() + 60_000;
    const hasFuture = [...this.#studies.values()].some(({ history }) => history.startedAt.some((time) => time > limit));
    const isUnknown = this.libraryVersion === undefined;
    if (hasFuture || isUnknown) {
      this.#warn(
        `${this.location} does not tell the time zone of its times; they are taken as local and may be off by hours.`,
      );
    }
  }

  #warn(warning: string): void {
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
  }
}
