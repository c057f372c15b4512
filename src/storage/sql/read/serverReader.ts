import { PAUSED } from '../../../core/study/attributes.ts';
import type { JsonValue } from '../../../core/study/changes.ts';
import { isFinished, TrialState } from '../../../core/study/states.ts';
import { TimeSlice } from '../../eventLoop.ts';
import type { OpenedServer } from '../connect/openServer.ts';
import type { Queries } from '../connect/serverDatabase.ts';
import { type Cell, directionsFrom, RowDecoder, type TrialRow } from './rowDecoder.ts';
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
/** So many of the last trials are compared after a connection was lost: what is older has been on the disk for long. */
const COMPARED = 2500;
/** Running trials with more rows than this are not read again each time, but every millisecond a hundred rows, in rows. */
const CHEAP_ROWS = 2000;
const ROWS_A_MS = 10;

/**
 * The studies of an Optuna database on a server. Reading again asks for trials with larger ids and for those that were not
 * finished: of these, the parts of running and paused ones, and of those that changed state.
 *
 * Ids of one study are committed in their order, as a writer locks the study to create a trial. Ids of different studies
 * are not, so skipped ids are looked for again for a while, and a missing number at once.
 */
export class ServerReader {
  readonly tracker: StudyTracker;
  readonly decoder: RowDecoder;
  readonly #rows: ServerRows;
  readonly #gaps = new IdGaps();
  /** Running trials that nobody else writes to: ids. */
  readonly own = new Set<number>();
  /** A connection was lost: the server may have crashed, and have lost what was read, or be another one. */
  isInDoubt = false;
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

  /** Reads what is new in one study. With the study locked, the next number is known afterwards. */
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
      if (row.trialId <= last) this.tracker.update(row);
      else if (row.number !== null) this.tracker.add(row, row.number);
    }
    if (isDue) this.#noteParts(parts);
    if (found.length >= TRIALS_A_PAGE) await this.#readNewOf(queries, study, undefined);
  }

  /**
   * Reads these trials, all writers' changes included. With the trials locked, their state is known afterwards. Of own
   * running trials only the owner is read: their reports may be many.
   */
  async syncTrials(queries: Queries, ids: readonly number[]): Promise<void> {
    const [found, attrs] = await Promise.all([this.#rows.trials(queries, ids), this.#rows.systemAttrs(queries, ids)]);
    const isOther = (row: readonly Cell[]) => this.#hasNews(row, false) || !this.own.has(Number(row[0]));
    const rows = Map.groupBy(found, isOther);
    for (const row of (await this.#rows.complete(queries, rows.get(false) ?? [], attrs)).trials)
      this.tracker.update(row);
    for (const row of (await this.#rows.complete(queries, rows.get(true) ?? [])).trials) this.tracker.update(row);
  }

  /** These trials as they are now, with all that belongs to them. */
  async rows(queries: Queries, ids: readonly number[]): Promise<TrialRow[]> {
    return (await this.#rows.complete(queries, await this.#rows.trials(queries, ids))).trials;
  }

  /** The numbers of known trials, by study, that a lost connection has left missing. */
  async findLost(queries: Queries): Promise<Map<RdbStudy, number[]>> {
    this.isInDoubt = false;
    const found = new Map<RdbStudy, number[]>();
    try {
      for (const study of this.tracker.studies) {
        const lost = await this.#lostOf(queries, study);
        if (lost.length > 0) found.set(study, lost);
      }
      return found;
    } catch (error) {
      this.isInDoubt = true;
      throw error;
    }
  }

  /** The last trials are compared one by one, as a server that crashed gives their ids anew; of the others, whether they are there. */
  async #lostOf(queries: Queries, study: RdbStudy): Promise<number[]> {
    const { history, trialIds } = study;
    const known = [...trialIds.keys()].filter((number) => trialIds[number] !== -1);
    const isOpen = (number: number) => !isFinished(history.state(number));
    const compared = [...new Set([...known.slice(-COMPARED), ...known.filter(isOpen)])];
    const ids = compared.map((number) => trialIds[number] as number);
    const rows = new Map((await this.#rows.trials(queries, ids)).map((row) => [Number(row[0]), row]));
    const lost: number[] = [];
    for (const number of compared) {
      const row = rows.get(trialIds[number] as number);
      if (!row || !(await this.#isSame(queries, study, number, row))) lost.push(number);
    }
    const count = 'SELECT COUNT(*) FROM trials WHERE study_id = ? AND trial_id <= ?';
    const args = [study.id, this.tracker.lastIdOf(study)];
    const [there] = await queries.rows(count, args);
    if (Number(there?.[0]) >= known.length - lost.length) return lost;
    const all = await queries.rows(count.replace('COUNT(*)', 'trial_id'), args);
    const found = new Set(all.map(([id]) => Number(id)));
    const gone = known.filter((number) => !found.has(trialIds[number] as number));
    return [...new Set([...lost, ...gone])].sort((a, b) => a - b);
  }

  /** A trial that has not ended may have been paused and begun anew by another worker, but keeps its number and its parameters. */
  async #isSame(queries: Queries, study: RdbStudy, number: number, row: readonly Cell[]): Promise<boolean> {
    const { history } = study;
    const { studyId, number: stored, template } = this.decoder.row(row, this.#rows.noParts);
    if (studyId !== study.id || stored !== this.tracker.storedNumber(study, number)) return false;
    const before = history.startedAt[number] as number;
    if (Number.isNaN(before) || Object.is(before, template.startedAt)) return true;
    if (isFinished(history.state(number))) return false;
    const [now] = await this.rows(queries, [Number(row[0])]);
    const internals = new Map(now?.template.params.map(({ name, internal }) => [name, internal]));
    const names = history.paramNames(number);
    return names.every((name) => internals.get(name) === history.parameters.get(name)?.internalAt(number));
  }

  /** These trials are gone for good (see `StudyTracker.lose`). */
  lose(study: RdbStudy, numbers: readonly number[]): void {
    for (const number of numbers) this.own.delete(study.trialIds[number] as number);
    this.tracker.lose(study, numbers);
  }

  /** The study is read into a new record next time. */
  forgetStudy(study: RdbStudy): void {
    this.tracker.removeStudy(study);
    this.tracker.lastTrialId = 0;
    this.#seen = '';
  }

  /** Reads everything anew next time, into new records. */
  forget(): void {
    this.tracker.forget();
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
      for (const row of read.trials) this.tracker.update(row);
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
      for (const row of trials) if (row.number !== null) this.tracker.add(row, row.number);
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
    if (row.number > this.tracker.nextNumber(study)) await this.#readNewOf(queries, study, row.trialId);
    this.tracker.add(row, row.number);
  }
}
