import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setOwn } from '../../core/ownProperty.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { History } from '../../core/study/history.ts';
import { Direction, isFinished, TrialState } from '../../core/study/states.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import type { NaiveZone } from '../datetimes.ts';
import { TimeSlice } from '../eventLoop.ts';
import { fromSystemError } from '../storageError.ts';
import { updateTrial } from './historyUpdate.ts';
import type { OpenedDatabase } from './openDatabase.ts';
import { type TrialRow, TrialRows } from './sqliteRows.ts';

const TRIALS_A_QUERY = 500;
/** More missing trial numbers than this are damage, not a gap that could be filled. */
const LARGEST_GAP = 100_000;

export interface SqliteStudy extends StudyRecord {
  userAttrs: Record<string, JsonValue>;
  systemAttrs: Record<string, JsonValue>;
  /** Database ids by trial number. */
  readonly trialIds: number[];
}

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
 * written through the same connection has to be told by `addStudy`, `addTrial` and `applyChange`.
 */
export class SqliteReader {
  readonly #location: string;
  readonly #openDatabase: () => Promise<OpenedDatabase>;
  readonly #warnings: string[] = [];
  /** Who created the file, such as `4.1.0`; Rustuna and files without it leave it undefined. */
  optunaVersion: string | undefined;
  opened: OpenedReader | undefined;
  #studies = new Map<number, SqliteStudy>();
  #dataVersion = -1;
  #lastTrialId = 0;
  /** Trials to ask for again, by id: unfinished ones, and those that had no number yet. */
  #open = new Map<number, { readonly study: SqliteStudy; readonly number: number }>();
  #knownTrials = 0;
  /** Whether a trial without a number was met. */
  #isBehind = false;

  constructor(location: string, openDatabase: () => Promise<OpenedDatabase>) {
    this.#location = location;
    this.#openDatabase = openDatabase;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  studies(): readonly SqliteStudy[] {
    return [...this.#studies.values()];
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
    // Optuna 5 and Rustuna write UTC, older ones local time; nothing else in the file tells.
    const zone = hasDiscarded || Number.parseInt(optunaVersion ?? '', 10) >= 5 ? 'utc' : 'local';
    const rows = new TrialRows(db, { zone, hasDiscarded, warn: (warning) => this.#warn(warning) });
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
    this.#checkZone(opened.zone);
    return this.#noteVersion(version);
  }

  close(): void {
    this.opened?.db.close();
    this.opened = undefined;
  }

  /** Reads everything anew next time, into new records. */
  forget(): void {
    this.#studies = new Map();
    this.#open = new Map();
    this.#dataVersion = -1;
    this.#isBehind = false;
    this.#lastTrialId = 0;
    this.#knownTrials = 0;
    this.#warnings.length = 0;
  }

  addStudy(id: number, name: string, directions: readonly Direction[]): void {
    const history = new History(directions);
    this.#studies.set(id, { id, name, directions, userAttrs: {}, systemAttrs: {}, history, trialIds: [] });
  }

  addTrial(study: SqliteStudy, trialId: number, template: TrialTemplate): void {
    this.#lastTrialId = trialId;
    this.#knownTrials++;
    this.#append(study, trialId, template);
  }

  applyChange(study: SqliteStudy, change: TrialChange): void {
    study.history.apply(change);
    if (change.type === 'state' && isFinished(change.state)) {
      this.#open.delete(study.trialIds[change.number] as number);
    }
  }

  /** A trial that had no number yet is looked for again, whether or not anything else changes. */
  #noteVersion(version: number): true {
    this.#dataVersion = this.#isBehind ? -1 : version;
    this.#isBehind = false;
    return true;
  }

  #readStudies({ db, rows }: OpenedReader): void {
    const found = db.prepare('SELECT study_id, study_name FROM studies ORDER BY study_id').all();
    const names = new Map(found.map((row) => [Number(row['study_id']), String(row['study_name'])]));
    const count = db.prepare('SELECT COUNT(*) AS n FROM trials WHERE trial_id <= ?').get(this.#lastTrialId)?.['n'];
    // Ids are used again after a deletion.
    const isIntact = [...this.#studies.values()].every((study) => names.get(study.id) === study.name);
    if (!isIntact || Number(count) < this.#knownTrials) this.forget();
    for (const [id, name] of names) if (!this.#studies.has(id)) this.addStudy(id, name, directionsOf(db, id));
    this.#setAttrs('userAttrs', rows.attributes('study_user_attributes'));
    this.#setAttrs('systemAttrs', rows.attributes('study_system_attributes'));
  }

  #setAttrs(kind: 'userAttrs' | 'systemAttrs', rows: readonly [number, string, JsonValue][]): void {
    for (const study of this.#studies.values()) study[kind] = {};
    for (const [id, key, value] of rows) {
      const study = this.#studies.get(id);
      if (study) setOwn(study[kind], key, value);
    }
  }

  async #readTrials({ rows }: OpenedReader): Promise<void> {
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
          this.#isBehind = true;
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
      this.#warn(`Rustuna discarded trials in ${this.#location}; they are shown, as Optuna shows them.`);
    if (number < study.history.length) {
      this.#warn(
        `Trial number ${number} of study "${study.name}" occurs twice in ${this.#location}; the second was skipped.`,
      );
      return;
    }
    if (number - study.history.length > LARGEST_GAP) {
      this.#warn(
        `Trial number ${number} of study "${study.name}" in ${this.#location} cannot be right; it was skipped.`,
      );
      return;
    }
    while (study.history.length < number) {
      this.#warn(`Trial numbers are missing in study "${study.name}" of ${this.#location}; they are shown as failed.`);
      study.trialIds.push(-1);
      study.history.add({ state: TrialState.fail });
    }
    this.#append(study, row.trialId, row.template);
  }

  #append(study: SqliteStudy, trialId: number, template: TrialTemplate): void {
    study.trialIds.push(trialId);
    const number = study.history.add(template);
    if (!isFinished(template.state)) this.#open.set(trialId, { study, number });
  }

  #update(row: TrialRow): void {
    const known = this.#open.get(row.trialId);
    if (!known) return;
    updateTrial(known.study.history, known.number, row.template);
    if (isFinished(row.template.state)) this.#open.delete(row.trialId);
  }

  /** A file begun by Optuna 4 and continued by 5 holds both local times and UTC: a start in the future gives it away. */
  #checkZone(zone: NaiveZone): void {
    if (zone === 'utc' || new Date().getTimezoneOffset() === 0) return;
    const limit = Date.now() + 60_000;
    const hasFuture = [...this.#studies.values()].some(({ history }) => history.startedAt.some((time) => time > limit));
    const isUnknown = this.optunaVersion === undefined;
    if (hasFuture || isUnknown) {
      this.#warn(
        `${this.#location} does not tell the time zone of its times; they are taken as local and may be off by hours.`,
      );
    }
  }

  #warn(warning: string): void {
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
  }
}

function directionsOf(db: DatabaseSync, studyId: number): Direction[] {
  const rows = db.prepare('SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective').all(studyId);
  const directions = rows.map((row) => (row['direction'] === 'MAXIMIZE' ? Direction.maximize : Direction.minimize));
  return directions.length > 0 ? directions : [Direction.minimize];
}
