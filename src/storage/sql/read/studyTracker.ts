import { setOwn } from '../../../core/ownProperty.ts';
import { INTERRUPTED } from '../../../core/study/attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import { History } from '../../../core/study/history.ts';
import { type Direction, isFinished, TrialState } from '../../../core/study/states.ts';
import type { StudyRecord } from '../../../core/study/studyStore.ts';
import type { NaiveZone } from '../../datetimes.ts';
import { updateTrial } from './historyUpdate.ts';
import type { TrialRow } from './rowDecoder.ts';

/** More missing trial numbers of one storage than this are damage, not gaps that could be filled. */
const MOST_MISSING = 100_000;
const MOST_WARNINGS = 20;

export interface RdbStudy extends StudyRecord {
  userAttrs: Record<string, JsonValue>;
  systemAttrs: Record<string, JsonValue>;
  /** Database ids by trial number; -1 where the number is missing. */
  readonly trialIds: number[];
}

/**
 * The studies of an Optuna database as they were last read: takes in rows, new or changed, and knows which trials have to be
 * asked for again, as they are not finished.
 */
export class StudyTracker {
  readonly #location: string;
  readonly #warnings: string[] = [];
  /** Trial numbers that were filled up, of all studies. */
  #missing = 0;
  readonly #studies = new Map<number, RdbStudy>();
  readonly #open = new Map<number, { readonly study: RdbStudy; readonly number: number }>();
  /** The numbers that trials have in the database, of studies that lost some: those that come later have others here. */
  readonly #stored = new WeakMap<RdbStudy, { readonly numbers: number[]; next: number }>();
  readonly #lastIds = new WeakMap<RdbStudy, number>();
  /** Largest id that was taken in. */
  lastTrialId = 0;
  /** How many trials were taken in, of studies that are gone too. */
  knownTrials = 0;

