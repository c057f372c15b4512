import { PAUSED } from '../../../core/study/attributes.ts';
import type { JsonValue } from '../../../core/study/changes.ts';
import { TrialState } from '../../../core/study/states.ts';
import { TimeSlice } from '../../eventLoop.ts';
import type { OpenedServer } from '../connect/openServer.ts';
import type { Queries } from '../connect/serverDatabase.ts';
import { type Cell, directionsFrom, RowDecoder, type TrialRow } from './rowDecoder.ts';
import { compareSeen, SeenTrials, type TrialNow } from './seenTrials.ts';
import { ServerRows } from './serverRows.ts';
import { type RdbStudy, StudyTracker } from './studyTracker.ts';

/** How long an id that was passed over may still come, in milliseconds, and how many of them are looked for. */
const PATIENCE_MS = 60_000;

const MOST = 500;

/**
 * Ids that were not there when larger ones were: their transaction was not committed yet, or never will be. They are
 * looked for again for a minute.
 */
class IdGaps {
  readonly #until = new Map<number, number>();

  /** Ids to ask for besides the larger ones. */
  pending(): number[] {
    const now = performance.now();
    for (const [id, until] of this.#until) if (until < now) this.#until.delete(id);
    return [...this.#until.keys()];
  }

  /** After `from`, these ids were found, in order, and none between them. */
  note(from: number, found: readonly number[]): void {
    let last = from;
    for (const id of found) {
      if (id > last + 1) for (let gap = Math.max(last + 1, id - MOST); gap < id; gap++) this.keep(gap);
      this.#until.delete(id);
      last = Math.max(last, id);
    }
    for (const id of this.#until.keys()) {
      if (this.#until.size <= MOST) return;
      this.#until.delete(id);
    }
  }

  keep(id: number): void {
    this.#until.set(id, performance.now() + PATIENCE_MS);
  }

  clear(): void {
    this.#until.clear();
  }
}

const TRIALS_A_PAGE = 1000;
/** Running trials with more rows than this are not read again each time, but every millisecond a hundred rows, in rows. */
const CHEAP_ROWS = 2000;
const ROWS_A_MS = 10;

/**
 * The studies of an Optuna database on a server. Reading again asks for trials with larger ids and for those that were not
 * finished: of these, the parts of running and paused ones, and of whatever changed its state.
 *
 * Ids of one study are committed in their order, as whoever makes a trial has the study locked; ids of different studies
 * are not, so ids that were passed over are looked for again for a while, and a number that is missing at once.
 */
export class ServerReader {
  readonly tracker: StudyTracker;
  readonly decoder: RowDecoder;
  readonly #rows: ServerRows;
  readonly #gaps = new IdGaps();
  /** Running trials that nobody else writes to: ids. */
  readonly own = new Set<number>();
  /** What was read and written lately, and may not be on the disk of the server, or of the one that takes over from it. */
  readonly seen = new SeenTrials();
  /** Studies as they were last read, as text. */
  #seen = '';
  /** Whether others have written since the last look: then what belongs to new trials is asked for along with them. */
  #isShared = false;
  #partsRead = 0;
  #partsReadAt = Number.NEGATIVE_INFINITY;
  readonly #opened: OpenedServer;

  /** `studyName` limits everything to one study. */
  constructor(opened: OpenedServer, studyName: string | undefined) {
    this.#opened = opened;
    this.tracker = new StudyTracker(opened.database.url.location);
    this.decoder = new RowDecoder(opened.zone, (warning) => this.tracker.warn(warning));
    this.#rows = new ServerRows(opened, this.decoder, studyName);
  }

  /** Reads what is new. Returns whether there was anything. */
  async sync(queries: Queries): Promise<boolean> {
    const before = this.#revision();
    const isNew = await this.#readStudies(queries);
    await this.#readOpen(queries, undefined);
    await this.#readNew(queries);
    this.tracker.checkZone(this.#opened.zone, this.#opened.optunaVersion);
    return isNew || this.#revision() !== before;
  }

  /** Reads what is new in one study. Whoever has it locked knows then which number comes next. */
  async syncStudy(queries: Queries, study: RdbStudy): Promise<void> {
    const open = this.tracker.openIds(study);
    if (open.length > TRIALS_A_PAGE) {
      await this.#readOpen(queries, study);
      return this.#readNewOf(queries, study, undefined);
    }
    const last = this.tracker.lastIdOf(study);
    const isDue = this.#arePartsDue();
    const others = isDue ? open.filter((id) => !this.own.has(id)) : [];
    const [found, ahead] = await Promise.all([
      this.#rows.ofStudy(queries, study.id, last, open, TRIALS_A_PAGE + open.length),
      this.#isShared ? this.#rows.partsAhead(queries, last, others) : undefined,
    ]);
    const isNew = (row: readonly Cell[]) => Number(row[0]) > last;
    const wanted = found.filter((row) => isNew(row) || this.#hasNews(row, isDue));
    this.#isShared = wanted.length > 0;
    const { trials, parts } = await this.#rows.complete(queries, wanted, ahead);
    for (const row of trials) {
      if (row.trialId <= last) this.#update(row);
      else if (row.number !== null) this.#take(row, row.number);
    }
    if (isDue) this.#noteParts(parts);
    if (found.length >= TRIALS_A_PAGE) await this.#readNewOf(queries, study, undefined);
  }

  /**
   * Reads these trials, whoever wrote to them. Whoever has them locked knows then what they are. Of own ones that run as they
   * did only whose they are is asked: their reports may be many.
   */
  async syncTrials(queries: Queries, ids: readonly number[]): Promise<void> {
    const [found, attrs] = await Promise.all([this.#rows.trials(queries, ids), this.#rows.systemAttrs(queries, ids)]);
    const isOther = (row: readonly Cell[]) => this.#hasNews(row, false) || !this.own.has(Number(row[0]));
    const rows = Map.groupBy(found, isOther);
    for (const row of (await this.#rows.complete(queries, rows.get(false) ?? [], attrs)).trials)
      this.tracker.update(row);
    for (const row of (await this.#rows.complete(queries, rows.get(true) ?? [])).trials) this.#update(row);
  }

  /**
   * After a connection was lost, whoever ended it: whether all that was read of others is there as it was. This only reads;
   * what breaks meanwhile is doubted anew.
   */
  async isSeenThere(queries: Queries): Promise<boolean> {
    this.seen.believe();
    try {
      for (const [study, seen] of this.seen.byStudy()) {
        if (this.tracker.study(study.id) !== study) continue;
        const now = await this.states(
          queries,
          seen.map(({ id }) => id),
        );
        const { lost, undone } = compareSeen(seen, now, this);
        if (lost.length + undone.length > 0) return false;
      }
      this.seen.confirm();
      return true;
    } catch (error) {
      this.seen.doubt();
      throw error;
    }
  }

  /** The states of trials, by id; those that are not there are left out. */
  async states(queries: Queries, ids: readonly number[]): Promise<Map<number, TrialNow>> {
    const rows = await this.#rows.trials(queries, ids);
    const trials = rows.map((row) => this.decoder.row(row, this.#rows.noParts));
    return new Map(
      trials.map(({ trialId, studyId, number, template: { state, startedAt, completedAt } }) => [
        trialId,
        { studyId, number, state, startedAt, completedAt },
      ]),
    );
  }

  /** Trials of one study with all that belongs to them, by their numbers, from this number on. */
  async numberedFrom(queries: Queries, study: RdbStudy, number: number): Promise<Map<number, TrialRow>> {
    const { trials } = await this.#rows.complete(queries, await this.#rows.numberedFrom(queries, study.id, number));
    const found = new Map<number, TrialRow>();
    for (const row of trials) if (!found.has(row.number as number)) found.set(row.number as number, row);
    return found;
  }

  /** A trial that the caller has read of a study that it has locked, after all with smaller numbers. */
  takeNew(row: TrialRow): void {
    this.#take(row, row.number as number);
  }

  /** Reads everything anew next time, into new records. */
  forget(): void {
    this.tracker.forget();
    this.seen.clear();
    this.own.clear();
    this.#gaps.clear();
    this.#seen = '';
  }

  #revision(): number {
    return this.tracker.studies.reduce((sum, { history }) => sum + history.revision, 0);
  }

  async #readStudies(queries: Queries): Promise<boolean> {
    const { tracker } = this;
    const found = await this.#rows.studies(queries);
    const text = JSON.stringify(found);
    if (text === this.#seen) return false;
    const names = new Map<number, string>();
    const directions = new Map<number, Cell[]>();
    const attrs = { userAttrs: [] as [number, string, JsonValue][], systemAttrs: [] as [number, string, JsonValue][] };
    for (const [part, id, , name, value] of found) {
      const studyId = Number(id);
      if (part === 0) names.set(studyId, String(name));
      else if (part === 1) directions.set(studyId, [...(directions.get(studyId) ?? []), value]);
      else {
        const kind = part === 2 ? 'user' : 'system';
        attrs[`${kind}Attrs`].push([studyId, String(name), this.decoder.json(`study ${studyId} ${kind}`, name, value)]);
      }
    }
    const gone = tracker.studies.filter((study) => names.get(study.id) !== study.name);
    for (const study of gone) tracker.removeStudy(study);
    for (const [id, name] of names) {
      if (tracker.study(id)) continue;
      const study = tracker.addStudy(id, name, directionsFrom(directions.get(id) ?? []));
      // Of one that was renamed all trials were passed already.
      if (gone.some((known) => known.id === id)) await this.#readNewOf(queries, study, undefined);
    }
    tracker.setAttrs('userAttrs', attrs.userAttrs);
    tracker.setAttrs('systemAttrs', attrs.systemAttrs);
    this.#seen = text;
    return true;
  }

  /** Trials that were not finished, of one study or of all. */
  async #readOpen(queries: Queries, study: RdbStudy | undefined): Promise<void> {
    const ids = this.tracker.openIds(study);
    const isDue = this.#arePartsDue();
    let parts = 0;
    const slice = new TimeSlice();
    for (let start = 0; start < ids.length; start += TRIALS_A_PAGE) {
      const rows = await this.#rows.trials(queries, ids.slice(start, start + TRIALS_A_PAGE));
      const read = await this.#rows.complete(
        queries,
        rows.filter((row) => this.#hasNews(row, isDue)),
      );
      parts += read.parts;
      for (const row of read.trials) this.#update(row);
      if (slice.isOver) await slice.yield();
    }
    if (isDue) this.#noteParts(parts);
  }

  #arePartsDue(): boolean {
    return this.#partsRead <= CHEAP_ROWS || performance.now() - this.#partsReadAt >= this.#partsRead / ROWS_A_MS;
  }

  #noteParts(parts: number): void {
    this.#partsRead = parts;
    this.#partsReadAt = performance.now();
  }

  /**
   * Whether what belongs to a trial has to be read: it is at work or paused, or it was claimed or ended meanwhile, which may
   * make it another process's.
   */
  #hasNews(row: readonly Cell[], isDue: boolean): boolean {
    const known = this.tracker.openTrial(Number(row[0]));
    if (!known) return false;
    const { history } = known.study;
    const { template } = this.decoder.row(row, this.#rows.noParts);
    const { state, startedAt } = template;
    if (state !== history.state(known.number) || !Object.is(startedAt, history.startedAt[known.number])) {
      this.own.delete(Number(row[0]));
      return true;
    }
    if (state === TrialState.running) return isDue && !this.own.has(Number(row[0]));
    return isDue && Object.hasOwn(history.systemAttrs(known.number), PAUSED);
  }

  async #readNew(queries: Queries): Promise<void> {
    const slice = new TimeSlice();
    for (;;) {
      const from = this.tracker.lastTrialId;
      const gaps = this.#gaps.pending();
      const found = await this.#rows.after(queries, from, gaps, TRIALS_A_PAGE + gaps.length);
      const { trials } = await this.#rows.complete(queries, found);
      for (const row of trials) await this.#add(queries, row);
      const ids = trials.map(({ trialId }) => trialId);
      if (this.#rows.studyName === undefined) this.#gaps.note(from, ids);
      if (found.length < TRIALS_A_PAGE) return;
      if (slice.isOver) await slice.yield();
    }
  }

  /** New trials of one study, up to an id. */
  async #readNewOf(queries: Queries, study: RdbStudy, below: number | undefined): Promise<void> {
    for (;;) {
      const found = await this.#rows.afterOf(queries, study.id, this.tracker.lastIdOf(study), below, TRIALS_A_PAGE);
      const { trials } = await this.#rows.complete(queries, found);
      for (const row of trials) if (row.number !== null) this.#take(row, row.number);
      if (found.length < TRIALS_A_PAGE) return;
    }
  }

  async #add(queries: Queries, row: TrialRow): Promise<void> {
    const study = this.tracker.study(row.studyId);
    // Of a study that came between two queries: the next time has it.
    if (!study) {
      this.#gaps.keep(row.trialId);
      this.#seen = '';
      return;
    }
    // Its own study has been read meanwhile, while it was locked.
    if (row.number === null || row.trialId <= this.tracker.lastIdOf(study)) return;
    if (row.number > study.history.length) await this.#readNewOf(queries, study, row.trialId);
    this.#take(row, row.number);
  }

  #take(row: TrialRow, stored: number): void {
    const number = this.tracker.add(row, stored);
    const study = this.tracker.study(row.studyId);
    if (study && number !== undefined) this.seen.note(study, number, row.trialId);
  }

  #update(row: TrialRow): void {
    const known = this.tracker.openTrial(row.trialId);
    this.tracker.update(row);
    if (known) this.seen.note(known.study, known.number, row.trialId);
  }
}