  constructor(location: string) {
    this.#location = location;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  get studies(): readonly RdbStudy[] {
    return [...this.#studies.values()];
  }

  study(id: number): RdbStudy | undefined {
    return this.#studies.get(id);
  }

  /** Largest id of a study's trials: those that are larger are new. */
  lastIdOf(study: RdbStudy): number {
    return this.#lastIds.get(study) ?? 0;
  }

  /** Which number a trial of the history has in the database. */
  storedNumber(study: RdbStudy, number: number): number {
    return this.#stored.get(study)?.numbers[number] ?? number;
  }

  /** The number that the next trial of a study gets in the database. */
  nextNumber(study: RdbStudy): number {
    return this.#stored.get(study)?.next ?? study.history.length;
  }

  /** Ids of the trials that were not finished, of one study or of all. */
  openIds(study?: RdbStudy): number[] {
    if (!study) return [...this.#open.keys()];
    return [...study.history.running, ...study.history.waiting].map((number) => study.trialIds[number] as number);
  }

  /** The trial of that id, while it is not finished. */
  openTrial(id: number): { readonly study: RdbStudy; readonly number: number } | undefined {
    return this.#open.get(id);
  }

  warn(warning: string): void {
    if (this.#warnings.length > MOST_WARNINGS || this.#warnings.includes(warning)) return;
    const more = `${this.#location} has more that is odd: make a new copy of it if it should not.`;
    this.#warnings.push(this.#warnings.length < MOST_WARNINGS ? warning : more);
  }

  /** Everything is read anew next time, into new records. */
  forget(): void {
    this.#studies.clear();
    this.#open.clear();
    this.#warnings.length = 0;
    this.#missing = 0;
    this.lastTrialId = 0;
    this.knownTrials = 0;
  }

  addStudy(id: number, name: string, directions: readonly Direction[]): RdbStudy {
    const history = new History(directions);
    const study: RdbStudy = { id, name, directions, userAttrs: {}, systemAttrs: {}, history, trialIds: [] };
    this.#studies.set(id, study);
    return study;
  }

  removeStudy(study: RdbStudy): void {
    for (const id of this.openIds(study)) this.#open.delete(id);
    this.#studies.delete(study.id);
  }

  /** Replaces the attributes of all studies. */
  setAttrs(kind: 'userAttrs' | 'systemAttrs', rows: readonly (readonly [studyId: number, key: string, JsonValue])[]) {
    for (const study of this.#studies.values()) study[kind] = {};
    for (const [id, key, value] of rows) {
      const study = this.#studies.get(id);
      if (study) setOwn(study[kind], key, value);
    }
  }

  /** A trial that this process has written. */
  addOwn(study: RdbStudy, trialId: number, template: TrialTemplate): void {
    this.#note(trialId);
    this.#append(study, trialId, template, this.nextNumber(study));
  }

  /** A change that this process has written. */
  apply(study: RdbStudy, change: TrialChange): void {
    study.history.apply(change);
    if (change.type === 'state' && isFinished(change.state)) {
      this.#open.delete(study.trialIds[change.number] as number);
    }
  }

  /** A new trial as it was read, with its number in the database. */
  add(row: TrialRow, stored: number): void {
    this.#note(row.trialId);
    const study = this.#studies.get(row.studyId);
    if (!study) return;
    const next = this.nextNumber(study);
    const isFree = stored < next && this.#isLost(study, stored);
    const number = study.history.length + (isFree ? 0 : stored - next);
    const where = `study "${study.name}"`;
    if (row.isDiscarded) {
      this.warn(`Rustuna discarded trials in ${this.#location}; they are shown, as Optuna shows them.`);
    }
    if (!Number.isSafeInteger(number) || number < 0 || number - study.history.length > MOST_MISSING - this.#missing) {
      this.warn(`Trial number ${number} of ${where} in ${this.#location} cannot be right; it was skipped.`);
      return;
    }
    if (number < study.history.length) {
      this.warn(`Trial number ${number} of ${where} occurs twice in ${this.#location}; the second was skipped.`);
      return;
    }
    while (study.history.length < number) {
      this.warn(`Trial numbers are missing in ${where} of ${this.#location}; they are shown as failed.`);
      this.#missing++;
      this.#stored.get(study)?.numbers.push(-1);
      study.trialIds.push(-1);
      study.history.add({ state: TrialState.fail });
    }
    this.#append(study, row.trialId, row.template, stored);
  }

  #isLost(study: RdbStudy, stored: number): boolean {
    const numbers = this.#stored.get(study)?.numbers;
    return numbers?.every((other, number) => other !== stored || study.trialIds[number] === -1) ?? false;
  }

  /**
   * The database has lost these trials. The history keeps what it knows of them, and those that had not ended have failed; what
   * comes with their ids or numbers is another trial.
   */
  lose(study: RdbStudy, numbers: readonly number[]): void {
    const stored = this.#stored.get(study)?.numbers ?? Array.from(study.trialIds.keys());
    for (const number of numbers) {
      const id = study.trialIds[number] as number;
      this.#open.delete(id);
      this.lastTrialId = Math.min(this.lastTrialId, id - 1);
      study.trialIds[number] = -1;
      study.history.apply({ type: 'systemAttr', number, key: INTERRUPTED, value: 'server-lost' });
      study.history.apply({ type: 'state', number, state: TrialState.fail, at: Date.now() });
    }
    const next = stored.reduce(
      (most, number, local) => (study.trialIds[local] === -1 ? most : Math.max(most, number + 1)),
      0,
    );
    this.#stored.set(study, { numbers: stored, next });
    const last = study.trialIds.reduce((most, id) => Math.max(most, id), 0);
    this.#lastIds.set(study, last);
  }

  /** A trial that was not finished, as it is now. */
  update(row: TrialRow): void {
    const known = this.#open.get(row.trialId);
    if (!known) return;
    updateTrial(known.study.history, known.number, row.template);
    if (isFinished(row.template.state)) this.#open.delete(row.trialId);
  }

  /** A database begun by Optuna 4 and continued by 5 holds both local times and UTC: a start in the future gives it away. */
  checkZone(zone: NaiveZone, optunaVersion: string | undefined): void {
    if (zone === 'utc' || new Date().getTimezoneOffset() === 0) return;
    const limit = Date.now() + 60_000;
    const hasFuture = this.studies.some(({ history }) => history.startedAt.some((time) => time > limit));
    if (!hasFuture && optunaVersion !== undefined) return;
    this.warn(
      `${this.#location} does not tell the time zone of its times; they are taken as local and may be off by hours.`,
    );
  }

  #note(trialId: number): void {
    this.lastTrialId = Math.max(this.lastTrialId, trialId);
    this.knownTrials++;
  }

  #append(study: RdbStudy, trialId: number, template: TrialTemplate, stored: number): void {
    const numbers = this.#stored.get(study);
    if (numbers) {
      numbers.numbers.push(stored);
      numbers.next = Math.max(numbers.next, stored + 1);
    }
    study.trialIds.push(trialId);
    this.#lastIds.set(study, Math.max(this.lastIdOf(study), trialId));
    const number = study.history.add(template);
    if (!isFinished(template.state)) this.#open.set(trialId, { study, number });
  }
}

/** Optuna 5 and Rustuna write UTC, older ones local time; nothing else in a database tells. */
export function zoneOf(optunaVersion: string | undefined, hasDiscarded: boolean): NaiveZone {
  return hasDiscarded || Number.parseInt(optunaVersion ?? '', 10) >= 5 ? 'utc' : 'local';
}
